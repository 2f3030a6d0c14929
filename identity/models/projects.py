"""Projects: sessions of one repository or service, with their defaults and their limits."""

from __future__ import annotations

from django.db import models

from identity.enums import ProjectRole
from identity.models.grants import TeamGrant, UserGrant
from identity.models.organizations import Organization
from kernel.history import edits
from kernel.ids import uuid7


class Project(models.Model):
    """What its sessions begin with (runtime, model, instructions) and may do at most (tools,
    domains). An empty list or word sets nothing. It shares no session by itself."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, default="", blank=True)
    instructions = models.TextField(default="", blank=True)
    runtime = models.CharField(max_length=20, default="", blank=True)
    model = models.CharField(max_length=120, default="", blank=True)
    allowed_tools = models.JSONField(default=list, blank=True)
    denied_tools = models.JSONField(default=list, blank=True)
    allowed_domains = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    history = edits()

    class Meta:
        permissions = [(f"project_{role}", f"{role} of a project") for role in ProjectRole.values]
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="project_slug_once")
        ]

    def __str__(self) -> str:
        return self.name


class ProjectUserGrant(UserGrant):
    """A person's role in a project."""

    content_object = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="user_grants"
    )


class ProjectTeamGrant(TeamGrant):
    """A team's role in a project."""

    content_object = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="team_grants"
    )
