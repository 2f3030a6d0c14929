"""Grants: guardian's direct foreign-key rows with an expiry; one role per subject and object.

An app that shares a model subclasses both and adds `content_object`, a foreign key to it; the
rule of one role per subject and object is inherited. The role is the `Permission`
`<model>_<role>`, declared in the shared model's `Meta.permissions`.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from kernel.ids import uuid7


class UserGrant(UserObjectPermissionBase):
    """A role on one object for one person."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    granted_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        unique_together: ClassVar[list[str]] = []
        constraints = [
            models.UniqueConstraint(
                fields=["user", "content_object"], name="%(app_label)s_%(class)s_once"
            )
        ]


class TeamGrant(GroupObjectPermissionBase):
    """A role on one object for one team, by the team's group."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    granted_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        unique_together: ClassVar[list[str]] = []
        constraints = [
            models.UniqueConstraint(
                fields=["group", "content_object"], name="%(app_label)s_%(class)s_once"
            )
        ]
