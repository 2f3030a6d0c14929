"""A turn that is repeated from its beginning: what was said before is not said again.

A runtime that cannot be left at an open approval repeats its turn until it asks for the calls
that were asked before, which the broker answers from its record. What it says on the way is held
back, because everybody has read it: in the same words or, from a model, in others.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from sessions_app.runtimes.base import ObservedCall, RuntimeIO, ToolOutcome, ToolRequest, Usage


class RepeatedTurn:
    """A `RuntimeIO` that is silent until the turn has come to where it was left.

    `asked` are the ids of the calls of the earlier attempts, in order. The silence ends with the
    last of them; or before it with a call that is not among them, because the agent has taken
    another way: then what it said since the last known call is new, and is said.
    """

    def __init__(self, io: RuntimeIO, asked: Sequence[str]) -> None:
        self._io, self._asked = io, asked
        self._silent = bool(asked)
        self._held: list[Callable[[], Coroutine[Any, Any, None]]] = []

    async def text(self, delta: str) -> None:
        """Hold back or append to the message being spoken."""
        await self._say(lambda: self._io.text(delta))

    async def end_message(self) -> None:
        """Hold back or close the message being spoken."""
        await self._say(self._io.end_message)

    async def reasoning(self, delta: str) -> None:
        """Hold back or append to the visible reasoning."""
        await self._say(lambda: self._io.reasoning(delta))

    async def call_tool(self, request: ToolRequest) -> ToolOutcome:
        """Ask the broker; a known call takes what was said before it along."""
        if self._silent and request.call_id not in self._asked:
            await self.release()
        elif self._silent:
            self._held.clear()
            self._silent = request.call_id != self._asked[-1]
        return await self._io.call_tool(request)

    async def observe(self, call: ObservedCall) -> None:
        """Show what a contained agent does itself: it really does it again."""
        await self._io.observe(call)

    async def usage(self, usage: Usage) -> None:
        """Meter the request: repeating costs."""
        await self._io.usage(usage)

    async def read_secret(self, name: str) -> str:
        """The value of a granted secret."""
        return await self._io.read_secret(name)

    async def release(self) -> None:
        """Say what is held back; at a turn's end nothing will tell any more that it is known."""
        self._silent = False
        held, self._held = self._held, []
        for say in held:
            await say()

    async def _say(self, say: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._silent:
            self._held.append(say)
        else:
            await say()
