"""Output of a call on its way out: decoded, redacted, streamed within bounds, kept whole."""

from __future__ import annotations

import codecs
from collections.abc import Awaitable, Callable

from kernel.redaction import Redactor
from kernel.text import storable

SHOWN_LIMIT = 32 * 1024
STREAMED_LIMIT = 64 * 1024

Deliver = Callable[[str], Awaitable[None]]


class Output:
    """Collects what a call writes. `text` is whole up to the sandbox's own limit."""

    def __init__(self, redactor: Redactor, deliver: Deliver) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._redactor = redactor
        self._deliver = deliver
        self._parts: list[str] = []
        self._streamed = 0
        self.size = 0

    async def feed(self, chunk: bytes) -> None:
        """Take a chunk of raw output."""
        self.size += len(chunk)
        await self._take(self._redactor.feed(self._decoder.decode(chunk)))

    async def end(self) -> None:
        """Take what decoder and redactor still hold."""
        rest = self._redactor.feed(self._decoder.decode(b"", final=True))
        await self._take(rest + self._redactor.end())

    @property
    def text(self) -> str:
        """Everything, redacted and storable."""
        return storable(self._redactor.text("".join(self._parts)))

    async def _take(self, text: str) -> None:
        if not text:
            return
        self._parts.append(text)
        room = STREAMED_LIMIT - self._streamed
        if room > 0:
            self._streamed += len(text)
            await self._deliver(storable(text[:room]))


def capped(text: str, limit: int = SHOWN_LIMIT) -> str:
    """What the stream shows of a long text: its beginning and its end, never more than it has."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 3 // 4], text[-(limit // 5) :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n[… {left_out} characters left out …]\n{tail}"
