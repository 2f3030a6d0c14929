"""The interface behind which every sandbox back end stands."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import PurePosixPath
from typing import Protocol

from kernel.sandbox.errors import JailNotPossibleError
from kernel.sandbox.jail import Jail


class Level(IntEnum):
    """How much a back end separates, in order; shown to people and written into facts."""

    NONE = 0
    LANDLOCK = 1
    BUBBLEWRAP = 2
    CONTAINER = 3


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What a self-test found: `reason` says why not, `remedy` what a person can do about it.

    `network` tells whether the level can open the network by domain; `note` what it lacks.
    """

    ok: bool
    reason: str = ""
    remedy: str = ""
    network: bool = False
    note: str = ""


@dataclass(kw_only=True)
class Prepared:
    """A command line ready to be spawned; owns descriptors until `close`.

    `inherited` are passed to the child. `status` is our end of a pipe on which the back end
    writes JSON documents with `child-pid` and `exit-code`. `channel` is our end of a socket on
    which the listening socket of the jail's proxy port arrives. `stop` ends what killing the
    process tree does not reach (a container).
    """

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    inherited: list[int] = field(default_factory=list)
    status: int | None = None
    channel: socket.socket | None = None
    stop: Sequence[str] = ()

    def payload(self, data: bytes) -> int:
        """An inherited descriptor from which the child reads `data`; never visible in `ps`."""
        fd = os.memfd_create("sandbox", os.MFD_CLOEXEC)
        self.inherited.append(fd)
        os.write(fd, data)
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def status_pipe(self) -> int:
        """Open the status pipe; returns the end the child writes to."""
        self.status, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.inherited.append(write)
        return write

    def open_channel(self) -> int:
        """Open the socket pair for the proxy's listener; returns the child's end."""
        self.channel, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        fd = child.detach()
        self.inherited.append(fd)
        return fd

    def close_inherited(self) -> None:
        """Close the child's descriptors in this process, once it has them."""
        while self.inherited:
            os.close(self.inherited.pop())

    def close(self) -> None:
        """Close everything that is still ours; safe to call twice."""
        self.close_inherited()
        if self.channel is not None:
            self.channel.close()
        if self.status is not None:
            os.close(self.status)
        self.channel = self.status = None


@contextmanager
def preparing(env: Mapping[str, str]) -> Iterator[Prepared]:
    """A `Prepared` under construction: its descriptors are closed when that fails."""
    prepared = Prepared(argv=(), env=env)
    try:
        yield prepared
    except BaseException:
        prepared.close()
        raise


class Sandbox(Protocol):
    """A back end: it proves that it works, and turns a jail and a command into a command line."""

    name: str
    level: Level

    async def probe(self) -> ProbeResult:
        """Run a real sandboxed process and check that it is really confined."""

    def command(self, jail: Jail, argv: Sequence[str]) -> Prepared:
        """Prepare a command; raises `JailNotPossibleError` for what this level cannot enforce."""

    def workspace_inside(self, jail: Jail) -> str:
        """The path under which the command finds its workspace."""


def check_jail(jail: Jail, argv: Sequence[str]) -> None:
    """Refuse what no back end may run: an empty command, root, a working directory outside."""
    if not argv:
        raise JailNotPossibleError("A command needs at least one word.")
    if any("\0" in word for word in (*argv, *jail.env, *jail.env.values())):
        raise JailNotPossibleError("A command or its environment contains a NUL character.")
    if any("=" in name or not name for name in jail.env):
        raise JailNotPossibleError("The name of an environment variable is not valid.")
    if os.geteuid() == 0 and (jail.identity is None or 0 in (jail.identity.uid, jail.identity.gid)):
        raise JailNotPossibleError(
            "A sandboxed command may not run as root.",
            remedy="Give the jail an identity from the sandbox's uid range.",
        )
    cwd = PurePosixPath(jail.cwd)
    if cwd.is_absolute() or ".." in cwd.parts:
        raise JailNotPossibleError("The working directory must lie inside the workspace.")
