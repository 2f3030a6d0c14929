"""Ways in without a password: API tokens and invitations. Only digests are stored."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, QuerySet

from identity.enums import OrganizationRole
from identity.models.organizations import Organization
from kernel.ids import uuid7


class ApiToken(models.Model):
    """A bearer token: SHA-256 of a random secret; no scopes means all of its owner's rights."""

    residency = "control"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    # Whose owners and admins may also revoke it; an operator's token belongs to no tenant.
    organization = models.ForeignKey(
        Organization, null=True, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "API token"
        indexes = [models.Index(fields=["user", "created_at"], name="token_by_user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_live(self, now: datetime) -> bool:
        """Whether it still opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    @classmethod
    def live(cls, now: datetime) -> QuerySet[ApiToken]:
        """Tokens that still open something, if their owner is active."""
        unended = Q(expires_at=None) | Q(expires_at__gt=now)
        return cls.objects.filter(unended, revoked_at=None)


class Invitation(models.Model):
    """An offer to join an organization, sent as a link with a one-time code."""

    residency = "control"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=OrganizationRole)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by_id = models.UUIDField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    def is_open(self, now: datetime) -> bool:
        """Whether its link still works at this moment."""
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > now
