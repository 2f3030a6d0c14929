"""The Claude runtime beyond the contract: isolation, memory, errors, absence."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from sessions_app.runtimes.base import HistoryMessage
from sessions_app.runtimes.claude import launch
from sessions_app.runtimes.claude.absent import REMEDY, AbsentClaudeRuntime
from sessions_app.runtimes.claude.store import TranscriptStore, restore
from sessions_app.runtimes.host import RuntimeHost
from sessions_app.runtimes.memory import MemoryIO
from tests.sessions_app.runtimes.stages import Stage, claude, staged
from tests.sessions_app.runtimes.turns import answering, ok, turn
from tests.standins.script import Call, Fail, Say

LS = Call("shell", {"command": "ls"})


def sent(stage: Stage) -> list[dict[str, Any]]:
    assert stage.server is not None
    return [request.body for request in stage.server.requests if request.body]


async def test_without_its_package_every_turn_fails_with_the_remedy():
    outcome = await AbsentClaudeRuntime(RuntimeHost()).run(turn("hi"), MemoryIO())

    assert (outcome.status, outcome.error_code) == ("failed", "runtime_unavailable")
    assert outcome.error == REMEDY


def test_the_plugin_loads_without_the_package_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "claude_agent_sdk", None)
    for name in ("runtime", "options", "tools", "results"):
        monkeypatch.delitem(sys.modules, f"sessions_app.runtimes.claude.{name}", raising=False)
    package = importlib.import_module("sessions_app.runtimes.claude")

    reloaded = importlib.reload(package)

    assert reloaded.ClaudeRuntime is AbsentClaudeRuntime
    monkeypatch.undo()
    importlib.reload(package)


def test_the_cli_starts_with_our_environment_only():
    environment = {
        "DATABASE_URL": "postgres://secret",
        "QUARTERDECK_MASTER_KEY": "secret",
        "HOME": "/home/of/session",
        "CLAUDE_CODE_ENTRYPOINT": "sdk-py",
        launch.CLI: "/usr/bin/env",
        launch.KEEP: "HOME,PATH",
    }

    done = subprocess.run(
        [sys.executable, "-I", "-S", launch.__file__],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert sorted(done.stdout.splitlines()) == [
        "CLAUDE_CODE_ENTRYPOINT=sdk-py",
        "HOME=/home/of/session",
    ]


async def test_a_transcript_survives_export_and_restore():
    store = TranscriptStore()
    store.session_id, store.last_prompt = "s", "hi"
    lines = [{"uuid": "1", "text": "é"}, {"title": "x"}, {"title": "x"}]
    await store.append({"session_id": "s"}, lines)
    await store.append({"session_id": "s"}, [{"uuid": "1", "text": "é"}])
    await store.append({"session_id": "s", "subpath": "sub/1"}, [{"uuid": "2"}])

    again = restore(store.export())

    assert (again.session_id, again.last_prompt) == ("s", "hi")
    assert await again.load({"session_id": "s"}) == lines
    assert await again.list_subkeys({"session_id": "s"}) == ["sub/1"]
    assert await again.load({"session_id": "s", "subpath": "other"}) is None


@pytest.mark.parametrize("state", [None, b"", b"x", b"{}", TranscriptStore().export()[:-3]])
def test_a_state_we_cannot_read_starts_over(state):
    assert restore(state).session_id == ""


@claude
async def test_only_our_tools_reach_the_model_and_prompts_reach_it_verbatim(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret text")
    prompt = f"/help @{secret}"
    async with staged("claude", tmp_path, [Say("ok")]) as stage:
        await stage.run(MemoryIO(), prompt=prompt)

        [body] = sent(stage)
        names = [tool["name"] for tool in body["tools"]]
        assert names == ["mcp__quarterdeck__read_file", "mcp__quarterdeck__shell"]
        assert prompt in str(body["messages"])
        assert "the secret text" not in str(body)


@claude
async def test_nothing_of_the_session_stays_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    async with staged("claude", tmp_path, [LS], [Say("ok")]) as stage:
        await stage.run(MemoryIO(tools={"shell": answering(ok("x"))}))

        assert list(tmp_path.iterdir()) == []


@claude
async def test_the_next_turn_remembers_and_learns_what_it_missed(tmp_path):
    async with staged("claude", tmp_path, [Say("ok")]) as stage:
        first = await stage.run(MemoryIO(), prompt="first words")
        history = [
            HistoryMessage(role="user", content="first words"),
            HistoryMessage(role="assistant", content="ok"),
            HistoryMessage(role="user", content="cancelled words"),
        ]
        await stage.run(MemoryIO(), prompt="last words", history=history, state=first.state)

        messages = str(sent(stage)[-1]["messages"])
        assert messages.count("first words") == 1
        assert "[User] cancelled words" in messages
        assert "last words" in messages


@claude
async def test_long_results_reach_the_model_whole(tmp_path):
    async with staged("claude", tmp_path, [LS], [Say("ok")]) as stage:
        await stage.run(MemoryIO(tools={"shell": answering(ok("y" * 300_000))}))

        assert "y" * 300_000 in str(sent(stage)[-1]["messages"])


@claude
@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Fail(401, "authentication_error"), "provider_authentication"),
        (Fail(429, "rate_limit_error"), "provider_rate_limited"),
        (Fail(529, "overloaded_error"), "provider_overloaded"),
        (Fail(500), "provider_error"),
    ],
)
async def test_a_provider_error_says_what_to_do(failure, code, tmp_path):
    async with staged("claude", tmp_path, [failure]) as stage:
        watched = MemoryIO()

        outcome = await stage.run(watched)

        assert (outcome.status, outcome.error_code) == ("failed", code)
        assert outcome.details == {"http_status": failure.status}
        assert watched.transcript() == []
        await stage.idle()
