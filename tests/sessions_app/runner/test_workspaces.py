"""Working directories from seeds: nothing from outside the operator's roots gets in."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from kernel.sandbox import PathEscapesError, TreeTooLargeError
from sessions_app.errors import SeedGoneError, SeedNotAllowedError
from sessions_app.models import AgentSession
from sessions_app.runner.sandboxing import workspace_of
from sessions_app.runner.workspaces import make_workspace, remove_workspace
from tests.factories.cast import Cast
from tests.sessions_app.work import make


@pytest.fixture
def roots(tmp_path: Path, settings: Any) -> Path:
    """An operator's root, and something beside it that is none of a session's business."""
    root, outside = tmp_path / "seeds", tmp_path / "outside"
    (root / "app" / "src").mkdir(parents=True)
    (root / "app" / "src" / "main.py").write_text("print()\n")
    (root / "app" / "run").write_text("#!/bin/sh\n")
    (root / "app" / "run").chmod(0o4755)
    outside.mkdir()
    (outside / "secret").write_text("secret")
    settings.WORKSPACE_ROOTS = (str(root),)
    return root


def seeded(cast: Cast, seed: Path | str) -> AgentSession:
    """A session that starts as a copy."""
    return make(cast, working_directory=str(seed))


def made(session: AgentSession) -> Path:
    """Its working directory."""
    return make_workspace(session.working_directory, session.pk)


def test_a_seed_is_copied_with_its_modes_and_links(cast: Cast, roots: Path) -> None:
    app = roots / "app"
    (app / "link").symlink_to("src/main.py")
    (app / "away").symlink_to("/etc/passwd")
    (app / ".home").mkdir()
    os.mkfifo(app / "pipe")

    place = made(seeded(cast, app))

    assert (place / "src" / "main.py").read_text() == "print()\n"
    assert (place / "run").stat().st_mode & 0o7777 == 0o755
    assert (place / "link").readlink() == Path("src/main.py")
    assert (place / "away").readlink() == Path("/etc/passwd")
    assert not (place / "pipe").exists()
    assert list((place / ".home").iterdir()) == []


def test_it_is_made_once(cast: Cast, roots: Path) -> None:
    session = seeded(cast, roots / "app")
    place = made(session)
    (place / "run").write_text("mine")
    (roots / "app" / "run").write_text("theirs")

    assert (made(session) / "run").read_text() == "mine"


@pytest.mark.parametrize("way", ["link", "app/link", "link/deeper"])
def test_a_link_out_of_the_roots_is_no_seed(cast: Cast, roots: Path, way: str) -> None:
    outside = roots.parent / "outside"
    (outside / "deeper").mkdir()
    for link in (roots / "link", roots / "app" / "link"):
        link.symlink_to(outside)

    session = seeded(cast, roots / way)

    with pytest.raises(PathEscapesError):
        made(session)
    assert not workspace_of(session.working_directory_id).exists()


def test_a_link_within_the_roots_is_one(cast: Cast, roots: Path) -> None:
    (roots / "current").symlink_to("app")

    assert (made(seeded(cast, roots / "current")) / "src" / "main.py").exists()


@pytest.mark.parametrize("way", ["absent", "app/run"])
def test_a_seed_that_is_no_directory_is_said_to_be_gone(cast: Cast, roots: Path, way: str) -> None:
    session = seeded(cast, roots / way)

    for _ in range(2):
        with pytest.raises(SeedGoneError):
            made(session)


def test_a_root_that_was_closed_since_is_closed(cast: Cast, roots: Path, settings: Any) -> None:
    session = seeded(cast, roots / "app")
    settings.WORKSPACE_ROOTS = ()

    with pytest.raises(SeedNotAllowedError):
        made(session)


def test_a_seed_larger_than_a_workspace_is_refused_whole(
    cast: Cast, roots: Path, settings: Any
) -> None:
    settings.WORKSPACE_BYTES = 1_000_000
    with (roots / "app" / "big").open("wb") as sparse:
        sparse.truncate(2_000_000)
    session = seeded(cast, roots / "app")

    with pytest.raises(TreeTooLargeError):
        made(session)

    (roots / "app" / "big").unlink()
    assert (made(session) / "run").exists()


def test_several_at_once_make_one(cast: Cast, roots: Path) -> None:
    for number in range(200):
        (roots / "app" / f"f{number}").write_text("x")
    session = seeded(cast, roots / "app")
    directory, found = session.working_directory, []

    def one() -> None:
        found.append(len(list(make_workspace(directory, session.pk).iterdir())))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [203] * 4


def test_a_directory_swapped_for_a_link_meanwhile_shows_nothing_outside(
    cast: Cast, roots: Path
) -> None:
    """What a sandboxed command may try while its session is forked."""
    app, outside = roots / "app", roots.parent / "outside"
    (app / "trap").mkdir()
    (app / "aside").mkdir()
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            (app / "trap").rename(app / "old")
            (app / "trap").symlink_to(outside)
            (app / "trap").unlink()
            (app / "old").rename(app / "trap")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for _ in range(60):
            place = made(seeded(cast, app))
            trap = place / "trap"
            assert trap.is_symlink() or not (trap / "secret").exists()
    finally:
        over.set()
        thread.join()


def test_removing_leaves_nothing(cast: Cast, roots: Path) -> None:
    session = seeded(cast, roots / "app")
    place = made(session)
    half = place.with_name(f"{place.name}.half-x")
    half.mkdir()

    for _ in range(2):
        remove_workspace(session.working_directory_id)

    assert not place.exists()
    assert not half.exists()
