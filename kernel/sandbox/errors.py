"""What can go wrong between asking for a sandboxed command and its end."""

from __future__ import annotations


class SandboxError(Exception):
    """The sandbox refused or failed."""

    def __init__(self, detail: str = "", *, remedy: str = "") -> None:
        self.detail = detail or " ".join((type(self).__doc__ or "").split())
        self.remedy = remedy
        super().__init__(f"{self.detail} {remedy}".strip())


class SandboxUnavailableError(SandboxError):
    """No sandbox works on this machine, so no command is run."""


class JailNotPossibleError(SandboxError):
    """This sandbox cannot enforce what was asked of it."""


class SandboxFailedError(SandboxError):
    """The sandbox could not be set up, so the command was not run."""


class PathEscapesError(SandboxError):
    """This path leads out of the workspace."""


class FileTooLargeError(SandboxError):
    """This file is larger than the limit."""


class NotAFileError(SandboxError):
    """This path is not a regular file."""
