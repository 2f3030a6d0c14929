"""`/tasks`, `/task-executions` and `/reports`, as the contract names them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from kernel.actors import SystemActor
from kernel.ids import uuid7
from sessions_app.models import AgentSession, Task, TaskExecution
from sessions_app.services import executions
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.factories.ledger import deliver_all
from tests.factories.schema import SCHEMA
from tests.sessions_app.assignments import define, do_jobs, drive

BODY = {"name": "Say", "prompt_template": "/sh echo {{word}}", "report_format": "pdf"}


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return [one["pointer"] for one in answer.json()["errors"]]


def test_a_task_is_defined_read_changed_and_listed(cast: Cast) -> None:
    alice = Caller(cast.alice)
    made = alice.post(
        "/tasks",
        {
            **BODY,
            "variables": [{"name": "word", "type": "choice", "choices": ["a", "b"]}],
            "tools": ["shell"],
            "runtime": "embedded",
            "schedule": {"cron": "0 3 * * *", "timezone": "Asia/Tokyo", "variables": {"word": "a"}},
        },
    )

    assert made.status_code == 201, made.content
    task = made.json()
    assert task["schedule"]["next_due_at"].endswith("T18:00:00Z")
    assert task["variables"][0]["choices"] == ["a", "b"]
    assert alice.get(f"/tasks/{task['id']}").json() == task
    changed = alice.patch(f"/tasks/{task['id']}", {"name": "Say it", "schedule": None}).json()
    assert (changed["name"], changed["schedule"], changed["tools"]) == ("Say it", None, ["shell"])
    assert [one["id"] for one in alice.get("/tasks?q=say").json()["results"]] == [task["id"]]
    assert Caller(cast.bob).get(f"/tasks/{task['id']}").status_code == 404


def test_trash_and_undo(cast: Cast) -> None:
    alice, task = Caller(cast.alice), define(cast)

    assert alice.delete(f"/tasks/{task.pk}").status_code == 204
    assert alice.get("/tasks").json()["results"] == []
    assert [o["id"] for o in alice.get("/tasks?shelf=trash").json()["results"]] == [str(task.pk)]
    assert alice.post(f"/tasks/{task.pk}/execute", {"variables": {"word": "a"}}).status_code == 409
    assert alice.post(f"/tasks/{task.pk}/restore").status_code == 200
    assert alice.post(f"/tasks/{task.pk}/restore").status_code == 409


def test_undeclared_variables_are_required_texts(cast: Cast) -> None:
    alice, task = Caller(cast.alice), define(cast)
    shown = alice.get(f"/tasks/{task.pk}").json()["variables"]

    assert [(one["name"], one["type"], one["required"]) for one in shown] == [
        ("word", "string", True)
    ]
    execute = f"/tasks/{task.pk}/execute"
    assert pointers(alice.post(execute)) == ["/variables/word"]
    assert pointers(alice.post(execute, {"variables": {"wrod": "a"}})) == [
        "/variables/wrod",
        "/variables/word",
    ]
    done = alice.post(execute, {"variables": {"word": "a"}})
    assert done.status_code == 202
    assert sorted(done.json()) == ["execution_id", "session_id"]
    session = alice.get(f"/sessions/{done.json()['session_id']}").json()
    assert session["owner"]["username"] == cast.alice.username


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"name": ""}, "/name"),
        ({"name": 3}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"report_format": "docx"}, "/report_format"),
        ({"runtime": "magic"}, "/runtime"),
        ({"unknown": 1}, "/unknown"),
        ({"tools": "shell"}, "/tools"),
        ({"tools": [1]}, "/tools/0"),
        ({"variables": [{"name": "a b"}]}, "/variables/0/name"),
        ({"variables": [{"name": "a", "type": "date"}]}, "/variables/0/type"),
        ({"variables": [{"name": "a", "default": {"b": 1}}]}, "/variables/0/default"),
        ({"variables": [{"name": "a", "secret": True}]}, "/variables/0/secret"),
        ({"variables": {"a": "string"}}, "/variables"),
        ({"schedule": "0 3 * * *"}, "/schedule"),
        ({"schedule": {"cron": "never"}}, "/schedule/variables/word"),
        ({"schedule": {"cron": "never", "variables": {"word": "a"}}}, "/schedule/cron"),
        ({"schedule": {"cron": "* * * * *", "every": 3}}, "/schedule/every"),
        ({"schedule": {"cron": "* * * * *", "variables": ["a"]}}, "/schedule/variables"),
        ({"prompt_template": '/sh echo "{{word}}"'}, "/prompt_template"),
        ({"prompt_template": " "}, "/prompt_template"),
        ({"organization": str(uuid7())}, None),
    ],
)
def test_hostile_definitions_are_refused_and_change_nothing(
    cast: Cast, change: dict[str, Any], at: str | None
) -> None:
    answer = Caller(cast.alice).post("/tasks", {**BODY, **change})

    if at is None:
        assert answer.status_code == 404
    else:
        found = pointers(answer)
        assert found
        assert all(one.startswith(at) for one in found), found
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"variables": {"word": None}},
        {"variables": {"word": ["a"]}},
        {"variables": {"word": "x" * 100_001}},
        {"variables": "word=a"},
        {"values": {"word": "a"}},
        {"variables": {"word": "a"}, "session": "x"},
        [],
    ],
)
def test_hostile_executions_are_refused_and_change_nothing(cast: Cast, body: Any) -> None:
    task = define(cast)

    assert Caller(cast.alice).post(f"/tasks/{task.pk}/execute", body).status_code == 400
    assert not AgentSession.objects.exists()


def test_a_repeated_execute_with_its_key_executes_once(cast: Cast) -> None:
    alice, task = Caller(cast.alice), define(cast)
    body = {"variables": {"word": "a"}}

    first = alice.post(f"/tasks/{task.pk}/execute", body, **{"Idempotency-Key": "one"})
    second = alice.post(f"/tasks/{task.pk}/execute", body, **{"Idempotency-Key": "one"})

    assert first.json() == second.json()
    assert TaskExecution.objects.count() == 1


def test_pausing_by_api(cast: Cast) -> None:
    alice = Caller(cast.alice)
    schedule = {"cron": "0 3 * * *", "variables": {"word": "a"}}
    task = alice.post("/tasks", {**BODY, "schedule": schedule}).json()["id"]

    paused = alice.post(f"/tasks/{task}/pause").json()["schedule"]
    moved = alice.patch(f"/tasks/{task}", {"schedule": {**schedule, "cron": "0 4 * * *"}}).json()
    resumed = alice.post(f"/tasks/{task}/resume").json()["schedule"]

    assert (paused["paused"], paused["next_due_at"]) == (True, None)
    assert (moved["schedule"]["paused"], moved["schedule"]["cron"]) == (True, "0 4 * * *")
    assert resumed["next_due_at"] is not None
    bare = define(cast)
    assert alice.post(f"/tasks/{bare.pk}/pause").status_code == 409


def _executed(cast: Cast) -> TaskExecution:
    execution = executions.execute_task(cast.alice, define(cast), variables={"word": "a"})
    drive(execution)
    return execution


def test_reports_are_read_and_downloaded_by_those_who_read_the_session(
    transactional_cast: Cast,
) -> None:
    cast = transactional_cast
    alice, execution = Caller(cast.alice), _executed(cast)
    deliver_all()
    waiting = alice.get(f"/task-executions/{execution.pk}").json()
    early = alice.get(f"/reports/{waiting['report_id']}/download")
    do_jobs(executions.MAKE)
    report = alice.get(f"/reports/{waiting['report_id']}").json()

    assert (early.status_code, early.json()["code"]) == (409, "report_not_ready")
    assert report["status"] == "ready"
    assert sorted(one["format"] for one in report["files"]) == ["html", "json", "markdown", "pdf"]
    address = f"/reports/{report['id']}/download"
    found = {name: alice.get(f"{address}?format={name}") for name in ("json", "markdown", "html")}
    assert found["markdown"].content.startswith(b"# Say a word\n")
    assert found["html"]["Content-Security-Policy"].startswith("sandbox;")
    pdf = alice.get(f"{address}?format=pdf")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert "attachment" in pdf["Content-Disposition"]
    assert alice.get(address).content == found["markdown"].content
    assert pointers(alice.get(f"{address}?format=docx")) == ["/format"]
    for other in (cast.bob, cast.dora, cast.olga, cast.anna):
        assert Caller(other).get(address).status_code == 404
        assert Caller(other).get("/reports").json()["results"] == []
    _check_shape(json.loads(found["json"].content))


def _check_shape(document: dict[str, Any]) -> None:
    """The document is what the API's description publishes."""
    known = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SCHEMA}
    registry = Registry().with_resource("urn:api", Resource.from_contents(known))
    reference = {"$ref": "urn:api#/components/schemas/ReportDocumentOutput"}
    Draft202012Validator(reference, registry=registry).validate(document)


def test_executions_are_filtered_by_task_and_status(cast: Cast) -> None:
    alice, task, other = Caller(cast.alice), define(cast), define(cast)
    made = executions.execute_task(cast.alice, task, variables={"word": "a"})
    executions.execute_task(cast.alice, other, variables={"word": "a"})

    def ids(query: str) -> list[str]:
        return [one["id"] for one in alice.get(f"/task-executions{query}").json()["results"]]

    assert ids(f"?task={task.pk}") == [str(made.pk)]
    assert ids(f"?task={task.pk}&status=completed") == []
    assert len(ids("?status=running")) == 2
    assert pointers(alice.get("/task-executions?status=odd")) == ["/status"]
    assert Caller(cast.bob).get("/task-executions").json()["results"] == []


@pytest.mark.parametrize("path", ["/tasks", "/task-executions", "/reports"])
def test_a_list_asks_the_same_at_any_length(cast: Cast, path: str, settings: Any) -> None:
    settings.SESSIONS_PER_PERSON = 1000
    alice, counts = Caller(cast.alice), []
    alice.get(path)

    for more in (1, 4, 20):
        for _ in range(more):
            task = define(cast, schedule=None)
            execution = executions.execute_task(cast.alice, task, variables={"word": "a"})
            drive(execution)
            executions.end_execution(SystemActor("pump"), execution)
        with CaptureQueriesContext(connection) as seen:
            assert alice.get(f"{path}?limit=200").status_code == 200
        counts.append(len(seen))

    assert len(set(counts)) == 1, counts
    assert counts[0] <= 8, counts
