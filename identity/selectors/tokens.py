"""Who a bearer token or an invitation's code belongs to."""

from __future__ import annotations

from datetime import timedelta

from identity import tokens
from identity.models import ApiToken, Invitation
from kernel import clock

_NOTE_EVERY = timedelta(minutes=1)


def token_of(text: str) -> ApiToken | None:
    """The live token with this text and an active owner; notes its use at most once a minute."""
    if not text or len(text) > 200 or not text.isascii():
        return None
    now = clock.now()
    found = (
        ApiToken.live(now)
        .select_related("user", "organization")
        .filter(digest=tokens.digest(text), user__is_active=True)
        .first()
    )
    if found and (found.last_used_at is None or now - found.last_used_at > _NOTE_EVERY):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def token_works(text: str) -> bool:
    """Whether somebody could sign in with this text now."""
    return token_of(text) is not None


def invitation_of(code: str) -> Invitation | None:
    """The invitation with this code, whatever its state."""
    if not code.startswith(tokens.INVITATION_PREFIX) or len(code) > 200 or not code.isascii():
        return None
    rows = Invitation.objects.select_related("organization", "invited_by")
    return rows.filter(digest=tokens.digest(code)).first()
