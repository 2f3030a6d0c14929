"""The people page and invitations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from identity.enums import MANAGERS, OrganizationRole
from identity.links import invitation_link
from identity.models import Invitation, Membership, Organization, User
from identity.policies.roles import role_in
from identity.selectors.directory import member_lines, members_matching, open_invitations
from identity.services import invitations, memberships
from identity.web.current import here, me
from identity.web.forms import InviteForm, tell
from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http import problems
from kernel.http.pages import page, uuid_or_none
from kernel.http.pagination import paginate
from kernel.policies import visible_to


@page
def people(request: HttpRequest) -> HttpResponse:
    """Who belongs to the organization; posts change a role, give the mark or remove somebody."""
    if request.method != "POST":
        return _people_page(request)
    try:
        _change(request)
    except NotFoundError:
        raise
    except DomainError as refusal:
        return _people_page(request, problem=refusal)
    return redirect("identity:people")


@page
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody and show the link once, or take an invitation back."""
    if request.method != "POST":
        return redirect("identity:people")
    if "withdraw" in request.POST:
        row = _one(request, Invitation, request.POST["withdraw"])
        invitations.revoke_invitation(me(request), row)
        messages.success(request, f"The invitation of {row.email} is withdrawn.")
        return redirect("identity:people")
    form = _form(request, request.POST)
    if not form.is_valid():
        return _people_page(request, form=form)
    try:
        invited = invitations.invite(me(request), here(request), **form.cleaned_data)
    except InvalidError as refusal:
        tell(form, refusal)
        return _people_page(request, form=form)
    return _people_page(request, invited=invited)


def _change(request: HttpRequest) -> None:
    actor, row = me(request), _one(request, Membership, request.POST.get("member", ""))
    if request.POST.get("remove"):
        memberships.remove_member(actor, row)
        messages.success(request, "Removed. Tokens, teams and shares here have ended.")
        return
    if request.POST.get("break_glass"):
        memberships.appoint_break_glass(actor, row)
        messages.success(request, f"{row.user.display_name} is the break-glass owner now.")
        return
    role = request.POST.get("role", "")
    if role not in OrganizationRole.values:
        raise InvalidError.at("/role", f"One of {', '.join(OrganizationRole.values)}.")
    memberships.change_role(actor, row, role=role)
    messages.success(request, "The role is changed.")


def _people_page(
    request: HttpRequest,
    *,
    form: InviteForm | None = None,
    problem: DomainError | None = None,
    invited: invitations.Invited | None = None,
) -> HttpResponse:
    actor, organization = me(request), here(request)
    role = role_in(actor, organization.pk)
    text = request.GET.get("q", "").replace("\x00", "")[:200]
    found = paginate(request.GET, members_matching(actor, organization, text))
    context = {
        "members": member_lines(actor, role, found.rows),
        "page": found,
        "filters": {"q": text},
        "invitations": _invitations(actor, organization, invited),
        "roles": _roles(role),
        "form": form or _form(request),
        "can_manage": role in MANAGERS,
        "problem": problems.of_domain(problem) if problem else None,
    }
    status = problem.status if problem else 400 if form else 200
    response = render(request, "identity/people.html", context, status=status)
    if invited:
        response["Cache-Control"] = "no-store"
    return response


def _invitations(
    actor: User, organization: Organization, invited: invitations.Invited | None
) -> list[Any]:
    """The open ones; the one just made carries its link, on this one answer."""
    rows: list[Any] = list(open_invitations(actor, organization)[:200])
    for row in rows:
        fresh = invited is not None and row.pk == invited.invitation.pk
        row.url = invitation_link(invited.code) if invited and fresh else ""
    return rows


def _form(request: HttpRequest, data: Any = None) -> InviteForm:
    form = InviteForm(data)
    form.fields["role"].choices = _roles(role_in(me(request), here(request).pk))  # type: ignore[attr-defined]
    return form


def _roles(mine: str | None) -> list[tuple[str, str]]:
    """The roles somebody may give: only owners make owners."""
    owner = mine == OrganizationRole.OWNER
    return [(r.value, str(r.label)) for r in OrganizationRole if owner or r.value != "owner"]


def _one(request: HttpRequest, model: type[Any], text: str) -> Any:
    key: UUID | None = uuid_or_none(text)
    found = visible_to(model, me(request)).filter(organization=here(request), pk=key).first()
    if found is None:
        raise NotFoundError
    return found
