"""A plain AG-UI client: it knows the protocol's models and nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ag_ui import core
from django.test import AsyncClient
from pydantic import BaseModel, TypeAdapter

EVENT: TypeAdapter[Any] = TypeAdapter(core.Event)


def parsed(text: str) -> list[Any]:
    """The events of a response's text; what is not of the protocol fails."""
    found = []
    for block in text.split("\n\n"):
        for line in block.splitlines():
            assert line.startswith(("data: ", ":", "retry: ")), line
            if line.startswith("data: "):
                found.append(valid(line.removeprefix("data: ")))
    return found


def valid(text: str) -> Any:
    """One event by the protocol's models, in the protocol's names, with no field besides."""
    event = EVENT.validate_json(text)
    assert json.loads(event.model_dump_json(by_alias=True)) == json.loads(text)
    _no_more(event)
    return event


def _no_more(value: Any) -> None:
    if isinstance(value, BaseModel):
        assert not value.model_extra, value
        for name in type(value).model_fields:
            _no_more(getattr(value, name))
    elif isinstance(value, list):
        for one in value:
            _no_more(one)


def told(events: list[Any]) -> list[str]:
    """The types of one AG-UI run, whose order was checked as a client does."""
    kinds = [event.type.value for event in events]
    assert kinds[0] == "RUN_STARTED"
    assert kinds.count("RUN_STARTED") == 1
    assert kinds[-1] in {"RUN_FINISHED", "RUN_ERROR"}
    assert sum(kinds.count(end) for end in ("RUN_FINISHED", "RUN_ERROR")) == 1
    _paired(events, "message_id", "TEXT_MESSAGE")
    _paired(events, "message_id", "REASONING_MESSAGE")
    _paired(events, "tool_call_id", "TOOL_CALL")
    return kinds


def _paired(events: Iterable[Any], key: str, kind: str) -> None:
    open_now: set[str] = set()
    for event in events:
        if event.type.value == f"{kind}_START":
            assert getattr(event, key) not in open_now
            open_now.add(getattr(event, key))
        elif event.type.value in {f"{kind}_CONTENT", f"{kind}_ARGS", f"{kind}_END"}:
            assert getattr(event, key) in open_now, event
            if event.type.value == f"{kind}_END":
                open_now.remove(getattr(event, key))
    assert not open_now


def asking(session: str, content: Any, **more: Any) -> dict[str, Any]:
    """A RunAgentInput whose last message asks something."""
    messages = [core.UserMessage(id="m1", content=content)]
    asked = core.RunAgentInput(thread_id=session, run_id="r1", messages=messages, **more)
    return dict(asked.model_dump(mode="json", by_alias=True))


class Agent:
    """One endpoint, as somebody."""

    def __init__(self, session: Any, token: str) -> None:
        self.path = f"/api/v1/sessions/{session}/ag-ui"
        self.headers = {"Authorization": f"Bearer {token}"}

    async def post(self, body: Any, **headers: str) -> Any:
        """Run the agent; the response may still be streaming."""
        return await AsyncClient().post(
            self.path,
            json.dumps(body),
            content_type="application/json",
            headers={**self.headers, **headers},
        )

    async def get(self, query: str = "") -> list[Any]:
        """The export of a run."""
        answer = await AsyncClient().get(self.path + query, headers=self.headers)
        assert answer.status_code == 200, answer.content
        return await read(answer)


async def read(answer: Any) -> list[Any]:
    """Every event until the stream ends by itself."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/event-stream"
    return parsed("".join([part.decode() async for part in answer.streaming_content]))
