"""What the launcher's tests share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.launcher.trees import Tree, marked


@pytest.fixture
def home() -> Iterator[Path]:
    """A short temporary directory: sockets have to fit into it."""
    path = Path(tempfile.mkdtemp(prefix="qd-"))
    yield path
    for process in marked(path):
        process.kill()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def tree(home: Path) -> Iterator[Callable[..., Tree]]:
    """Starts supervisors; whatever a test leaves of them is ended."""
    trees: list[Tree] = []

    def start(*programs: dict[str, object]) -> Tree:
        trees.append(Tree(home, *programs))
        return trees[-1]

    yield start
    for each in trees:
        each.close()
