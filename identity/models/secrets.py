"""Secrets: sealed at rest, opened only inside the broker and the gateway."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from identity.enums import SecretGrant, SecretScope, SecretType
from identity.models.organizations import Organization
from identity.models.projects import Project
from identity.models.teams import Team
from kernel.crypto import seal, sealed_field
from kernel.ids import uuid7


def place_of(secret_id: UUID) -> str:
    """Where a sealed value stands; a ciphertext copied to another row does not open."""
    return f"identity_secret|{secret_id}|value"


def every_grant() -> list[str]:
    """What a new secret may be used by: everything, until its owner says less."""
    return list(SecretGrant.values)


class Secret(models.Model):
    """A named secret of a person, a team, a project or the organization; never shown again."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, default="", blank=True)
    granted_to = ArrayField(
        models.CharField(max_length=20, choices=SecretGrant), default=every_grant, blank=True
    )
    type = models.CharField(max_length=20, choices=SecretType, default=SecretType.TOKEN)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    rotated_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "owner", "team", "project", "name"],
                name="secret_name_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="secret_one_scope",
                condition=Q(owner=None, team=None)
                | Q(owner=None, project=None)
                | Q(team=None, project=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """Whose it is."""
        if self.owner_id is not None:
            return SecretScope.PERSONAL
        if self.project_id is not None:
            return SecretScope.PROJECT
        return SecretScope.TEAM if self.team_id is not None else SecretScope.ORGANIZATION

    @property
    def fresh_at(self) -> datetime:
        """Since when it has its present value."""
        return self.rotated_at or self.created_at

    def put(self, text: str) -> None:
        """Seal a value into this row; the caller saves it."""
        self.sealed = seal(text, place_of(self.pk))


sealed_field(Secret, "sealed", place_of)
