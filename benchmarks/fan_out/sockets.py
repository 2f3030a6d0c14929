"""A WebSocket client as small as can be, so that it does not measure itself."""

from __future__ import annotations

import base64
import os
import select
import socket
import struct

_MEDIUM, _LARGE = 126, 127
CLOSE, PING, TEXT = 8, 9, 1


def open_socket(port: int, path: str, token: str, *, receive_bytes: int = 0) -> socket.socket:
    """Connect and shake hands; raises ConnectionError with the answer when refused."""
    line = socket.socket()
    if receive_bytes:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    line.settimeout(60)
    line.connect(("127.0.0.1", port))
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    line.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: bearer.{token}\r\n\r\n".encode()
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += line.recv(1) or b"\r\n\r\n"
    if not answer.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(answer[:200].decode("latin-1"))
    return line


def send_text(line: socket.socket, text: str) -> None:
    """One masked text frame (the mask is zero, which the standard does not forbid)."""
    payload = text.encode()
    if len(payload) < _MEDIUM:
        head = struct.pack("!BB", 0x81, 0x80 | len(payload))
    else:
        head = struct.pack("!BBH", 0x81, 0x80 | _MEDIUM, len(payload))
    line.sendall(head + b"\0\0\0\0" + payload)


def answer_ping(line: socket.socket, payload: bytes) -> None:
    """Say that we live; Daphne drops who does not."""
    line.send(struct.pack("!BB", 0x8A, 0x80 | len(payload)) + b"\0\0\0\0" + payload)


def drain(line: socket.socket, frames: Frames) -> None:
    """Read what has come and forget it."""
    while select.select([line], [], [], 0)[0]:
        for opcode, payload in frames.feed(line.recv(262144)):
            if opcode == PING:
                answer_ping(line, payload)


class Frames:
    """Cuts the bytes of one socket into frames."""

    def __init__(self) -> None:
        self.buffer = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The complete frames so far as (opcode, payload)."""
        buffer, found, start = self.buffer + data, [], 0
        while len(buffer) - start >= 2:
            length, head = buffer[start + 1] & 127, 2
            if length == _MEDIUM and len(buffer) - start >= 4:
                (length,), head = struct.unpack_from("!H", buffer, start + 2), 4
            elif length == _LARGE and len(buffer) - start >= 10:
                (length,), head = struct.unpack_from("!Q", buffer, start + 2), 10
            elif length >= _MEDIUM:
                break
            if len(buffer) - start < head + length:
                break
            body = buffer[start + head : start + head + length]
            found.append((buffer[start] & 15, body))
            start += head + length
        self.buffer = buffer[start:]
        return found
