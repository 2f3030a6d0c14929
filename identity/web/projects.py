"""The page of projects: their defaults, limits and members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from identity.enums import MANAGERS, ProjectRole
from identity.models import Project, Team, User
from identity.policies.grants import people_with_access
from identity.policies.roles import role_in
from identity.selectors.projects import projects_of
from identity.services import projects
from identity.services.projects import ProjectChanges
from identity.web.current import here, me
from identity.web.forms import NewProjectForm, ProjectForm, tell
from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http import problems
from kernel.http.pages import deed, page, uuid_or_none
from kernel.policies import policy_of, visible_to

_SHOWN = 200


@page
def project_list(request: HttpRequest) -> HttpResponse:
    """Projects one works in; posts make one or change its settings and members."""
    if request.method != "POST":
        return _projects_page(request)
    if "project" not in request.POST:
        return _create(request)
    project = _one(request, uuid_or_none(request.POST["project"]))
    try:
        return _change(request, project)
    except NotFoundError:
        raise
    except DomainError as refusal:
        return _projects_page(request, problem=refusal)


def _create(request: HttpRequest) -> HttpResponse:
    form = NewProjectForm(request.POST)
    if form.is_valid():
        try:
            projects.create_project(me(request), here(request), name=form.cleaned_data["name"])
        except DomainError as refusal:
            tell(form, refusal, {"": "name"})
        else:
            return redirect("identity:projects")
    return _projects_page(request, form=form)


def _change(request: HttpRequest, project: Project) -> HttpResponse:
    """`add` and `remove` are about members, else its settings are sent."""
    actor, given = me(request), request.POST
    if given.get("add"):
        subject = _subject(actor, project, given["add"])
        role = given.get("role", ProjectRole.MEMBER)
        projects.add_to_project(actor, project, subject=subject, role=role)
    elif given.get("remove"):
        key = uuid_or_none(given["remove"])
        if key is None:
            raise NotFoundError
        projects.remove_from_project(actor, project, member_id=key)
    else:
        form = ProjectForm(given)
        if not form.is_valid():
            return _projects_page(request, problem=InvalidError("Something in it is too long."))
        changes = ProjectChanges(**form.cleaned_data)
        projects.change_project(actor, project, changes=changes)
        messages.success(request, "Changed; limits hold from the next call on.")
    return redirect("identity:projects")


@deed(lambda **_given: reverse("identity:projects"))
def project_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a project."""
    project = _one(request, pk)
    projects.delete_project(me(request), project)
    messages.success(request, f"The project {project.name} is deleted.")
    return redirect("identity:projects")


def _one(request: HttpRequest, key: UUID | None) -> Project:
    rows = projects_of(me(request), here(request).pk)
    found = rows.filter(pk=key).first() if key else None
    if found is None:
        raise NotFoundError
    return found


def _subject(actor: User, project: Project, name: str) -> User | Team:
    """A person by user name, else a team by its short name."""
    if person := visible_to(User, actor).filter(username=name[:150]).first():
        return person
    teams = visible_to(Team, actor).filter(organization_id=project.organization_id)
    if team := teams.filter(slug=name[:60]).first():
        return team
    raise InvalidError.at("/add", f"No person or team here is called {name[:150]}.")


def _projects_page(
    request: HttpRequest, *, form: NewProjectForm | None = None, problem: DomainError | None = None
) -> HttpResponse:
    actor, organization, policy = me(request), here(request), policy_of(Project)
    rows: list[Any] = list(projects_of(actor, organization.pk).order_by("name")[:_SHOWN])
    for row in rows:
        row.people = people_with_access(row)
        row.can_change = policy.allows(actor, "identity.change_project", row)
        row.form = ProjectForm.of(row)
    context = {
        "projects": rows,
        "form": form or NewProjectForm(),
        "roles": ProjectRole.choices,
        "can_manage": role_in(actor, organization.pk) in MANAGERS,
        "problem": problems.of_domain(problem) if problem else None,
    }
    status = problem.status if problem else 400 if form else 200
    return render(request, "identity/projects.html", context, status=status)
