"""The cast: accounts, organizations, team, tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from identity.public import Membership, Organization, Team, TokenSpec, User
from kernel.actions import call
from kernel.actors import SystemActor

DEMO = SystemActor("demo")
ROLES = {
    "alice": "owner",
    "bob": "member",
    "charlie": "member",
    "dora": "owner",
    "olga": "operator",
    "anna": "auditor",
    "erin": "member",
}
NAMES = {
    "alice": "Alice Moreau",
    "bob": "Bob Tanaka",
    "charlie": "Charlie Okafor",
    "dora": "Dora Lindqvist",
    "olga": "Olga Petrova",
    "anna": "Anna Weber",
    "erin": "Erin Walsh",
}


@dataclass(frozen=True)
class Person:
    """Somebody of the cast with what `demo.json` tells of them."""

    user: User
    password: str
    token: str
    role: str

    def document(self) -> dict[str, str]:
        """The entry of `demo.json`."""
        return {
            "id": str(self.user.pk),
            "username": self.user.username,
            "password": self.password,
            "token": self.token,
            "role": self.role,
        }


def make_people() -> tuple[Organization, dict[str, Person]]:
    """Make whoever is missing; passwords and tokens are new each time this is needed."""
    users = {name: _account(name) for name in ROLES}
    acme = _organization("acme", "Acme Robotics", users["alice"])
    other = _organization("northwind", "Northwind Labs", users["dora"])
    for name in ("bob", "charlie", "anna", "erin"):
        _join(users["alice"], acme, users[name], ROLES[name])
    _team(users["alice"], acme, [users["bob"], users["erin"]])
    homes = {name: other if name == "dora" else acme for name in ROLES}
    return acme, {name: _person(name, user, homes[name]) for name, user in users.items()}


def _account(name: str) -> User:
    found = User.objects.filter(username=name).first()
    if found:
        return found
    draft = User(username=name, email=f"{name}@example.org", full_name=NAMES[name])
    made: User = call("identity.create_account", DEMO, draft, is_operator=name == "olga")
    return made


def _organization(slug: str, name: str, owner: User) -> Organization:
    found = Organization.objects.filter(slug=slug).first()
    if found:
        return found
    made: Organization = call("identity.create_organization", DEMO, owner, name=name, slug=slug)
    return made


def _join(owner: User, organization: Organization, user: User, role: str) -> None:
    if Membership.objects.filter(organization=organization, user=user).exists():
        return
    invited = call("identity.invite", owner, organization, email=user.email, role=role)
    call("identity.accept_invitation", user, invited.invitation, code=invited.code)


def _team(owner: User, organization: Organization, members: list[User]) -> None:
    team = Team.objects.filter(organization=organization, slug="platform").first()
    if team is None:
        team = call("identity.create_team", owner, organization, name="Platform", slug="platform")
    for member in [owner, *members]:
        call("identity.add_to_team", owner, team, user=member)


def _person(name: str, user: User, home: Organization) -> Person:
    password = f"{name}-{secrets.token_urlsafe(12)}"
    link: Any = call("identity.offer_password_link", DEMO, user)
    call("identity.set_password_by_link", DEMO, user, code=link.code, new=password)
    inside = Membership.objects.filter(user=user, organization=home).exists()
    spec = TokenSpec(name="demo", organization_id=home.pk if inside else None)
    issued: Any = call("identity.create_token", user, user, spec=spec)
    return Person(user, password, issued.text, ROLES[name])
