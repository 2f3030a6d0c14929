"""Files into a stream and out again, also when an agent plays tricks meanwhile."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from launcher.failure import LauncherError
from launcher.operate.packing import pack, unpack


def packed(root: Path) -> bytes:
    stream = io.BytesIO()
    pack(root, stream, lambda _: None)
    return stream.getvalue()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_went_in_comes_out(tmp_path: Path) -> None:
    work = tmp_path / "a" / "work" / "s"
    (work / "empty").mkdir(parents=True)
    (work / "tool").write_bytes(b"\0" * 70_000)
    (work / "tool").chmod(0o775)
    (work / "l\udce9nk").symlink_to("../elsewhere")
    (work / "empty").chmod(0o500)
    os.mkfifo(work / "pipe")
    (tmp_path / "a" / "logs").mkdir()

    unpack(io.BytesIO(packed(tmp_path / "a")), tmp_path / "b", lambda _: None)

    copy = tmp_path / "b" / "work" / "s"
    assert names(tmp_path / "b") == ["work"]
    assert names(copy) == ["empty", "l\udce9nk", "tool"]
    assert (copy / "tool").read_bytes() == b"\0" * 70_000
    assert [(copy / name).stat().st_mode & 0o777 for name in ("tool", "empty")] == [0o775, 0o500]
    assert (copy / "l\udce9nk").readlink() == Path("../elsewhere")


def test_a_link_is_packed_as_a_link_never_as_what_it_names(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("canary-5d1f")
    work = tmp_path / "a" / "work"
    work.mkdir(parents=True)
    (work / "out").symlink_to(secret)
    (work / "file").symlink_to(secret / "key")

    assert b"canary-5d1f" not in packed(tmp_path / "a")


def test_a_tree_that_is_itself_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("canary-77aa")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "work").symlink_to(tmp_path / "secret")

    assert b"canary-77aa" not in packed(tmp_path / "a")


@pytest.mark.parametrize("name", ["keys/master", "../up", "/etc/x", "work/out/x"])
def test_a_forged_archive_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    stream, outside = io.BytesIO(), tmp_path / "outside"
    outside.mkdir()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        link = tarfile.TarInfo("work/out")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo(name))
    stream.seek(0)
    (tmp_path / "b").mkdir()

    with pytest.raises(LauncherError):
        unpack(stream, tmp_path / "b", lambda _: None)

    assert list(outside.iterdir()) == []
    assert not (tmp_path / "up").exists()
