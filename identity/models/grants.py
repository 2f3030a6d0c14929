"""Grants: guardian's direct foreign-key rows with an expiry; one role per subject and object.

An app that shares a model subclasses both, adds `content_object` and a unique constraint
(subject, object). The role is the `Permission` `<model>_<role>`.
"""

from __future__ import annotations

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from kernel.ids import uuid7


class UserGrant(UserObjectPermissionBase):  # type: ignore[misc]
    """A role on one object for one person."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    granted_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        unique_together: list[str] = []


class TeamGrant(GroupObjectPermissionBase):  # type: ignore[misc]
    """A role on one object for one team, by the team's group."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    granted_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        unique_together: list[str] = []
