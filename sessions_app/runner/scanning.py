"""Asking a virus scanner, where the operator runs one, before anything sent from outside is kept.

ClamAV's own protocol: `INSTREAM` over a socket, pieces with their length before them, one line
as the answer. A scanner that was set up and does not answer lets nothing pass.
"""

from __future__ import annotations

import socket
import struct

from django.conf import settings

from sessions_app.errors import InfectedError, ScannerAwayError

SECONDS = 30.0
_PIECE, _ANSWER = 1 << 18, 4096


def scan(content: bytes) -> None:
    """Raise `InfectedError` for what the scanner knows; without a scanner nothing is asked."""
    if not settings.CLAMAV:
        return
    try:
        answer = _ask(content)
    except OSError as away:
        raise ScannerAwayError from away
    if answer.endswith("FOUND"):
        raise InfectedError
    if not answer.endswith("OK"):
        raise ScannerAwayError


def _ask(content: bytes) -> str:
    with _connected() as peer:
        peer.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            peer.sendall(struct.pack(">I", len(piece)) + piece)
        peer.sendall(struct.pack(">I", 0))
        answer = bytearray()
        while not answer.endswith(b"\0") and len(answer) < _ANSWER and (part := peer.recv(_ANSWER)):
            answer += part
    return answer.rstrip(b"\0").decode(errors="replace").strip()


def _connected() -> socket.socket:
    """A socket's path, or host and port."""
    where: str = settings.CLAMAV
    if where.startswith("/"):
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(SECONDS)
        peer.connect(where)
        return peer
    host, _, port = where.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS)
