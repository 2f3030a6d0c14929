"""The ACP runtime beyond the contract: sessions, permission, terminals, a misbehaving agent."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from acp.schema import EnvVariable

from kernel.sandbox.errors import SandboxUnavailableError
from sessions_app.runtimes.acp import AcpRuntime
from sessions_app.runtimes.acp.gate import Gate
from sessions_app.runtimes.acp.terminals import Terminals, command_line
from sessions_app.runtimes.base import HistoryMessage, ObservedCall, RuntimeOptions, ToolOutcome
from sessions_app.runtimes.host import AgentCommand, RuntimeHost
from sessions_app.runtimes.memory import MemoryIO, MemoryJournal
from tests.sessions_app.runtimes.stages import KEY, hang
from tests.sessions_app.runtimes.turns import answering, ok, turn
from tests.standins.agents import Spawner, acp_agent
from tests.standins.script import Call, Fail, Say

OWN = {"call": "compile", "arguments": {"target": "all"}}
ASKING = {**OWN, "ask": True}


def host_of(folder: Path, *replies: Sequence[Any], keeps: bool = False) -> RuntimeHost:
    return RuntimeHost(agent=acp_agent(folder, replies, keeps=keeps), spawn=Spawner())


def prompts(folder: Path, session: str) -> list[str]:
    """What the agent was prompted with in one of its sessions."""
    lines = (folder / "agent-sessions" / session).read_text().splitlines()
    return [json.loads(line) for line in lines]


def observed(io: MemoryIO) -> list[tuple[str, str, str]]:
    return [(c.call_id, c.status, c.content) for kind, c in io.events if kind == "observed"]


async def test_the_agents_own_tools_are_shown_and_not_brokered(tmp_path):
    io = MemoryIO()

    outcome = await AcpRuntime(host_of(tmp_path, [OWN], [Say("Built.")])).run(turn("hi"), io)

    assert outcome.status == "completed"
    assert io.events[:2] == [
        (
            "observed",
            ObservedCall(
                call_id="own-1", title="compile", kind="execute", arguments={"target": "all"}
            ),
        ),
        (
            "observed",
            ObservedCall(
                call_id="own-1",
                title="compile",
                kind="execute",
                status="ok",
                arguments={"target": "all"},
                content="compile done",
            ),
        ),
    ]
    assert io.journal.entries == {}


@pytest.mark.parametrize(
    ("tool", "ending"),
    [
        (ok(), ("own-1", "ok", "compile done")),
        (ToolOutcome(status="error"), ("own-1", "error", "")),
    ],
    ids=["allowed", "not allowed"],
)
async def test_permission_is_asked_of_the_broker(tmp_path, tool, ending):
    io = MemoryIO(tools={"request_permission": answering(tool)})

    await AcpRuntime(host_of(tmp_path, [ASKING], [Say("End.")])).run(turn("hi"), io)

    asked = {"title": "compile", "kind": "execute", "input": {"target": "all"}, "paths": []}
    assert io.journal.executed == [("request_permission", asked)]
    assert observed(io)[-1] == ending


async def test_a_permission_that_must_wait_is_granted_in_a_fresh_agent(tmp_path):
    journal = MemoryJournal()
    tools = {"request_permission": answering(ok())}
    host = host_of(tmp_path, [ASKING], [Say("End.")])
    first = MemoryIO(tools=tools, ask_for={"request_permission"}, journal=journal)

    waiting = await AcpRuntime(host).run(turn("hi"), first)
    [call_id] = journal.waiting
    journal.grant(call_id)
    second = MemoryIO(tools=tools, ask_for={"request_permission"}, journal=journal)
    outcome = await AcpRuntime(host).run(turn("hi", state=waiting.state, attempt=2), second)

    assert (waiting.status, outcome.status) == ("waiting", "completed")
    assert observed(second)[-1] == ("own-1", "ok", "compile done")
    assert len(journal.executed) == 1


async def test_the_next_turn_goes_on_in_the_agents_own_session(tmp_path):
    host = host_of(tmp_path, [Say("ok")], keeps=True)
    first = await AcpRuntime(host).run(turn("one"), MemoryIO())
    io = MemoryIO()

    await AcpRuntime(host).run(turn("two", state=first.state), io)

    assert prompts(tmp_path, "session-1") == ["one", "two"]
    assert io.transcript()[0] == ("message", "ok")


async def test_a_session_the_agent_lost_is_told_again(tmp_path):
    host = host_of(tmp_path, [Say("ok")], keeps=True)
    first = await AcpRuntime(host).run(turn("one"), MemoryIO())
    (tmp_path / "agent-sessions" / "session-1").unlink()
    history = [
        HistoryMessage(role="user", content="one", author="Alice"),
        HistoryMessage(role="assistant", content="ok"),
    ]
    options = RuntimeOptions(system_prompt="Be brief.", timeout_seconds=30)

    request = turn("two", state=first.state, history=history, options=options, author="Bob")
    await AcpRuntime(host).run(request, MemoryIO())

    [prompt] = prompts(tmp_path, "session-1")
    system, told, asked = prompt.split("\n---\n")
    assert system.startswith("Be brief.\n\nSeveral people write in this session.")
    assert told == "What was said in this session before:\n\n[Alice] one\n\n[Assistant] ok"
    assert asked == "[Bob] two"


async def test_what_the_agent_missed_is_told_before_the_prompt(tmp_path):
    host = host_of(tmp_path, [Say("ok")], keeps=True)
    first = await AcpRuntime(host).run(turn("one"), MemoryIO())
    history = [
        HistoryMessage(role="user", content="one"),
        HistoryMessage(role="assistant", content="ok"),
        HistoryMessage(role="user", content="cancelled"),
    ]

    await AcpRuntime(host).run(turn("two", state=first.state, history=history), MemoryIO())

    told = "What was said in this session before:\n\n[User] cancelled\n---\ntwo"
    assert prompts(tmp_path, "session-1")[1] == told


@pytest.mark.parametrize(
    ("reply", "code", "error"),
    [
        ({"stop": "refusal"}, "provider_refused", "The agent refused to answer."),
        ({"stop": "max_tokens"}, "context_exceeded", "The agent reached its limit of tokens."),
        (
            {"stop": "max_turn_requests"},
            "max_turns",
            "The turn needs more than 50 rounds. Raise max_turns to allow more.",
        ),
        ({"exit": 3}, "agent_error", "The agent ended in the middle of the turn."),
        (
            {"fail": -32000},
            "provider_authentication",
            "The agent asks to sign in. Give it its key in Settings.",
        ),
        (
            Fail(0, message=f"cannot use {KEY}"),
            "agent_error",
            "The agent failed (code -32603): cannot use ***",
        ),
    ],
    ids=str,
)
async def test_an_agent_that_does_not_finish_fails_the_turn(tmp_path, reply, code, error):
    agent = acp_agent(tmp_path, [[reply]])
    spawner = Spawner()
    keyed = AgentCommand(argv=agent.argv, env={**os.environ, "AGENT_KEY": KEY})

    outcome = await AcpRuntime(RuntimeHost(agent=keyed, spawn=spawner)).run(turn("hi"), MemoryIO())

    assert (outcome.status, outcome.error_code, outcome.error) == ("failed", code, error)
    assert spawner.alive == 0


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(1)",
        "import sys; print('hello'); sys.exit(0)",
        "import sys; sys.stderr.write('x' * 10_000_000); sys.exit(1)",
    ],
    ids=["dies", "talks nonsense", "floods its log"],
)
async def test_a_program_that_is_no_agent_fails_the_turn(program):
    spawner = Spawner()
    agent = AgentCommand(argv=(sys.executable, "-c", program))

    outcome = await AcpRuntime(RuntimeHost(agent=agent, spawn=spawner)).run(turn("hi"), MemoryIO())

    assert (outcome.status, outcome.error_code) == ("failed", "agent_error")
    assert spawner.alive == 0


async def test_a_program_that_ignores_us_ends_with_the_turn():
    spawner = Spawner()
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    agent = AgentCommand(argv=(sys.executable, "-c", program))
    options = RuntimeOptions(timeout_seconds=1)

    outcome = await AcpRuntime(RuntimeHost(agent=agent, spawn=spawner)).run(
        turn("hi", options=options), MemoryIO()
    )

    assert outcome.error_code == "timeout"
    assert spawner.alive == 0


async def refused(argv: Sequence[str], env: Mapping[str, str]) -> Any:
    raise SandboxUnavailableError("There is no sandbox here.")


@pytest.mark.parametrize(
    ("host", "code", "error"),
    [
        (
            RuntimeHost(),
            "not_configured",
            "No ACP agent is set up. Name its command in Settings.",
        ),
        (
            RuntimeHost(agent=AgentCommand(argv=("agent",)), spawn=refused),
            "runtime_unavailable",
            "The agent could not be started: There is no sandbox here.",
        ),
    ],
    ids=["no agent", "no sandbox"],
)
async def test_an_agent_that_cannot_start_says_why(host, code, error):
    outcome = await AcpRuntime(host).run(turn("hi"), MemoryIO())

    assert (outcome.status, outcome.error_code, outcome.error) == ("failed", code, error)


async def test_files_are_written_through_the_broker_relative_to_the_workspace(tmp_path):
    write = Call("write_file", {"path": "src/é.txt", "content": "x\n"})
    io = MemoryIO(tools={"write_file": answering(ok())})

    await AcpRuntime(host_of(tmp_path, [write], [Say("ok")])).run(turn("hi"), io)

    assert io.journal.executed == [("write_file", {"path": "src/é.txt", "content": "x\n"})]


@pytest.mark.parametrize(
    ("command", "args", "env", "cwd", "line"),
    [
        ("ls -la | head", (), (), None, "ls -la | head"),
        ("npm", ("run", "a b"), (), None, "npm run 'a b'"),
        ("make", (), (), "/workspace/src dir", "cd '/workspace/src dir' && make"),
        ("env", (), (EnvVariable(name="A", value="$x"),), None, "export A='$x' && env"),
    ],
)
def test_a_terminals_parts_become_one_shell_command(command, args, env, cwd, line):
    assert command_line(command, args, env, cwd) == line


async def test_a_terminal_shows_the_end_of_long_output_and_its_exit_code():
    gate = Gate(MemoryIO(tools={"shell": answering(ok("aé" * 10, exit_code=3))}), 50)
    terminals = Terminals(gate)

    terminal = terminals.create("x", 5)

    assert await terminals.wait(terminal) == 3
    shown = terminals.output(terminal)
    assert (shown.output, shown.truncated) == ("éaé", True)
    assert shown.exit_status is not None
    assert shown.exit_status.exit_code == 3


async def test_a_denied_terminal_ends_as_a_command_that_may_not_run():
    terminals = Terminals(Gate(MemoryIO(deny={"shell": "no network"}), 50))

    terminal = terminals.create("curl x", None)

    assert await terminals.wait(terminal) == 126
    assert terminals.output(terminal).output == "This call was denied: no network"


async def test_a_killed_terminal_stays_readable_until_it_is_released():
    terminals = Terminals(Gate(MemoryIO(tools={"shell": hang}), 50))
    terminal = terminals.create("sleep 600", None)
    assert terminals.output(terminal).exit_status is None

    await terminals.kill(terminal)

    assert terminals.output(terminal).output == "The command was ended."
    await terminals.release(terminal)
    with pytest.raises(Exception, match="Invalid params"):
        terminals.output(terminal)
