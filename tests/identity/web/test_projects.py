"""The page of projects, without JavaScript."""

from __future__ import annotations

from identity.models import Project
from identity.services.projects import add_to_project, create_project
from tests.factories.cast import Cast
from tests.identity.web.test_secrets import browser


def test_a_project_is_made_set_peopled_and_deleted(cast: Cast) -> None:
    alice = browser(cast.alice)

    alice.post("/settings/projects", {"name": "Checkout"})
    project = Project.objects.get()
    key = {"project": str(project.pk)}
    alice.post("/settings/projects", {**key, "add": cast.bob.username, "role": "member"})
    alice.post("/settings/projects", {**key, "add": "platform", "role": "lead"})
    limits = {"allowed_domains": "api.example.com\r\n\r\nb.example.com", "instructions": "Care."}
    alice.post("/settings/projects", {**key, "name": "Checkout service", **limits})
    page = alice.get("/settings/projects").content.decode()

    project.refresh_from_db()
    assert project.name == "Checkout service"
    assert project.allowed_domains == ["api.example.com", "b.example.com"]
    assert project.instructions == "Care."
    assert "api.example.com\nb.example.com" in page
    assert page.count("Take ") == 2
    wrong = alice.post("/settings/projects", {**key, "name": "x", "denied_tools": "("})
    assert wrong.status_code == 400
    alice.post("/settings/projects", {**key, "remove": str(project.user_grants.get().pk)})
    assert not project.user_grants.exists()
    alice.post(f"/settings/projects/{project.pk}/delete")
    assert not Project.objects.exists()


def test_members_see_theirs_and_change_nothing(cast: Cast) -> None:
    project = create_project(cast.alice, cast.acme, name="Checkout")
    create_project(cast.alice, cast.acme, name="Hidden")
    add_to_project(cast.alice, project, subject=cast.bob)
    bob = browser(cast.bob)

    page = bob.get("/settings/projects").content.decode()
    bob.post("/settings/projects", {"project": str(project.pk), "name": "Mine"})
    gone = browser(cast.charlie).post("/settings/projects", {"project": str(project.pk)})

    assert "Checkout" in page
    assert "Hidden" not in page
    assert "Defaults and limits" not in page
    assert gone.status_code == 404
    project.refresh_from_db()
    assert project.name == "Checkout"
    assert "Checkout" in bob.get("/sessions/new").content.decode()
