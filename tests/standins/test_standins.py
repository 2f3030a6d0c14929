"""The stand-ins run alone, speak their protocols whole and streamed, and play a script."""

from __future__ import annotations

import asyncio
import json
import sys

import httpx
import pytest

from tests.standins.chat_completions import chat_completions
from tests.standins.messages_api import messages_api
from tests.standins.script import Call, Fail, Say, rounds

PROMPT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
PATHS = {"messages_api": "/v1/messages", "chat_completions": "/v1/chat/completions"}


@pytest.mark.parametrize("module", PATHS)
async def test_a_stand_in_runs_alone_with_a_script(module, tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps([[{"say": "scripted é"}]]))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.standins.{module}",
        "--script",
        str(script),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        url = (await process.stdout.readline()).decode().strip()
        async with httpx.AsyncClient() as client:
            answer = await client.post(url + PATHS[module], json=PROMPT)
    finally:
        process.kill()
        await process.wait()

    assert answer.status_code == 200
    assert "scripted \\u00e9" in answer.text


async def test_the_messages_stand_in_streams_the_events_in_their_order():
    script = rounds([Say("Hello there", chunk=6), Call("shell", {"a": 1})])
    body = {**PROMPT, "stream": True, "tools": [{"name": "mcp__x__shell"}]}

    async with messages_api(script) as server, httpx.AsyncClient() as client:
        answer = await client.post(f"{server.url}/v1/messages", json=body)

    names = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert names == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert '"name": "mcp__x__shell"' in answer.text
    assert '"stop_reason": "tool_use"' in answer.text


async def test_tokens_are_counted_and_unknown_paths_are_not_found():
    async with messages_api() as server, httpx.AsyncClient() as client:
        counted = await client.post(f"{server.url}/v1/messages/count_tokens", json=PROMPT)
        missing = await client.get(f"{server.url}/v1/models")

    assert counted.json() == {"input_tokens": 100}
    assert missing.status_code == 404


@pytest.mark.parametrize("stand_in", [messages_api, chat_completions])
async def test_a_scripted_failure_has_its_status_and_message(stand_in):
    path = "/v1/messages" if stand_in is messages_api else "/v1/chat/completions"

    failure = Fail(529, "overloaded_error", "busy")
    async with stand_in(rounds([failure])) as server, httpx.AsyncClient() as client:
        answer = await client.post(server.url + path, json=PROMPT)

    assert answer.status_code == 529
    assert answer.json()["error"]["message"] == "busy"


async def test_the_chat_stand_in_ends_its_stream_with_usage_and_done():
    async with chat_completions() as server, httpx.AsyncClient() as client:
        answer = await client.post(
            f"{server.url}/v1/chat/completions", json={**PROMPT, "stream": True}
        )

    *_, usage, done = [line[6:] for line in answer.text.splitlines() if line]
    assert json.loads(usage)["usage"]["total_tokens"] == 120
    assert done == "[DONE]"
    assert "You said" in answer.text
