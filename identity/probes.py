"""What operators count of identity, and which tokens read metrics."""

from __future__ import annotations

from identity.enums import TokenScope
from identity.models import ApiToken, Invitation, Organization, Team, User
from identity.selectors.tokens import token_of
from kernel import clock
from kernel.http.health import metrics_readers
from kernel.statistics import statistic


def reads_metrics(text: str) -> bool:
    """Whether a token carries the scope `metrics`."""
    token = token_of(text)
    return token is not None and TokenScope.METRICS in token.scopes


metrics_readers.append(reads_metrics)


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
