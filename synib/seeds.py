"""Independent seeds from one seed and the purpose they serve."""

import hashlib


def derive(seed: int, *purpose: int | str) -> int:
    """A seed in [0, 2**63) that depends on nothing but ``seed`` and ``purpose``, on every machine alike.

    Because step 7's seed does not depend on step 6, a run that was interrupted needs no generator's state.
    """
    text = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
