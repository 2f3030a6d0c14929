"""A stand-in for OpenAI's Chat Completions API: streaming and whole answers, tools, errors.

Run it alone with `python -m tests.standins.chat_completions [--port P] [--script FILE]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.standins.http_server import HttpRequest, HttpServer, Reply, serving
from tests.standins.script import (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    Call,
    Drop,
    Fail,
    Garbage,
    Part,
    Say,
    Script,
    Stall,
    Think,
    breaks,
    echo,
    failure_now,
    from_document,
    pieces,
    wire_name,
)

_USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
}


@asynccontextmanager
async def chat_completions(script: Script = echo, port: int = 0) -> AsyncIterator[HttpServer]:
    """Serve `script` on loopback."""

    failed: Counter[Part] = Counter()

    async def handle(request: HttpRequest, reply: Reply) -> None:
        if request.method == "POST" and request.path.endswith("/chat/completions"):
            await _answer(request.body, script, reply, failed)
        else:
            await reply.json(404, _error(Fail(404, "not_found", "no such path")))

    async with serving(handle, port) as server:
        yield server


async def _answer(
    body: dict[str, Any], script: Script, reply: Reply, failed: Counter[Part]
) -> None:
    number, prompt = _place_in_turn(body["messages"])
    parts = script(number, prompt)
    failure = failure_now(parts, failed)
    if failure is not None:
        await reply.json(failure.status, _error(failure), {"retry-after": failure.retry_after})
    elif body.get("stream"):
        await _stream(body, parts, number, reply)
    elif breaks(parts):
        raise ConnectionAbortedError
    else:
        await reply.json(200, _whole(body, parts, number))


def _place_in_turn(messages: Sequence[dict[str, Any]]) -> tuple[int, str]:
    answers = 0
    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            text = content if isinstance(content, str) else content[-1]["text"]
            return answers, text
        answers += message["role"] == "assistant"
    return answers, ""


def _error(failure: Fail) -> dict[str, Any]:
    return {"error": {"message": failure.message, "type": failure.kind, "code": failure.kind}}


def _calls(body: dict[str, Any], parts: Sequence[Part], number: int) -> list[dict[str, Any]]:
    offered = [tool["function"]["name"] for tool in body.get("tools", [])]
    calls = [part for part in parts if isinstance(part, Call)]
    return [
        {
            "index": index,
            "id": f"call_{len(body['messages'])}_{number}_{index}",
            "type": "function",
            "function": {
                "name": wire_name(call.tool, offered),
                "arguments": json.dumps(call.arguments, ensure_ascii=False),
            },
        }
        for index, call in enumerate(calls)
    ]


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": body["model"]}


def _whole(body: dict[str, Any], parts: Sequence[Part], number: int) -> dict[str, Any]:
    calls = _calls(body, parts, number)
    text = "".join(part.text for part in parts if isinstance(part, Say))
    message = {"role": "assistant", "content": text or None, "tool_calls": calls or None}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": _USAGE}


async def _stream(body: dict[str, Any], parts: Sequence[Part], number: int, reply: Reply) -> None:
    await reply.open_events()
    calls = _calls(body, parts, number)
    for part in parts:
        if isinstance(part, Stall):
            await part.release.wait()
        elif isinstance(part, Garbage):
            await reply.event(part.text)
            raise ConnectionAbortedError
        elif isinstance(part, Drop):
            raise ConnectionAbortedError
        elif isinstance(part, Think):
            await _chunk(body, reply, {"reasoning_content": part.text})
        elif isinstance(part, Say):
            for piece in pieces(part.text, part.chunk):
                await _chunk(body, reply, {"content": piece})
    for call in calls:
        await _chunk(body, reply, {"tool_calls": [call]})
    await _chunk(body, reply, {}, "tool_calls" if calls else "stop")
    await reply.event({**_head(body, "chat.completion.chunk"), "choices": [], "usage": _USAGE})
    await reply.event("[DONE]")


async def _chunk(
    body: dict[str, Any], reply: Reply, delta: dict[str, Any], finish: str | None = None
) -> None:
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
    await reply.event({**_head(body, "chat.completion.chunk"), "choices": [choice]})


async def _main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--script", type=Path)
    given = options.parse_args()
    script = from_document(json.loads(given.script.read_text())) if given.script else echo
    async with chat_completions(script, given.port) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
