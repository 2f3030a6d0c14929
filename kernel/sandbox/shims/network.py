"""Runs as a script before bwrap: an own network namespace whose only way out is our proxy.

`network.py PARENT UID GID CHANNEL PORT COMMAND…` drops to the uid (`-` keeps it), enters a new
user and network namespace with nothing but loopback, listens there on 127.0.0.1:PORT, hands the
listening socket over CHANNEL to the supervisor (a socket stays in the namespace that made it, no
matter who accepts), and becomes the command (an absolute path). Nothing of Python is needed
inside the sandbox. Standard library only; started as `python -I -S`; imports nothing after the
uid is dropped. Sources: user_namespaces(7), netdevice(7).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def drop_to(uid: str, gid: str) -> None:
    """Give up root for good. Dumpable again, so that the uid map below can be written."""
    if uid == "-":
        return
    os.setgroups([])
    os.setresgid(int(gid), int(gid), int(gid))
    os.setresuid(int(uid), int(uid), int(uid))
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def die_with(parent: int) -> None:
    """Be killed when the supervisor ends; at once when it has ended already."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        sys.exit(1)


def _write(path: str, text: str) -> None:
    with open(path, "wb") as file:  # noqa: PTH123 - pathlib would double our start-up time
        file.write(text.encode())


def enter_namespaces() -> None:
    """A user namespace that maps only ourselves, and an empty network within it."""
    uid, gid = os.geteuid(), os.getegid()
    _checked(_libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def raise_loopback() -> None:
    """A new network namespace starts with its loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = bytearray(struct.pack("16sh22x", b"lo", 0))
        fcntl.ioctl(control, _SIOCGIFFLAGS, request)
        flags = struct.unpack_from("h", request, 16)[0]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def hand_over_listener(channel: int, port: int) -> None:
    """Listen inside the namespace and give the socket to the supervisor outside."""
    with (
        socket.socket(fileno=channel) as peer,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener,
    ):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        socket.send_fds(peer, [b"listener"], [listener.fileno()])


def main(words: list[str]) -> None:
    """Prepare the network, then become the command."""
    parent, uid, gid, channel, port, *command = words
    drop_to(uid, gid)
    die_with(int(parent))
    enter_namespaces()
    raise_loopback()
    hand_over_listener(int(channel), int(port))
    os.execv(command[0], command)  # noqa: S606 - becoming the command is the point


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        sys.exit(1)
