"""What can go wrong with people, tokens and teams, in words they can act on."""

from __future__ import annotations

from kernel.errors import ConflictError, DomainError, RefusedError


class WrongCredentialsError(RefusedError):
    """User name or password is wrong."""

    status = 401


class LastOwnerError(ConflictError):
    """An organization keeps at least one owner; make somebody else owner first."""


class BreakGlassError(ConflictError):
    """The break-glass owner can only be changed by themselves."""


class InvitationGoneError(ConflictError):
    """This invitation has expired, was revoked or was used already."""


class NameTakenError(ConflictError):
    """This name is taken already."""


class WeakPasswordError(DomainError):
    """This password is too easy to guess."""


class ScopeMissingError(RefusedError):
    """This token does not carry the scope that the request needs."""


class UnknownPersonError(DomainError):
    """There is no such person in your organization."""


class SecretNotGrantedError(RefusedError):
    """This secret is not granted here."""
