"""A stand-in for Anthropic's Messages API: streaming and whole answers, tools, errors.

Run it alone with `python -m tests.standins.messages_api [--port P] [--script FILE]`.
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


@asynccontextmanager
async def messages_api(script: Script = echo, port: int = 0) -> AsyncIterator[HttpServer]:
    """Serve `script` on loopback."""

    failed: Counter[Part] = Counter()

    async def handle(request: HttpRequest, reply: Reply) -> None:
        if request.path.endswith("/count_tokens"):
            await reply.json(200, {"input_tokens": INPUT_TOKENS})
        elif request.method == "POST" and request.path.endswith("/messages"):
            await _answer(request.body, script, reply, failed)
        else:
            await reply.json(404, _error("not_found_error", "no such path"))

    async with serving(handle, port) as server:
        yield server


async def _answer(
    body: dict[str, Any], script: Script, reply: Reply, failed: Counter[Part]
) -> None:
    number, prompt = place_in_turn(body["messages"])
    parts = script(number, prompt)
    failure = failure_now(parts, failed)
    if failure is not None:
        await reply.json(
            failure.status,
            _error(failure.kind, failure.message),
            {"retry-after": failure.retry_after},
        )
    elif body.get("stream"):
        await _stream(body, parts, number, reply)
    elif breaks(parts):
        raise ConnectionAbortedError
    else:
        await reply.json(200, _whole(body, parts, number))


def place_in_turn(messages: Sequence[dict[str, Any]]) -> tuple[int, str]:
    """How many answers the current turn already has, and its prompt."""
    answers = 0
    for message in reversed(messages):
        if message["role"] == "assistant":
            answers += 1
        elif message["role"] == "user" and (text := _text(message["content"])) is not None:
            return answers, text
    return answers, ""


def _text(content: Any) -> str | None:
    if isinstance(content, str):
        return content
    if any(block["type"] == "tool_result" for block in content):
        return None
    texts = [block["text"] for block in content if block["type"] == "text"]
    return texts[-1] if texts else None


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def _blocks(body: dict[str, Any], parts: Sequence[Part], number: int) -> list[dict[str, Any]]:
    offered = [tool["name"] for tool in body.get("tools", [])]
    blocks: list[dict[str, Any]] = []
    for index, part in enumerate(parts):
        if isinstance(part, Say):
            blocks.append({"type": "text", "text": part.text})
        elif isinstance(part, Think):
            blocks.append({"type": "thinking", "thinking": part.text, "signature": "c2ln"})
        elif isinstance(part, Call):
            blocks.append(
                {
                    "type": "tool_use",
                    "id": f"toolu_{len(body['messages'])}_{number}_{index}",
                    "name": wire_name(part.tool, offered),
                    "input": part.arguments,
                }
            )
    return blocks


def _message(body: dict[str, Any], content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"msg_{len(body['messages'])}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": 1},
    }


def _stop_reason(blocks: list[dict[str, Any]]) -> str:
    return "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"


def _whole(body: dict[str, Any], parts: Sequence[Part], number: int) -> dict[str, Any]:
    blocks = _blocks(body, parts, number)
    return {
        **_message(body, blocks),
        "stop_reason": _stop_reason(blocks),
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS},
    }


async def _stream(body: dict[str, Any], parts: Sequence[Part], number: int, reply: Reply) -> None:
    blocks = _blocks(body, parts, number)
    await reply.open_events()
    await _send(reply, "message_start", message=_message(body, []))
    left = iter(enumerate(blocks))
    for part in parts:
        if isinstance(part, Stall):
            await part.release.wait()
        elif isinstance(part, Garbage):
            await reply.event(part.text, "content_block_delta")
            raise ConnectionAbortedError
        elif isinstance(part, Drop):
            raise ConnectionAbortedError
        elif not isinstance(part, Fail):
            index, block = next(left)
            await _stream_block(reply, index, block, part.chunk if isinstance(part, Say) else 1000)
    await _send(
        reply,
        "message_delta",
        delta={"stop_reason": _stop_reason(blocks), "stop_sequence": None},
        usage={"output_tokens": OUTPUT_TOKENS},
    )
    await _send(reply, "message_stop")


async def _stream_block(reply: Reply, index: int, block: dict[str, Any], chunk: int) -> None:
    kind = block["type"]
    empty = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"input": {}},
    }[kind]
    await _send(reply, "content_block_start", index=index, content_block={**block, **empty})
    for delta in _deltas(block, chunk):
        await _send(reply, "content_block_delta", index=index, delta=delta)
    await _send(reply, "content_block_stop", index=index)


def _deltas(block: dict[str, Any], chunk: int) -> list[dict[str, Any]]:
    if block["type"] == "text":
        return [{"type": "text_delta", "text": piece} for piece in pieces(block["text"], chunk)]
    if block["type"] == "thinking":
        return [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    text = json.dumps(block["input"], ensure_ascii=False)
    return [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(text, chunk)]


async def _send(reply: Reply, name: str, **data: Any) -> None:
    await reply.event({"type": name, **data}, name)


async def _main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--script", type=Path)
    given = options.parse_args()
    script = from_document(json.loads(given.script.read_text())) if given.script else echo
    async with messages_api(script, given.port) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
