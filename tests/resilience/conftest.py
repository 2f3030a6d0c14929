"""One installation for everything here that needs one; its tests go to one worker."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.house import House, house

ROOMY = {"QUARTERDECK_SESSIONS_PER_PERSON": "50", "QUARTERDECK_DRAIN_SECONDS": "3"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "strong_house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("resilience"))


@pytest.fixture(scope="session")
def strong_house() -> Iterator[House]:
    """A house that is mistreated; its limits on sessions are out of the way."""
    folder = Path(tempfile.mkdtemp(prefix="qdr", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with house(folder / "d", **ROOMY) as it:
            yield it
    finally:
        shutil.rmtree(folder, ignore_errors=True)
