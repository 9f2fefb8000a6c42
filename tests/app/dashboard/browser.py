"""Debian's Chromium, driven by Playwright; whoever wants it is told if it is not there."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

WORK = {
    "overview": "/",
    "experiments": "/experiments",
    "experiments-filtered": "/experiments?status=failed",
    "new-experiment": "/experiments/new",
    "experiment-done": "/experiments/{done}",
    "experiment-going": "/experiments/{going}",
    "runs": "/runs",
    "runs-none": "/runs?method=nobody",
    "run-going": "/runs/{run}",
    "run-succeeded": "/runs/{succeeded}",
    "run-queued": "/runs/{queued}",
    "analyses": "/analyses",
    "analysis": "/analyses/{analysis}",
    "new-analysis": "/analyses/new",
    "settings": "/settings",
    "health": "/health",
    "not-found": "/nothing/here",
    "wrong-filter": "/runs?status=asleep",
}
"""Pages of work under way by name, their addresses with the ids of `tests.app.dashboard.rows.furnish`."""

FOUND = {
    "experiment-compared": "/experiments/{comparison}",
    "comparison": "/experiments/{comparison}/comparison",
    "report": "/runs/{signs}/report",
    "report-nothing": "/runs/{nothing}/report",
    "report-few": "/runs/{few}/report",
    "report-three": "/runs/{actors}/report",
    "report-analysis": "/analyses/{told}/report",
    "example": "/runs/{signs}/examples/{example}",
    "example-media": "/runs/{actors}/examples/{clip}",
    "datasets": "/datasets",
    "dataset-ready": "/datasets/{ready}",
    "dataset-refused": "/datasets/{refused}",
    "dataset-receiving": "/datasets/{receiving}",
    "dataset-waiting": "/datasets/{waiting}",
    "new-dataset": "/datasets/new",
    "run-of-a-dataset": "/runs/{reading}",
    "models": "/models",
    "models-asked": "/models?run={signs}",
    "model": "/models/signs",
}
"""Pages of what was found, with the ids of `tests.app.dashboard.found.furnish_findings`."""


def missing() -> str | None:
    """Why there is no browser; None if there is one."""
    try:
        import playwright.sync_api  # noqa: F401
    except ModuleNotFoundError:
        return "playwright is not installed; pip install playwright"
    return None if shutil.which("chromium") else "there is no chromium; apt-get install chromium"


NEEDED = pytest.mark.skipif(missing() is not None, reason=str(missing()))
"""Of tests that drive a browser: they are skipped, with a word, where there is none."""


@contextmanager
def chromium(**how: Any) -> Iterator[Any]:
    """A browser context with a profile of its own, gone with it."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="synib-chromium-") as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), args=list(FLAGS), **how
        )
        try:
            yield context
        finally:
            context.close()
