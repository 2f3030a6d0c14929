"""Every verb for the offices and object roles beside the cast: who passes stands in offices.yaml.

The cast's owner, members and auditor stand in `expected.yaml`; here are an admin, a guest and a
service account of acme, members with whom the session at hand is shared, and an invited guest who
may edit it.
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
ROLES = {"admin": "admin", "guest": "guest", "invited": "guest", "service": "member"}
SHARES = {
    "viewer": SessionRole.VIEWER,
    "commenter": SessionRole.COMMENTER,
    "approver": SessionRole.APPROVER,
    "invited": SessionRole.EDITOR,
}


def _holders(cast: Cast) -> dict[str, User]:
    """One person for each office and each share, all in acme."""
    tail = cast.acme.slug
    people = {name: User.objects.create_user(f"{name}-{tail}") for name in {**ROLES, **SHARES}}
    User.objects.filter(pk=people["service"].pk).update(kind="service")
    people["service"].kind = "service"
    for name, person in people.items():
        role = ROLES.get(name, "member")
        Membership.objects.create(organization=cast.acme, user=person, role=role)
    return people


def _share(target: Any, people: dict[str, User]) -> None:
    session = target if isinstance(target, AgentSession) else getattr(target, "session", None)
    if session is None or session._state.adding:
        return
    for name, role in SHARES.items():
        grant(session, people[name], role.value, granted_by_id=None)


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
    below = [set(TABLE[name]) for name in ("viewer", "commenter", "approver")]

    assert below[0] <= below[1] <= below[2]


def test_an_office_lists_stops_and_transfers_and_its_reading_is_a_recorded_verb() -> None:
    on_sessions = {verb for verb in TABLE["admin"] if verb.startswith(("sessions.", "approvals."))}

    assert on_sessions - {"sessions.create"} == {
        "sessions.cancel",
        "sessions.look",
        "sessions.read_content",
        "sessions.see",
        "sessions.transfer",
    }
    assert registry["sessions.read_content"].reads


def test_guests_make_nothing_of_their_own() -> None:
    doors = {
        "identity.accept_invitation",
        "identity.fail_sign_in",
        "identity.set_password_by_link",
    }

    assert set(TABLE["guest"]) == doors
    assert {"sessions.create", "sessions.fork"} & set(TABLE["invited"]) == set()
