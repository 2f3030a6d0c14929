"""The words of identity."""

from __future__ import annotations

from django.db import models


class OrganizationRole(models.TextChoices):
    """What somebody is in an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    AUDITOR = "auditor"
    GUEST = "guest"


class UserKind(models.TextChoices):
    """A person signs in; a service account only has tokens."""

    PERSON = "person"
    SERVICE = "service"


class TeamRole(models.TextChoices):
    """What somebody is in a team."""

    LEAD = "lead"
    MEMBER = "member"


class SubjectKind(models.TextChoices):
    """Who holds a grant: a person or a whole team."""

    USER = "user"
    TEAM = "team"


class ProjectRole(models.TextChoices):
    """What somebody is in a project, weakest first."""

    MEMBER = "member"
    LEAD = "lead"


class TokenScope(models.TextChoices):
    """What a token may do with its owner's rights; a token without scopes may do all of it."""

    READ = "read"
    WRITE = "write"
    METRICS = "metrics"


class StopScope(models.TextChoices):
    """What a halt covers."""

    ORGANIZATION = "organization"
    PERSON = "person"
    TOOL = "tool"


class SecretScope(models.TextChoices):
    """Whose secret it is."""

    PERSONAL = "personal"
    TEAM = "team"
    PROJECT = "project"
    ORGANIZATION = "organization"


class SecretType(models.TextChoices):
    """What kind of secret it is."""

    TOKEN = "token", "Token"
    PASSWORD = "password", "User and password"
    SSH_KEY = "ssh_key", "SSH key"
    CERTIFICATE = "certificate", "Certificate"
    FILE = "file", "File"
    OIDC = "oidc", "OIDC exchange"
    VAULT = "vault", "Vault"


class SecretGrant(models.TextChoices):
    """What may use a secret; the owner of its scope decides."""

    SESSIONS = "sessions", "Sessions"
    SERVERS = "servers", "MCP servers"
    TASKS = "tasks", "Tasks"


MANAGERS = (OrganizationRole.OWNER, OrganizationRole.ADMIN)
MAKERS = (*MANAGERS, OrganizationRole.MEMBER)
