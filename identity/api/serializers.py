"""Shapes of identity on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from identity.enums import OrganizationRole, TeamRole, TokenScope
from identity.models import (
    ApiToken,
    Invitation,
    Membership,
    Organization,
    Stop,
    Team,
    TeamMember,
    User,
)
from kernel.http.serializers import Strict, Text


class Password(Text):
    """A password: never trimmed, never shown."""

    def __init__(self, **given: Any) -> None:
        fixed = {"max_length": 1000, "trim_whitespace": False, "write_only": True}
        super().__init__(**{**fixed, **given})


class ProfileInput(Strict):
    """What one may change about oneself."""

    full_name = Text(max_length=150, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)


class PasswordInput(Strict):
    """The present password and the new one."""

    current = Password()
    new = Password()


class OrganizationInput(Strict):
    """A new organization; operators name its owner."""

    name = Text(max_length=120)
    slug = Text(max_length=60, required=False)
    owner = Text(max_length=150, required=False)


class OrganizationPatch(Strict):
    """Name and rules of an organization; an absent one stays."""

    name = Text(max_length=120, required=False)
    separate_approver = serializers.BooleanField(required=False)
    forbid_bypass = serializers.BooleanField(required=False)
    denied_tools = serializers.ListField(child=Text(max_length=200), required=False, max_length=200)
    allowed_domains = serializers.ListField(
        child=Text(max_length=253), required=False, max_length=200
    )


class MemberPatch(Strict):
    """A member's new role."""

    role = serializers.ChoiceField(OrganizationRole.choices)


class InvitationInput(Strict):
    """Whom to invite as what; without an organization into one's own."""

    email = serializers.EmailField()
    role = serializers.ChoiceField(OrganizationRole.choices)
    organization = serializers.UUIDField(required=False)


class AcceptInput(Strict):
    """A one-time code; without being signed in also a name and a password."""

    code = Text(max_length=200)
    username = Text(max_length=150, required=False)
    password = Password(required=False)
    full_name = Text(max_length=150, required=False, allow_blank=True)


class StopInput(Strict):
    """What to halt: everything, or what one person or one tool does; and why."""

    organization = serializers.UUIDField(required=False)
    person = Text(max_length=150, required=False)
    tool = Text(max_length=200, required=False)
    reason = Text(max_length=300, required=False, allow_blank=True)


class TeamInput(Strict):
    """A new team; without an organization in one's own."""

    name = Text(max_length=120)
    slug = Text(max_length=60, required=False)
    organization = serializers.UUIDField(required=False)


class TeamPatch(Strict):
    """A team's new name."""

    name = Text(max_length=120)


class TeamMemberInput(Strict):
    """Whom to put into a team, by user name or id."""

    user = Text(max_length=150)
    role = serializers.ChoiceField(TeamRole.choices, required=False)


class TokenInput(Strict):
    """A new token: no scopes means all of its owner's rights, no end means none."""

    name = Text(max_length=120)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(TokenScope.choices), required=False, max_length=10
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    organization = serializers.UUIDField(required=False)


class PersonOutput(serializers.ModelSerializer[User]):
    """A person as others see them."""

    name = serializers.CharField(source="display_name")

    class Meta:
        model = User
        fields = ("id", "username", "name", "kind")


class OrganizationOutput(serializers.ModelSerializer[Organization]):
    """An organization and one's own role in it."""

    role = serializers.ChoiceField(OrganizationRole.choices, allow_null=True)
    denied_tools = serializers.ListField(child=serializers.CharField())
    allowed_domains = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Organization
        fields = (
            "id", "slug", "name", "home_region", "role", "separate_approver", "forbid_bypass",
            "denied_tools", "allowed_domains", "created_at",
        )  # fmt: skip


class BelongingOutput(serializers.ModelSerializer[Organization]):
    """One of my organizations, briefly."""

    role = serializers.ChoiceField(OrganizationRole.choices)

    class Meta:
        model = Organization
        fields = ("id", "slug", "name", "role")


class TokenOutput(serializers.ModelSerializer[ApiToken]):
    """A token without its text."""

    scopes = serializers.ListField(child=serializers.ChoiceField(TokenScope.choices))

    class Meta:
        model = ApiToken
        fields = (
            "id", "name", "prefix", "scopes", "organization", "created_at", "expires_at",
            "last_used_at", "revoked_at",
        )  # fmt: skip


class NewTokenOutput(TokenOutput):
    """A new token; `token` is shown this once."""

    token = serializers.CharField()

    class Meta(TokenOutput.Meta):
        fields = (*TokenOutput.Meta.fields, "token")  # type: ignore[assignment]


class MeOutput(serializers.ModelSerializer[User]):
    """Oneself: where one belongs, and the token in use."""

    name = serializers.CharField(source="display_name")
    is_operator = serializers.BooleanField(source="is_staff")
    organizations = BelongingOutput(many=True)
    token = TokenOutput(allow_null=True)

    class Meta:
        model = User
        fields = (
            "id", "username", "name", "full_name", "email", "kind", "is_operator",
            "organizations", "token",
        )  # fmt: skip


class MemberOutput(serializers.ModelSerializer[Membership]):
    """A member of an organization."""

    user = PersonOutput()

    class Meta:
        model = Membership
        fields = ("id", "user", "role", "is_break_glass", "created_at")


class InvitationOutput(serializers.ModelSerializer[Invitation]):
    """An invitation without its code."""

    class Meta:
        model = Invitation
        fields = (
            "id", "organization", "email", "role", "created_at", "expires_at", "accepted_at",
            "revoked_at",
        )  # fmt: skip


class NewInvitationOutput(InvitationOutput):
    """A new invitation; `link` is shown this once."""

    link = serializers.CharField()

    class Meta(InvitationOutput.Meta):
        fields = (*InvitationOutput.Meta.fields, "link")  # type: ignore[assignment]


class TeamOutput(serializers.ModelSerializer[Team]):
    """A team."""

    member_count = serializers.IntegerField()

    class Meta:
        model = Team
        fields = ("id", "organization", "slug", "name", "member_count", "created_at")


class TeamMemberOutput(serializers.ModelSerializer[TeamMember]):
    """Somebody in a team."""

    user = PersonOutput()

    class Meta:
        model = TeamMember
        fields = ("id", "user", "role", "created_at")


class StopOutput(serializers.ModelSerializer[Stop]):
    """A halt; `ended_at` is null while it holds."""

    person = PersonOutput(allow_null=True)
    stopped_by = PersonOutput(allow_null=True)

    class Meta:
        model = Stop
        fields = (
            "id", "organization", "scope", "person", "tool", "reason", "stopped_by", "created_at",
            "ended_at",
        )  # fmt: skip


class StatisticsOutput(serializers.Serializer[Any]):
    """Counts of the installation by name."""

    counts = serializers.DictField(child=serializers.IntegerField())
