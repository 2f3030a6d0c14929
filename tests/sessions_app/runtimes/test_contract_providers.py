"""What every runtime with a model behind it keeps when it talks with its provider."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sessions_app.runtimes.base import DoneCall, HistoryMessage, RuntimeOptions, ToolOutcome
from sessions_app.runtimes.conversation import AUTHORS_NOTE, DONE_NOTE
from sessions_app.runtimes.memory import MemoryIO
from tests.sessions_app.runtimes.stages import MODEL_STAGES, Stage, staged
from tests.sessions_app.runtimes.turns import answering
from tests.standins.script import Call, Drop, Fail, Garbage, Say

each = pytest.mark.parametrize("name", MODEL_STAGES)


def last_sent(stage: Stage) -> str:
    assert stage.server is not None
    return str(stage.server.requests[-1].body)


@each
@pytest.mark.parametrize("status", [429, 500, 529])
async def test_a_provider_that_recovers_is_asked_again(name, status, tmp_path):
    hiccup = Fail(status, "overloaded_error", times=2)
    async with staged(name, tmp_path, [hiccup, Say("Here I am.")]) as stage:
        io = MemoryIO()

        outcome = await stage.run(io)

        assert (outcome.status, outcome.error) == ("completed", "")
        assert stage.golden(io) == [("message", "Here I am.")]
        assert len([kind for kind, _ in io.events if kind == "usage"]) == 1


@each
@pytest.mark.parametrize("end", [Garbage(), Drop()], ids=["garbage", "cut off"])
async def test_an_answer_that_breaks_off_fails_the_turn(name, end, tmp_path):
    async with staged(name, tmp_path, [Say("It begins and"), end]) as stage:
        io = MemoryIO()

        outcome = await stage.run(io)

        assert outcome.status == "failed"
        assert outcome.error_code in {"provider_error", "provider_unreachable", "agent_error"}
        assert "Bad gateway" not in outcome.error
        assert "unfinished" not in [kind for kind, _ in io.transcript()]
        await stage.idle()


@each
async def test_instructions_and_authors_reach_the_model(name, tmp_path):
    history = [
        HistoryMessage(role="user", content="one", author="Alice"),
        HistoryMessage(role="assistant", content="ok"),
    ]
    async with staged(name, tmp_path, [Say("ok")]) as stage:
        options = RuntimeOptions(model=stage.model, system_prompt="Speak like a boatswain.")
        request = stage.turn(prompt="two", author="Bob", history=history)

        await stage.runtime().run(replace(request, options=options), MemoryIO())

        sent = last_sent(stage)
        for words in ("Speak like a boatswain.", AUTHORS_NOTE, "[Alice] one", "[Bob] two"):
            assert words in sent


@each
async def test_a_prompt_that_broke_off_is_repeated_with_what_was_done(name, tmp_path):
    done = [
        DoneCall(tool="shell", arguments={"command": "make"}, content="built\n"),
        DoneCall(tool="shell", arguments={"command": "ship"}, content="", cut_off=True),
    ]
    async with staged(name, tmp_path, [Say("ok")]) as stage:
        await stage.run(MemoryIO(), done=done)

        sent = last_sent(stage)
        for words in (DONE_NOTE, "make", "built", "ship", "how far it came is not known"):
            assert words in sent


@each
async def test_the_model_reads_what_became_of_its_calls(name, tmp_path):
    outcomes = [
        ToolOutcome(status="ok", content="fine", exit_code=0),
        ToolOutcome(status="ok", content="boom", exit_code=2),
        ToolOutcome(status="error", content="no such file"),
        ToolOutcome(status="denied", content="too risky"),
        ToolOutcome(status="ok", data={"n": 1}),
    ]
    calls = [Call("shell", {"command": str(number)}) for number in range(5)]
    async with staged(name, tmp_path, calls, [Say("ok")]) as stage:
        await stage.run(MemoryIO(tools={"shell": answering(*outcomes)}))

        sent = last_sent(stage)
        told = ["fine", "exit code 2\\nboom", "no such file", "This call was denied: too risky"]
        for words in [*told, '{"n": 1}']:
            assert words in sent
