"""A repeated turn is silent up to where it was left, and says what is new."""

from __future__ import annotations

import pytest

from sessions_app.runtimes.base import ToolRequest
from sessions_app.runtimes.memory import MemoryIO
from sessions_app.runtimes.repeated import RepeatedTurn
from tests.sessions_app.runtimes.turns import answering, ok


async def say(io: RepeatedTurn, text: str) -> None:
    await io.text(text)
    await io.end_message()


async def call(io: RepeatedTurn, call_id: str) -> None:
    await io.call_tool(ToolRequest(call_id=call_id, tool="shell", arguments={}))


def watched() -> MemoryIO:
    return MemoryIO(tools={"shell": answering(ok())})


def heard(io: MemoryIO) -> list[str]:
    return [value for kind, value in io.transcript() if kind in ("message", "reasoning")]


async def test_silence_ends_with_the_call_at_which_the_turn_was_left():
    io = watched()
    repeated = RepeatedTurn(io, ["a", "b"])

    await repeated.reasoning("Hm.")
    await say(repeated, "In other words, I read.")
    await call(repeated, "a")
    await say(repeated, "Then I list.")
    await call(repeated, "b")
    await say(repeated, "Done.")

    assert heard(io) == ["Done."]


async def test_an_agent_that_takes_another_way_is_heard_from_there():
    io = watched()
    repeated = RepeatedTurn(io, ["a", "b"])

    await say(repeated, "I read.")
    await call(repeated, "a")
    await say(repeated, "I would rather look.")
    await call(repeated, "c")
    await say(repeated, "Done.")
    await call(repeated, "b")

    assert heard(io) == ["I would rather look.", "Done."]
    kinds = [kind for kind, _ in io.transcript()]
    assert kinds == ["tool", "message", "tool", "message", "tool"]


async def test_an_agent_that_only_answers_this_time_is_heard_at_its_end():
    io = watched()
    repeated = RepeatedTurn(io, ["a"])

    await say(repeated, "There is nothing to do.")
    assert heard(io) == []
    await repeated.release()

    assert heard(io) == ["There is nothing to do."]


@pytest.mark.parametrize("asked", [[], ["a"]])
async def test_nothing_is_held_back_once_nothing_is_repeated(asked):
    io = watched()
    repeated = RepeatedTurn(io, asked)
    for call_id in asked:
        await call(repeated, call_id)

    await repeated.text("at once")

    assert io.events[-1] == ("text", "at once")
