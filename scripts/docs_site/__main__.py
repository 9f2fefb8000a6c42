"""``python -m scripts.docs_site [site]``: build the handbook. ``make docs``."""

import sys
from pathlib import Path

from scripts.docs_site.build import build


def main() -> int:
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "site")
    pages, faults = build(target)
    for fault in faults:
        print(f"docs: {fault}", file=sys.stderr)
    print(f"{len(pages)} pages; open {target / 'index.html'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
