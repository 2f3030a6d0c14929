"""People and organizations, as somebody who asks may see them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from identity.models import Membership, Organization, Team, User
from identity.policies.roles import known_id
from kernel.actors import Actor
from kernel.policies import visible_to


def home_id(user: User) -> UUID | None:
    """The tenant whose ledger shows what somebody does to their own account."""
    rows = Membership.objects.filter(user=user).order_by("created_at")
    return rows.values_list("organization_id", flat=True).first()


def home_of(actor: Actor) -> Organization | None:
    """The organization in which somebody works when none is named: the one joined first."""
    who = known_id(actor)
    if who is None:
        return None
    rows = Organization.objects.filter(memberships__user_id=who)
    return rows.order_by("memberships__created_at").first()


def organizations_of(actor: Actor) -> QuerySet[Organization]:
    """The organizations one belongs to, each with one's `role` there and since when."""
    who = known_id(actor)
    if who is None:
        return Organization.objects.none()
    mine = Membership.objects.filter(organization=OuterRef("pk"), user_id=who)
    return visible_to(Organization, actor).annotate(
        role=Subquery(mine.values("role")[:1]), joined_at=Subquery(mine.values("created_at")[:1])
    )


def current_of(actor: Actor, slug: str) -> Organization | None:
    """The organization somebody chose, while they belong to it, else the one joined first."""
    mine: QuerySet[Any] = organizations_of(actor)
    mine = mine.order_by("joined_at")
    return (mine.filter(slug=slug).first() if slug else None) or mine.first()


def break_glass_of(slug: str) -> User | None:
    """Whom the command line lets in when every other way fails."""
    rows = Membership.objects.filter(organization__slug=slug, is_break_glass=True)
    holder = rows.select_related("user").first()
    return holder.user if holder else None


def members_of(actor: Actor, organization: Organization) -> QuerySet[Membership]:
    """Who belongs to an organization."""
    rows = visible_to(Membership, actor).filter(organization=organization)
    return rows.select_related("user")


def teams_of(actor: Actor) -> QuerySet[Team]:
    """Teams of one's organizations, each with its number of members."""
    return visible_to(Team, actor).annotate(member_count=Count("members"))


def people_matching(actor: Actor, text: str) -> QuerySet[User]:
    """Active people one may see, by a part of their name, user name or address."""
    rows = visible_to(User, actor).filter(is_active=True)
    for word in text.split()[:5]:
        rows = rows.filter(
            Q(username__icontains=word) | Q(full_name__icontains=word) | Q(email__istartswith=word)
        )
    return rows
