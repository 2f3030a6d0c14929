"""The in-memory `RuntimeIO` behaves as the broker's contract says."""

import pytest

from sessions_app.runtimes.base import SecretNotGrantedError, ToolRequest
from sessions_app.runtimes.memory import MemoryIO, MemoryJournal
from tests.sessions_app.runtimes.turns import answering, ok


def call(call_id: str = "1", tool: str = "t", **arguments) -> ToolRequest:
    return ToolRequest(call_id=call_id, tool=tool, arguments=arguments)


async def test_a_recorded_call_is_answered_without_running_again():
    io = MemoryIO(tools={"t": answering(ok("first"), ok("second"))})

    outcomes = [await io.call_tool(call()) for _ in range(2)]

    assert [outcome.content for outcome in outcomes] == ["first", "first"]
    assert io.journal.executed == [("t", {})]


async def test_an_id_may_not_stand_for_two_calls():
    io = MemoryIO(tools={"t": answering(ok())})
    await io.call_tool(call(x=1))

    outcome = await io.call_tool(call(x=2))

    assert outcome.status == "error"
    assert io.journal.executed == [("t", {"x": 1})]


async def test_a_grant_is_used_once_and_also_by_the_same_call_under_another_id():
    journal = MemoryJournal()
    io = MemoryIO(tools={"t": answering(ok())}, ask_for={"t"}, journal=journal)
    assert (await io.call_tool(call("a"))).status == "waiting"
    journal.grant("a")

    statuses = [(await io.call_tool(call(key))).status for key in ("b", "b", "c")]

    assert statuses == ["ok", "ok", "waiting"]
    assert journal.executed == [("t", {})]
    assert journal.waiting == ["c"]


async def test_a_denial_is_remembered():
    journal = MemoryJournal()
    io = MemoryIO(tools={"t": answering(ok())}, ask_for={"t"}, journal=journal)
    await io.call_tool(call())
    journal.deny("1", "no")

    outcome = await io.call_tool(call())

    assert (outcome.status, outcome.content) == ("denied", "no")
    assert journal.executed == []


async def test_an_unknown_tool_is_an_error_and_not_an_exception():
    outcome = await MemoryIO().call_tool(call())

    assert (outcome.status, outcome.content) == ("error", "There is no tool named t.")


async def test_secrets_are_answered_only_when_granted():
    io = MemoryIO(secrets={"token": "x"})

    assert await io.read_secret("token") == "x"
    with pytest.raises(SecretNotGrantedError):
        await io.read_secret("other")


async def test_the_transcript_joins_pieces_and_shows_what_was_cut_off():
    io = MemoryIO()
    await io.end_message()
    for piece in ("a", "b"):
        await io.reasoning(piece)
    await io.text("c")
    await io.end_message()
    await io.text("d")

    assert io.transcript() == [("reasoning", "ab"), ("message", "c"), ("unfinished", "d")]
