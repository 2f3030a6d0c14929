"""One installation for all stories and browser tests; they go to one worker so that it starts once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.house import House, house


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep everything that needs the house together."""
    for item in items:
        if "the_house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("house"))


@pytest.fixture(scope="session")
def the_house() -> Iterator[House]:
    """`./quarterdeck up --demo` in a short-named directory (sockets need short paths)."""
    folder = Path(tempfile.mkdtemp(prefix="qds", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with house(
            folder / "d",
            QUARTERDECK_WORKSPACE_ROOTS=str(Path(__file__).parents[1]),
            QUARTERDECK_EGRESS_ALLOW="127.0.0.2",
        ) as it:
            yield it
    finally:
        shutil.rmtree(folder, ignore_errors=True)
