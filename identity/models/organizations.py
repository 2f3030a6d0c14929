"""The tenant and who belongs to it."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from identity.enums import OrganizationRole
from kernel.history import edits
from kernel.ids import uuid7


class Organization(models.Model):
    """A tenant. Every tenant-owned row reaches one; its home region is where its cell rows live."""

    residency = "control"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    home_region = models.CharField(max_length=40, default="local")
    separate_approver = models.BooleanField(default=False)
    forbid_bypass = models.BooleanField(default=False)
    denied_tools = models.JSONField(default=list, blank=True)
    allowed_domains = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    history = edits()

    def __str__(self) -> str:
        return self.name

    @property
    def organization_id(self) -> UUID:
        """A tenant belongs to itself."""
        return self.pk


class Membership(models.Model):
    """Somebody's role in an organization; one owner is the break-glass one, whom nobody else
    removes: the way in when every other way fails."""

    residency = "control"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=OrganizationRole)
    is_break_glass = models.BooleanField("break-glass owner", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = edits()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once"),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(is_break_glass=True),
                name="membership_one_break_glass",
            ),
            models.CheckConstraint(
                name="membership_break_glass_owns",
                condition=Q(is_break_glass=False) | Q(role=OrganizationRole.OWNER),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
