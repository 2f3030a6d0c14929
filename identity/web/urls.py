"""Pages of identity."""

from django.urls import path

from identity.web import (
    accounts,
    invitations,
    people,
    projects,
    secrets,
    settings,
    stops,
    teams,
    tokens,
)

app_name = "identity"
urlpatterns = [
    path("sign-in", accounts.sign_in, name="sign_in"),
    path("sign-out", accounts.sign_out, name="sign_out"),
    path("invitations/<str:code>", invitations.accept, name="accept_invitation"),
    path("password/<uuid:pk>/<str:code>", accounts.set_password, name="set_password"),
    path("settings/organization", settings.organization, name="organization"),
    path("settings/people", people.people, name="people"),
    path("settings/people/invite", people.invite, name="invite"),
    path("settings/teams", teams.team_list, name="teams"),
    path("settings/stops", stops.stop_list, name="stops"),
    path("settings/projects", projects.project_list, name="projects"),
    path("settings/projects/<uuid:pk>/delete", projects.project_delete, name="project_delete"),
    path("settings/secrets", secrets.secret_list, name="secrets"),
    path("settings/secrets/new", secrets.secret_create, name="secret_create"),
    path("settings/secrets/<uuid:pk>/change", secrets.secret_change, name="secret_change"),
    path("settings/secrets/<uuid:pk>/rotate", secrets.secret_rotate, name="secret_rotate"),
    path("settings/secrets/<uuid:pk>/delete", secrets.secret_delete, name="secret_delete"),
    path("settings/tokens", tokens.token_list, name="tokens"),
    path("settings/tokens/new", tokens.token_create, name="token_create"),
    path("settings/tokens/<uuid:pk>/revoke", tokens.token_revoke, name="token_revoke"),
    path("settings/password", accounts.password, name="password"),
]
