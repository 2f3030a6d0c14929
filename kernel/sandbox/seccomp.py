"""A seccomp filter built by hand: everything is allowed but what is named here.

Source: seccomp(2), Documentation/userspace-api/seccomp_filter.rst and linux/filter.h. The
program is classic BPF over `struct seccomp_data {int nr; u32 arch; u64 ip; u64 args[6];}`.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass

_LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL = 0x15
_JUMP_ABOVE = 0x25
_JUMP_AT_LEAST = 0x35
_JUMP_ANY_BIT = 0x45
_AND = 0x54
_RETURN = 0x06

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000

_OFFSET_NR = 0
_OFFSET_ARCH = 4
_OFFSET_ARGS = 16  # both architectures are little-endian: the low word comes first
_X32_BIT = 0x40000000

NAMESPACE_FLAGS = 0x7E020080  # CLONE_NEW{TIME,NS,CGROUP,UTS,IPC,USER,PID,NET}
_SOCKET_TYPE_MASK = 0xF
_SHARED_SEGMENT_BYTES = 64 * 1024


@dataclass(frozen=True)
class _Machine:
    """An architecture's audit number and its system call numbers."""

    audit: int
    numbers: Mapping[str, int]


# asm/unistd_64.h and asm-generic/unistd.h
_COMMON = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "mount_setattr": 442,
}
_X86_64 = {
    "shmget": 29,
    "socket": 41,
    "connect": 42,
    "socketpair": 53,
    "clone": 56,
    "pivot_root": 155,
    "mount": 165,
    "umount2": 166,
    "init_module": 175,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "unshare": 272,
    "perf_event_open": 298,
    "open_by_handle_at": 304,
    "setns": 308,
    "finit_module": 313,
    "memfd_create": 319,
    "kexec_file_load": 320,
    "bpf": 321,
    "userfaultfd": 323,
}
_AARCH64 = {
    "umount2": 39,
    "mount": 40,
    "pivot_root": 41,
    "unshare": 97,
    "kexec_load": 104,
    "init_module": 105,
    "shmget": 194,
    "socket": 198,
    "socketpair": 199,
    "connect": 203,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "clone": 220,
    "perf_event_open": 241,
    "open_by_handle_at": 265,
    "setns": 268,
    "finit_module": 273,
    "memfd_create": 279,
    "bpf": 280,
    "userfaultfd": 282,
    "kexec_file_load": 294,
}
MACHINES: Mapping[str, _Machine] = {
    "x86_64": _Machine(0xC000003E, _COMMON | _X86_64),
    "aarch64": _Machine(0xC00000B7, _COMMON | _AARCH64),
}

# Kernel doors no tool needs: key rings, tracing of the kernel, modules, mounts, namespaces.
NEVER = (
    "add_key",
    "bpf",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pivot_root",
    "request_key",
    "setns",
    "umount2",
    "unshare",
    "userfaultfd",
)
_NETWORK = ("socket", "connect")


def supported() -> bool:
    """Whether we know the system call numbers of this machine."""
    return os.uname().machine in MACHINES


def build_filter(*, machine: str | None = None, network: bool) -> bytes:
    """The filter as an array of `struct sock_filter`, for prctl(2) or `bwrap --seccomp`.

    `network` False also refuses `socket` and `connect`, and every `socketpair` but connected
    AF_UNIX streams: an AF_UNIX datagram pair could still send to any datagram socket by path.
    """
    target = MACHINES[machine or os.uname().machine]
    numbers = target.numbers
    program = [
        _op(_LOAD_WORD, _OFFSET_ARCH),
        _op(_JUMP_EQUAL, target.audit, 1, 0),
        _refuse(errno.ENOSYS),
        _op(_LOAD_WORD, _OFFSET_NR),
        _op(_JUMP_AT_LEAST, _X32_BIT, 0, 1),
        _refuse(errno.ENOSYS),
    ]
    for name in NEVER:
        program += _refuse_call(numbers[name], errno.EPERM)
    # Memory that neither rlimits nor the watcher can see: programs fall back to files in /tmp.
    program += _refuse_call(numbers["memfd_create"], errno.ENOSYS)
    program += _refuse_large_segments(numbers["shmget"])
    # Its flags lie behind a pointer, out of a filter's sight; the C library falls back to clone.
    program += _refuse_call(numbers["clone3"], errno.ENOSYS)
    if not network:
        for name in _NETWORK:
            program += _refuse_call(numbers[name], errno.EACCES)
        program += _refuse_datagram_pairs(numbers["socketpair"])
    program += _refuse_new_namespaces(numbers["clone"])
    program.append(_op(_RETURN, _ALLOW))
    return b"".join(program)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _op(_RETURN, _ERRNO | number)


def _refuse_call(call: int, number: int) -> list[bytes]:
    return [_op(_JUMP_EQUAL, call, 0, 1), _refuse(number)]


def _argument(index: int) -> int:
    return _OFFSET_ARGS + 8 * index


def _refuse_large_segments(call: int) -> list[bytes]:
    """Small System V segments pass: databases keep one as a lock."""
    return [
        _op(_JUMP_EQUAL, call, 0, 6),
        _op(_LOAD_WORD, _argument(1) + 4),
        _op(_JUMP_EQUAL, 0, 0, 2),
        _op(_LOAD_WORD, _argument(1)),
        _op(_JUMP_ABOVE, _SHARED_SEGMENT_BYTES, 0, 1),
        _refuse(errno.ENOMEM),
        _op(_RETURN, _ALLOW),
    ]


def _refuse_datagram_pairs(call: int) -> list[bytes]:
    return [
        _op(_JUMP_EQUAL, call, 0, 8),
        _op(_LOAD_WORD, _argument(0)),
        _op(_JUMP_EQUAL, 1, 0, 5),  # AF_UNIX
        _op(_LOAD_WORD, _argument(1)),
        _op(_AND, _SOCKET_TYPE_MASK),
        _op(_JUMP_EQUAL, 1, 1, 0),  # SOCK_STREAM
        _op(_JUMP_EQUAL, 5, 0, 1),  # SOCK_SEQPACKET
        _op(_RETURN, _ALLOW),
        _refuse(errno.EACCES),
    ]


def _refuse_new_namespaces(call: int) -> list[bytes]:
    return [
        _op(_JUMP_EQUAL, call, 0, 3),
        _op(_LOAD_WORD, _argument(0)),
        _op(_JUMP_ANY_BIT, NAMESPACE_FLAGS, 0, 1),
        _refuse(errno.EPERM),
    ]
