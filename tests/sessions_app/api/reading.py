"""Reading a stream by HTTP, while somebody writes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from django.test import AsyncClient

from kernel.actors import SystemActor
from kernel.streams import Entry, append
from kernel.threads import threaded
from sessions_app.models import AgentSession
from sessions_app.streams import SESSIONS


class Reader:
    """Somebody who reads one session's stream."""

    def __init__(self, session: AgentSession, token: str) -> None:
        self.path = f"/api/v1/sessions/{session.pk}"
        self.headers = {"Authorization": f"Bearer {token}"}

    async def page(self, query: str = "") -> Any:
        return await AsyncClient().get(f"{self.path}/events{query}", headers=self.headers)

    async def stream(self, query: str = "", **headers: str) -> Any:
        return await AsyncClient().get(
            f"{self.path}/stream{query}", headers={**self.headers, **headers}
        )


async def write(session: AgentSession, count: int) -> None:
    entries = [Entry(type="CUSTOM", data={"name": "test", "n": n}) for n in range(count)]
    await threaded(append)(SESSIONS, session.pk, SystemActor("test"), entries)


async def frames(answer: Any, count: int) -> list[dict[str, Any]]:
    """So many events, each with its `id` line."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(20), aclosing(blocks_of(answer)) as blocks:
        async for block in blocks:
            lines = dict(line.split(": ", 1) for line in block.splitlines())
            if "data" in lines:
                event = json.loads(lines["data"])
                assert lines["id"] == str(event["seq"])
                found.append(event)
            if len(found) == count:
                break
    await answer.streaming_content.aclose()
    return found


async def blocks_of(answer: Any) -> AsyncIterator[str]:
    async for part in answer.streaming_content:
        for block in part.decode().split("\n\n"):
            if block:
                yield block


async def keep_writing(session: AgentSession) -> None:
    """Somebody always has something to say."""
    while True:
        await write(session, 1)
        await asyncio.sleep(0.02)


async def read_to_the_end(answer: Any) -> int:
    """How many events came before the server ended the stream."""
    count = 0
    async with asyncio.timeout(12):
        async for block in blocks_of(answer):
            count += block.startswith("id: ")
    return count


async def write_large(session: AgentSession, count: int, letters: int) -> None:
    for n in range(count):
        entries = [Entry(type="CUSTOM", data={"name": "test", "text": f"{n % 10}" * letters})]
        await threaded(append)(SESSIONS, session.pk, SystemActor("test"), entries)
