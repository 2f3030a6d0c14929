"""Files of a workspace from outside, with hostile content in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from kernel.sandbox import (
    FileTooLargeError,
    NotAFileError,
    PathEscapesError,
    Workspace,
)
from kernel.sandbox.beneath import open_beneath, open_without_links

OPENERS = {"openat2": open_beneath, "fallback": open_without_links}


@pytest.fixture(params=list(OPENERS))
def files(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A workspace, once with the kernel's own resolution and once with the fallback."""
    monkeypatch.setattr("kernel.sandbox.workspace.open_beneath", OPENERS[request.param])
    root = tmp_path / "workspace"
    root.mkdir()
    with Workspace(root) as workspace:
        yield workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("the secret")
    return tmp_path / "workspace"


def test_written_files_are_read_back(files: Workspace, root: Path) -> None:
    files.write("a/b/c.txt", b"hello world", max_bytes=100)
    files.write("/workspace/a/b/c.txt", b"hello", max_bytes=100)

    assert (root / "a/b/c.txt").read_bytes() == b"hello"
    assert files.read(str(root / "a/b/c.txt"), max_bytes=100).data == b"hello"


def test_a_part_of_a_file_with_its_whole_size(files: Workspace, root: Path) -> None:
    (root / "big").write_bytes(bytes(range(100)))

    content = files.read("big", max_bytes=5, offset=10)

    assert (content.data, content.size) == (bytes(range(10, 15)), 100)


@pytest.mark.parametrize(
    "path", ["../secret", "a/../../secret", "/etc/passwd", "/workspace/../secret", "x\0y"]
)
def test_paths_out_of_it_are_refused(files: Workspace, root: Path, path: str) -> None:
    (root / "a").mkdir()

    with pytest.raises(PathEscapesError):
        files.read(path, max_bytes=100)
    with pytest.raises(PathEscapesError):
        files.write(path, b"x", max_bytes=100)
    with pytest.raises(PathEscapesError):
        files.list(path)
    assert (root.parent / "secret").read_text() == "the secret"


@pytest.mark.parametrize("target", ["../secret", "{root}/../secret", "/etc/passwd"])
def test_links_out_of_it_are_refused(files: Workspace, root: Path, target: str) -> None:
    (root / "link").symlink_to(target.format(root=root))

    with pytest.raises(PathEscapesError):
        files.read("link", max_bytes=100)
    with pytest.raises(PathEscapesError):
        files.write("link", b"x", max_bytes=100)
    assert (root.parent / "secret").read_text() == "the secret"


def test_directories_that_are_links_out_are_refused(files: Workspace, root: Path) -> None:
    (root / "out").symlink_to("..")

    for attempt in (
        lambda: files.read("out/secret", max_bytes=100),
        lambda: files.write("out/new", b"x", max_bytes=100),
        lambda: files.write("out/deep/new", b"x", max_bytes=100),
        lambda: files.list("out"),
        lambda: files.remove("out/secret"),
        lambda: files.make_directory("out/new"),
    ):
        with pytest.raises(PathEscapesError):
            attempt()
    assert sorted(path.name for path in root.parent.iterdir()) == ["secret", "workspace"]


def test_a_link_through_proc_is_refused(files: Workspace, root: Path) -> None:
    (root / "magic").symlink_to(f"/proc/self/fd/{os.open(root.parent, os.O_RDONLY)}/secret")

    with pytest.raises(PathEscapesError):
        files.read("magic", max_bytes=100)


def test_links_within_are_followed_by_the_kernels_resolution(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("content")
    (tmp_path / "link").symlink_to("real")

    with Workspace(tmp_path) as files:
        assert files.read("link", max_bytes=100).data == b"content"


def test_pipes_and_directories_are_no_files(files: Workspace, root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "directory").mkdir()

    with pytest.raises(NotAFileError):
        files.read("pipe", max_bytes=10)
    with pytest.raises((NotAFileError, OSError)):
        files.write("pipe", b"x", max_bytes=10)
    with pytest.raises(NotAFileError):
        files.read("directory", max_bytes=10)


def test_too_large_a_write_changes_nothing(files: Workspace, root: Path) -> None:
    (root / "f").write_text("old")

    with pytest.raises(FileTooLargeError):
        files.write("f", b"x" * 11, max_bytes=10)

    assert (root / "f").read_text() == "old"


def test_listing_names_kinds_and_says_when_there_is_more(files: Workspace, root: Path) -> None:
    (root / "a.txt").write_text("12345")
    (root / "b").mkdir()
    (root / "c").symlink_to("a.txt")

    listing = files.list()

    assert [(e.name, e.kind, e.size) for e in listing.entries if e.kind != "directory"] == [
        ("a.txt", "file", 5),
        ("c", "link", 5),
    ]
    assert [e.name for e in listing.entries] == ["a.txt", "b", "c"]
    assert (listing.complete, files.list(max_entries=2).complete) == (True, False)


def test_removing_takes_the_link_and_not_its_target(files: Workspace, root: Path) -> None:
    (root / "link").symlink_to("../secret")
    (root / "empty").mkdir()

    files.remove("link")
    files.remove("empty")

    assert list(root.iterdir()) == []
    assert (root.parent / "secret").exists()


def test_what_is_missing_is_said_as_the_system_does(files: Workspace) -> None:
    with pytest.raises(FileNotFoundError):
        files.read("nothing", max_bytes=10)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root creates files for others")
def test_created_files_belong_to_the_workspaces_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 64738, 64738)

    with Workspace(tmp_path) as files:
        files.write("a/b", b"x", max_bytes=10)

    assert [(tmp_path / p).stat().st_uid for p in ("a", "a/b")] == [64738, 64738]


@pytest.mark.parametrize("opener", list(OPENERS))
def test_a_link_swapped_in_meanwhile_never_leads_out(tmp_path: Path, opener: str) -> None:
    root = tmp_path / "workspace"
    (root / "real").mkdir(parents=True)
    (root / "real" / "f").write_text("inside")
    (tmp_path / "f").write_text("outside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for target in ("..", "real"):
                (root / "x.new").symlink_to(target)
                (root / "x.new").replace(root / "x")

    thread = threading.Thread(target=swap)
    thread.start()
    descriptor = os.open(root, os.O_RDONLY)
    seen = set()
    try:
        for _ in range(3000):
            try:
                fd = OPENERS[opener](descriptor, PurePosixPath("x/f"), os.O_RDONLY)
            except (PathEscapesError, FileNotFoundError, BlockingIOError):
                continue
            seen.add(os.read(fd, 10))
            os.close(fd)
    finally:
        stop.set()
        thread.join()
        os.close(descriptor)

    assert seen <= {b"inside"}
