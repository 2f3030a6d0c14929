"""Cutting what a server writes into lines, without ever holding more than one line may have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_KEPT = 512
_ID = rb'"id"\s*:\s*(\d{1,15}|"[^"\\]{1,64}")'
_AT_HEAD = re.compile(rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?' + _ID)
_AT_TAIL = re.compile(_ID + rb'\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*\Z')


@dataclass(frozen=True)
class Oversized:
    """A line that was too long to be kept; its ends may tell which request it answers."""

    head: bytes
    tail: bytes

    @property
    def request_id(self) -> int | str | None:
        """The JSON-RPC id, when it stands first or last in the message as it usually does."""
        found = _AT_HEAD.match(self.head) or _AT_TAIL.search(self.tail)
        if found is None:
            return None
        text = found[1].decode("utf-8", "replace")
        return text.strip('"') if text.startswith('"') else int(text)


class Lines:
    """Feed chunks, get lines. `dropped` counts what is lost of a line that has not ended yet."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._head: bytes | None = None
        self.dropped = 0

    def feed(self, chunk: bytes) -> Iterator[bytes | Oversized]:
        """The lines that end in this chunk, without their newline."""
        self._buffer += chunk
        while (end := self._buffer.find(b"\n", self._searched)) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            self._searched = 0
            yield self._whole(line)
        self._searched = len(self._buffer)
        if len(self._buffer) > self._limit or (self._head is not None and self._buffer):
            self._shorten()

    def _whole(self, line: bytes) -> bytes | Oversized:
        head, self._head, self.dropped = self._head, None, 0
        if head is not None:
            return Oversized(head, line[-_KEPT:])
        return Oversized(line[:_KEPT], line[-_KEPT:]) if len(line) > self._limit else line

    def _shorten(self) -> None:
        """Keep the beginning once and the last bytes; drop what lies between."""
        if self._head is None:
            self._head = bytes(self._buffer[:_KEPT])
        self.dropped += max(0, len(self._buffer) - _KEPT)
        del self._buffer[:-_KEPT]
        self._searched = len(self._buffer)
