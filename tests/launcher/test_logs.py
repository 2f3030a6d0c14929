"""Log files: whole lines, rotation, the terminal's copy."""

from __future__ import annotations

import io
import os
import stat
from contextlib import closing, suppress
from pathlib import Path

import pytest

from launcher import logs
from launcher.logs import Log


def test_lines_arrive_whole_however_they_were_cut(tmp_path: Path) -> None:
    log = Log(tmp_path / "web.log", echo=False)

    for piece in (b"on", b"e\ntw", b"o\r\nthr", b"ee"):
        log.write(piece)

    assert (tmp_path / "web.log").read_bytes() == b"one\ntwo\n"
    log.close()
    assert (tmp_path / "web.log").read_bytes() == b"one\ntwo\nthree\n"
    assert log.last_words() == "three"
    assert stat.S_IMODE((tmp_path / "web.log").stat().st_mode) == 0o600


def test_an_endless_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    with closing(Log(tmp_path / "web.log", echo=False)) as log:
        log.write(b"x" * logs.LONGEST_LINE)

    assert (tmp_path / "web.log").stat().st_size == logs.LONGEST_LINE + 1


def test_a_full_file_is_rotated_and_the_oldest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAX_BYTES", 10)
    with closing(Log(tmp_path / "web.log", echo=False)) as log:
        for number in range(8):
            log.write(f"line {number:6}\n".encode())

    kept = {path.name: path.read_text().split()[-1] for path in tmp_path.glob("web.log.*")}
    assert kept == {f"web.log.{n}": str(8 - n) for n in range(1, logs.KEPT + 1)}
    assert (tmp_path / "web.log").read_text() == ""


def test_the_terminal_sees_every_line_with_its_process(tmp_path: Path) -> None:
    terminal = io.StringIO()
    with closing(Log(tmp_path / "web.log", echo=True, stream=terminal)) as log:
        log.write(b"hello\nworld\n")

    assert terminal.getvalue() == "     web | hello\n     web | world\n"


def test_an_earlier_log_is_continued(tmp_path: Path) -> None:
    (tmp_path / "web.log").write_text("before\n")

    with closing(Log(tmp_path / "web.log", echo=False)) as log:
        log.write(b"after\n")

    assert (tmp_path / "web.log").read_text() == "before\nafter\n"


def test_a_full_disk_loses_lines_but_not_the_process(tmp_path: Path) -> None:
    (tmp_path / "web.log").symlink_to("/dev/full")

    with closing(Log(tmp_path / "web.log", echo=False)) as log:
        log.write(b"one\n")
        log.write(b"two\n")

    assert log.last_words() == "two"


def test_a_closed_terminal_does_not_end_the_process(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    terminal = os.fdopen(writer, "w")

    with closing(Log(tmp_path / "web.log", echo=True, stream=terminal)) as log:
        log.write(b"one\n")

    assert (tmp_path / "web.log").read_text() == "one\n"
    with suppress(BrokenPipeError):
        terminal.close()
