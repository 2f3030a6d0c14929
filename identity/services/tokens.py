"""API tokens: made once, shown once, revoked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identity import tokens
from identity.enums import TokenScope
from identity.errors import DeactivatedError, TokenTooStrongError, UnknownPersonError
from identity.events import TokenCreated, TokenRevoked
from identity.models import ApiToken, Membership, User
from identity.selectors.people import home_id
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.context import current
from kernel.errors import InvalidError
from kernel.events import publish


@dataclass(frozen=True)
class IssuedToken:
    """A new token and its text, which is shown once."""

    token: ApiToken
    text: str


@dataclass(frozen=True, kw_only=True)
class TokenSpec:
    """What a new token shall be: no scopes means all of its owner's rights, None no end."""

    name: str
    scopes: Sequence[str] = ()
    expires_at: datetime | None = None
    organization_id: UUID | None = None


@action("identity.create_token")
def create_token(actor: Actor, user: User, *, spec: TokenSpec) -> IssuedToken:
    """Make a token for oneself; the text is returned once and only its digest is stored."""
    _check(user, spec)
    _stay_within_parent(spec)
    fresh = tokens.new()
    token = ApiToken.objects.create(
        user=user,
        organization_id=_tenant(user, spec),
        name=spec.name,
        prefix=fresh.prefix,
        digest=fresh.digest,
        scopes=list(dict.fromkeys(spec.scopes)),
        expires_at=spec.expires_at,
    )
    publish(
        TokenCreated(
            organization_id=token.organization_id,
            target_id=token.pk,
            user_id=user.pk,
            scopes=tuple(token.scopes),
            expires_at=token.expires_at,
        )
    )
    return IssuedToken(token, fresh.text)


@action("identity.revoke_token")
def revoke_token(actor: Actor, token: ApiToken) -> ApiToken | Unchanged[ApiToken]:
    """Make a token worthless at once; sockets it opened close."""
    if token.revoked_at is not None:
        return Unchanged(token)
    token.revoked_at = clock.now()
    token.save(update_fields=["revoked_at"])
    publish(
        TokenRevoked(
            organization_id=token.organization_id, target_id=token.pk, user_id=token.user_id
        )
    )
    return token


def _check(user: User, spec: TokenSpec) -> None:
    if not user.is_active:
        raise DeactivatedError
    unknown = set(spec.scopes) - set(TokenScope.values)
    if unknown:
        raise InvalidError.at("/scopes", f"Known scopes are {', '.join(TokenScope.values)}.")
    if spec.expires_at is not None and spec.expires_at <= clock.now():
        raise InvalidError.at("/expires_at", "This moment has passed.")


def _tenant(user: User, spec: TokenSpec) -> UUID | None:
    """The organization that may also revoke it: the one named, else where somebody works."""
    if spec.organization_id is None:
        return home_id(user)
    if not Membership.objects.filter(organization_id=spec.organization_id, user=user).exists():
        raise UnknownPersonError
    return spec.organization_id


def _stay_within_parent(spec: TokenSpec) -> None:
    """A token that leaks must not become a stronger or longer one."""
    key = current().origin.token_id
    parent = ApiToken.objects.filter(pk=key).first() if key else None
    if parent is None:
        return
    wider = bool(parent.scopes) and not (spec.scopes and set(spec.scopes) <= set(parent.scopes))
    longer = parent.expires_at is not None and (
        spec.expires_at is None or spec.expires_at > parent.expires_at
    )
    if wider or longer:
        raise TokenTooStrongError
