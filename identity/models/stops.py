"""A halt of agents: while its row is open nothing it covers starts or goes on."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from identity.enums import StopScope
from identity.models.organizations import Organization
from kernel.ids import uuid7


class Stop(models.Model):
    """One halt, of a whole organization or of what one person or one tool does in it."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="stops")
    scope = models.CharField(max_length=12, choices=StopScope)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    tool = models.CharField(max_length=200, default="", blank=True)
    reason = models.CharField(max_length=300, default="", blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "scope", "person", "tool"],
                name="stop_once",
                condition=Q(ended_at=None),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="stop_one_scope",
                condition=Q(scope=StopScope.ORGANIZATION, person=None, tool="")
                | Q(scope=StopScope.PERSON, person__isnull=False, tool="")
                | (Q(scope=StopScope.TOOL, person=None) & ~Q(tool="")),
            ),
        ]

    def __str__(self) -> str:
        return f"stop of {self.subject}"

    @property
    def subject(self) -> str:
        """What is halted, in words."""
        if self.person is not None:
            return f"everything agents do for {self.person.display_name}"
        return f"the tool {self.tool}" if self.tool else "all agents"

    def covers(self, people: Collection[UUID | None], tools: Collection[str]) -> bool:
        """Whether work for these people with these tools is halted; a server covers its tools."""
        if self.scope == StopScope.PERSON:
            return self.person_id in people
        if self.scope == StopScope.TOOL:
            return any(tool == self.tool or tool.startswith(f"{self.tool}.") for tool in tools)
        return True
