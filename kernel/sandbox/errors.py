"""What can go wrong between asking for a sandboxed command and its end."""

from __future__ import annotations

from kernel.errors import DomainError


class SandboxError(DomainError):
    """The sandbox refused or failed."""

    status = 409

    def __init__(self, detail: str = "", *, remedy: str = "") -> None:
        super().__init__(detail, remedy=remedy)
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.detail} {self.remedy}".strip()


class SandboxUnavailableError(SandboxError):
    """No sandbox works on this machine, so no command is run."""


class JailNotPossibleError(SandboxError):
    """This sandbox cannot enforce what was asked of it."""


class SandboxFailedError(SandboxError):
    """The sandbox could not be set up, so the command was not run."""


class PathDeniedError(SandboxError):
    """A rule of your organization closes this path."""

    status = 403


class PathEscapesError(SandboxError):
    """This path leads out of the workspace."""

    status = 400


class FileTooLargeError(SandboxError):
    """This file is larger than the limit."""

    status = 413


class TreeTooLargeError(SandboxError):
    """This directory holds more, or goes deeper, than a workspace may."""

    status = 413


class NotAFileError(SandboxError):
    """This path is not a regular file."""

    status = 400


class FileChangedError(SandboxError):
    """This file changed since you read it; nothing was written."""
