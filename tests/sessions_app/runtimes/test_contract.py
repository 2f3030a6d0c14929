"""What every runtime keeps, played by each against its stand-in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sessions_app.runtimes.base import ToolOutcome
from sessions_app.runtimes.memory import MemoryIO, MemoryJournal
from sessions_app.runtimes.registry import RUNTIMES
from tests.sessions_app.runtimes.stages import (
    AGENT_STAGES,
    KEY,
    MODEL_STAGES,
    STAGES,
    hang,
    staged,
    until,
)
from tests.sessions_app.runtimes.turns import answering, ok
from tests.standins.script import INPUT_TOKENS, OUTPUT_TOKENS, Call, Fail, Say, Stall, Think

every = pytest.mark.parametrize("name", STAGES)
LS = Call("shell", {"command": "ls"})
READ = Call("read_file", {"path": "a.txt"})
UNICODE = "naïve 日本語 🚀 \u202eolleh\u202c “quoted” 'single' $(x) \\n"


def io(**tools) -> MemoryIO:
    return MemoryIO(tools={"hang": hang, **{name: answering(out) for name, out in tools.items()}})


@every
async def test_a_plain_answer(name, tmp_path):
    async with staged(name, tmp_path, [Say("Hello there.")]) as stage:
        watched = io()

        outcome = await stage.run(watched)

        assert (outcome.status, outcome.error) == ("completed", "")
        assert stage.golden(watched) == [("message", "Hello there.")]
        await stage.idle()


@every
async def test_text_streams_in_order(name, tmp_path):
    text = "".join(f"{number} bottles, " for number in range(100))
    async with staged(name, tmp_path, [Say(text, chunk=50)]) as stage:
        watched = io()

        await stage.run(watched)

        pieces = [value for kind, value in watched.events if kind == "text"]
        assert "".join(pieces) == text
        assert len(pieces) == 1 if name == "embedded" else len(pieces) > 10


@pytest.mark.parametrize("name", AGENT_STAGES)
async def test_reasoning_is_shown_apart_from_the_answer(name, tmp_path):
    async with staged(name, tmp_path, [Think("Let me see."), Say("Done.")]) as stage:
        watched = io()

        await stage.run(watched)

        assert stage.golden(watched) == [("reasoning", "Let me see."), ("message", "Done.")]


@every
@pytest.mark.parametrize(
    "tool",
    [
        ok("a.txt\n", exit_code=0),
        ToolOutcome(status="error", content="no such file"),
        ToolOutcome(status="ok", content="half", exit_code=3),
    ],
    ids=["ok", "error", "exit code"],
)
async def test_a_tool_call_and_what_is_said_around_it(name, tmp_path, tool):
    async with staged(name, tmp_path, [Say("I will look."), LS], [Say("I looked.")]) as stage:
        watched = io(shell=tool)

        outcome = await stage.run(watched)

        assert outcome.status == "completed"
        assert stage.golden(watched) == [
            ("message", "I will look."),
            ("tool", ("shell", {"command": "ls"}, tool.status)),
            ("message", "I looked."),
        ]


@every
async def test_a_denied_call_does_not_run_and_the_turn_goes_on(name, tmp_path):
    async with staged(name, tmp_path, [LS], [Say("Not allowed, then.")]) as stage:
        watched = io(shell=ok())
        watched.deny = {"shell": "not in this session"}

        outcome = await stage.run(watched)

        assert outcome.status == "completed"
        assert stage.golden(watched) == [
            ("tool", ("shell", {"command": "ls"}, "denied")),
            ("message", "Not allowed, then."),
        ]
        assert watched.journal.executed == []


@every
async def test_calls_asked_for_together_run_one_after_the_other(name, tmp_path):
    second = Call("shell", {"command": "second"})
    async with staged(name, tmp_path, [READ, LS, second], [Say("Done.")]) as stage:
        watched = io(shell=ok(exit_code=0), read_file=ok("text"))

        await stage.run(watched)

        assert watched.journal.executed == [
            ("read_file", {"path": "a.txt"}),
            ("shell", {"command": "ls"}),
            ("shell", {"command": "second"}),
        ]


@every
async def test_an_identical_call_later_in_the_turn_runs_again(name, tmp_path):
    async with staged(name, tmp_path, [LS], [LS], [Say("Done.")]) as stage:
        watched = io(shell=ok(exit_code=0))

        await stage.run(watched)

        assert watched.journal.executed == [("shell", {"command": "ls"})] * 2


@every
async def test_a_granted_call_runs_exactly_once_in_a_fresh_process(name, tmp_path):
    journal = MemoryJournal()
    tools = {"shell": answering(ok("done", exit_code=0)), "read_file": answering(ok("text"))}
    async with staged(name, tmp_path, [READ], [LS], [Say("All done.")]) as stage:
        first = MemoryIO(tools=tools, ask_for={"shell"}, journal=journal)

        waiting = await stage.run(first)

        assert (waiting.status, waiting.error) == ("waiting", "")
        assert stage.golden(first)[-1] == ("tool", ("shell", {"command": "ls"}, "waiting"))
        assert journal.executed == [("read_file", {"path": "a.txt"})]
        await stage.idle()

        [call_id] = journal.waiting
        journal.grant(call_id)
        second = MemoryIO(tools=tools, ask_for={"shell"}, journal=journal)
        outcome = await stage.resume(second, waiting.state)

        repeated = [] if stage.durable else [("tool", ("read_file", {"path": "a.txt"}, "ok"))]
        assert outcome.status == "completed"
        assert stage.golden(second) == [
            *repeated,
            ("tool", ("shell", {"command": "ls"}, "ok")),
            ("message", "All done."),
        ]
        assert journal.executed == [
            ("read_file", {"path": "a.txt"}),
            ("shell", {"command": "ls"}),
        ]
        await stage.idle()


@every
async def test_what_is_said_around_an_approval_is_said_once(name, tmp_path):
    journal = MemoryJournal()
    tools = {"shell": answering(ok("done", exit_code=0)), "read_file": answering(ok("text"))}
    replies = [[Say("First I read."), READ], [Say("Now I list."), LS], [Say("All done.")]]
    async with staged(name, tmp_path, *replies) as stage:
        first = MemoryIO(tools=tools, ask_for={"shell"}, journal=journal)
        waiting = await stage.run(first)
        journal.grant(*journal.waiting)
        second = MemoryIO(tools=tools, ask_for={"shell"}, journal=journal)

        outcome = await stage.resume(second, waiting.state)

        assert outcome.status == "completed"
        golden = [*stage.golden(first), *stage.golden(second)]
        assert [value for kind, value in golden if kind == "message"] == [
            "First I read.",
            "Now I list.",
            "All done.",
        ]
        assert len(journal.executed) == 2


@every
async def test_a_call_denied_while_waiting_never_runs(name, tmp_path):
    journal = MemoryJournal()
    async with staged(name, tmp_path, [LS], [Say("I see.")]) as stage:
        first = MemoryIO(tools={"shell": answering(ok())}, ask_for={"shell"}, journal=journal)
        waiting = await stage.run(first)
        [call_id] = journal.waiting

        journal.deny(call_id, "too risky")
        second = MemoryIO(tools=first.tools, ask_for={"shell"}, journal=journal)
        outcome = await stage.resume(second, waiting.state)

        assert outcome.status == "completed"
        assert stage.golden(second) == [
            ("tool", ("shell", {"command": "ls"}, "denied")),
            ("message", "I see."),
        ]
        assert journal.executed == []


@every
async def test_a_resumed_turn_whose_call_still_waits_waits_again(name, tmp_path):
    journal = MemoryJournal()
    tools = {"shell": answering(ok(exit_code=0))}
    async with staged(name, tmp_path, [LS], [Say("Done.")]) as stage:
        first = await stage.run(MemoryIO(tools=tools, ask_for={"shell"}, journal=journal))
        again = await stage.resume(
            MemoryIO(tools=tools, ask_for={"shell"}, journal=journal), first.state
        )

        assert (first.status, again.status) == ("waiting", "waiting")
        [call_id] = journal.waiting
        journal.grant(call_id)
        last = await stage.resume(
            MemoryIO(tools=tools, ask_for={"shell"}, journal=journal), again.state
        )

        assert last.status == "completed"
        assert journal.executed == [("shell", {"command": "ls"})]


@every
async def test_cancelling_leaves_no_process_and_no_connection(name, tmp_path):
    async with staged(name, tmp_path, [Say("It begins and"), Stall()]) as stage:
        watched = io()
        running = asyncio.create_task(stage.run(watched))
        await until(lambda: watched.events)

        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        assert ("text", "It begins and"[:8]) in watched.events or name == "embedded"
        await stage.idle()


@every
@pytest.mark.parametrize("begun", [[Say("It begins and")], []], ids=["begun", "silent"])
async def test_a_turn_over_its_time_fails_with_the_reason(name, tmp_path, begun):
    async with staged(name, tmp_path, [*begun, Stall()]) as stage:
        outcome = await stage.run(io(), timeout_seconds=1)

        assert (outcome.status, outcome.error_code) == ("failed", "timeout")
        assert outcome.error == "The turn took longer than 1 s and was stopped."
        await stage.idle()


@every
async def test_a_turn_of_too_many_rounds_fails_with_the_reason(name, tmp_path):
    async with staged(name, tmp_path, *[[LS]] * 5, [Say("Done.")]) as stage:
        watched = io(shell=ok(exit_code=0))

        outcome = await stage.run(watched, max_turns=3)

        assert (outcome.status, outcome.error_code) == ("failed", "max_turns")
        assert outcome.error == "The turn needs more than 3 rounds. Raise max_turns to allow more."
        assert len(watched.journal.executed) <= 3
        await stage.idle()


@pytest.mark.parametrize("name", AGENT_STAGES)
async def test_usage_is_reported(name, tmp_path):
    async with staged(name, tmp_path, [LS], [Say("Done.")]) as stage:
        watched = io(shell=ok(exit_code=0))

        await stage.run(watched)

        usages = [value for kind, value in watched.events if kind == "usage"]
        assert len(usages) == (1 if name == "acp" else 2)
        assert {usage.input_tokens for usage in usages} == {INPUT_TOKENS}
        assert {usage.output_tokens for usage in usages} == {OUTPUT_TOKENS}
        assert all(usage.provider for usage in usages)


@pytest.mark.parametrize("name", MODEL_STAGES)
async def test_a_cancelled_request_is_metered_as_far_as_it_came(name, tmp_path):
    async with staged(name, tmp_path, [Say("It begins and"), Stall()]) as stage:
        watched = io()
        running = asyncio.create_task(stage.run(watched))
        await until(lambda: watched.events)

        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        usages = [value.input_tokens for kind, value in watched.events if kind == "usage"]
        known_before_the_end = name != "model-openai"
        assert usages == ([INPUT_TOKENS] if known_before_the_end else [])


async def test_the_runtime_without_a_model_reports_no_usage(tmp_path):
    async with staged("embedded", tmp_path, [LS], [Say("Done.")]) as stage:
        watched = io(shell=ok(exit_code=0))

        await stage.run(watched)

        assert [kind for kind, _ in watched.events if kind == "usage"] == []


@pytest.mark.parametrize("name", AGENT_STAGES)
async def test_no_key_appears_in_outcomes_or_events(name, tmp_path):
    failure = Fail(401, "authentication_error", f"invalid x-api-key {KEY}")
    async with staged(name, tmp_path, [failure]) as stage:
        watched = io()

        outcome = await stage.run(watched)

        assert outcome.status == "failed"
        assert outcome.error
        assert KEY not in repr(outcome)
        assert KEY not in repr(watched.events)
        assert KEY not in repr(stage.host)
        await stage.idle()


@every
async def test_unicode_survives_both_ways(name, tmp_path):
    call = Call("shell", {"command": UNICODE})
    async with staged(name, tmp_path, [call], [Say(UNICODE)]) as stage:
        watched = io(shell=ok(UNICODE, exit_code=0))

        await stage.run(watched)

        assert stage.golden(watched) == [
            ("tool", ("shell", {"command": UNICODE}, "ok")),
            ("message", UNICODE),
        ]


@every
async def test_very_long_output_passes_whole(name, tmp_path):
    async with staged(name, tmp_path, [LS], [Say("x" * 300_000, chunk=20_000)]) as stage:
        watched = io(shell=ok("y" * 300_000, exit_code=0))

        outcome = await stage.run(watched)

        assert outcome.status == "completed"
        assert stage.golden(watched)[-1] == ("message", "x" * 300_000)


@pytest.mark.parametrize("entry", RUNTIMES.values(), ids=str)
def test_the_registry_needs_no_sdk_and_names_what_exists(entry):
    module, _, _ = entry.path.partition(":")
    path = Path(*module.split("."))

    assert path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@every
async def test_the_registry_tells_the_capabilities_of_the_class(name, tmp_path):
    async with staged(name, tmp_path, [Say("x")]) as stage:
        runtime = stage.runtime()

        assert runtime.name == stage.runtime_name
        assert runtime.capabilities == RUNTIMES[runtime.name].capabilities
