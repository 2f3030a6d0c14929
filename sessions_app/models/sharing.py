"""Grants on sessions: one role per person or team and session."""

from __future__ import annotations

from django.db import models

from identity.public import TeamGrant, UserGrant
from sessions_app.models.sessions import AgentSession


class SessionUserGrant(UserGrant):
    """A person's role on a session."""

    content_object = models.ForeignKey(
        AgentSession, on_delete=models.CASCADE, related_name="user_grants"
    )


class SessionTeamGrant(TeamGrant):
    """A team's role on a session."""

    content_object = models.ForeignKey(
        AgentSession, on_delete=models.CASCADE, related_name="team_grants"
    )
