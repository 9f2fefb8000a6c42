"""Pages as browsers ask for them, over a project with something of every kind."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.app.conftest import Api
from tests.app.dashboard.browser import chromium
from tests.app.dashboard.found import furnish_findings
from tests.app.dashboard.rows import furnish

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def pages(embedded: Api, database: Engine) -> Iterator[httpx.Client]:
    """The owner's browser in embedded mode."""
    with httpx.Client(base_url=embedded.url, headers=BROWSER, timeout=30) as client:
        yield client


@pytest.fixture
def ids(session: Session) -> dict[str, str]:
    """The ids of a project in the middle of its work."""
    return furnish(session)


@pytest.fixture
def found(session: Session, embedded: Api, database: Engine) -> dict[str, str]:
    """The ids of a project that has found something."""
    return furnish_findings(session, embedded)


@pytest.fixture
def stranger(guarded: Api, database: Engine) -> Iterator[httpx.Client]:
    """A browser that has not signed in, in server mode."""
    with httpx.Client(base_url=guarded.url, headers=BROWSER, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(reduced_motion="reduce", bypass_csp=False) as context:
        context.set_default_timeout(20_000)
        yield context


@pytest.fixture
def complaints() -> list[str]:
    """What the browser wrote into its console, and what broke."""
    return []


@pytest.fixture
def page(browser: Any, embedded: Api, complaints: list[str]) -> Iterator[Any]:
    """A tab on the dashboard whose console is empty in the end. Rows are somebody else's business."""
    tab = browser.new_page()
    tab.on(
        "console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None
    )
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.url_of = lambda path: embedded.url + path
    yield tab
    tab.close()
    assert complaints == []
