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
    ORGANIZATION = "organization"


class SecretType(models.TextChoices):
    """What kind of secret it is."""

    TOKEN = "token"  # noqa: S105
    PASSWORD = "password"  # noqa: S105
    SSH_KEY = "ssh_key"
    CERTIFICATE = "certificate"
    FILE = "file"


MANAGERS = (OrganizationRole.OWNER, OrganizationRole.ADMIN)
MAKERS = (*MANAGERS, OrganizationRole.MEMBER)
