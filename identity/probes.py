"""What operators count of identity."""

from __future__ import annotations

from identity.models import ApiToken, Invitation, Organization, Team, User
from kernel import clock
from kernel.statistics import statistic


@statistic("identity.users")
def users() -> int:
    """All accounts."""
    return User.objects.count()


@statistic("identity.active_users")
def active_users() -> int:
    """Accounts that may come in."""
    return User.objects.filter(is_active=True).count()


@statistic("identity.organizations")
def organizations() -> int:
    """Tenants."""
    return Organization.objects.count()


@statistic("identity.teams")
def teams() -> int:
    """Teams of all tenants."""
    return Team.objects.count()


@statistic("identity.live_tokens")
def live_tokens() -> int:
    """Tokens that open something."""
    return ApiToken.live(clock.now()).count()


@statistic("identity.open_invitations")
def open_invitations() -> int:
    """Invitations that still work."""
    rows = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    return rows.filter(expires_at__gt=clock.now()).count()
