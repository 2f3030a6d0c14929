"""Approvals by API: who finds which, what they hold, and answers that agree or contradict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from identity.models import Organization
from sessions_app.models import Approval
from sessions_app.services import runs
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.factories.targets import make_target

FIELDS = {
    "id", "session_id", "run_id", "tool_call_id", "tool", "input", "reason", "danger", "status",
    "requested_at", "expires_at", "version", "decided_by",
}  # fmt: skip


@pytest.fixture
def approval(cast: Cast) -> Approval:
    """Asked by a run of alice's, in her session, which bob edits."""
    found = make_target(Approval, cast)
    assert isinstance(found, Approval)
    return found


def pending(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(f"/approvals{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def test_the_pending_ones_i_may_decide(cast: Cast, approval: Approval) -> None:
    seen = {
        name: [row["id"] for row in pending(Caller(who))] for name, who in cast.people().items()
    }

    mine = [str(approval.pk)]
    assert seen == {"alice": mine, "bob": mine, "charlie": [], "dora": [], "olga": [], "anna": []}
    (row,) = pending(Caller(cast.bob))
    assert set(row) >= FIELDS
    assert (row["status"], row["version"], row["decided_by"]) == ("pending", 1, None)
    assert (row["tool"], row["input"], row["danger"]) == ("shell", {}, "none")
    assert row["tool_call_id"] == str(approval.tool_call_id)
    assert datetime.fromisoformat(row["expires_at"]) > datetime.fromisoformat(row["requested_at"])
    assert Caller(cast.bob).get(f"/approvals/{approval.pk}").json() == row


@pytest.mark.parametrize(
    ("answer", "status", "contrary"),
    [("approve", "approved", "deny"), ("deny", "denied", "approve")],
)
def test_the_same_answer_again_is_200_and_another_is_409(
    cast: Cast, approval: Approval, answer: str, status: str, contrary: str
) -> None:
    bob, path = Caller(cast.bob), f"/approvals/{approval.pk}"

    first = bob.post(f"{path}/{answer}", {"reason": "because", "version": 1})
    again = Caller(cast.alice).post(f"{path}/{answer}", {"reason": "another"})
    refused = bob.post(f"{path}/{contrary}")

    assert (first.status_code, first.json()["status"]) == (200, status)
    assert (first.json()["decided_by"], first.json()["version"]) == (str(cast.bob.pk), 2)
    assert (again.status_code, again.json()) == (200, first.json())
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_decided")
    assert refused["Content-Type"] == "application/problem+json"
    assert pending(bob) == []
    assert [row["id"] for row in pending(bob, f"?status={status}")] == [str(approval.pk)]


def test_a_look_that_is_out_of_date_decides_nothing(cast: Cast, approval: Approval) -> None:
    refused = Caller(cast.bob).post(f"/approvals/{approval.pk}/approve", {"version": 7})

    assert (refused.status_code, refused.json()["code"]) == (409, "approval_changed")
    assert len(pending(Caller(cast.bob))) == 1


def test_a_run_that_ends_withdraws_its_question(cast: Cast, approval: Approval) -> None:
    runs.cancel(cast.alice, approval.session)

    assert [row["id"] for row in pending(Caller(cast.bob), "?status=withdrawn")] == [
        str(approval.pk)
    ]
    assert Caller(cast.bob).post(f"/approvals/{approval.pk}/approve").status_code == 409


def test_the_asker_waits_for_somebody_else_where_the_organization_wants_it(
    cast: Cast, approval: Approval
) -> None:
    Organization.objects.filter(pk=cast.acme.pk).update(separate_approver=True)

    assert pending(Caller(cast.alice)) == []
    assert len(pending(Caller(cast.bob))) == 1
    refused = Caller(cast.alice).post(f"/approvals/{approval.pk}/approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "separate_approver")
    assert Caller(cast.bob).post(f"/approvals/{approval.pk}/approve").status_code == 200


def test_who_may_not_decide(cast: Cast, approval: Approval) -> None:
    share = f"/sessions/{approval.session_id}/shares"
    Caller(cast.alice).post(share, {"user": cast.charlie.username, "role": "viewer"})
    path = f"/approvals/{approval.pk}/approve"

    found = {name: Caller(who).post(path).status_code for name, who in cast.people().items()
             if name not in {"alice", "bob"}}  # fmt: skip

    assert found == {"charlie": 403, "dora": 404, "olga": 404, "anna": 404}
    approval.refresh_from_db()
    assert approval.status == "pending"


def test_an_unknown_status_is_400(cast: Cast) -> None:
    answer = Caller(cast.alice).get("/approvals?status=maybe")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/status")
