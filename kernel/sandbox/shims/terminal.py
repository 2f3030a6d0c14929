"""Runs inside the sandbox as the program of a terminal: a shell on a pseudo-terminal of its own.

`python3 -I -S -c SOURCE ROWS COLUMNS`. Standard output is what the shell shows. Standard input is
frames: a letter, a length (4 bytes, big-endian) and so many bytes; `D` is what somebody types, `R`
a size as two 2-byte numbers. The end of the input hangs up. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
from contextlib import suppress

_CHUNK = 65536
_HEAD = 5


def shell() -> None:
    """Become the shell people know."""
    for path, words in (("/bin/bash", ["bash", "-i"]), ("/bin/sh", ["sh", "-i"])):
        try:
            # Whoever was started in the background has it ignored, and Ctrl-C would reach nobody.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execv(path, words)  # noqa: S606 - becoming the shell is the point
        except OSError:
            continue
    os._exit(127)


def resize(master: int, rows: int, columns: int) -> None:
    """Tell the shell how large its window is."""
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def take(master: int, raw: bytearray, typed: bytearray) -> None:
    """Move whole frames out of what was read."""
    while len(raw) >= _HEAD:
        kind, size = raw[:1], struct.unpack(">I", raw[1:_HEAD])[0]
        if len(raw) < _HEAD + size:
            return
        body = bytes(raw[_HEAD : _HEAD + size])
        del raw[: _HEAD + size]
        if kind == b"D":
            typed += body
        elif kind == b"R" and size == 4:
            resize(master, *struct.unpack(">HH", body))


def relay(master: int) -> None:
    """Carry both ways until the shell ends or nobody types any more."""
    raw, typed = bytearray(), bytearray()
    while True:
        readable, writable, _ = select.select([0, master], [master] if typed else [], [])
        if master in readable:
            try:
                shown = os.read(master, _CHUNK)
            except OSError:
                return
            if not shown:
                return
            while shown:
                shown = shown[os.write(1, shown) :]
        if master in writable:
            del typed[: os.write(master, typed[:1024])]
        if 0 in readable:
            given = os.read(0, _CHUNK)
            if not given:
                return
            raw += given
            take(master, raw, typed)


def main(rows: str, columns: str) -> None:
    """Start the shell, carry, and end with its exit code."""
    child, master = pty.fork()
    if child == 0:
        shell()
    resize(master, int(rows), int(columns))
    relay(master)
    os.close(master)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGHUP)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main(*sys.argv[1:])
