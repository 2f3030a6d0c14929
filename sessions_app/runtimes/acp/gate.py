"""Where a contained agent's requests meet the broker, and where its turn can be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sessions_app.runtimes.base import RuntimeIO, ToolOutcome, TurnOutcome
from sessions_app.runtimes.calls import CallIds
from sessions_app.runtimes.failures import too_many_turns


class Gate:
    """Asks the broker, keeps what the agent says in order, and counts its rounds.

    The protocol has no word for a round of the model. One is counted whenever a call begins while
    no other is open, because calls begun together were asked for together.
    """

    def __init__(self, io: RuntimeIO, max_turns: int) -> None:
        self.io = io
        self.lane = asyncio.Lock()
        self.stopped: asyncio.Future[TurnOutcome] = asyncio.get_running_loop().create_future()
        self._ids = CallIds()
        self._open: set[str] = set()
        self._rounds, self._max_turns = 0, max_turns

    async def ask(self, tool: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """The outcome of a call; does not return when the turn has to be left for it."""
        async with self.lane:
            await self.io.end_message()
        request = self._ids.request(tool, arguments)
        await self.begin(request.call_id)
        outcome = await self.io.call_tool(request)
        self.end(request.call_id)
        if outcome.status == "waiting":
            await self._stop(TurnOutcome(status="waiting"))
        return outcome

    async def begin(self, call_id: str) -> None:
        """A call has begun; ends the turn when that is one round too many."""
        if not self._open:
            self._rounds += 1
        if self._rounds > self._max_turns:
            await self._stop(too_many_turns(self._max_turns))
        self._open.add(call_id)

    def end(self, call_id: str) -> None:
        """A call has ended."""
        self._open.discard(call_id)

    async def _stop(self, outcome: TurnOutcome) -> None:
        """End the turn, and hold the caller until its connection is closed under it."""
        if not self.stopped.done():
            self.stopped.set_result(outcome)
        await asyncio.get_running_loop().create_future()
