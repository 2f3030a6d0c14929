"""An approval is a row: bound to its input, judged again at execution, used exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from identity.models import Membership, Organization
from identity.services.organizations import OrganizationChanges, change_organization
from kernel import clock
from kernel.errors import NotFoundError
from sessions_app.duties import expire_approvals
from sessions_app.errors import (
    ApprovalChangedError,
    ApprovalDecidedError,
    ApprovalExpiredError,
    SeparateApproverError,
)
from sessions_app.events import ApprovalDecided
from sessions_app.models import AgentSession, Approval, Run
from sessions_app.services import approvals, lifecycle, runs, sharing
from tests.factories.cast import Cast, make_cast
from tests.factories.facts import Facts, facts
from tests.factories.racing import at_once
from tests.sessions_app.broker.bench import Bench, bench

__all__ = ["facts"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> Cast:
    return make_cast()


def asking(people: Cast, **options: Any) -> Bench:
    """A run that waits for somebody to decide on `work.do`."""
    at = bench(people, **options)
    assert at.call("work.do", {"n": 1}).status == "waiting"
    at.suspend()
    return at


def test_an_approved_call_runs_once_over_any_number_of_attempts(people: Cast, facts: Facts) -> None:
    at = asking(people)

    assert at.ran == []
    approvals.approve(people.alice, at.approval(), reason="fine")
    at = at.again()
    first = at.call("work.do", {"n": 1})
    repeated = at.call("work.do", {"n": 1})

    assert (first.status, first.content) == ("ok", "done")
    assert (repeated.status, repeated.content) == ("ok", "done")
    assert at.ran == [{"n": 1}]
    assert [r["status"] for r in at.results()] == ["ok"]
    assert [f.status for f in facts.of(ApprovalDecided)] == ["approved"]
    # `call_id` of another attempt: the run has used its approval up.
    assert at.call("work.do", {"n": 1}, "c9").status == "waiting"
    assert len(at.ran) == 1


def test_a_call_named_anew_by_a_repeated_turn_finds_its_approval(people: Cast) -> None:
    at = asking(people)

    approvals.approve(people.alice, at.approval())
    outcome = at.again().call("work.do", {"n": 1}, "other-name")

    assert outcome.status == "ok"
    assert at.row().status == "ok"


def test_an_approval_does_not_cover_a_changed_input(people: Cast) -> None:
    at = asking(people)

    approvals.approve(people.alice, at.approval())
    at = at.again()
    same_name = at.call("work.do", {"n": 2})
    new_name = at.call("work.do", {"n": 2}, "c2")

    assert (same_name.status, same_name.content) == (
        "error",
        "This call id was used for another input.",
    )
    assert new_name.status == "waiting"
    assert at.ran == []


def _deny_tool(people: Cast) -> None:
    changes = OrganizationChanges(denied_tools=["work.*"])
    change_organization(people.alice, people.acme, changes=changes)


def _revoke(people: Cast) -> None:
    session = AgentSession.objects.get()
    sharing.unshare(people.alice, session, share_id=session.user_grants.get().pk)


def _lower(people: Cast) -> None:
    sharing.share(people.alice, AgentSession.objects.get(), subject=people.bob, role="commenter")


def _expel(people: Cast) -> None:
    Membership.objects.filter(user=people.bob).delete()


def _deactivate(people: Cast) -> None:
    type(people.bob).objects.filter(pk=people.bob.pk).update(is_active=False)


@pytest.mark.parametrize("change", [_deny_tool, _revoke, _lower, _expel, _deactivate])
def test_rules_and_approver_count_as_they_are_when_the_call_begins(
    people: Cast, change: Any
) -> None:
    at = asking(people)
    sharing.share(people.alice, at.session, subject=people.bob, role="approver")

    approvals.approve(people.bob, at.approval())
    change(people)
    outcome = at.again().call("work.do", {"n": 1})

    assert outcome.status == "denied"
    assert at.ran == []
    assert [r["status"] for r in at.results()] == ["denied"]


def test_the_askers_own_approval_falls_with_the_rule_that_forbids_it(people: Cast) -> None:
    at = asking(people)

    approvals.approve(people.alice, at.approval())
    change_organization(
        people.alice, people.acme, changes=OrganizationChanges(separate_approver=True)
    )

    assert at.again().call("work.do", {"n": 1}).status == "denied"


def test_rules_are_read_at_each_call_of_a_running_turn(people: Cast) -> None:
    at = bench(people, permission_mode="bypassPermissions")

    assert at.call("work.do", call_id="c1").status == "ok"
    Organization.objects.filter(pk=people.acme.pk).update(forbid_bypass=True)
    assert at.call("work.do", call_id="c2").status == "waiting"
    _deny_tool(people)
    assert at.call("work.do", call_id="c3").status == "denied"
    assert len(at.ran) == 1


def test_a_session_made_before_bypass_was_forbidden_has_it_no_more(people: Cast) -> None:
    at = asking(people, permission_mode="default")
    lifecycle.configure(
        people.alice, at.session, sdk_options={"permission_mode": "bypassPermissions"}
    )
    Organization.objects.filter(pk=people.acme.pk).update(forbid_bypass=True)
    approvals.deny(people.alice, at.approval())

    assert at.again().call("work.do", {"n": 2}, "c2").status == "waiting"


def test_a_decision_is_made_once(people: Cast) -> None:
    at = asking(people)
    approval = at.approval()

    approvals.approve(people.alice, approval, version=1)
    approvals.approve(people.alice, approval)

    with pytest.raises(ApprovalDecidedError):
        approvals.deny(people.alice, approval)
    assert Approval.objects.get().version == 2


def test_an_approval_looked_at_before_it_changed_is_not_decided(people: Cast) -> None:
    at = asking(people)
    Approval.objects.update(version=2)

    with pytest.raises(ApprovalChangedError):
        approvals.approve(people.alice, at.approval(), version=1)

    assert Approval.objects.get().status == "pending"


def test_nobody_decides_alone_where_somebody_else_must(people: Cast) -> None:
    at = asking(people)
    Organization.objects.filter(pk=people.acme.pk).update(separate_approver=True)
    sharing.share(people.alice, at.session, subject=people.bob, role="approver")

    with pytest.raises(SeparateApproverError):
        approvals.approve(people.alice, at.approval())
    with pytest.raises(NotFoundError):
        approvals.approve(people.charlie, at.approval())
    approvals.approve(people.bob, at.approval())

    assert at.again().call("work.do", {"n": 1}).status == "ok"


def test_a_denied_call_is_told_and_the_run_goes_on(people: Cast) -> None:
    at = asking(people)

    approvals.deny(people.alice, at.approval(), reason="Not today.")
    outcome = at.again().call("work.do", {"n": 1})

    assert (outcome.status, outcome.content) == ("denied", "A person refused this. Not today.")
    assert [r["content"] for r in at.results()] == ["A person refused this. Not today."]


def test_time_decides_what_nobody_does(people: Cast) -> None:
    at = asking(people)

    expire_approvals()
    assert at.approval().status == "pending"
    with clock.shifted(days=15):
        # Also before the keeper comes round.
        with pytest.raises(ApprovalExpiredError):
            approvals.approve(people.alice, at.approval())
        expire_approvals()
        outcome = at.again().call("work.do", {"n": 1})

    assert at.approval().status == "expired"
    assert (outcome.status, outcome.content) == ("denied", "Nobody decided in time.")


def test_five_days_between_approval_and_execution_change_nothing(people: Cast) -> None:
    at = asking(people)

    with clock.shifted(days=13):
        approvals.approve(people.alice, at.approval())
    with clock.shifted(days=18):
        assert at.again().call("work.do", {"n": 1}).status == "ok"


def test_the_end_of_a_run_withdraws_its_questions(people: Cast) -> None:
    at = asking(people)

    runs.cancel(people.alice, at.session)

    assert at.approval().status == "withdrawn"
    assert [r["status"] for r in at.results()] == ["cancelled"]
    with pytest.raises(ApprovalDecidedError):
        approvals.approve(people.alice, at.approval())


def test_a_run_with_two_questions_waits_for_both(people: Cast) -> None:
    at = bench(people)
    at.calls(("work.do", {"n": 1}, "c1"), ("work.do", {"n": 2}, "c2"))
    at.suspend()

    approvals.approve(people.alice, at.approval("c1"))
    assert Run.objects.get().status == "waiting"
    assert AgentSession.objects.get().status == "waiting"
    approvals.deny(people.alice, at.approval("c2"))
    at = at.again()

    assert [at.call("work.do", {"n": n}, f"c{n}").status for n in (1, 2)] == ["ok", "denied"]
    assert at.ran == [{"n": 1}]


def test_two_answers_at_once_make_one_decision_and_one_turn(people: Cast) -> None:
    at = asking(people)
    approval = at.approval()

    found = at_once(
        *[lambda: approvals.approve(people.alice, approval).status] * 3,
        *[lambda: approvals.deny(people.alice, approval).status] * 3,
    )

    status = at.approval().status
    assert sorted(map(str, found)) == sorted(map(str, [status] * 3 + [ApprovalDecidedError] * 3))
    assert at.again().run.attempt == 2


@pytest.mark.parametrize("round_", range(6))
def test_a_decision_and_the_end_of_the_run_do_not_wait_for_each_other(
    people: Cast, round_: int
) -> None:
    at = bench(people)
    at.calls(*[("work.do", {"n": n}, f"c{n}") for n in range(4)])
    at.suspend()
    waiting = [at.approval(f"c{n}") for n in range(4)]

    found = at_once(
        *[lambda one=one: approvals.approve(people.alice, one).status for one in waiting],
        lambda: runs.cancel(people.alice, at.session).status,
    )

    assert set(found) <= {"approved", "cancelled", ApprovalDecidedError}
    assert Run.objects.get().status == "cancelled"
    assert sorted(r["status"] for r in at.results()) == ["cancelled"] * 4


def test_a_decision_while_the_turn_is_left_is_never_lost(people: Cast) -> None:
    for _ in range(4):
        at = bench(people)
        at.call("work.do", {"n": 1})
        approval = at.approval()

        at_once(at.suspend, lambda one=approval: approvals.approve(people.alice, one).status)

        at = at.again()
        assert at.call("work.do", {"n": 1}).status == "ok"
        runs.cancel(people.alice, at.session)
