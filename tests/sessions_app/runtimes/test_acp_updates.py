"""What an agent reports, as the page shows it."""

from __future__ import annotations

import pytest
from acp import (
    RequestError,
    plan_entry,
    start_tool_call,
    text_block,
    tool_content,
    tool_diff_content,
    tool_terminal_ref,
    update_agent_message,
    update_plan,
    update_tool_call,
    update_user_message_text,
)
from acp.helpers import resource_link_block
from acp.schema import PermissionOption, UsageUpdate

from sessions_app.runtimes.acp.client import SessionClient, _choice
from sessions_app.runtimes.acp.gate import Gate
from sessions_app.runtimes.base import ObservedCall
from sessions_app.runtimes.memory import MemoryIO
from tests.sessions_app.runtimes.turns import answering, ok


def client_with(io: MemoryIO) -> SessionClient:
    return SessionClient(Gate(io, 50), "/workspace/")


async def shown(*updates) -> list:
    io = MemoryIO()
    client = client_with(io)
    for update in updates:
        await client.session_update("s", update)
    return io.transcript()


async def test_a_plan_is_a_card_that_ends_with_its_last_entry():
    entries = [plan_entry("read", status="completed"), plan_entry("write", status="in_progress")]
    done = [plan_entry("read", status="completed")]

    cards = await shown(update_plan(entries), update_plan(done))

    assert cards == [
        (
            "observed",
            ObservedCall(
                call_id="plan", title="Plan", kind="think", content="- [x] read\n- [~] write"
            ),
        ),
        (
            "observed",
            ObservedCall(
                call_id="plan", title="Plan", kind="think", status="ok", content="- [x] read"
            ),
        ),
    ]


async def test_an_edit_is_shown_as_its_difference_and_a_terminal_has_its_own_card():
    content = [
        tool_diff_content("a.txt", "new\n", "old\n"),
        tool_terminal_ref("terminal-1"),
        tool_content(text_block("done")),
    ]

    [_, (_, card)] = await shown(
        start_tool_call("1", "Edit", kind="edit"), update_tool_call("1", content=content)
    )

    assert card.content == "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-old\n+new\n\ndone"


async def test_raw_output_is_shown_where_there_is_nothing_else():
    [(_, card)] = await shown(update_tool_call("1", status="failed", raw_output={"é": 1}))

    assert (card.title, card.status, card.content) == ("1", "error", '{"é": 1}')


async def test_what_is_not_text_is_named_and_the_users_words_are_not_repeated():
    link = resource_link_block("a", "file:///a.txt")

    events = await shown(update_agent_message(link), update_user_message_text("mine"))

    assert events == [("unfinished", "[resource_link file:///a.txt]")]


async def test_the_context_window_is_kept_for_the_usage():
    client = client_with(MemoryIO())

    await client.session_update("s", UsageUpdate(session_update="usage_update", used=5, size=9))

    assert client.updates.context_window == 9


@pytest.mark.parametrize(
    ("line", "limit", "content"),
    [
        (None, None, "1\n2\n3\n"),
        (2, None, "2\n3\n"),
        (None, 2, "1\n2\n"),
        (2, 1, "2\n"),
        (9, 1, ""),
        (0, 1, "1\n"),
    ],
)
async def test_a_part_of_a_file_is_read(line, limit, content):
    io = MemoryIO(tools={"read_file": answering(ok("1\n2\n3\n"))})
    client = client_with(io)

    answer = await client.read_text_file("s", "/workspace/a.txt", line, limit)

    assert answer.content == content
    assert io.journal.executed == [("read_file", {"path": "a.txt"})]


async def test_a_refused_file_is_an_error_with_the_reason():
    client = client_with(MemoryIO(deny={"read_file": "outside"}))

    with pytest.raises(RequestError, match="This call was denied: outside"):
        await client.read_text_file("s", "/etc/shadow")


@pytest.mark.parametrize(
    ("kinds", "wanted", "chosen"),
    [
        (["allow_always", "allow_once", "reject_once"], "allow", "allow_once"),
        (["allow_always", "reject_once"], "allow", "allow_always"),
        (["allow_once", "reject_always", "reject_once"], "reject", "reject_once"),
        (["allow_once"], "reject", None),
    ],
)
def test_the_narrowest_option_is_chosen(kinds, wanted, chosen):
    options = [PermissionOption(option_id=kind, name=kind, kind=kind) for kind in kinds]

    assert getattr(_choice(options, wanted), "option_id", None) == chosen
