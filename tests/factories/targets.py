"""On what every verb is tried: one target per model, and a case where a verb needs more.

A target stands in acme, belongs to somebody of the cast and is shared as the contract's cast
says: alice owns, bob is in her team, charlie is inside without a share, dora is outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from inspect import Parameter
from typing import Any, TypeVar

from django.db.models import Model
from django_celery_beat.models import PeriodicTask

from audit.models import LedgerEntry, SubjectKey
from audit.selectors.filters import Filters
from identity.enums import TeamRole
from identity.models import (
    ApiToken,
    Invitation,
    Membership,
    Organization,
    Project,
    ProjectTeamGrant,
    ProjectUserGrant,
    Secret,
    Stop,
    Team,
    TeamMember,
    User,
)
from identity.services import accounts, invitations, passwords, projects
from identity.services import secrets as secret_verbs
from identity.services import stops as halts
from identity.services import tokens as token_verbs
from identity.services.organizations import OrganizationChanges, create_organization
from kernel import clock
from kernel.actions import Action
from kernel.actors import SystemActor
from kernel.blobs.store import Written
from marketplace.engine.spec import ServerSpec
from marketplace.engine.surface import Listing, read_listing
from marketplace.models import MCPServer
from marketplace.services.listings import record_tools
from marketplace.services.servers import register_server
from operations.services import periodic
from sessions_app.models import (
    AgentSession,
    Approval,
    Attachment,
    FileChange,
    Report,
    SessionSecret,
    Task,
    TaskExecution,
    Terminal,
    ToolCall,
)
from sessions_app.services import (
    attachments,
    creation,
    executions,
    files,
    lifecycle,
    prompting,
    runs,
    secrets,
    sharing,
    tasks,
    terminals,
)
from tests.factories.cast import PASSWORD, Cast

T = TypeVar("T", bound=Model)
SYSTEM = SystemActor("tests")
NEW_PASSWORD = "seven quiet mountains"
_targets: dict[type[Model], Callable[[Cast], Model]] = {}
_cases: dict[str, Callable[[Cast], Case]] = {}


@dataclass(frozen=True)
class Case:
    """A verb's target and the parameters with which it succeeds for whoever may."""

    target: Model
    given: Mapping[str, Any] = field(default_factory=dict)


class NoCaseError(LookupError):
    """A verb that nobody can try."""


def target(model: type[T]) -> Callable[[Callable[[Cast], T]], Callable[[Cast], T]]:
    """Register how a model's ordinary target is made."""

    def register(make: Callable[[Cast], T]) -> Callable[[Cast], T]:
        _targets[model] = make
        return make

    return register


def case(*verbs: str) -> Callable[[Callable[[Cast], Case]], Callable[[Cast], Case]]:
    """Register a case of verbs that need parameters or a target in a certain state."""

    def register(make: Callable[[Cast], Case]) -> Callable[[Cast], Case]:
        for verb in verbs:
            _cases[verb] = make
        return make

    return register


def case_of(verb: Action, cast: Cast) -> Case:
    """The case of a verb; a new verb without one says what to add where."""
    if verb.name in _cases:
        return _cases[verb.name](cast)
    if verb.target not in _targets:
        message = (
            f"{verb.name} acts on {verb.target.__name__}: add a @target for that model "
            f"to tests/factories/targets.py"
        )
        raise NoCaseError(message)
    needed = [n for n, p in verb.parameters.items() if p.default is Parameter.empty]
    if needed and not verb.internal:
        message = (
            f"{verb.name} needs {', '.join(needed)}: add a @case for it to "
            f"tests/factories/targets.py"
        )
        raise NoCaseError(message)
    return Case(_targets[verb.target](cast), dict.fromkeys(needed))


def make_target(model: type[Model], cast: Cast) -> Model | None:
    """The ordinary target of a model, or None where there is none of its own."""
    return _targets[model](cast) if model in _targets else None


# identity


@target(User)
def _bob(cast: Cast) -> User:
    return cast.bob


@target(Organization)
def _acme(cast: Cast) -> Organization:
    return cast.acme


@target(Team)
def _team(cast: Cast) -> Team:
    return cast.team


@target(Membership)
def _charlies_membership(cast: Cast) -> Membership:
    return Membership.objects.get(organization=cast.acme, user=cast.charlie)


@target(Invitation)
def _invitation(cast: Cast) -> Invitation:
    return invitations.invite(
        cast.alice, cast.acme, email="zoe@example.org", role="member"
    ).invitation


@target(ApiToken)
def _bobs_token(cast: Cast) -> ApiToken:
    spec = token_verbs.TokenSpec(name="ci", organization_id=cast.acme.pk)
    return token_verbs.create_token(cast.bob, cast.bob, spec=spec).token


@target(Stop)
def _stop(cast: Cast) -> Stop:
    return halts.stop(cast.alice, cast.acme, tool="shell", reason="a leak")


@target(Secret)
def _team_secret(cast: Cast) -> Secret:
    spec = secret_verbs.SecretSpec(
        name="deploy", value="s3cr3t value", scope="team", team_id=cast.team.pk
    )
    return secret_verbs.create_secret(cast.alice, cast.acme, spec=spec)


@case("identity.use_secret")
def _use(cast: Cast) -> Case:
    return Case(_team_secret(cast), {"purpose": "test"})


@case("identity.change_secret")
def _change_secret(cast: Cast) -> Case:
    changes = secret_verbs.SecretChanges(description="For deployments")
    return Case(_team_secret(cast), {"changes": changes})


@case("identity.rotate_secret")
def _rotate(cast: Cast) -> Case:
    return Case(_team_secret(cast), {"value": "another value"})


@case("identity.create_secret")
def _store(cast: Cast) -> Case:
    spec = secret_verbs.SecretSpec(name="mine", value="s3cr3t value")
    return Case(cast.acme, {"spec": spec})


@target(Project)
def _project(cast: Cast) -> Project:
    made = projects.create_project(cast.alice, cast.acme, name="Checkout")
    projects.add_to_project(cast.alice, made, subject=cast.team)
    return made


@target(ProjectTeamGrant)
def _team_in_project(cast: Cast) -> ProjectTeamGrant:
    return ProjectTeamGrant.objects.get(content_object=_project(cast))


@target(ProjectUserGrant)
def _bob_in_project(cast: Cast) -> ProjectUserGrant:
    made = _project(cast)
    projects.add_to_project(cast.alice, made, subject=cast.bob)
    return ProjectUserGrant.objects.get(content_object=made)


@case("identity.create_project")
def _make_project(cast: Cast) -> Case:
    return Case(cast.acme, {"name": "Search"})


@case("identity.change_project")
def _change_project(cast: Cast) -> Case:
    changes = projects.ProjectChanges(description="The shop's checkout")
    return Case(_project(cast), {"changes": changes})


@case("identity.add_to_project")
def _add_to_project(cast: Cast) -> Case:
    return Case(_project(cast), {"subject": cast.charlie})


@case("identity.remove_from_project")
def _remove_from_project(cast: Cast) -> Case:
    grant = _team_in_project(cast)
    return Case(grant.content_object, {"member_id": grant.pk})


@case("identity.create_token")
def _issue(cast: Cast) -> Case:
    return Case(cast.bob, {"spec": token_verbs.TokenSpec(name="ci")})


@case("identity.accept_invitation")
def _accept(cast: Cast) -> Case:
    tail = cast.acme.slug
    erin = accounts.create_account(SYSTEM, User(username=f"erin-{tail}"))
    third = create_organization(SYSTEM, erin, name=f"Third {tail}")
    invited = invitations.invite(erin, third, email="zoe@example.org", role="guest")
    person = invitations.NewPerson(username=f"zoe-{tail}", password=NEW_PASSWORD)
    return Case(invited.invitation, {"code": invited.code, "person": person})


@case("identity.add_to_team")
def _add(cast: Cast) -> Case:
    return Case(cast.team, {"user": cast.charlie})


@case("identity.remove_from_team")
def _take_out(cast: Cast) -> Case:
    TeamMember.objects.filter(user=cast.bob).update(role=TeamRole.LEAD)
    return Case(cast.team, {"user": cast.bob})


@case("identity.rename_team")
def _rename_team(cast: Cast) -> Case:
    return Case(cast.team, {"name": "Another name"})


@case("identity.create_team")
def _create_team(cast: Cast) -> Case:
    return Case(cast.acme, {"name": "Data"})


@case("identity.change_organization")
def _change_rules(cast: Cast) -> Case:
    return Case(cast.acme, {"changes": OrganizationChanges(forbid_bypass=True)})


@case("identity.create_organization")
def _found(cast: Cast) -> Case:
    return Case(cast.bob, {"name": f"New {cast.acme.slug}"})


@case("identity.invite")
def _invite(cast: Cast) -> Case:
    return Case(cast.acme, {"email": "yan@example.org", "role": "member"})


@case("identity.change_role")
def _change_role(cast: Cast) -> Case:
    return Case(_charlies_membership(cast), {"role": "guest"})


@case("identity.leave")
def _leave(cast: Cast) -> Case:
    return Case(_charlies_membership(cast))


@case("identity.appoint_break_glass")
def _break_glass(cast: Cast) -> Case:
    Membership.objects.filter(user=cast.bob).update(role="owner")
    Membership.objects.filter(user=cast.alice).update(is_break_glass=True)
    return Case(Membership.objects.get(user=cast.bob))


@case("identity.create_account")
def _open_account(cast: Cast) -> Case:
    return Case(User(username=f"zoe-{cast.acme.slug}"))


@case("identity.fail_sign_in")
def _fail(cast: Cast) -> Case:
    return Case(User(username="whoever"), {"reason": "wrong"})


@case("identity.change_password")
def _change_password(cast: Cast) -> Case:
    return Case(cast.bob, {"current": PASSWORD, "new": NEW_PASSWORD})


@case("identity.set_password_by_link")
def _set_password(cast: Cast) -> Case:
    link = passwords.offer_password_link(cast.olga, cast.bob)
    return Case(cast.bob, {"code": link.code, "new": NEW_PASSWORD})


@case("identity.reactivate_account")
def _reactivate(cast: Cast) -> Case:
    return Case(accounts.deactivate_account(cast.olga, cast.charlie))


@case("identity.dismiss_operator")
def _dismiss(cast: Cast) -> Case:
    second = User(username=f"otto-{cast.acme.slug}")
    return Case(accounts.create_account(SYSTEM, second, is_operator=True))


# marketplace


@target(MCPServer)
def _server(cast: Cast) -> MCPServer:
    spec = ServerSpec(name="git", transport="stdio", command="mcp-server-git")
    return register_server(cast.alice, cast.acme, spec=spec)


@case("marketplace.register_server")
def _register(cast: Cast) -> Case:
    spec = ServerSpec(name="time", transport="stdio", command="mcp-server-time")
    return Case(cast.acme, {"spec": spec})


@case("marketplace.import_servers")
def _import(cast: Cast) -> Case:
    document = {"mcpServers": {"time": {"command": "mcp-server-time"}}}
    return Case(cast.acme, {"document": document})


@case("marketplace.update_server")
def _update(cast: Cast) -> Case:
    return Case(_server(cast), {"changes": {"title": "Git"}})


@case("marketplace.approve_tools")
def _approve_tools(cast: Cast) -> Case:
    server = _server(cast)
    record_tools(SYSTEM, server, listing=_listing("status"))
    record_tools(SYSTEM, server, listing=_listing("status", "push"))
    return Case(server, {"digest": server.surfaces.get(status="pending").digest})


def _listing(*names: str) -> Listing:
    tools = [
        {"name": name, "description": "Does it.", "inputSchema": {"type": "object"}}
        for name in names
    ]
    return read_listing(tools, protocol_revision="2025-11-25", server=("test", "1"))


# audit


@target(LedgerEntry)
def _entry(cast: Cast) -> LedgerEntry:
    accounts.sign_in(cast.bob, cast.bob)
    return LedgerEntry.objects.filter(organization_id=cast.acme.pk).latest("number")


@target(SubjectKey)
def _key(cast: Cast) -> SubjectKey:
    accounts.update_profile(cast.bob, cast.bob, full_name="Robert")
    return SubjectKey.objects.filter(subject_id=cast.bob.pk).latest("id")


@case("audit.read_ledger", "audit.export_ledger")
def _look_at_ledger(cast: Cast) -> Case:
    return Case(cast.acme, {"filters": Filters()})


# operations


@target(PeriodicTask)
def _plan(cast: Cast) -> PeriodicTask:
    return periodic.create_periodic_task(cast.olga, PeriodicTask(), plan=_a_plan("Nightly"))


@case("operations.create_periodic_task")
def _create_plan(cast: Cast) -> Case:
    return Case(PeriodicTask(), {"plan": _a_plan("Weekly")})


@case("operations.change_periodic_task")
def _change_plan(cast: Cast) -> Case:
    return Case(_plan(cast), {"plan": _a_plan("Later")})


def _a_plan(name: str) -> periodic.Plan:
    return periodic.Plan(name=name, duty="kernel.idempotency", cron="0 4 * * *")


# sessions: alice's, which bob may edit


@target(AgentSession)
def _session(cast: Cast) -> AgentSession:
    spec = creation.SessionSpec(name="Session")
    session = creation.create_session(cast.alice, cast.acme, spec=spec)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")
    return session


@case("sessions.create")
def _create_session(cast: Cast) -> Case:
    return Case(cast.acme, {"spec": creation.SessionSpec(name="New")})


@case("sessions.prompt")
def _prompt(cast: Cast) -> Case:
    return Case(_session(cast), {"content": "/help"})


@case("sessions.rename")
def _rename(cast: Cast) -> Case:
    return Case(_session(cast), {"name": "Another name"})


@case("sessions.configure")
def _configure(cast: Cast) -> Case:
    return Case(_session(cast), {"sdk_options": {"max_turns": 3}})


@target(SessionSecret)
def _attached_secret(cast: Cast) -> SessionSecret:
    return secrets.attach_secret(cast.alice, _session(cast), secret=_team_secret(cast))


@case("sessions.attach_secret")
def _attach(cast: Cast) -> Case:
    return Case(_session(cast), {"secret": _team_secret(cast)})


@case("sessions.detach_secret", "sessions.withdraw_secret")
def _detach(cast: Cast) -> Case:
    attachment = _attached_secret(cast)
    return Case(attachment.session, {"attachment_id": attachment.pk})


@case("files.write")
def _write_file(cast: Cast) -> Case:
    return Case(_session(cast), {"path": "a.txt", "content": _content(cast)})


@case("files.remove")
def _remove_file(cast: Cast) -> Case:
    return Case(_session(cast), {"path": "a.txt"})


@target(FileChange)
def _change(cast: Cast) -> FileChange:
    session = _session(cast)
    return files.write_file(cast.alice, session, path="a.txt", content=_content(cast))


def _content(cast: Cast) -> Written:
    return Written(organization_id=cast.acme.pk, digest="0" * 64, size=3)


@case("attachments.upload")
def _upload(cast: Cast) -> Case:
    given = {"name": "a.txt", "media_type": "text/plain", "content": _content(cast)}
    return Case(_session(cast), given)


@target(Attachment)
def _attachment(cast: Cast) -> Attachment:
    return attachments.upload(
        cast.alice, _session(cast), name="a.txt", media_type="text/plain", content=_content(cast)
    )


@case("terminals.open")
def _open_terminal(cast: Cast) -> Case:
    return Case(_session(cast), {"rows": 24, "columns": 80})


@target(Terminal)
def _terminal(cast: Cast) -> Terminal:
    return terminals.open_terminal(cast.alice, _session(cast), rows=24, columns=80)


@case("terminals.give")
def _type(cast: Cast) -> Case:
    return Case(_terminal(cast), {"frame": b""})


@case("sessions.share")
def _share(cast: Cast) -> Case:
    return Case(_session(cast), {"subject": cast.charlie, "role": "viewer"})


@case("sessions.unshare")
def _unshare(cast: Cast) -> Case:
    session = _session(cast)
    return Case(session, {"share_id": session.user_grants.get().pk})


@case("sessions.transfer")
def _transfer(cast: Cast) -> Case:
    return Case(_session(cast), {"to": cast.bob})


@case("sessions.restore")
def _restore(cast: Cast) -> Case:
    return Case(lifecycle.trash(cast.alice, _session(cast)))


@case("sessions.cancel")
def _cancel(cast: Cast) -> Case:
    return Case(_prompted(cast))


@case("sessions.resume")
def _resume(cast: Cast) -> Case:
    session = _prompted(cast)
    runs.cancel(cast.alice, session)
    return Case(session)


@case("sessions.look")
def _look(cast: Cast) -> Case:
    return Case(_session(cast), {"connection": "test", "what": "looking", "seq": 1})


@target(Approval)
def _approval(cast: Cast) -> Approval:
    session = _prompted(cast)
    run = session.runs.get()
    call = ToolCall.objects.create(
        session=session, run=run, call_id="c1", tool="shell", input_hash="0" * 64
    )
    return Approval.objects.create(
        organization=cast.acme,
        session=session,
        run=run,
        tool_call=call,
        input_hash="0" * 64,
        expires_at=clock.now() + timedelta(days=1),
    )


def _prompted(cast: Cast) -> AgentSession:
    session = _session(cast)
    prompting.prompt(cast.alice, session, content="/help")
    return session


# tasks: alice's, which everybody in acme who makes sessions may execute


@target(Task)
def _task(cast: Cast) -> Task:
    spec = tasks.TaskSpec(
        name="Nightly",
        prompt_template="/help",
        report_format="markdown",
        visibility="organization",
        schedule=tasks.Schedule(cron="0 3 * * *"),
    )
    return tasks.create_task(cast.alice, cast.acme, spec=spec)


@case("tasks.create")
def _create_task(cast: Cast) -> Case:
    spec = tasks.TaskSpec(name="New", prompt_template="/help", report_format="pdf")
    return Case(cast.acme, {"spec": spec})


@case("tasks.change")
def _change_task(cast: Cast) -> Case:
    return Case(_task(cast), {"changes": {"name": "Another name"}})


@case("tasks.resume")
def _resume_task(cast: Cast) -> Case:
    return Case(tasks.pause_task(cast.alice, _task(cast)))


@case("tasks.restore")
def _restore_task(cast: Cast) -> Case:
    return Case(tasks.trash_task(cast.alice, _task(cast)))


@target(TaskExecution)
def _execution(cast: Cast) -> TaskExecution:
    return executions.execute_task(cast.alice, _task(cast))


@target(Report)
def _report(cast: Cast) -> Report:
    execution = _execution(cast)
    runs.cancel(cast.alice, execution.session)
    return executions.end_execution(SYSTEM, execution).report
