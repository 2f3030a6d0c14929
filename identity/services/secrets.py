"""Secrets: sealed at rest, opened only for a purpose of the product, never shown again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from identity.enums import SecretScope, SecretType
from identity.errors import NameTakenError, UnknownPersonError
from identity.events import SecretCreated, SecretDeleted, SecretRotated, SecretUsed
from identity.models import Organization, Secret, Team
from identity.models.secrets import place_of
from identity.policies.roles import is_manager, known_id, leads
from kernel import clock
from kernel.actions import action
from kernel.actors import Actor
from kernel.crypto import open_sealed, seal
from kernel.errors import InvalidError, NotAllowedError
from kernel.events import publish
from kernel.ids import uuid7


@dataclass(frozen=True, kw_only=True)
class SecretSpec:
    """What a new secret is called, whose it is, and its value, which no representation shows."""

    name: str
    value: str
    kind: str = SecretType.TOKEN
    scope: str = SecretScope.PERSONAL
    team_id: UUID | None = None

    def __repr__(self) -> str:
        return f"SecretSpec({self.name!r})"


@action("identity.create_secret", locks=False)
def create_secret(actor: Actor, organization: Organization, *, spec: SecretSpec) -> Secret:
    """Store a secret of one's own, of a team one leads, or, as a manager, of everybody."""
    team = _scope(actor, organization, spec)
    owner_id = known_id(actor) if spec.scope == SecretScope.PERSONAL else None
    place = {"organization": organization, "owner_id": owner_id, "team": team, "name": spec.name}
    if Secret.objects.filter(**place).exists():
        raise NameTakenError
    key = uuid7()
    secret = Secret.objects.create(
        id=key, **place, type=SecretType(spec.kind), sealed=seal(spec.value, place_of(key))
    )
    publish(
        SecretCreated(
            organization_id=organization.pk,
            target_id=key,
            scope=SecretScope(spec.scope).value,
            kind=secret.type,
        )
    )
    return secret


@action("identity.rotate_secret", dangerous=True)
def rotate_secret(actor: Actor, secret: Secret, *, value: str) -> Secret:
    """Replace the value; whoever uses the secret gets the new one from now on."""
    secret.sealed = seal(value, place_of(secret.pk))
    secret.rotated_at = clock.now()
    secret.save(update_fields=["sealed", "rotated_at"])
    publish(SecretRotated(organization_id=secret.organization_id, target_id=secret.pk))
    return secret


@action("identity.delete_secret", dangerous=True)
def delete_secret(actor: Actor, secret: Secret) -> None:
    """Delete a secret; what used it says so at its next start."""
    publish(SecretDeleted(organization_id=secret.organization_id, target_id=secret.pk))
    secret.delete()


@action("identity.use_secret", reads=True, internal=True)
def use_secret(actor: Actor, secret: Secret, *, purpose: str) -> str:
    """Open a secret for one purpose (an identifier such as `mcp:<id>`) and record it."""
    value = open_sealed(bytes(secret.sealed), place_of(secret.pk))
    secret.last_used_at = clock.now()
    secret.save(update_fields=["last_used_at"])
    publish(
        SecretUsed(organization_id=secret.organization_id, target_id=secret.pk, purpose=purpose)
    )
    return value


def _scope(actor: Actor, organization: Organization, spec: SecretSpec) -> Team | None:
    """Check that the actor may store a secret for that circle, and find the team."""
    scope = SecretScope(spec.scope)
    if scope == SecretScope.PERSONAL:
        if known_id(actor) is None:
            raise InvalidError.at("/scope", "Only a person has personal secrets.")
        return None
    manages = actor.actor_kind == "system" or is_manager(actor, organization.pk)
    if scope == SecretScope.ORGANIZATION:
        if not manages:
            raise NotAllowedError(verb="identity.create_secret")
        return None
    key = spec.team_id
    team = Team.objects.filter(organization=organization, pk=key).first() if key else None
    if team is None:
        raise UnknownPersonError("There is no such team in your organization.")
    if not manages and not leads(actor, team.pk):
        raise NotAllowedError(verb="identity.create_secret")
    return team
