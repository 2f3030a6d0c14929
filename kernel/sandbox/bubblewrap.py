"""The bubblewrap back end: own mount, process, user, IPC and network namespaces, no root.

The options reach `bwrap` through a descriptor (`--args`), so neither environment nor paths show
in `ps`, and the environment of the jail never touches a program outside the sandbox: an
`LD_PRELOAD` in it would otherwise run as root.

Inside, process 1 is a shell that waits for the command (`--as-pid-1`): its end takes every other
process with it, and the kernel's accounting then reaches us. The limits are set inside by
`prlimit`, so that RLIMIT_NPROC counts within the run's own user namespace (Linux 5.14).
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from kernel.sandbox import seccomp
from kernel.sandbox.backend import Level, Prepared, ProbeResult, check_jail, preparing
from kernel.sandbox.errors import SandboxUnavailableError
from kernel.sandbox.jail import HOME_NAME, Jail, Limits, base_environment
from kernel.sandbox.probing import probe_command
from kernel.sandbox.system import ETC_NAMES, ROOT_TREES

WORKSPACE = "/workspace"
PROXY_PORT = 3128
_USER = 1000
_NETWORK_SHIM = Path(__file__).with_name("shims") / "network.py"
_OUTER_ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
_ETC_FILES = {
    "passwd": f"root:x:0:0:root:/root:/usr/sbin/nologin\n"
    f"agent:x:{_USER}:{_USER}:agent:{WORKSPACE}/{HOME_NAME}:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "group": f"root:x:0:\nagent:x:{_USER}:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost ip6-localhost\n",
    "resolv.conf": "# names are resolved by the egress proxy\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
# The shell's own remarks ("Killed") go nowhere; the command keeps both streams.
_INIT = 'exec 3>&2 2>/dev/null; (exec "$@" 2>&3 3>&-); exit $?'
_REMEDY = (
    "Install bubblewrap (Debian: apt install bubblewrap) and allow unprivileged user namespaces "
    "(Docker: --security-opt seccomp=unconfined; Ubuntu 24.04: an AppArmor profile for bwrap)."
)


class BubblewrapSandbox:
    """Runs commands under Debian's `bwrap` (0.8 or newer)."""

    name = "bubblewrap"
    level = Level.BUBBLEWRAP

    def __init__(self, *, bwrap: str = "bwrap") -> None:
        self._bwrap = bwrap

    def workspace_inside(self, jail: Jail) -> str:
        """Always `/workspace`."""
        return WORKSPACE

    async def probe(self) -> ProbeResult:
        """Check the programs, then run a confined shell and see what it can reach."""
        needed = [self._bwrap, "prlimit", *(["setpriv"] if os.geteuid() == 0 else [])]
        for program in needed:
            try:
                _find(program)
            except SandboxUnavailableError as error:
                return ProbeResult(ok=False, reason=error.detail, remedy=_REMEDY)
        return await probe_command(self, remedy=_REMEDY)

    def command(self, jail: Jail, argv: Sequence[str]) -> Prepared:
        """Build the command line; options and environment travel in a memory file."""
        check_jail(jail, argv)
        with preparing(_OUTER_ENV) as prepared:
            options = list(self._options(jail, prepared))
            packed = "\0".join(options).encode() + b"\0"
            bwrap = [_find(self._bwrap), "--args", str(prepared.payload(packed)), "--"]
            inner = [*_limit_command(jail.limits), "/bin/sh", "-c", _INIT, "sh", *argv]
            prepared.argv = [*_outer(jail, prepared), *bwrap, *inner]
        return prepared

    def _options(self, jail: Jail, prepared: Prepared) -> Iterator[str]:
        yield from _namespaces(jail)
        yield from ("--json-status-fd", str(prepared.status_pipe()))
        yield from _system(prepared)
        yield from _memory_files(jail)
        yield from ("--bind", str(jail.workspace), WORKSPACE)
        yield from _walls(jail, prepared)
        for bind in jail.binds:
            yield from ("--bind" if bind.writable else "--ro-bind", str(bind.source), bind.inside)
        yield from ("--remount-ro", "/", "--clearenv")
        yield from ("--chdir", str(PurePosixPath(WORKSPACE, jail.cwd)))
        home = f"{WORKSPACE}/{HOME_NAME}"
        environment = base_environment(jail, home=home, tmp="/tmp")  # noqa: S108 - a private one
        for name, value in (environment | _proxy_environment(jail)).items():
            yield from ("--setenv", name, value)
        if seccomp.supported():
            yield from ("--seccomp", str(prepared.payload(seccomp.build_filter(network=True))))


def _find(program: str) -> str:
    """The absolute path of a program of the system; the caller's own PATH plays no part."""
    path = shutil.which(program, path=_OUTER_ENV["PATH"])
    if path is None:
        raise SandboxUnavailableError(f"The program {program} is not installed.", remedy=_REMEDY)
    return path


def _outer(jail: Jail, prepared: Prepared) -> list[str]:
    """What runs before bwrap: dropping root, and the network namespace when one is opened."""
    if jail.network is not None:
        owner = jail.identity
        drop = [str(owner.uid), str(owner.gid)] if owner else ["-", "-"]
        channel = prepared.open_channel()
        shim = [sys.executable, "-I", "-S", str(_NETWORK_SHIM)]
        return [*shim, str(os.getpid()), *drop, str(channel), str(PROXY_PORT)]
    if jail.identity is None:
        return []
    uid, gid = jail.identity.uid, jail.identity.gid
    return [_find("setpriv"), f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--"]


def _namespaces(jail: Jail) -> Iterator[str]:
    yield from ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts")
    yield "--unshare-cgroup-try"
    if jail.network is None:
        yield "--unshare-net"
    yield from ("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox")
    yield from ("--uid", str(_USER), "--gid", str(_USER))


def _system(prepared: Prepared) -> Iterator[str]:
    """The read-only system: /usr, its links in /, and the few harmless files of /etc."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ROOT_TREES:
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for name in ETC_NAMES:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    for name, text in _ETC_FILES.items():
        fd = str(prepared.payload(text.encode()))
        yield from ("--perms", "0444", "--ro-bind-data", fd, f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev", "--dir", "/run")


def _memory_files(jail: Jail) -> Iterator[str]:
    """Private /tmp and /dev/shm of bounded size: they are memory that no rlimit counts."""
    size = str(jail.limits.tmp_bytes)
    targets = {bind.inside for bind in jail.binds}
    for path in ("/tmp", "/dev/shm"):  # noqa: S108 - inside the sandbox
        if path not in targets:
            yield from ("--perms", "1777", "--size", size, "--tmpfs", path)
    yield from ("--remount-ro", "/dev", "--symlink", "/tmp", "/var/tmp")  # noqa: S108


def _walls(jail: Jail, prepared: Prepared) -> Iterator[str]:
    """Mounts over what may not be changed or read; the command has no right to move them."""
    for path in jail.frozen:
        yield from ("--ro-bind", str(jail.workspace / path), f"{WORKSPACE}/{path}")
    for path in jail.hidden:
        inside = f"{WORKSPACE}/{path}"
        if (jail.workspace / path).is_dir():
            yield from ("--perms", "0000", "--tmpfs", inside, "--remount-ro", inside)
        else:
            yield from ("--perms", "0000", "--ro-bind-data", str(prepared.payload(b"")), inside)


def _proxy_environment(jail: Jail) -> dict[str, str]:
    if jail.network is None:
        return {}
    url = f"http://127.0.0.1:{PROXY_PORT}"
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")
    return {**dict.fromkeys(names, url), "NODE_USE_ENV_PROXY": "1"}


def _limit_command(limits: Limits) -> list[str]:
    pairs = {
        "core": (0, resource.RLIMIT_CORE),
        "data": (limits.memory_bytes, resource.RLIMIT_DATA),
        "fsize": (limits.file_bytes, resource.RLIMIT_FSIZE),
        "nofile": (limits.open_files, resource.RLIMIT_NOFILE),
        "nproc": (limits.processes, resource.RLIMIT_NPROC),
    }
    options = [f"--{name}={_clamped(*pair)}" for name, pair in pairs.items()]
    # A soft limit below the hard one ends in SIGXCPU, which can be told from any other kill.
    options.append(f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 1}")
    return ["/usr/bin/prlimit", *options, "--"]


def _clamped(wanted: int, kind: int) -> str:
    """`soft:hard`, never above the hard limit we have ourselves."""
    hard = resource.getrlimit(kind)[1]
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return f"{value}:{value}"
