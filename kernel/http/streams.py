"""A stream by HTTP: one page of polling (with wait), and SSE with `Last-Event-ID`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.settings import api_settings

from kernel import draining
from kernel.actors import Actor
from kernel.errors import DomainError, InvalidError, NotFoundError, NotSignedInError
from kernel.http import problems
from kernel.streams.feed import TooSlowError, follow
from kernel.streams.hub import DRAIN
from kernel.streams.kinds import StreamKind
from kernel.streams.read import PAGE, page_after
from kernel.streams.watchers import Watcher
from kernel.threads import threaded

LONGEST_WAIT = 25
_KEEPALIVE_SECONDS = 15


async def answered(
    request: HttpRequest,
    owner_id: UUID,
    opening: Callable[[Actor, UUID], None],
    answer: Callable[[Actor], Awaitable[HttpResponseBase]],
) -> HttpResponseBase:
    """Authenticate, ask the policy, answer; errors are problem+json like everywhere."""
    if request.method not in {"GET", "HEAD"}:
        refused = problems.plain(405, "method_not_allowed", "Only GET is possible here.")
        refused["Allow"] = "GET, HEAD"
        return refused
    try:
        actor = await threaded(_who)(request)
        await threaded(opening)(actor, owner_id)
        return await answer(actor)
    except (DomainError, APIException) as refusal:
        return problems.answer(refusal)


def _who(request: HttpRequest) -> Actor:
    classes: list[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # type: ignore[assignment]
    user = Request(request, authenticators=[one() for one in classes]).user
    if not user.is_authenticated:
        raise NotSignedInError
    return cast("Actor", user)


def _still_reads(request: HttpRequest, kind: StreamKind, owner_id: UUID, actor: Actor) -> bool:
    """Whether the way in still holds and the policy still allows, while somebody stays."""
    holds: Callable[[], bool] = getattr(request, "credential_holds", lambda: True)
    return holds() and kind.may_read(actor, owner_id)


def number(request: HttpRequest, name: str, default: int, most: int, least: int = 0) -> int:
    """A whole number of the query from `least` to `most`."""
    return _number(request.GET.get(name, str(default)), name, most, least)


def _number(text: str, name: str, most: int, least: int = 0) -> int:
    short = text.isascii() and text.isdigit() and len(text) < 20
    if not short or not least <= int(text) <= most:
        raise InvalidError.at(f"/{name}", f"A whole number from {least} to {most}.")
    return int(text)


async def poll(
    request: HttpRequest, kind: StreamKind, owner_id: UUID, actor: Actor
) -> HttpResponse:
    """`?after=N&wait=25&limit=500` → `{events, last_seq}`; waits for news when there is none."""
    after = number(request, "after", 0, 2**62)
    wait = number(request, "wait", 0, 10**6)
    limit = number(request, "limit", PAGE, 10**6, least=1)
    page = await threaded(page_after)(kind, owner_id, after, limit)
    if not page.events and wait:
        await _news(kind, owner_id, after, min(wait, LONGEST_WAIT), actor)
        if not await threaded(_still_reads)(request, kind, owner_id, actor):
            raise NotFoundError
        page = await threaded(page_after)(kind, owner_id, after, limit)
    return JsonResponse({"events": page.events, "last_seq": page.last_seq})


async def _news(kind: StreamKind, owner_id: UUID, after: int, seconds: float, actor: Actor) -> None:
    feed = follow(kind, owner_id, after, Watcher(actor_id=actor.actor_id))
    try:
        async with asyncio.timeout(seconds):
            async for seq, frame in feed:
                if seq > after or frame == DRAIN:
                    return
    except (TimeoutError, TooSlowError):
        return
    finally:
        await feed.aclose()  # type: ignore[attr-defined]


async def sse(
    request: HttpRequest, kind: StreamKind, owner_id: UUID, actor: Actor
) -> StreamingHttpResponse:
    """Server-sent events with `id:` = seq; resumes after `Last-Event-ID` or `?after=`."""
    last = request.headers.get("Last-Event-ID")
    after = _number(last, "Last-Event-ID", 2**62) if last else number(request, "after", 0, 2**62)
    return event_stream(frames(request, kind, owner_id, after, actor, _numbered))


def event_stream(frames: AsyncIterator[str]) -> StreamingHttpResponse:
    """A response of server-sent events that nobody on the way keeps or gathers."""
    response = StreamingHttpResponse(frames, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def frames(
    request: HttpRequest,
    kind: StreamKind,
    owner_id: UUID,
    after: int,
    actor: Actor,
    shown: Callable[[int, str], str],
) -> AsyncIterator[str]:
    """Every event after a `seq` as `shown` puts it, as long as the actor may read."""
    feed = follow(kind, owner_id, after, Watcher(actor_id=actor.actor_id))
    may: Any = threaded(partial(_still_reads, request, kind))
    waiting: asyncio.Task[tuple[int, str]] | None = None
    try:
        yield "retry: 1000\n\n"
        while True:
            waiting = waiting or asyncio.ensure_future(anext(feed))
            done, _ = await asyncio.wait({waiting}, timeout=_KEEPALIVE_SECONDS)
            if not done:
                if not await may(owner_id, actor):
                    return
                yield ": keepalive\n\n"
                continue
            seq, frame = waiting.result()
            waiting = None
            if seq:
                yield shown(seq, frame)
            elif frame == DRAIN:
                yield f"retry: {draining.reconnect_ms()}\n\n"
                return
            elif not await may(owner_id, actor):
                return
    except TooSlowError:
        return
    finally:
        if waiting:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await feed.aclose()  # type: ignore[attr-defined]


def _numbered(seq: int, frame: str) -> str:
    return f"id: {seq}\ndata: {frame}\n\n"
