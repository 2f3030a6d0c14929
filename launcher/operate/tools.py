"""PostgreSQL's own tools, new enough for a server, fed and read through pipes.

Passwords travel in the environment of the tool: a command line is seen by everybody.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from launcher.cluster import VERSION, binaries
from launcher.failure import LauncherError
from launcher.leash import die_with_parent

PIECE = 1 << 20
FASTEST = "--compress=gzip:1"
"""Three times faster than the default for a tenth more bytes."""
UNFILTERED = 17
"""The first server that knows every setting our `pg_restore` writes."""
LEFT_OUT = "DEFAULT ACL"
"""Names its role and is made anew by `migrate`."""


def dump(url: str, snapshot: str, take: Callable[[bytes], object]) -> None:
    """Dumps the database as one exported snapshot saw it."""
    with psycopg.connect(url) as connection:
        program = tool("pg_dump", connection.info.server_version // 10000)
    options = ("--format=custom", FASTEST, f"--snapshot={snapshot}", "--no-unlogged-table-data")
    with _running(program, url, *options, output=subprocess.PIPE) as process:
        while process.stdout is not None and (data := process.stdout.read(PIECE)):
            take(data)


def load(url: str, pieces: Callable[[], Iterable[bytes]], *, roles: bool) -> None:
    """Restores a dump into an empty database, all of it or nothing; `roles` with their rights."""
    with psycopg.connect(url) as connection:
        server = connection.info.server_version // 10000
    program = tool("pg_restore", 0)
    with tempfile.NamedTemporaryFile("w") as wanted:
        wanted.write(_contents(program, pieces()))
        wanted.flush()
        options = ["--no-owner", "-L", wanted.name, *([] if roles else ["--no-privileges"])]
        if server < UNFILTERED:
            _load_by_script(url, [program, *options, "-f", "-"], pieces())
            return
        options += ["--single-transaction", "--exit-on-error"]
        with _running(program, url, *options, feed=subprocess.PIPE) as process:
            _feed(process, pieces())


def _load_by_script(url: str, command: list[Path | str], pieces: Iterable[bytes]) -> None:
    """For an older server: the same as SQL, without the setting it does not know."""
    options = ("-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1")
    with tempfile.TemporaryFile() as dumped, tempfile.TemporaryFile() as said:
        for data in pieces:
            dumped.write(data)
        dumped.seek(0)
        made = subprocess.Popen(command, stdin=dumped, stdout=subprocess.PIPE, stderr=said)
        with made, _running(tool("psql", 0), url, *options, feed=subprocess.PIPE) as process:
            _feed(process, _whole(made, said))


def _whole(made: subprocess.Popen[bytes], said: IO[bytes]) -> Iterator[bytes]:
    """The script; cut off, it raises before its reader could take it for the end."""
    yield from _known_to_all(made.stdout or ())
    if made.wait() != 0:
        raise LauncherError(f"pg_restore failed: {_complaint(said)}")


def _known_to_all(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The script's settings stand before its first object; rows are never looked at."""
    settings = True
    for line in lines:
        settings = settings and not line.startswith(b"CREATE ")
        if not (settings and line.startswith(b"SET transaction_timeout")):
            yield line


def tool(name: str, server: int) -> Path:
    """Finds a tool at least as new as a server: the wheel's own, else one of the machine."""
    if server <= VERSION:
        return binaries() / name
    found = shutil.which(name, path=f"/usr/lib/postgresql/{server}/bin:{os.environ.get('PATH')}")
    if found is None or _major(found) < server:
        message = f"The server is PostgreSQL {server}: install its client tools ({name} {server})."
        raise LauncherError(message)
    return Path(found)


def _contents(program: Path, pieces: Iterable[bytes]) -> str:
    """The dump's table of contents without what cannot be restored elsewhere."""
    with tempfile.TemporaryFile() as listed, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program, "--list"], stdin=subprocess.PIPE, stdout=listed, stderr=said
        )
        _feed(process, pieces)
        if process.wait() != 0:
            raise LauncherError(f"The dump in this backup cannot be read: {_complaint(said)}")
        listed.seek(0)
        lines = listed.read().decode().splitlines()
    return "\n".join(line for line in lines if f" {LEFT_OUT} " not in line) + "\n"


def _feed(process: subprocess.Popen[bytes], pieces: Iterable[bytes]) -> None:
    with suppress(BrokenPipeError):  # it says itself why it stopped
        for data in pieces:
            process.stdin.write(data)  # type: ignore[union-attr]
    with suppress(BrokenPipeError):
        process.stdin.close()  # type: ignore[union-attr]


@contextmanager
def _running(
    program: Path,
    url: str,
    *options: str,
    feed: int = subprocess.DEVNULL,
    output: int | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a tool against a database; its complaint is our error, our end is its end."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    secret = parts.pop("password", "")
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program, *options, "-d", make_conninfo(**parts)],
            stdin=feed,
            stdout=subprocess.DEVNULL if output is None else output,
            stderr=said,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "PGPASSWORD": secret},
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
        )
        try:
            yield process
            code = process.wait()
        finally:
            _end(process)
        if code != 0:
            raise LauncherError(f"{program.name} failed: {_complaint(said)}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _complaint(said: IO[bytes]) -> str:
    said.seek(0)
    return _last(said.read())


def _last(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    wanted = [line for line in lines if "error:" in line]
    return (wanted or lines or ["it left no message"])[0].split(": error: ")[-1]


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\b(\d+)", said.stdout)
    return int(found[1]) if found else 0
