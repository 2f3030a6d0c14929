"""Replacing files from outside, pages of a folder, and archives, in a place nobody trusts."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path, PurePosixPath

import pytest

from kernel.sandbox import (
    ABSENT,
    FileChangedError,
    NotAFileError,
    PathEscapesError,
    Workspace,
    archive_beneath,
    version_of_bytes,
)

OLD, NEW = b"old text", b"new text"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "workspace"
    place.mkdir()
    return place


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


def replace(root: Path, path: str, data: bytes, expected: str | None) -> int | None:
    with Workspace(root) as files:
        return files.replace(path, data, expected=expected, part=".x.part")


def test_a_file_is_replaced_whole_with_its_rights(root: Path) -> None:
    target = root / "run.sh"
    target.write_bytes(OLD)
    target.chmod(0o755)
    held = target.open("rb")

    assert replace(root, "run.sh", NEW, version_of_bytes(OLD)) == len(OLD)

    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (NEW, 0o755)
    assert held.read() == OLD
    assert names(root) == ["run.sh"]


def test_what_changed_since_it_was_seen_stays(root: Path) -> None:
    target = root / "a"
    target.write_bytes(b"somebody else's")

    with pytest.raises(FileChangedError):
        replace(root, "a", NEW, version_of_bytes(OLD))
    with pytest.raises(FileChangedError):
        replace(root, "a", NEW, ABSENT)
    with pytest.raises(FileChangedError):
        replace(root, "gone", NEW, version_of_bytes(OLD))

    assert target.read_bytes() == b"somebody else's"
    assert names(root) == ["a"]


def test_a_write_done_twice_is_done_once(root: Path) -> None:
    assert replace(root, "deep/er/a", NEW, ABSENT) is None
    (root / "deep/er/.x.part").write_bytes(b"left by a killed process")

    assert replace(root, "deep/er/a", NEW, ABSENT) == len(NEW)
    assert replace(root, "deep/er/b", NEW, ABSENT) is None

    assert sorted(names(root / "deep/er")) == ["a", "b"]


@pytest.mark.parametrize("name", ["link", "pipe", "folder", "dangling"])
def test_only_regular_files_are_replaced_or_removed(root: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(OLD)
    (root / "link").symlink_to(outside)
    (root / "dangling").symlink_to(tmp_path / "made")
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")

    with pytest.raises(NotAFileError):
        replace(root, name, NEW, None)
    with Workspace(root) as files, pytest.raises(NotAFileError):
        files.remove_file(name, expected=None)

    assert outside.read_bytes() == OLD
    assert not (tmp_path / "made").exists()
    assert (root / name).is_symlink() or (root / name).exists()


@pytest.mark.parametrize("path", ["out/x", "../x", "/etc/x", "a\x00b"])
def test_nothing_is_written_outside(root: Path, tmp_path: Path, path: str) -> None:
    (root / "out").symlink_to(tmp_path)

    with pytest.raises((PathEscapesError, FileExistsError)):
        replace(root, path, NEW, None)

    assert sorted(names(tmp_path)) == ["workspace"]


def test_removal_is_of_what_was_seen(root: Path) -> None:
    (root / "a").write_bytes(OLD)
    with Workspace(root) as files:
        with pytest.raises(FileChangedError):
            files.remove_file("a", expected=version_of_bytes(NEW))
        assert files.remove_file("a", expected=version_of_bytes(OLD)) == len(OLD)
        assert files.remove_file("a", expected=version_of_bytes(OLD)) is None

    assert names(root) == []


def test_pages_of_a_folder_follow_each_other_without_gap(root: Path) -> None:
    for name in ("b", "a", "c"):
        (root / f"folder-{name}").mkdir()
    for number in range(7):
        (root / f"file-{number}").touch()
    (root / os.fsdecode(b"\xff")).touch()
    (root / "link").symlink_to("/etc")

    with Workspace(root) as files:
        found, after = [], ""
        while True:
            page = files.page(after=after, limit=4)
            found += [entry.name for entry in page.entries]
            if page.complete:
                break
            after = page.entries[-1].key

    assert found[:3] == ["folder-a", "folder-b", "folder-c"]
    assert found[3:-1] == [*(f"file-{n}" for n in range(7)), "link"]
    assert os.fsencode(found[-1]) == b"\xff"


def unpacked(root: Path, inside: str = ".") -> dict[str, tarfile.TarInfo]:
    raw = b"".join(archive_beneath(root, PurePosixPath(inside), "top", leave_out=[".home"]))
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:gz", errors="surrogateescape") as archive:
        for member in archive.getmembers():
            if member.isreg():
                content = archive.extractfile(member)
                assert content is not None
                member.pax_headers["content"] = content.read()  # type: ignore[assignment]
        return {member.name: member for member in archive.getmembers()}


def test_an_archive_holds_everything_and_nothing_from_outside(root: Path) -> None:
    long = "x" * 200
    (root / "a" / long).mkdir(parents=True)
    (root / "a" / long / "deep").write_bytes(OLD)
    (root / "run.sh").write_bytes(b"#!" * 700_000)
    (root / "run.sh").chmod(0o4755)
    (root / ".home").mkdir()
    (root / ".home" / "secret").write_bytes(b"x")
    (root / "link").symlink_to("/etc/passwd")
    os.mkfifo(root / "pipe")
    (root / os.fsdecode(b"\xff\n")).touch()

    found = unpacked(root)

    odd = os.fsdecode(b"top/\xff\n")
    expected = {
        "top",
        "top/a",
        f"top/a/{long}",
        f"top/a/{long}/deep",
        "top/run.sh",
        "top/link",
        odd,
    }
    assert set(found) == expected
    assert found[f"top/a/{long}/deep"].pax_headers["content"] == OLD
    assert found["top/run.sh"].pax_headers["content"] == b"#!" * 700_000
    assert (found["top/run.sh"].mode, found["top/run.sh"].uid) == (0o755, 0)
    assert (found["top/link"].issym(), found["top/link"].linkname) == (True, "/etc/passwd")
    assert set(unpacked(root, f"a/{long}")) == {"top", "top/deep"}


def test_an_archive_of_what_leads_out_is_none(root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path)

    for inside in ("..", "out", "/etc"):
        with pytest.raises(PathEscapesError):
            archive_beneath(root, PurePosixPath(inside), "top")
