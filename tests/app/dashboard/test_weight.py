"""What a page weighs when a browser comes for the first time: bytes as they travel, with all it names."""

import httpx

from tests.app.dashboard.browser import FOUND, WORK
from tests.app.dashboard.html import read

MOST = 400_000
"""Bytes."""


def test_no_page_with_all_that_it_names_is_heavier_than_400_kilobytes(
    pages: httpx.Client, ids: dict[str, str], found: dict[str, str]
) -> None:
    known: dict[str, int] = {}
    weights = {}
    for name, path in (WORK | FOUND).items():
        address = path.format(**ids, **found)
        parts = named(pages, address)
        for part in parts - known.keys():
            known[part] = weight(pages, part)
        weights[name] = weight(pages, address) + sum(known[part] for part in parts)
    for name, bytes_ in sorted(weights.items(), key=lambda pair: -pair[1]):
        print(f"{name:24} {bytes_ / 1000:6.1f} kB")
    assert max(weights.values()) <= MOST, weights
    assert min(weights.values()) > 70_000  # the font alone has 48 kB: what a page names was really counted


def named(pages: httpx.Client, address: str) -> set[str]:
    """Addresses of scripts, styles, fonts, icons and pictures that a page loads without being asked."""
    page = read(pages.get(address).text)
    loaded = {one.attributes["src"] for name in ("script", "img") for one in page.named(name)}
    loaded |= {one.attributes["href"] for name in ("link", "use") for one in page.named(name)}
    return {address.partition("#")[0] for address in loaded}


def weight(pages: httpx.Client, address: str) -> int:
    """Bytes of an answer's body before it is unpacked."""
    with pages.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        return sum(len(piece) for piece in answer.iter_raw())
