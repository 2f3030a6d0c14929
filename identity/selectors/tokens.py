"""Who a bearer token belongs to."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q

from identity import tokens
from identity.models import ApiToken
from kernel import clock

_NOTE_EVERY = timedelta(minutes=1)


def token_of(text: str) -> ApiToken | None:
    """The live token with this text and an active owner; notes its use at most once a minute."""
    if not text or len(text) > 200 or not text.isascii():
        return None
    now = clock.now()
    found = (
        ApiToken.objects.select_related("user", "organization")
        .filter(digest=tokens.digest(text), revoked_at=None, user__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .first()
    )
    if found and (found.last_used_at is None or now - found.last_used_at > _NOTE_EVERY):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def token_works(text: str) -> bool:
    """Whether somebody could sign in with this text now."""
    return token_of(text) is not None
