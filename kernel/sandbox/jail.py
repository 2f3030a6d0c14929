"""What a sandboxed command may see, use and reach, as plain values.

A `Jail` is complete: nothing of the caller's environment, files, user or network enters it
unless it is named here. Back ends translate it; none may weaken it silently.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024
GIB = 1024 * MIB

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
HOME_NAME = ".home"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one run. A limit that is None is not enforced.

    `cpu_seconds` and `memory_bytes` bind each process through rlimits and the whole run through
    the watcher; `processes` counts threads too, as the kernel does. `tmp_bytes` sizes the private
    /tmp and /dev/shm, which live in memory. `disk_bytes` is the quota of the workspace.
    `wall_seconds` and `output_bytes` apply to `Supervisor.run`, not to spawned servers.
    """

    cpu_seconds: int = 600
    memory_bytes: int = 2 * GIB
    processes: int = 512
    open_files: int = 1024
    file_bytes: int = GIB
    tmp_bytes: int = 256 * MIB
    disk_bytes: int | None = GIB
    wall_seconds: float | None = 600.0
    output_bytes: int = 16 * MIB


@dataclass(frozen=True, kw_only=True)
class Bind:
    """A directory or file shown inside at its own path, or at `target`.

    Only back ends with a mount namespace can move it; the landlock back end refuses a `target`
    that differs from the source.
    """

    source: Path
    target: str = ""
    writable: bool = False

    @property
    def inside(self) -> str:
        """Where the sandboxed command finds it."""
        return self.target or str(self.source)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The unprivileged user a command runs as when the supervisor itself is root."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class UidRange:
    """The uids set aside for sandboxes, one per session as far as they reach.

    Sessions of different uids cannot signal, trace or read each other even where a back end has
    no namespaces, and RLIMIT_NPROC, key rings and pipe budgets count per uid. The uid is a hash
    of the key, so it is the same after a restart without being stored; two sessions that share
    one by chance are still parted by namespaces or landlock.
    """

    base: int = 64738
    count: int = 512

    def identity(self, key: str) -> Identity | None:
        """The identity for `key` (a session or server id); None when we are not root."""
        if os.geteuid() != 0:
            return None
        digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
        uid = self.base + int.from_bytes(digest, "big") % self.count
        return Identity(uid=uid, gid=uid)


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network opened by domain: `example.com`, `*.example.com`, optionally with `:port`.

    `denied` names exceptions, which hold for every port.
    """

    domains: tuple[str, ...]
    denied: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Jail:
    """One command's world. `network` None means no network at all, not even the host's loopback.

    `env` is everything besides PATH, HOME, LANG, TERM and TMPDIR (which it may override, except
    HOME). `cwd` is relative to the workspace.

    `hidden` and `frozen` are files and directories of the workspace, relative to it and without
    links on the way, that the command can neither read nor change, or not change.
    """

    workspace: Path
    identity: Identity | None = None
    binds: tuple[Bind, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    network: Network | None = None
    limits: Limits = Limits()
    cwd: str = "."
    hidden: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()


def base_environment(jail: Jail, *, home: str, tmp: str) -> dict[str, str]:
    """The scrubbed environment: five defaults, then what the jail names, then HOME."""
    defaults = {"PATH": DEFAULT_PATH, "LANG": "C.UTF-8", "TERM": "dumb", "TMPDIR": tmp}
    return {**defaults, **jail.env, "HOME": home}
