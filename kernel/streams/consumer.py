"""The one WebSocket protocol. A client sends only ping, typing and looking; prompts go by POST."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer

from kernel import draining
from kernel.actors import NOBODY, Actor
from kernel.credentials import Credential
from kernel.errors import DomainError
from kernel.ids import uuid7
from kernel.streams.feed import TooSlowError, follow
from kernel.streams.hub import DRAIN
from kernel.streams.kinds import StreamKind, kind_of
from kernel.streams.pressure import (
    FULL_BYTES,
    StalledError,
    await_last_word,
    drained,
    waiting_bytes,
)
from kernel.streams.watchers import Watcher
from kernel.streams.welcome import ACCESS, CREDENTIAL, Welcome
from kernel.streams.wire import short_way
from kernel.threads import threaded

log = logging.getLogger(__name__)
TOO_SLOW, RESTART = 1013, 1012
_LARGEST_MESSAGE = 2000


class StreamConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Replays and follows one stream for one person, and asks the policy again on every change."""

    kind_name: ClassVar[str]
    # The hub reads rows for everybody: a subscription of each socket would only cost, and would
    # make a lost Redis felt where nothing needs it.
    channel_layer_alias = ""

    def opened(self) -> None:
        """Record the opening where it must be recorded; a `DomainError` refuses the handshake."""

    def looked(self, what: str, detail: dict[str, Any]) -> None:
        """Note joined, left, typing or looking of this connection."""

    async def connect(self) -> None:
        """Refuse at the handshake (403) or accept, replay and follow."""
        self.actor: Actor = self.scope.get("actor", NOBODY)
        self.connection = uuid7().hex
        self.owner_id = UUID(str(self.scope["url_route"]["kwargs"]["pk"]))
        self.stream: StreamKind = kind_of(self.kind_name)
        self.task: asyncio.Task[None] | None = None
        after = _after(self.scope)
        if after is None or self.actor.actor_kind == "nobody" or not await self._may():
            await self.close()
            return
        try:
            await threaded(self.opened)()
        except DomainError:
            await self.close()
            return
        await self.accept(self.scope.get("accepted_subprotocol"))
        self.task = asyncio.create_task(self._run(after))

    async def disconnect(self, code: int) -> None:
        """End the follower and leave the room."""
        if self.task:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            await self._looked("left", {})

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A small message of the client; anything else is ignored."""
        message = _parse(text_data)
        kind = message.get("kind")
        if kind == "ping":
            await self.send(json.dumps({"kind": "pong"}))
        elif kind in {"typing", "looking"}:
            await self._looked(kind, message)

    async def _run(self, after: int) -> None:
        await_last_word(self._line())
        try:
            await self._looked("joined", {})
            await self._follow(after)
        except (TooSlowError, StalledError):
            log.info("a socket stalled", extra={"stream": str(self.owner_id)})
            await self.close(code=TOO_SLOW)
        except asyncio.CancelledError:
            raise
        except Exception:
            await self.close(code=RESTART)
            raise

    async def _follow(self, after: int) -> None:
        watcher = Watcher(actor_id=self.actor.actor_id)
        watcher.push = short_way(line := self._line())
        welcome = Welcome(
            self.actor, self.stream, self.owner_id, self.scope.get("credential", Credential())
        )
        async with welcome.reminding(watcher):
            async for seq, frame in follow(self.stream, self.owner_id, after, watcher):
                if seq:
                    await self.base_send({"type": "websocket.send", "text": frame})
                    if waiting_bytes(line) > FULL_BYTES:
                        await drained(line)
                elif frame == DRAIN:
                    await self._send_away(watcher.have)
                    return
                elif frame not in {ACCESS, CREDENTIAL}:
                    await self.base_send({"type": "websocket.send", "text": frame})
                elif code := await welcome.end(frame):
                    await self.close(code=code)
                    return

    async def _send_away(self, have: int) -> None:
        """This process stops: say when to come back, and from where to go on."""
        word = {"kind": "reconnect", "after_ms": draining.reconnect_ms(), "last_seq": have}
        await self.base_send({"type": "websocket.send", "text": json.dumps(word)})
        await self.close(code=RESTART)

    def _line(self) -> Any:
        """The server's own `send`, which middleware may have wrapped."""
        return self.scope.get("server_send", self.base_send)

    async def _may(self) -> bool:
        return await threaded(self.stream.may_read)(self.actor, self.owner_id)

    async def _looked(self, what: str, message: dict[str, Any]) -> None:
        detail = {**message, "connection": self.connection}
        await threaded(self.looked)(what, detail)


def _after(scope: dict[str, Any]) -> int | None:
    value = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", ["0"])[0]
    return int(value) if value.isdigit() and len(value) < 19 else None


def _parse(text: str | None) -> dict[str, Any]:
    if not text or len(text) > _LARGEST_MESSAGE:
        return {}
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
