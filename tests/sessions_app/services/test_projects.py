"""Sessions of a project: its defaults, and its limits below the organization's."""

from __future__ import annotations

from typing import Any

import pytest

from identity.models import Project
from identity.services.organizations import OrganizationChanges, change_organization
from identity.services.projects import (
    ProjectChanges,
    add_to_project,
    change_project,
    create_project,
    delete_project,
)
from kernel.errors import InvalidError
from sessions_app.broker.ceiling import as_of_now, ceiling_of
from sessions_app.broker.judgement import judge
from sessions_app.models import AgentSession, Run
from sessions_app.policies.access import readable_by
from sessions_app.runner.load import load, turn_of
from sessions_app.safety import Call
from sessions_app.services import forking, prompting
from sessions_app.services.creation import SessionSpec, create_session
from tests.factories.cast import Cast
from tests.factories.http import Caller


def project_of(cast: Cast, **changes: Any) -> Project:
    """Alice's project, in which bob works."""
    made = create_project(cast.alice, cast.acme, name="Checkout", changes=ProjectChanges(**changes))
    add_to_project(cast.alice, made, subject=cast.bob)
    return made


def session_in(cast: Cast, project: Project, **spec: Any) -> AgentSession:
    given = SessionSpec(name="work", project_id=project.pk, **spec)
    return create_session(cast.bob, cast.acme, spec=given)


def test_a_session_begins_with_what_its_project_says(cast: Cast) -> None:
    project = project_of(cast, runtime="model", model="m-1", instructions="Be careful.")

    plain = session_in(cast, project)
    own = session_in(cast, project, runtime="embedded", sdk_options={"model": "m-2"})
    prompting.prompt(cast.bob, plain, content="go")
    loaded = load(Run.objects.get(session=plain).pk)

    assert (plain.runtime, plain.options["model"]) == ("model", "m-1")
    assert (own.runtime, own.options["model"]) == ("embedded", "m-2")
    assert loaded is not None
    assert turn_of(loaded, loaded.run).options.system_prompt == "Be careful."


def test_only_who_works_in_a_project_makes_sessions_there_and_lists_find_them(cast: Cast) -> None:
    project = project_of(cast)
    spec = SessionSpec(name="no", project_id=project.pk)
    bob, charlie = Caller(cast.bob), Caller(cast.charlie)

    with pytest.raises(InvalidError):
        create_session(cast.charlie, cast.acme, spec=spec)
    mine = bob.post("/sessions", {"name": "in", "project": str(project.pk)}).json()
    bob.post("/sessions", {"name": "out"})
    refused = charlie.post("/sessions", {"name": "no", "project": str(project.pk)})

    assert mine["project"] == str(project.pk)
    found = bob.get(f"/sessions?project={project.pk}").json()["results"]
    assert [row["id"] for row in found] == [mine["id"]]
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/project"


def test_a_project_shares_no_session_by_itself(cast: Cast) -> None:
    project = project_of(cast)
    add_to_project(cast.alice, project, subject=cast.charlie, role="lead")
    session = session_in(cast, project)

    assert not readable_by(cast.charlie).filter(pk=session.pk).exists()


def verdict(session: AgentSession, tool: str, **arguments: str) -> str:
    session = AgentSession.objects.select_related("organization").get(pk=session.pk)
    ceiling = as_of_now(ceiling_of(session, session.organization), session.organization_id)
    return judge(Call(tool=tool, arguments=arguments, annotations={}), ceiling).verdict


def test_its_limits_hold_from_the_next_call_and_in_forks(cast: Cast) -> None:
    project = project_of(cast)
    session = session_in(cast, project, sdk_options={"permission_mode": "bypassPermissions"})
    copy = forking.fork(cast.bob, session, message_id=None)
    assert verdict(session, "shell", command="ls") == "allow"

    narrow = ProjectChanges(allowed_tools=["read_file", "shell"], denied_tools=["shell(rm *)"])
    change_project(cast.alice, project, changes=narrow)

    for one in (session, copy):
        assert verdict(one, "shell", command="ls") == "allow"
        assert verdict(one, "shell", command="rm x") == "deny"
        assert verdict(one, "write_file", path="a", content="b") == "deny"
    delete_project(cast.alice, project)
    session.refresh_from_db()
    assert session.project is None


@pytest.mark.parametrize(
    ("opened", "wanted", "found"),
    [
        (["*.example.com"], [], ["*.example.com"]),
        (["*.example.com"], ["api.example.com"], ["api.example.com"]),
        (["api.example.com"], ["*.example.com"], ["api.example.com"]),
        (["*.example.com"], ["*.eu.example.com"], ["*.eu.example.com"]),
        (["example.com"], ["*.example.com"], []),
        ([], ["api.example.com"], []),
        (["a.com", "b.com"], ["b.com", "c.com"], ["b.com"]),
    ],
)
def test_a_project_opens_no_domain_that_its_organization_does_not(
    cast: Cast, opened: list[str], wanted: list[str], found: list[str]
) -> None:
    change_organization(cast.alice, cast.acme, changes=OrganizationChanges(allowed_domains=opened))
    session = session_in(cast, project_of(cast, allowed_domains=wanted))
    session = AgentSession.objects.select_related("organization").get(pk=session.pk)

    assert list(ceiling_of(session, session.organization).allowed_domains) == found
