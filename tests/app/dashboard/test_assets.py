"""What pages load: as it was vendored, from nowhere else, kept by browsers, compressed."""

import hashlib
import json
import re
from pathlib import Path

import httpx
import pytest

from app.dashboard.assets import FOLDER, asset_url

VENDORED = (FOLDER / "vendor", Path(__file__).parent / "vendor")
OWN = sorted(
    path for path in FOLDER.rglob("*") if path.suffix in (".js", ".css") and "vendor" not in path.parts
)
TEMPLATES = sorted(Path(FOLDER.parent).rglob("*.html"))
NAMESPACE = "http://www.w3.org/"


@pytest.mark.parametrize("folder", VENDORED, ids=["pages", "tests"])
def test_vendored_files_are_those_of_the_manifest_each_with_its_licence(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for name, told in manifest.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == told["sha256"], name
        assert (folder / told["licence"]).read_text("utf-8").strip()
    there = {path.name for path in folder.iterdir()} - {"manifest.json"}
    assert there == set(manifest)


@pytest.mark.parametrize("path", [*OWN, *TEMPLATES], ids=lambda path: path.name)
def test_nothing_of_ours_names_another_server(path: Path) -> None:
    assert not re.search(
        r"(https?:)?//(?!www\.w3\.org)[a-z0-9-]+\.[a-z]", path.read_text("utf-8").replace(NAMESPACE, "")
    )


def test_an_asset_asked_for_by_its_digest_is_kept_for_ever(pages: httpx.Client) -> None:
    answer = pages.get(asset_url("app.css"))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert b'url("/static/vendor/inter.woff2?v=' in answer.content  # and so may what it names


def test_an_asset_asked_for_by_another_digest_is_looked_at_again(pages: httpx.Client) -> None:
    stale = pages.get("/static/app.css?v=000000000000")
    assert stale.headers["cache-control"] == "no-cache"
    again = pages.get("/static/app.css", headers={"If-None-Match": stale.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_text_is_compressed_where_the_browser_can_unpack_it_and_fonts_never_are(pages: httpx.Client) -> None:
    packed = pages.get("/static/vendor/uplot.min.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    plain = pages.get("/static/vendor/uplot.min.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    font = pages.get("/static/vendor/inter.woff2")
    assert "content-encoding" not in font.headers
    assert font.headers["content-type"] == "font/woff2"


@pytest.mark.parametrize(
    "name", ["../templating.py", "%2e%2e/templating.py", "..%2ftemplating.py", "nothing.css", "vendor", ""]
)
def test_nothing_but_the_assets_is_served(pages: httpx.Client, name: str) -> None:
    assert pages.get(f"/static/{name}").status_code == 404
