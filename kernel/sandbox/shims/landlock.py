"""Runs as a script around a command: confines it by landlock and seccomp, and outlives it.

`landlock.py PARENT FD` reads a marshalled plan from FD (see `kernel.sandbox.landlock`), forks,
confines the child and lets it become the command. The process that stays is outside the
confinement, adopts whatever the command leaves behind (PR_SET_CHILD_SUBREAPER), and ends it all
when the command ends or when the supervisor is gone. Standard library only; started as
`python -I -S`; imports nothing after the uid is dropped, when it may no longer read Python's own
files. Sources: landlock(7), seccomp(2), prctl(2), Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import errno
import marshal
import os
import resource
import signal
import stat
import struct
import sys
from typing import Any, NoReturn

_SYS_CREATE_RULESET = 444  # the same on x86_64 and aarch64
_SYS_ADD_RULE = 445
_SYS_RESTRICT_SELF = 446
_RULE_PATH_BENEATH = 1
_FILE_RIGHTS = 0x1 | 0x2 | 0x4 | 0x4000 | 0x8000  # execute, write, read, truncate, ioctl
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_AF_UNIX = _SOCK_STREAM = 1
_NOT_STARTED = 1

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, value, 0, 0, 0), "prctl")


def die_with(parent: int, number: int) -> None:
    """Receive a signal when the parent ends; leave at once when it has ended already."""
    _prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(_NOT_STARTED)


def drop_to(owner: tuple[int, int] | None) -> None:
    """Give up root for good."""
    if owner is not None:
        uid, gid = owner
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)


def restrict_files(plan: dict[str, Any], descriptors: list[tuple[int, int]]) -> None:
    """Enter a landlock domain: the listed trees with their rights, no TCP, no signals out."""
    attributes = struct.pack("<QQQ", plan["handled"], plan["handled_net"], plan["scoped"])
    attributes = attributes[: plan["attribute_bytes"]]
    ruleset = _checked(
        _libc.syscall(_SYS_CREATE_RULESET, attributes, len(attributes), 0), "landlock"
    )
    for descriptor, rights in descriptors:
        rule = struct.pack("<Qi", rights, descriptor)
        _checked(_libc.syscall(_SYS_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0), "landlock")
        os.close(descriptor)
    _checked(_libc.syscall(_SYS_RESTRICT_SELF, ruleset, 0), "landlock")
    os.close(ruleset)


def open_rules(rules: list[tuple[str, int]]) -> list[tuple[int, int]]:
    """Open the trees of the rules that exist; a file takes only the rights that suit a file."""
    opened = []
    for path, rights in rules:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        opened.append((descriptor, rights if is_directory else rights & _FILE_RIGHTS))
    return opened


def filter_calls(program: bytes) -> None:
    """Load the seccomp filter and see for ourselves that sockets are refused."""
    loaded = _Program(len(program) // 8, program)
    _checked(
        _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(loaded), 0, 0), "seccomp"
    )
    if _libc.socket(_AF_UNIX, _SOCK_STREAM, 0) >= 0 or ctypes.get_errno() != errno.EACCES:
        raise OSError(errno.EPERM, "seccomp: sockets are still open to the command")


def become_command(plan: dict[str, Any], parent: int) -> NoReturn:
    """The child's way: bounds, user, confinement, command. The order matters."""
    try:
        os.setsid()
        for kind, bounds in plan["rlimits"]:
            resource.setrlimit(kind, bounds)
        drop_to(plan["owner"])
        die_with(parent, signal.SIGKILL)
        os.chdir(plan["cwd"])
        descriptors = open_rules(plan["rules"])
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        restrict_files(plan, descriptors)
        filter_calls(plan["filter"])
        os.umask(0o022)
    except OSError as error:
        os.write(2, f"sandbox: {error}\n".encode())
        os._exit(_NOT_STARTED)
    _execute(plan["argv"], plan["env"])


def _execute(argv: list[str], environment: dict[str, str]) -> NoReturn:
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    reason = errno.ENOENT
    for path in _candidates(argv[0], environment):
        try:
            os.execve(path, argv, environment)  # noqa: S606 - becoming the command is the point
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                reason = error.errno or errno.EACCES
    os.write(2, f"{argv[0]}: {os.strerror(reason)}\n".encode())
    os._exit(127 if reason == errno.ENOENT else 126)


def _candidates(program: str, environment: dict[str, str]) -> list[str]:
    """Like execvp(3); not `os.execvpe`, which imports a module when it may no longer be read."""
    if "/" in program:
        return [program]
    return [f"{directory}/{program}" for directory in environment["PATH"].split(":") if directory]


def _stat_fields(pid: str) -> list[bytes]:
    """The fields of /proc/PID/stat from the state on (proc(5)); none when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b") ")[2].split()
    except OSError:
        return []


def descendants() -> set[int]:
    """Every living process below us."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double our start-up time
        fields = _stat_fields(name) if name.isdigit() else []
        if fields and fields[0] != b"Z":
            children.setdefault(int(fields[1]), []).append(int(name))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def end_everything() -> None:
    """Stop all, then kill all: what is stopped cannot fork and keeps its slot of RLIMIT_NPROC."""
    stopped: set[int] = set()
    while fresh := descendants() - stopped:
        _signal_all(fresh, signal.SIGSTOP)
        stopped |= fresh
    _signal_all(stopped, signal.SIGKILL)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def _signal_all(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def wait_for(child: int) -> int:
    """Reap whatever ends until the command does; its exit code as a shell gives it."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _supervisor_gone(_number: int, _frame: object) -> None:
    end_everything()
    os._exit(128 + signal.SIGTERM)


def main(words: list[str]) -> None:
    """Start the command confined, and stay until nothing of it is left."""
    with os.fdopen(int(words[1]), "rb") as file:
        plan = marshal.load(file)  # noqa: S302 - written by our own supervisor
    os.set_inheritable(plan["status"], False)  # noqa: FBT003 - the command must not write to it
    signal.signal(signal.SIGTERM, _supervisor_gone)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    die_with(int(words[0]), signal.SIGTERM)
    ours = os.getpid()
    child = os.fork()
    if child == 0:
        become_command(plan, ours)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    os.write(plan["status"], b'{"child-pid": %d}\n' % child)
    code = wait_for(child)
    end_everything()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
