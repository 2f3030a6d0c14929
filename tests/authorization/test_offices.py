"""Every verb for the offices and object roles beside the cast: who passes stands in offices.yaml.

The cast's owner, members and auditor stand in `expected.yaml`; here are an admin, a guest and a
service account of acme, and people with whom just the session at hand is shared.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from identity.models import Membership, User
from identity.services.grants import grant
from kernel.actions import registry
from sessions_app.enums import SessionRole
from sessions_app.models import AgentSession
from tests.authorization.outcomes import OK, attempt, undone
from tests.factories.cast import Cast
from tests.factories.targets import case_of

TABLE: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("offices.yaml").read_text())
ROLES = {"admin": "admin", "guest": "guest", "service": "member"}
SHARES = (SessionRole.VIEWER, SessionRole.COMMENTER, SessionRole.APPROVER)


def _holders(cast: Cast) -> dict[str, User]:
    """One person for each office and each share, all in acme."""
    tail = cast.acme.slug
    people = {
        name: User.objects.create_user(f"{name}-{tail}")
        for name in (*ROLES, *(role.value for role in SHARES))
    }
    User.objects.filter(pk=people["service"].pk).update(kind="service")
    people["service"].kind = "service"
    for name, person in people.items():
        role = ROLES.get(name, "guest")
        Membership.objects.create(organization=cast.acme, user=person, role=role)
    return people


def _share(target: Any, people: dict[str, User]) -> None:
    session = target if isinstance(target, AgentSession) else getattr(target, "session", None)
    if session is None or session._state.adding:
        return
    for role in SHARES:
        grant(session, people[role.value], role.value, granted_by_id=None)


@pytest.mark.parametrize("name", sorted(registry))
def test_every_verb_for_every_office(cast: Cast, name: str) -> None:
    verb, people = registry[name], _holders(cast)
    case = case_of(verb, cast)
    _share(case.target, people)

    found = {}
    for office, actor in people.items():
        with undone():
            outcome = attempt(verb, actor, case)
        assert outcome.changed == (), f"{office} was refused {name}; changed {outcome.changed}"
        found[office] = outcome.code == OK

    expected = {office: name in TABLE[office] for office in people}
    assert found == expected, f"review {name}, then put it into offices.yaml: {found}"


def test_the_table_names_no_verb_that_is_gone() -> None:
    assert sorted({verb for verbs in TABLE.values() for verb in verbs} - set(registry)) == []


def test_each_share_includes_those_below_it() -> None:
    below = [set(TABLE[role.value]) for role in SHARES]

    assert below[0] <= below[1] <= below[2]


def test_an_office_lists_stops_and_transfers_and_its_reading_is_a_recorded_verb() -> None:
    on_sessions = {verb for verb in TABLE["admin"] if verb.startswith(("sessions.", "approvals."))}

    assert on_sessions - {"sessions.create"} == {
        "sessions.cancel",
        "sessions.look",
        "sessions.read_content",
        "sessions.transfer",
    }
    assert registry["sessions.read_content"].reads


def test_guests_make_nothing() -> None:
    assert set(TABLE["guest"]) == {
        "identity.accept_invitation",
        "identity.fail_sign_in",
        "identity.set_password_by_link",
    }
