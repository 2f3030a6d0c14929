"""Who may do what with sessions, runs, calls, approvals and shares."""

from __future__ import annotations

from django.db.models import QuerySet

from kernel.actors import Actor
from kernel.policies import Policy, register
from sessions_app.enums import SessionRole
from sessions_app.models import (
    AgentSession,
    Approval,
    Attachment,
    FileChange,
    Message,
    Run,
    SessionSecret,
    SessionTeamGrant,
    SessionUserGrant,
    Terminal,
    ToolCall,
)
from sessions_app.policies import access

MINIMUM: dict[str, str] = {
    "sessions.read": SessionRole.VIEWER,
    "sessions.look": SessionRole.VIEWER,
    "sessions.see": SessionRole.VIEWER,
    "sessions.fork": SessionRole.VIEWER,
    "sessions.prompt": SessionRole.EDITOR,
    "attachments.upload": SessionRole.EDITOR,
    "terminals.open": SessionRole.EDITOR,
    "files.write": SessionRole.EDITOR,
    "files.remove": SessionRole.EDITOR,
    "sessions.cancel": SessionRole.EDITOR,
    "sessions.resume": SessionRole.EDITOR,
    "sessions.rename": SessionRole.EDITOR,
    "sessions.attach_secret": SessionRole.EDITOR,
    "sessions.detach_secret": SessionRole.EDITOR,
    "sessions.configure": SessionRole.OWNER,
    "sessions.archive": SessionRole.OWNER,
    "sessions.trash": SessionRole.OWNER,
    "sessions.restore": SessionRole.OWNER,
    "sessions.share": SessionRole.OWNER,
    "sessions.unshare": SessionRole.OWNER,
    "sessions.transfer": SessionRole.OWNER,
}
# What makes another session: guests and auditors make none, whatever is shared with them.
MAKING = frozenset({"sessions.fork"})
# What owners and admins of the organization may do with a session that is not theirs.
BY_OFFICE = frozenset(
    {
        "sessions.cancel",
        "sessions.transfer",
        "sessions.read_content",
        "sessions.look",
        "sessions.see",
    }
)


@register
class SessionPolicy(Policy[AgentSession]):
    """Owner, shares by role, and the offices of the organization."""

    model = AgentSession

    def allows(self, actor: Actor, verb: str, target: AgentSession) -> bool:
        """An undeclared verb is nobody's."""
        if verb in BY_OFFICE and access.holds_office(actor, target):
            return True
        minimum = MINIMUM.get(verb)
        if minimum is None or not access.has_role(actor, target, minimum):
            return False
        return verb not in MAKING or access.may_make(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[AgentSession]:
        """What one may know of: shared, own, or by office."""
        if actor.actor_kind not in {"user", "service"}:
            return AgentSession.objects.none()
        return AgentSession.objects.filter(access.belongs(actor)).filter(
            access.by_share(actor) | access.by_office(actor)
        )

    def ways(self, actor: Actor) -> list[QuerySet[AgentSession]]:
        """The same in parts, for lists of any length."""
        return [AgentSession.objects.filter(way) for way in access.ways(actor).all]


class _PartPolicy:
    """A part of a session is seen by whoever may read the session."""

    minimum: str = SessionRole.EDITOR

    def allows(
        self,
        actor: Actor,
        verb: str,
        target: Run | ToolCall | Message | FileChange | Attachment | SessionSecret,
    ) -> bool:
        """By the role on the session."""
        return access.has_role(actor, target.session, self.minimum)


@register
class RunPolicy(_PartPolicy, Policy[Run]):
    """Runs are driven by the product; people act on the session."""

    model = Run

    def visible_to(self, actor: Actor) -> QuerySet[Run]:
        """Runs of readable sessions."""
        return Run.objects.filter(session__in=access.readable_by(actor))


@register
class SecretPolicy(_PartPolicy, Policy[SessionSecret]):
    """Names of a session's secrets are known to whoever reads the session; values to nobody."""

    model = SessionSecret

    def visible_to(self, actor: Actor) -> QuerySet[SessionSecret]:
        """Those of readable sessions."""
        return SessionSecret.objects.filter(session__in=access.readable_by(actor))


@register
class MessagePolicy(_PartPolicy, Policy[Message]):
    """Messages are read by whoever reads the session."""

    model = Message

    def visible_to(self, actor: Actor) -> QuerySet[Message]:
        """Messages of readable sessions."""
        return Message.objects.filter(session__in=access.readable_by(actor))


@register
class ToolCallPolicy(_PartPolicy, Policy[ToolCall]):
    """Tool calls are read by whoever reads the session."""

    model = ToolCall

    def visible_to(self, actor: Actor) -> QuerySet[ToolCall]:
        """Calls of readable sessions."""
        return ToolCall.objects.filter(session__in=access.readable_by(actor))


@register
class FileChangePolicy(_PartPolicy, Policy[FileChange]):
    """Who changed which file is read by whoever reads the session."""

    model = FileChange

    def visible_to(self, actor: Actor) -> QuerySet[FileChange]:
        """Changes in readable sessions."""
        return FileChange.objects.filter(session__in=access.readable_by(actor))


@register
class AttachmentPolicy(_PartPolicy, Policy[Attachment]):
    """What was given to a prompt is read by whoever reads the session."""

    model = Attachment

    def visible_to(self, actor: Actor) -> QuerySet[Attachment]:
        """Attachments of readable sessions."""
        return Attachment.objects.filter(session__in=access.readable_by(actor))


@register
class TerminalPolicy(Policy[Terminal]):
    """Readers of the session watch; who opened a terminal types, and the session's owner may end
    it too."""

    model = Terminal

    def allows(self, actor: Actor, verb: str, target: Terminal) -> bool:
        """An undeclared verb is nobody's."""
        own = target.opened_by_id == actor.actor_id
        if verb == "terminals.close":
            minimum = SessionRole.EDITOR if own else SessionRole.OWNER
            return access.has_role(actor, target.session, minimum)
        typing = verb == "terminals.give" and own
        return typing and access.has_role(actor, target.session, SessionRole.EDITOR)

    def visible_to(self, actor: Actor) -> QuerySet[Terminal]:
        """Terminals of readable sessions."""
        return Terminal.objects.filter(session__in=access.readable_by(actor))


@register
class ApprovalPolicy(Policy[Approval]):
    """Approvers, editors and owners of the session decide."""

    model = Approval

    def allows(self, actor: Actor, verb: str, target: Approval) -> bool:
        """By the role on the session; that nobody decided in time is the product's to say."""
        if verb == "approvals.expire":
            return False
        return access.has_role(actor, target.session, SessionRole.APPROVER)

    def visible_to(self, actor: Actor) -> QuerySet[Approval]:
        """Approvals of readable sessions."""
        return Approval.objects.filter(session__in=access.readable_by(actor))


@register
class UserGrantPolicy(Policy[SessionUserGrant]):
    """The session's owner manages its shares."""

    model = SessionUserGrant

    def allows(self, actor: Actor, verb: str, target: SessionUserGrant) -> bool:
        """By ownership of the session."""
        return access.has_role(actor, target.content_object, SessionRole.OWNER)

    def visible_to(self, actor: Actor) -> QuerySet[SessionUserGrant]:
        """Whoever reads the session sees who else does."""
        return SessionUserGrant.objects.filter(content_object__in=access.readable_by(actor))


@register
class TeamGrantPolicy(Policy[SessionTeamGrant]):
    """The session's owner manages its shares."""

    model = SessionTeamGrant

    def allows(self, actor: Actor, verb: str, target: SessionTeamGrant) -> bool:
        """By ownership of the session."""
        return access.has_role(actor, target.content_object, SessionRole.OWNER)

    def visible_to(self, actor: Actor) -> QuerySet[SessionTeamGrant]:
        """Whoever reads the session sees who else does."""
        return SessionTeamGrant.objects.filter(content_object__in=access.readable_by(actor))
