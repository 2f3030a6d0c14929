"""The teams page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from identity.enums import MANAGERS
from identity.errors import UnknownPersonError
from identity.models import Team, User
from identity.policies.roles import role_in
from identity.selectors.directory import team_lines
from identity.services import teams
from identity.web.current import here, me
from identity.web.forms import TeamForm, tell
from kernel.errors import DomainError, NotFoundError
from kernel.http import problems
from kernel.http.pages import page, uuid_or_none
from kernel.policies import visible_to

_PEOPLE_OFFERED = 500


@page
def team_list(request: HttpRequest) -> HttpResponse:
    """Teams and their members; posts make a team or change one."""
    if request.method != "POST":
        return _teams_page(request)
    if "team" not in request.POST:
        return _create(request)
    try:
        _change(request)
    except NotFoundError:
        raise
    except DomainError as refusal:
        return _teams_page(request, problem=refusal)
    return redirect("identity:teams")


def _create(request: HttpRequest) -> HttpResponse:
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            teams.create_team(me(request), here(request), name=form.cleaned_data["name"])
        except DomainError as refusal:
            tell(form, refusal, {"/slug": "name", "": "name"})
        else:
            return redirect("identity:teams")
    return _teams_page(request, form=form)


def _change(request: HttpRequest) -> None:
    """`add` and `remove` name a person, `rename` a name, `delete` asks for the team's end."""
    actor, given = me(request), request.POST
    key = uuid_or_none(given["team"])
    rows = visible_to(Team, actor).filter(organization=here(request))
    team = rows.filter(pk=key).first() if key else None
    if team is None:
        raise NotFoundError
    if given.get("add"):
        teams.add_to_team(actor, team, user=_person(actor, given["add"]))
    elif given.get("remove"):
        teams.remove_from_team(actor, team, user=_person(actor, given["remove"]))
    elif given.get("rename"):
        teams.rename_team(actor, team, name=given["rename"].strip()[:120])
    elif given.get("delete"):
        teams.delete_team(actor, team)
        messages.success(request, f"The team {team.name} is deleted.")


def _person(actor: User, username: str) -> User:
    found = visible_to(User, actor).filter(username=username[:150]).first()
    if found is None:
        raise UnknownPersonError
    return found


def _teams_page(
    request: HttpRequest, *, form: TeamForm | None = None, problem: DomainError | None = None
) -> HttpResponse:
    actor, organization = me(request), here(request)
    role = role_in(actor, organization.pk)
    people = visible_to(User, actor).filter(memberships__organization=organization, is_active=True)
    context = {
        "teams": team_lines(actor, role, organization),
        "people": people.order_by("full_name", "username")[:_PEOPLE_OFFERED],
        "form": form or TeamForm(),
        "can_manage": role in MANAGERS,
        "problem": problems.of_domain(problem) if problem else None,
    }
    status = problem.status if problem else 400 if form else 200
    return render(request, "identity/teams.html", context, status=status)
