"""A session as a plain AG-UI agent, driven by the real runner: prompt, interrupt, answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from kernel.actors import SystemActor
from kernel.streams.hub import hub
from kernel.threads import threaded
from sessions_app.models import AgentSession, Approval, Run
from sessions_app.services import approvals, creation, prompting, runs, sharing
from tests.factories.cast import Cast, make_cast, token_for
from tests.factories.turns import drive
from tests.sessions_app.api.ag_ui import Agent, asking, read, told

pytestmark = pytest.mark.django_db(transaction=True)
DANGEROUS = "/sh rm -rf build; echo gone"


@pytest.fixture
def people() -> Cast:
    return make_cast()


@pytest.fixture
def session(people: Cast) -> AgentSession:
    spec = creation.SessionSpec(name="ag-ui")
    return creation.create_session(people.alice, people.acme, spec=spec)


@pytest.fixture
def agent(people: Cast, session: AgentSession) -> Agent:
    return Agent(session.pk, token_for(people.alice))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    connections.close_all()


async def run(agent: Agent, body: Any) -> list[Any]:
    """Post, let the runner work, and read until the stream ends."""
    answer = await agent.post(body)
    async with asyncio.timeout(60):
        events, _ = await asyncio.gather(read(answer), drive())
    await hub().close()
    return list(events)


def answering(agent: Agent, entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"threadId": "t", "runId": "r2", "messages": [], "resume": entries}


async def test_a_prompt_is_told_from_start_to_finish(agent: Agent, session: AgentSession) -> None:
    events = await run(agent, asking(str(session.pk), "/sh echo hello"))

    kinds = told(events)
    calls = [kind for kind in kinds if kind.startswith("TOOL_CALL")]
    assert calls == ["TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "TOOL_CALL_RESULT"]
    stored = await threaded(Run.objects.get)(session=session)
    first, last = events[0], events[-1]
    assert (first.thread_id, first.run_id) == (str(session.pk), str(stored.pk))
    assert first.protocol_version == "1.0"
    assert [m.content for m in first.input.messages] == ["/sh echo hello"]
    result = next(e for e in events if e.type.value == "TOOL_CALL_RESULT")
    assert result.content == "hello\n"
    assert last.outcome.type == "success"
    assert all(event.timestamp > 1_700_000_000_000 for event in events)
    exported = await agent.get()
    assert exported == events
    assert await agent.get(f"?run={stored.pk}") == events
    await hub().close()


async def test_waiting_is_an_interrupt_and_an_answer_goes_on(
    agent: Agent, session: AgentSession
) -> None:
    waiting = await run(agent, asking(str(session.pk), DANGEROUS))

    told(waiting)
    (interrupt,) = waiting[-1].outcome.interrupts
    approval = await threaded(Approval.objects.get)(session=session)
    assert waiting[-1].outcome.type == "interrupt"
    assert interrupt.id == str(approval.pk)
    assert interrupt.tool_call_id == str(approval.tool_call_id)
    assert interrupt.response_schema["required"] == ["approved"]
    assert [e.tool_call_id for e in waiting if e.type.value == "TOOL_CALL_START"] == [
        interrupt.tool_call_id
    ]
    assert (await agent.get())[-1].outcome.type == "interrupt"

    entry = {"interruptId": interrupt.id, "status": "resolved", "payload": {"approved": True}}
    going_on = await run(agent, answering(agent, [entry]))

    kinds = told(going_on)
    assert "TOOL_CALL_START" not in kinds
    result = next(e for e in going_on if e.type.value == "TOOL_CALL_RESULT")
    assert (result.tool_call_id, result.content) == (interrupt.tool_call_id, "gone\n")
    assert going_on[-1].outcome.type == "success"
    assert going_on[-1].run_id == waiting[-1].run_id
    again = await run(agent, answering(agent, [entry]))
    assert again == going_on
    whole = await agent.get()
    assert told(whole).count("RUN_FINISHED") == 1
    assert whole[-1].outcome.type == "success"
    await hub().close()


@pytest.mark.parametrize(
    "entry",
    [
        {"status": "cancelled"},
        {"status": "resolved", "payload": {"approved": False, "reason": "not today"}},
    ],
)
async def test_a_refused_call_is_told_to_the_agent(
    agent: Agent, session: AgentSession, entry: dict[str, Any]
) -> None:
    waiting = await run(agent, asking(str(session.pk), DANGEROUS))
    known = {"interruptId": waiting[-1].outcome.interrupts[0].id}

    going_on = await run(agent, answering(agent, [{**known, **entry}]))

    told(going_on)
    result = next(e for e in going_on if e.type.value == "TOOL_CALL_RESULT")
    assert result.content.startswith("A person refused this.")
    approval = await threaded(Approval.objects.get)(session=session)
    assert approval.status == "denied"
    assert approval.decision_reason == entry.get("payload", {}).get("reason", "")


async def test_an_approval_by_the_ordinary_way_goes_on_too(
    agent: Agent, session: AgentSession, people: Cast
) -> None:
    await run(agent, asking(str(session.pk), DANGEROUS))
    approval = await threaded(Approval.objects.get)(session=session)

    await threaded(approvals.approve)(people.alice, approval)
    following = asyncio.create_task(agent.get())
    await drive()
    async with asyncio.timeout(30):
        events = await following
    await hub().close()

    assert told(events)[-1] == "RUN_FINISHED"
    assert events[-1].outcome.type == "success"


async def test_a_run_that_was_cancelled_before_it_began(
    agent: Agent, session: AgentSession, people: Cast
) -> None:
    posted = await threaded(prompting.prompt)(people.alice, session, content="/sh true")
    await threaded(runs.cancel)(people.alice, session)

    events = await agent.get(f"?run={posted.run_id}")
    await hub().close()

    assert told(events) == ["RUN_STARTED", "RUN_FINISHED"]
    assert events[-1].outcome.type == "cancelled"


async def test_a_failed_run_says_why(agent: Agent, session: AgentSession, people: Cast) -> None:
    events = await run(agent, asking(str(session.pk), "/no-such-command"))
    await threaded(prompting.prompt)(people.alice, session, content="/sh true")
    row = await threaded(lambda: session.runs.latest("created_at"))()
    await threaded(runs.give_up)(
        SystemActor("test"), session, run_id=row.pk, epoch=row.epoch, code=runs.UNDRIVEN
    )

    failed = await agent.get()
    await hub().close()

    assert told(events)
    assert told(failed)[-1] == "RUN_ERROR"
    assert (failed[-1].code, failed[-1].message) == ("undriven", runs.GIVEN_UP["undriven"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], ""),
        ({}, "/threadId"),
        ({"threadId": "t", "runId": "r", "messages": []}, "/messages/0"),
        ({"threadId": "t", "runId": "r", "messages": [{"role": "user"}]}, "/messages/0/user/id"),
        (
            {
                "threadId": "t",
                "runId": "r",
                "messages": [{"id": "1", "role": "assistant", "content": "x"}],
            },
            "/messages/0",
        ),
        (asking("t", "  "), "/messages/0/content"),
        (
            asking(
                "t",
                [
                    {
                        "type": "image",
                        "source": {"type": "url", "value": "https://example.org/a.png"},
                    }
                ],
            ),
            "/messages/0/content",
        ),
        (
            {
                "threadId": "t",
                "runId": "r",
                "messages": [],
                "resume": [{"interruptId": "x", "status": "resolved"}],
            },
            "/resume/0/interruptId",
        ),
    ],
)
async def test_what_cannot_be_asked_is_400_and_asks_nothing(
    agent: Agent, session: AgentSession, body: Any, pointer: str
) -> None:
    answer = await agent.post(body)

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]], answer.json()
    assert not await threaded(session.runs.exists)()


async def test_only_who_may_prompt_runs_it_and_only_who_may_read_sees_it(
    session: AgentSession, people: Cast
) -> None:
    await threaded(sharing.share)(people.alice, session, subject=people.bob, role="viewer")
    tokens = {name: await threaded(token_for)(one) for name, one in people.people().items()}
    found = {}

    for name, token in tokens.items():
        answer = await Agent(session.pk, token).post(asking(str(session.pk), "/help"))
        found[name] = answer.status_code

    assert found == {
        "alice": 200, "bob": 403, "charlie": 404, "dora": 404, "olga": 404, "anna": 404,
    }  # fmt: skip
    assert await threaded(session.runs.count)() == 1


async def test_a_repeated_request_asks_once(agent: Agent, session: AgentSession) -> None:
    asked, key = asking(str(session.pk), "/help"), {"Idempotency-Key": "once"}

    first, again = await agent.post(asked, **key), await agent.post(asked, **key)

    assert (first.status_code, again.status_code) == (200, 409)
    assert again.json()["code"] == "idempotency_done"
    message = await threaded(lambda: session.messages.get().pk)()
    assert again.json()["result_id"] == str(message)
