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
from kernel.errors import DomainError, NotSignedInError
from kernel.http import problems
from kernel.streams.feed import TooSlowError, follow
from kernel.streams.hub import DRAIN, Watcher
from kernel.streams.kinds import StreamKind
from kernel.streams.read import PAGE, page_after
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
        return problems.plain(405, "method_not_allowed", "Only GET is possible here.")
    try:
        actor = await threaded(_who)(request)
        await threaded(opening)(actor, owner_id)
    except (DomainError, APIException) as refusal:
        return problems.answer(refusal)
    return await answer(actor)


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


def number(text: str, most: int) -> int | None:
    """A whole number from 0 to `most`, or None."""
    short = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if short and int(text) <= most else None


async def poll(
    request: HttpRequest, kind: StreamKind, owner_id: UUID, actor: Actor
) -> HttpResponse:
    """`?after=N&wait=25&limit=500` → `{events, last_seq}`; waits for news when there is none."""
    after = number(request.GET.get("after", "0"), 2**62)
    wait = number(request.GET.get("wait", "0"), 10**6)
    limit = number(request.GET.get("limit", str(PAGE)), 10**6)
    if after is None or wait is None or not limit:
        return problems.plain(400, "invalid", "after, wait and limit are whole numbers.")
    page = await threaded(page_after)(kind, owner_id, after, limit)
    if not page.events and wait:
        await _news(kind, owner_id, after, min(wait, LONGEST_WAIT), actor)
        if not await threaded(_still_reads)(request, kind, owner_id, actor):
            return problems.plain(404, "not_found", "There is nothing here that you may see.")
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
) -> StreamingHttpResponse | HttpResponse:
    """Server-sent events with `id:` = seq; resumes after `Last-Event-ID` or `?after=`."""
    text = request.headers.get("Last-Event-ID") or request.GET.get("after", "0")
    after = number(text, 2**62)
    if after is None:
        return problems.plain(400, "invalid", "Last-Event-ID is a whole number.")
    response = StreamingHttpResponse(
        _frames(request, kind, owner_id, after, actor), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _frames(
    request: HttpRequest, kind: StreamKind, owner_id: UUID, after: int, actor: Actor
) -> AsyncIterator[str]:
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
                yield f"id: {seq}\ndata: {frame}\n\n"
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
        await feed.aclose()  # type: ignore[attr-defined]
