"""The landlock back end: no namespaces needed, so it works where user namespaces are forbidden.

The kernel refuses the command every file outside its workspace and the system's read-only trees,
every socket (seccomp), and signals to processes outside. What it cannot do: show the workspace at
another path, hide that a path exists, close single files of the workspace or open the network by
domain (asking for either is refused), keep the command from changing modes and times of files its
user owns, or count RLIMIT_NPROC per run when we are not root. As root the own uid of each session
closes those last gaps.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kernel.sandbox import seccomp
from kernel.sandbox.backend import Level, Prepared, ProbeResult, check_jail, preparing
from kernel.sandbox.errors import JailNotPossibleError
from kernel.sandbox.jail import HOME_NAME, Jail, base_environment
from kernel.sandbox.probing import probe_command
from kernel.sandbox.processes import count_threads_of
from kernel.sandbox.system import ETC_NAMES, ROOT_TREES

_SHIM = Path(__file__).with_name("shims") / "landlock.py"
_SYS_CREATE_RULESET = 444
_VERSION_FLAG = 1

# linux/landlock.h
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ABI_1 = (1 << 13) - 1
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_TCP = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_DEVICE = _READ_FILE | _WRITE_FILE | _TRUNCATE | _IOCTL_DEV

_MINIMUM = 3  # truncation is out of reach of older ones
_MINIMUM_WITHOUT_UID = 6  # signals are
_ETC_HERE = ("passwd", "group", "hosts", "nsswitch.conf")
_KERNEL_FILES = (
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/vm/overcommit_memory",
    "/proc/uptime",
    "/proc/version",
    "/sys/devices/system/cpu",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
# A missing file of /etc answers "permission denied" here, which git takes for a fault.
_GIT_WITHOUT_ETC = {"GIT_CONFIG_NOSYSTEM": "1"}
_REMEDY = (
    "Landlock needs Linux 6.2 as root or 6.12 otherwise, with `landlock` among its security "
    "modules (boot parameter lsm=). Better: install bubblewrap."
)


def landlock_version() -> int:
    """The kernel's landlock ABI; 0 when it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_SYS_CREATE_RULESET, None, 0, _VERSION_FLAG)))


class LandlockSandbox:
    """Landlock, seccomp, rlimits and no-new-privileges, applied by a small shim."""

    name = "landlock"
    level = Level.LANDLOCK

    def __init__(self, *, python: str = sys.executable) -> None:
        self._python = python

    def workspace_inside(self, jail: Jail) -> str:
        """Its real path: nothing is mounted."""
        return str(jail.workspace)

    async def probe(self) -> ProbeResult:
        """Check kernel and machine, then let a confined shell try to get out."""
        version = landlock_version()
        minimum = _MINIMUM if os.geteuid() == 0 else _MINIMUM_WITHOUT_UID
        if version < minimum:
            reason = f"The kernel's landlock is version {version}, {minimum} is needed."
            return ProbeResult(ok=False, reason=reason, remedy=_REMEDY)
        if not seccomp.supported():
            reason = f"No system call filter is known for {os.uname().machine}."
            return ProbeResult(ok=False, reason=reason, remedy="Install bubblewrap.")
        note = "This level cannot open the network by domain."
        return await probe_command(self, remedy=_REMEDY, network=False, note=note)

    def command(self, jail: Jail, argv: Sequence[str]) -> Prepared:
        """Build the shim's command line; the plan travels in a memory file."""
        check_jail(jail, argv)
        _check_possible(jail)
        with preparing({"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}) as prepared:
            plan = _plan(jail, argv) | {"status": prepared.status_pipe()}
            descriptor = prepared.payload(marshal.dumps(plan))
            shim = [self._python, "-I", "-S", str(_SHIM)]
            prepared.argv = [*shim, str(os.getpid()), str(descriptor)]
        return prepared


def _plan(jail: Jail, argv: Sequence[str]) -> dict[str, Any]:
    """Everything the shim needs, as marshal can carry it."""
    home = str(jail.workspace / HOME_NAME)
    owner = jail.identity
    version = landlock_version()
    return {
        "argv": list(argv),
        "env": {**_GIT_WITHOUT_ETC, **base_environment(jail, home=home, tmp=home)},
        "cwd": str(jail.workspace / jail.cwd),
        "owner": (owner.uid, owner.gid) if owner else None,
        "rlimits": list(_rlimits(jail)),
        "handled": _handled(version),
        "handled_net": _TCP if version >= 4 else 0,
        "scoped": _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0,
        "attribute_bytes": 24 if version >= 6 else 16 if version >= 4 else 8,
        "rules": list(_rules(jail, _handled(version))),
        "filter": seccomp.build_filter(network=False),
    }


def _check_possible(jail: Jail) -> None:
    if jail.network is not None:
        raise JailNotPossibleError(
            "The landlock level cannot open the network by domain.", remedy="Install bubblewrap."
        )
    if jail.hidden or jail.frozen:
        raise JailNotPossibleError(
            "The landlock level cannot close single files, which a rule against a path asks for.",
            remedy="Install bubblewrap, or have the rule taken back.",
        )
    for bind in jail.binds:
        if bind.inside != str(bind.source):
            raise JailNotPossibleError(
                f"The landlock level cannot show {bind.source} at another path.",
                remedy="Install bubblewrap.",
            )


def _handled(version: int) -> int:
    rights = _ABI_1 | _REFER | _TRUNCATE
    return rights | _IOCTL_DEV if version >= 5 else rights


def _rules(jail: Jail, handled: int) -> Iterator[tuple[str, int]]:
    etc = [f"/etc/{name}" for name in (*ETC_NAMES, *_ETC_HERE)]
    for path in ("/usr", *(f"/{name}" for name in ROOT_TREES), *etc, *_KERNEL_FILES):
        yield path, _READ & handled
    for path in _DEVICES:
        yield path, _DEVICE & handled
    for bind in jail.binds:
        yield str(bind.source), handled if bind.writable else _READ & handled
    yield str(jail.workspace), handled & ~_IOCTL_DEV


def _rlimits(jail: Jail) -> Iterator[tuple[int, tuple[int, int]]]:
    limits = jail.limits
    processes = limits.processes
    if jail.identity is None:
        processes += count_threads_of(os.geteuid())  # the kernel counts all of the user's
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (limits.cpu_seconds, limits.cpu_seconds + 1),
        resource.RLIMIT_DATA: (limits.memory_bytes, limits.memory_bytes),
        resource.RLIMIT_MSGQUEUE: (0, 0),
        resource.RLIMIT_FSIZE: (limits.file_bytes, limits.file_bytes),
        resource.RLIMIT_NOFILE: (limits.open_files, limits.open_files),
        resource.RLIMIT_NPROC: (processes, processes),
    }
    for kind, (soft, hard) in wanted.items():
        ours = resource.getrlimit(kind)[1]
        ceiling = hard if ours == resource.RLIM_INFINITY else min(hard, ours)
        yield kind, (min(soft, ceiling), ceiling)
