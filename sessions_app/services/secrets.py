"""Attaching secrets to a session, and opening them for its runs. Values never pass a stream."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from identity.engine.secrets import FILED
from identity.enums import SecretGrant, SecretType
from identity.public import Secret, User, note_use, opened
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError, NotFoundError
from kernel.events import publish
from kernel.policies import policy_of
from kernel.streams import Entry, append
from sessions_app.enums import SecretPlace
from sessions_app.errors import (
    SecretAttachedError,
    SecretNameTakenError,
    TrashedError,
    UnknownSecretError,
)
from sessions_app.events import SecretAttached, SecretDetached
from sessions_app.models import AgentSession, SessionSecret
from sessions_app.selectors.secrets import attached_to, standing, stands
from sessions_app.services.runs import fenced
from sessions_app.streams import SESSIONS

MOST = 50
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,54}\Z")
# Names the sandbox or a shell gives a meaning of their own.
_RESERVED = re.compile(
    r"(?i)(?:path|home|lang|term|tmpdir|ifs|env|shell\w*|bash\w*|ld_\w+|lc_\w+|ps[0-4]"
    r"|prompt_command|\w*_proxy|node_\w+|python\w+|quarterdeck_\w*)\Z"
)


@dataclass(frozen=True, kw_only=True)
class OpenedSecret:
    """A sealed text opened for one run; what it becomes in the sandbox is not known yet."""

    name: str
    place: str
    kind: str
    text: str = field(repr=False)


@action("sessions.attach_secret")
def attach_secret(
    actor: User, session: AgentSession, *, secret: Secret, name: str = "", place: str = ""
) -> SessionSecret:
    """Let the session's commands use a secret that one may use oneself; nobody can read it."""
    if session.trashed_at:
        raise TrashedError
    secret = _usable(actor, session, secret)
    where = place or (SecretPlace.FILE if secret.type in FILED else SecretPlace.ENV).value
    wanted = name or _suggested(secret.name)
    _check(secret, wanted, where)
    _check_free(session, secret, variables_of(secret.type, wanted, where))
    row = SessionSecret.objects.create(
        session=session, secret=secret, place=where, name=wanted, attached_by_id=actor.actor_id
    )
    _note(actor, row, "secret.attached", place=where)
    publish(
        SecretAttached(
            organization_id=session.organization_id,
            target_id=session.pk,
            secret_id=secret.pk,
            place=where,
        )
    )
    return row


@action("sessions.detach_secret")
def detach_secret(actor: User, session: AgentSession, *, attachment_id: UUID) -> None:
    """Take a secret from a session; a run under way keeps what it has."""
    row = attached_to(session).filter(pk=attachment_id).first()
    if row is None:
        raise NotFoundError
    _detach(actor, row, "asked")


@action("sessions.withdraw_secret", internal=True)
def withdraw_secret(actor: Actor, session: AgentSession, *, attachment_id: UUID) -> None:
    """Take a secret from a session whose attacher lost the right to it, or that was deleted."""
    row = attached_to(session).filter(pk=attachment_id).first()
    if row is None or stands(row):
        return Unchanged(None)  # type: ignore[return-value]
    _detach(actor, row, "right_lost" if row.secret else "deleted")
    return None


@action("runs.open_secrets", internal=True)
def open_secrets(
    actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int
) -> list[OpenedSecret]:
    """Open what the session may use now; the ledger learns of it once for each run and secret."""
    run, found, told = fenced(session, run_id, epoch), [], False
    for row in standing(session):
        assert row.secret is not None  # noqa: S101 - it stands
        if row.noted_run_id != run.pk:
            note_use(row.secret, f"run:{run.pk}")
            row.noted_run_id, told = run.pk, True
            row.save(update_fields=["noted_run_id"])
        text = opened(row.secret)
        found.append(OpenedSecret(name=row.name, place=row.place, kind=row.secret.type, text=text))
    return found if told else Unchanged(found)  # type: ignore[return-value]


def variables_of(kind: str, name: str, place: str) -> set[str]:
    """The variables a secret takes up."""
    if kind == SecretType.PASSWORD and place == SecretPlace.ENV:
        return {f"{name}_USERNAME", f"{name}_PASSWORD"}
    return {name}


def _usable(actor: User, session: AgentSession, secret: Secret) -> Secret:
    """The secret as it is now, if this person may use it here."""
    found = Secret.objects.filter(pk=secret.pk, organization_id=session.organization_id).first()
    allowed = found is not None and policy_of(Secret).allows(actor, "identity.use_secret", found)
    foreign = found is not None and found.project_id not in {None, session.project_id}
    if found is None or foreign or not allowed or SecretGrant.SESSIONS not in found.granted_to:
        raise UnknownSecretError
    return found


def _suggested(name: str) -> str:
    """A variable's name made of a secret's."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper()[:50]
    return f"_{word}" if word[:1].isdigit() else word or "SECRET"


def _check(secret: Secret, name: str, place: str) -> None:
    if place not in SecretPlace.values:
        raise InvalidError.at("/place", f"One of {', '.join(SecretPlace.values)}.")
    if place == SecretPlace.ENV and secret.type in FILED:
        raise InvalidError.at("/place", "A secret of this type is given as a file.")
    if not _NAME.match(name):
        detail = "Letters, digits and underscores, not beginning with a digit, at most 55."
        raise InvalidError.at("/name", detail)
    if _RESERVED.match(name):
        raise InvalidError.at("/name", "This variable has a meaning of its own; choose another.")


def _check_free(session: AgentSession, secret: Secret, wanted: Iterable[str]) -> None:
    rows = list(attached_to(session))
    if any(row.secret_id == secret.pk for row in rows):
        raise SecretAttachedError
    taken: set[str] = set()
    for row in rows:
        taken |= variables_of(row.secret.type if row.secret else "", row.name, row.place)
    if taken & set(wanted):
        raise SecretNameTakenError
    if len(rows) >= MOST:
        raise InvalidError.at("/secret", f"A session has at most {MOST} secrets.")


def _detach(actor: Actor, row: SessionSecret, reason: str) -> None:
    _note(actor, row, "secret.detached", reason=reason)
    session, secret_id = row.session, row.secret_id
    row.delete()
    publish(
        SecretDetached(
            organization_id=session.organization_id,
            target_id=session.pk,
            secret_id=secret_id,
            reason=reason,
        )
    )


def _note(actor: Actor, row: SessionSecret, word: str, **more: str) -> None:
    data = {"name": word, "attachment_id": str(row.pk), "variable": row.name, **more}
    append(SESSIONS, row.session_id, actor, [Entry(type="CUSTOM", data=data)])
