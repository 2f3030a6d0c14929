"""Programs run through the broker: order, saved values, denials, approvals, replies."""

from __future__ import annotations

import pytest

from sessions_app.runtimes.base import RuntimeOptions, ToolOutcome, TurnOutcome
from sessions_app.runtimes.embedded import EmbeddedRuntime
from sessions_app.runtimes.memory import MemoryIO, MemoryJournal
from tests.sessions_app.runtimes.turns import answering, ok, spec, turn

COMPLETED = TurnOutcome(status="completed")
ERROR = ToolOutcome(status="error", content="no such file\nat all")


async def run(prompt: str, io: MemoryIO, **more) -> TurnOutcome:
    return await EmbeddedRuntime().run(turn(prompt, **more), io)


def called(io: MemoryIO) -> list[tuple]:
    return [value for kind, value in io.transcript() if kind == "tool"]


def said(io: MemoryIO) -> list[str]:
    return [value for kind, value in io.transcript() if kind == "message"]


async def test_commands_run_in_order_and_are_reported():
    io = MemoryIO(tools={"shell": answering(ok("hi\n", exit_code=0)), "read_file": answering(ok())})

    outcome = await run("/sh echo hi\n/read a", io)

    assert outcome == COMPLETED
    assert io.transcript() == [
        ("tool", ("shell", {"command": "echo hi"}, "ok")),
        ("tool", ("read_file", {"path": "a"}, "ok")),
        ("message", "1. shell `echo hi`: done, exit code 0\n2. read_file `a`: done\n"),
    ]


@pytest.mark.parametrize(
    ("outcome", "report"),
    [
        (ok("", exit_code=3), "shell `x`: failed, exit code 3"),
        (ERROR, "shell `x`: failed (no such file)"),
        (
            ToolOutcome(status="denied", content="writes outside"),
            "shell `x`: denied (writes outside)",
        ),
        (ToolOutcome(status="denied"), "shell `x`: denied"),
    ],
)
async def test_commands_stop_at_the_first_that_fails_and_say_so(outcome, report):
    io = MemoryIO(tools={"shell": answering(outcome)})

    end = await run("/sh x\n/sh y\n/sh z", io)

    assert end == COMPLETED
    assert io.journal.executed == [("shell", {"command": "x"})]
    assert said(io) == [f"1. {report}\n\nStopped there; 2 steps were not run."]


async def test_other_text_is_answered_with_what_can_be_run():
    io = MemoryIO()

    outcome = await run("please fix it", io, tools=[spec("git.log"), spec("shell")])

    assert outcome == COMPLETED
    [text] = said(io)
    assert text.startswith("No model is configured; I can run:\n\n- `` /sh COMMAND `` ")
    assert text.endswith("\n\nTools of this session's servers: git.log.")


async def test_an_unknown_command_names_the_line_and_runs_nothing():
    io = MemoryIO(tools={"shell": answering(ok())})

    await run("/sh ls\n/deploy", io)

    assert said(io)[0].startswith("Nothing was run: line 2: there is no command /deploy. No model")
    assert io.journal.executed == []


async def test_help_lists_every_command():
    io = MemoryIO()

    await run("/help", io)

    [text] = said(io)
    for command in ("/sh", "/read", "/write", "/edit", "/grep", "/ls", "/tool", "/help", "plan:"):
        assert command in text


PLAN = """```yaml
plan:
  - {name: history, tool: git.log, args: {n: 2}, save_as: log, expect: {contains: fix}}
  - {tool: shell, args: {command: 'printf %s {{log.data.head}} {{log}}'}, save_as: out}
  - {tool: never, when: {of: out, exit_code: 9}, save_as: never}
  - {tool: t, args: {list: '{{log.data.files}}', text: 'exit {{out.exit_code}}'}}
  - {say: 'Head is {{log.data.head}}.'}
```"""


async def test_a_plan_saves_tests_and_substitutes():
    io = MemoryIO(
        tools={
            "git.log": answering(ok("fix $x", data={"head": "it's", "files": ["a", 1]})),
            "shell": answering(ok("", exit_code=0)),
            "t": answering(ok()),
        }
    )

    outcome = await run(PLAN, io)

    assert outcome == COMPLETED
    assert called(io) == [
        ("git.log", {"n": 2}, "ok"),
        ("shell", {"command": "printf %s 'it'\"'\"'s' 'fix $x'"}, "ok"),
        ("t", {"list": ["a", 1], "text": "exit 0"}, "ok"),
    ]
    assert said(io) == [
        "Head is it's.",
        "1. history: done, as expected\n"
        "2. shell `printf %s {{log.data.head}} {{log}}`: done, exit code 0\n"
        "3. never: skipped\n4. t: done\n",
    ]


@pytest.mark.parametrize(
    ("step", "tool", "code", "error"),
    [
        ("{tool: t}", ERROR, "tool_failed", "Step 1 of the plan (t) failed."),
        ("{tool: t, name: it}", ok(exit_code=1), "tool_failed", "Step 1 of the plan (it) failed."),
        (
            "{tool: t, expect: {contains: b}}",
            ok("a"),
            "expectation_failed",
            "Step 1 of the plan (t) did not meet its expectation.",
        ),
        (
            "{tool: t, on_error: continue}",
            ToolOutcome(status="denied"),
            "tool_denied",
            "Step 1 of the plan (t) was denied.",
        ),
    ],
)
async def test_a_plan_fails_at_the_step_that_fails(step, tool, code, error):
    io = MemoryIO(tools={"t": answering(tool), "u": answering(ok())})

    outcome = await run(f"plan: [{step}, {{tool: u}}]", io)

    assert (outcome.status, outcome.error_code, outcome.error) == ("failed", code, error)
    assert outcome.details == {"step": 1}
    assert [name for name, _ in io.journal.executed] == ["t"]
    assert said(io)[0].endswith("Stopped there; 1 step was not run.")


@pytest.mark.parametrize(
    ("step", "tool"),
    [
        ("{tool: t, save_as: a, on_error: continue}", ERROR),
        ("{tool: t, save_as: a, on_denied: continue}", ToolOutcome(status="denied")),
        ("{tool: t, save_as: a, expect: {exit_code: 1}}", ok(exit_code=1)),
        ("{tool: t, save_as: a, expect: {status: error}}", ERROR),
    ],
)
async def test_a_plan_goes_on_where_its_author_says_so(step, tool):
    io = MemoryIO(tools={"t": answering(tool), "u": answering(ok())})

    outcome = await run(f"plan: [{step}, {{tool: u, args: {{a: '{{{{a.status}}}}'}}}}]", io)

    assert outcome == COMPLETED
    assert io.journal.executed[-1] == ("u", {"a": tool.status})


async def test_a_missing_part_of_a_saved_value_fails_the_step_before_it_runs():
    io = MemoryIO(tools={"t": answering(ok())})

    outcome = await run("plan: [{tool: t, save_as: a}, {tool: t, args: {x: '{{a.data.y}}'}}]", io)

    assert (outcome.status, outcome.error_code) == ("failed", "tool_failed")
    assert said(io) == ["1. t: done\n2. t: not run, there is no value a.data.y\n"]
    assert len(io.journal.executed) == 1


async def test_a_waiting_plan_goes_on_exactly_in_a_fresh_runtime():
    journal = MemoryJournal()
    tools = {"t": answering(ok("one", exit_code=0)), "danger": answering(ok("two"))}
    plan = (
        "plan: [{tool: t, save_as: a}, {tool: danger, args: {x: '{{a}}'}, save_as: b},"
        " {tool: t, args: {b: '{{b}}', code: '{{a.exit_code}}'}}]"
    )
    first = MemoryIO(tools=tools, ask_for={"danger"}, journal=journal)

    waiting = await run(plan, first)
    assert waiting.status == "waiting"
    assert said(first) == []
    [call_id] = journal.waiting
    journal.grant(call_id)
    second = MemoryIO(tools=tools, ask_for={"danger"}, journal=journal)
    outcome = await run(plan, second, state=waiting.state, attempt=2)

    assert outcome == COMPLETED
    assert journal.executed == [
        ("t", {}),
        ("danger", {"x": "one"}),
        ("t", {"b": "two", "code": 0}),
    ]
    assert said(second) == ["1. t: done, exit code 0\n2. danger: done\n3. t: done, exit code 0\n"]


async def test_a_turn_repeated_after_a_crash_runs_no_call_again():
    journal = MemoryJournal()
    tools = {"shell": answering(ok(exit_code=0))}

    for attempt in (1, 2):
        io = MemoryIO(tools=tools, journal=journal)
        await run("/sh a\n/sh b", io, attempt=attempt)

    assert [arguments["command"] for _, arguments in journal.executed] == ["a", "b"]


@pytest.mark.parametrize("state", [b"", b"[]", b"{}", b"\xff", b'{"format": "embedded/1"}'])
async def test_foreign_state_is_refused(state):
    outcome = await run("/sh a", MemoryIO(), state=state, attempt=2)

    assert (outcome.status, outcome.error_code) == ("failed", "invalid_state")


async def test_state_of_another_prompt_is_refused():
    io = MemoryIO(tools={"shell": answering(ok())}, ask_for={"shell"})
    waiting = await run("/sh a", io)

    outcome = await run("/sh b", io, state=waiting.state, attempt=2)

    assert (outcome.status, outcome.error_code) == ("failed", "invalid_state")


async def test_a_wrong_plan_fails_the_run_with_its_reason():
    outcome = await run("plan: [{tool: t, wen: 1}]", MemoryIO())

    assert (outcome.status, outcome.error_code) == ("failed", "invalid_plan")
    assert outcome.error == "The plan was not run: step 1: unknown key wen."


async def test_more_steps_than_max_turns_run_nothing():
    io = MemoryIO(tools={"shell": answering(ok())})

    outcome = await run("/sh a\n/sh b", io, options=RuntimeOptions(max_turns=1))

    assert (outcome.status, outcome.error_code) == ("failed", "max_turns")
    assert io.journal.executed == []
