"""Models that several tests read, built once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.synib.features.models import build


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model of a kind."""
    folder = tmp_path_factory.mktemp("models")
    return lambda kind: folder / kind if (folder / kind).exists() else build(kind, folder)
