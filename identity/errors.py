"""What can go wrong with people, tokens and teams, in words they can act on."""

from __future__ import annotations

from kernel.errors import ConflictError, DomainError, InvalidError, NotFoundError, RefusedError


class WrongCredentialsError(RefusedError):
    """User name or password is wrong, or there were too many attempts; wait and try again."""

    status = 401


class DeactivatedError(RefusedError):
    """This account is closed; ask an operator of this installation."""


class WrongPasswordError(InvalidError):
    """The present password is wrong."""

    code = "wrong_password"


class WeakPasswordError(InvalidError):
    """This password is too easy to guess."""

    code = "weak_password"


class LinkGoneError(ConflictError):
    """This link has expired or was used already; ask for a new one."""


class LastOwnerError(ConflictError):
    """An organization keeps at least one owner; make somebody else owner first."""


class LastOperatorError(ConflictError):
    """An installation keeps at least one operator; appoint somebody else first."""


class BreakGlassError(ConflictError):
    """The break-glass owner stays until they, or an operator, appoint another owner to it."""


class AlreadyMemberError(ConflictError):
    """You are a member of this organization already."""


class InvitationGoneError(ConflictError):
    """This invitation has expired, was revoked or was used already."""


class UnknownInvitationError(NotFoundError):
    """There is no such invitation; the link may be incomplete."""


class NameTakenError(ConflictError):
    """This name is taken already."""


class ScopeMissingError(RefusedError):
    """This token does not carry the scope that the request needs."""


class TokenTooStrongError(RefusedError):
    """A token cannot make another one that may do more or lives longer than itself."""


class UnknownPersonError(DomainError):
    """There is no such person in your organization."""


class StoppedError(ConflictError):
    """Agents are stopped here until an owner or admin of the organization resumes."""


class VaultError(ConflictError):
    """The secret could not be fetched from where it is kept."""
