"""The archive by itself: whole or not there, checked to the last byte, told when it is none."""

from __future__ import annotations

import errno
import resource
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launcher.failure import LauncherError
from launcher.operate.archive import DUMP, FILES, PARTIAL, Writer, drafted, read, sweep, told

PARTS = {DUMP: b"d" * 3000, FILES: b"f" * 512}


def write(path: Path, manifest: bool = True) -> None:
    with drafted(path) as file:
        writer = Writer(file)
        for name, content in PARTS.items():
            with writer.part(name) as part:
                part.write(content[:100])
                part.write(content[100:])
        if manifest:
            writer.finish({"product_version": "1"})


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to write more into one file, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_is_an_ordinary_tar_file_of_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    write(path)

    with tarfile.open(path) as tar:
        sizes = {member.name: member.size for member in tar}
    archive = read(path)
    archive.check()

    assert {name: sizes[name] for name in PARTS} == {DUMP: 3000, FILES: 512}
    assert {name: b"".join(archive.pieces(name)) for name in PARTS} == PARTS
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_any_changed_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    write(path)
    begin, size = read(path).places[DUMP]
    with path.open("r+b") as file:
        file.seek(begin + size - 1)
        file.write(b"x")

    with pytest.raises(LauncherError, match=r"damaged: database\.dump"):
        read(path).check()


@pytest.mark.parametrize("kept", [0, 100, 2000, 3600])
def test_half_an_archive_is_none(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "b.tar"
    write(path)
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(LauncherError, match="no whole backup"):
        read(path)


def test_without_a_manifest_it_is_none(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    write(path, manifest=False)

    with pytest.raises(LauncherError, match="no whole backup"):
        read(path)


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(LauncherError, match="is full after 0 MiB: nothing was left there"),
        files_of_at_most(2000),
    ):
        write(tmp_path / "b.tar")

    assert list(tmp_path.iterdir()) == []


def test_every_way_to_be_full_is_one() -> None:
    texts = {
        str(told(OSError(number, "x"), Path("/d/b.tar"))).partition(":")[0]
        for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    }

    assert texts == {"The disk that holds /d is full after 0 MiB"}


def test_what_a_killed_backup_left_goes_and_one_under_way_stays(tmp_path: Path) -> None:
    (tmp_path / f"killed.tar{PARTIAL}").write_bytes(b"half")
    (tmp_path / "film.partial").write_bytes(b"somebody else's")
    with drafted(tmp_path / "b.tar") as file:
        file.write(b"still writing")

        assert sweep(tmp_path) == 1

    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "film.partial"]


def test_an_archive_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "b.tar"
    path.write_text("mine")

    with pytest.raises(LauncherError, match="exists already"):
        write(path)

    assert path.read_text() == "mine"
