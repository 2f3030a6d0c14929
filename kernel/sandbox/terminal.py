"""A terminal in the sandbox: a shell on a pseudo-terminal that is made inside, so that nothing of
it, not even the terminal, is ours."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from kernel.sandbox.backend import Level
from kernel.sandbox.errors import JailNotPossibleError
from kernel.sandbox.jail import Jail
from kernel.sandbox.process import SandboxedProcess
from kernel.sandbox.supervisor import Supervisor

_SHIM = Path(__file__).with_name("shims") / "terminal.py"
_ENVIRONMENT = MappingProxyType({"TERM": "xterm-256color", "PS1": r"\w \$ "})


async def open_terminal(
    supervisor: Supervisor, jail: Jail, *, rows: int, columns: int
) -> SandboxedProcess:
    """Start a shell for somebody to type into; `typed` and `resized` are what it understands.

    Raises `JailNotPossibleError` at the landlock level, which has no terminals of its own.
    """
    if supervisor.sandbox.level is Level.LANDLOCK:
        raise JailNotPossibleError(
            "The landlock level has no terminals.", remedy="Install bubblewrap."
        )
    program = ["python3", "-I", "-S", "-c", _SHIM.read_text(), str(rows), str(columns)]
    jail = replace(jail, env={**jail.env, **_ENVIRONMENT})
    return await supervisor.spawn(jail, program, merge_stderr=True)


def typed(data: bytes) -> bytes:
    """What somebody typed, for the terminal's standard input."""
    return b"D" + struct.pack(">I", len(data)) + data


def resized(rows: int, columns: int) -> bytes:
    """A new size, for the terminal's standard input."""
    return b"R" + struct.pack(">IHH", 4, rows, columns)
