"""What operators run of identity: accounts, tenants, tokens. Every change is a verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from identity.links import password_link
from identity.models import ApiToken, Membership, Organization, Team, User
from identity.selectors.operators import operated
from identity.services import accounts, memberships, organizations, passwords, tokens
from kernel import clock
from kernel.actors import Actor
from kernel.http.admin import VerbAdmin, actor_of, bulk

admin.site.unregister(Group)


@admin.action(description="Make one-time password links", permissions=["change"])
def offer_links(
    model_admin: UserAdmin, request: HttpRequest, chosen: QuerySet[User]
) -> HttpResponse:
    """Show a link for each chosen account, on this one answer."""
    return model_admin.links_page(request, list(chosen))


@admin.register(User)
class UserAdmin(VerbAdmin):
    """Accounts: open, close, reopen, appoint operators, hand out password links."""

    may_add = may_change = True
    list_display = ("username", "full_name", "email", "kind", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "kind", "last_login", "created_at")
    search_fields = ("username", "full_name", "email")
    ordering = ("username",)
    fields = ("username", "full_name", "email", "kind", "is_active", "is_staff", "created_at",
              "last_login")  # fmt: skip
    actions = (
        offer_links,
        bulk("Deactivate", accounts.deactivate_account),
        bulk("Reactivate", accounts.reactivate_account),
        bulk("Appoint as operators", accounts.appoint_operator),
        bulk("Dismiss as operators", accounts.dismiss_operator),
    )

    def rows(self, actor: Actor) -> QuerySet[User]:
        """All accounts."""
        return operated(User, actor)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new account has no state yet."""
        new = ("username", "full_name", "email", "is_staff")
        return self.fields if obj else new

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Names and addresses are their owner's to change."""
        fixed = ("username", "full_name", "email", "kind", "created_at", "last_login")
        return fixed if obj else ()

    def make(self, actor: Actor, draft: User, given: Mapping[str, Any]) -> User:
        """Open an account without a password."""
        return accounts.create_account(actor, draft, is_operator=bool(given["is_staff"]))

    def change(self, actor: Actor, stored: User, given: Mapping[str, Any]) -> None:
        """One verb for each switch that was turned."""
        for name, on, off in (
            ("is_active", accounts.reactivate_account, accounts.deactivate_account),
            ("is_staff", accounts.appoint_operator, accounts.dismiss_operator),
        ):
            if name in given:
                (on if given[name] else off)(actor, stored)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """A new account needs a password: show its link at once."""
        return self.links_page(request, [obj])

    def links_page(self, request: HttpRequest, people: list[User]) -> HttpResponse:
        """The links, which stand nowhere else."""
        offered = [passwords.offer_password_link(actor_of(request), one) for one in people]
        links = [(one.user, password_link(one.user.pk, one.code)) for one in offered]
        context = {**self.admin_site.each_context(request), "opts": self.opts, "links": links}
        response = TemplateResponse(request, "admin/identity/password_links.html", context)
        response["Cache-Control"] = "no-store"
        return response


class _FoundingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new tenant and its first owner."""

    owner = forms.ModelChoiceField(queryset=User.objects.none())


@admin.register(Organization)
class OrganizationAdmin(VerbAdmin):
    """Tenants: found one, look at all. Their rules are their owners' to change."""

    may_add = True
    list_display = ("name", "slug", "home_region", "members", "created_at")
    list_filter = ("home_region", "created_at")
    search_fields = ("name", "slug")
    ordering = ("name",)
    fields = ("name", "slug", "home_region", "separate_approver", "forbid_bypass", "created_at")
    readonly_fields = ("created_at",)

    def rows(self, actor: Actor) -> QuerySet[Organization]:
        """All tenants."""
        return operated(Organization, actor).annotate(member_count=Count("memberships"))

    @admin.display(ordering="member_count")
    def members(self, row: Any) -> int:
        """How many people belong to it."""
        return int(row.member_count)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A new tenant needs an owner among the active accounts."""
        if obj is not None:
            return super().get_form(request, obj, change, **kwargs)
        form = super().get_form(request, obj, change, form=_FoundingForm, **kwargs)
        owners = operated(User, actor_of(request)).filter(is_active=True).order_by("username")
        form.base_fields["owner"].queryset = owners
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a new tenant needs."""
        return self.fields if obj else ("name", "slug", "home_region", "owner")

    def make(self, actor: Actor, draft: Any, given: Mapping[str, Any]) -> Organization:
        """Found a tenant."""
        return organizations.create_organization(
            actor,
            given["owner"],
            name=given["name"],
            slug=given["slug"],
            region=given["home_region"],
        )


@admin.register(Membership)
class MembershipAdmin(VerbAdmin):
    """Who belongs where; operators only move the break-glass mark."""

    list_display = ("user", "organization", "role", "is_break_glass", "created_at")
    list_filter = ("role", "is_break_glass", "created_at")
    search_fields = ("user__username", "user__full_name", "organization__name")
    ordering = ("organization__name", "user__username")
    list_select_related = ("user", "organization")
    actions = (bulk("Appoint as break-glass owner", memberships.appoint_break_glass),)

    def rows(self, actor: Actor) -> QuerySet[Membership]:
        """All memberships."""
        return operated(Membership, actor)


@admin.register(Team)
class TeamAdmin(VerbAdmin):
    """Teams, to look at."""

    list_display = ("name", "slug", "organization", "members", "created_at")
    list_filter = ("created_at",)
    search_fields = ("name", "slug", "organization__name")
    ordering = ("organization__name", "name")
    list_select_related = ("organization",)
    fields = ("organization", "name", "slug", "created_at")

    def rows(self, actor: Actor) -> QuerySet[Team]:
        """All teams."""
        return operated(Team, actor).annotate(member_count=Count("members"))

    @admin.display(ordering="member_count")
    def members(self, row: Any) -> int:
        """How many people are in it."""
        return int(row.member_count)


class _Liveness(admin.SimpleListFilter):
    """Whether a token still opens something."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Two states."""
        return [("live", "Live"), ("dead", "Revoked or expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        """Those in the chosen state."""
        live = ApiToken.live(clock.now()).values("pk")
        if self.value() == "live":
            return queryset.filter(pk__in=live)
        return queryset.exclude(pk__in=live) if self.value() == "dead" else queryset


@admin.register(ApiToken)
class ApiTokenAdmin(VerbAdmin):
    """Tokens by their fingerprint; operators revoke them."""

    list_display = ("name", "prefix", "user", "organization", "scopes", "last_used_at",
                    "expires_at", "revoked_at")  # fmt: skip
    list_filter = (_Liveness, "created_at", "last_used_at")
    search_fields = ("name", "prefix", "user__username", "organization__name")
    ordering = ("-created_at",)
    list_select_related = ("user", "organization")
    fields = ("name", "user", "organization", "scopes", "prefix", "digest", "created_at",
              "expires_at", "last_used_at", "revoked_at")  # fmt: skip
    actions = (bulk("Revoke", tokens.revoke_token),)

    def rows(self, actor: Actor) -> QuerySet[ApiToken]:
        """All tokens; the digest opens nothing."""
        return operated(ApiToken, actor)
