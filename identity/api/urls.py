"""API addresses of identity."""

from django.urls import path

from identity.api import (
    invitations,
    me,
    organizations,
    people,
    projects,
    schema,
    secrets,
    stops,
    teams,
    tokens,
)

# Imported for their registration with the schema generator.
SCHEMES = schema.SCHEMES

urlpatterns = [
    path("me", me.MeView.as_view()),
    path("me/password", me.PasswordView.as_view()),
    path("organizations", organizations.OrganizationsView.as_view()),
    path("organizations/<uuid:pk>", organizations.OrganizationView.as_view()),
    path("organizations/<uuid:pk>/members", organizations.MembersView.as_view()),
    path("organizations/<uuid:pk>/members/<uuid:member>", organizations.MemberView.as_view()),
    path(
        "organizations/<uuid:pk>/members/<uuid:member>/break-glass",
        organizations.BreakGlassView.as_view(),
    ),
    path("invitations", invitations.InvitationsView.as_view()),
    path("invitations/accept", invitations.AcceptView.as_view()),
    path("invitations/<uuid:pk>", invitations.InvitationView.as_view()),
    path("stops", stops.StopsView.as_view()),
    path("stops/<uuid:pk>", stops.StopView.as_view()),
    path("projects", projects.ProjectsView.as_view()),
    path("projects/<uuid:pk>", projects.ProjectView.as_view()),
    path("projects/<uuid:pk>/members", projects.ProjectMembersView.as_view()),
    path("projects/<uuid:pk>/members/<uuid:member>", projects.ProjectMemberView.as_view()),
    path("secrets", secrets.SecretsView.as_view()),
    path("secrets/<uuid:pk>", secrets.SecretView.as_view()),
    path("secrets/<uuid:pk>/rotate", secrets.RotateView.as_view()),
    path("teams", teams.TeamsView.as_view()),
    path("teams/<uuid:pk>", teams.TeamView.as_view()),
    path("teams/<uuid:pk>/members", teams.TeamMembersView.as_view()),
    path("teams/<uuid:pk>/members/<uuid:user>", teams.TeamMemberView.as_view()),
    path("tokens", tokens.TokensView.as_view()),
    path("tokens/<uuid:pk>", tokens.TokenView.as_view()),
    path("users", people.UsersView.as_view()),
    path("users/<uuid:pk>", people.UserView.as_view()),
    path("admin/stats", people.StatisticsView.as_view()),
]
