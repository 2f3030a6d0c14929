"""What can go wrong with sessions, in words people can act on."""

from __future__ import annotations

from kernel.errors import ConflictError, DomainError, QuotaError, RefusedError


class SessionQuotaError(QuotaError):
    """You have as many sessions with work under way as your quota allows."""


class WorkspaceQuotaError(QuotaError):
    """The working directory is full."""


class ArchivedError(ConflictError):
    """This session is archived; resume it first."""


class TrashedError(ConflictError):
    """This session is in the trash; restore it first."""


class BusyError(ConflictError):
    """A run is under way; cancel it or wait for it to end."""


class NothingToCancelError(ConflictError):
    """No run is under way."""


class NothingToResumeError(ConflictError):
    """There is no cancelled or failed run to repeat."""


class NotInTrashError(ConflictError):
    """This session is not in the trash."""


class ApprovalDecidedError(ConflictError):
    """This approval was decided already."""


class ApprovalChangedError(ConflictError):
    """This approval changed since you looked at it."""


class SeparateApproverError(RefusedError):
    """Your organization wants somebody else than the asker to decide."""


class BypassForbiddenError(RefusedError):
    """Your organization does not allow bypassPermissions."""


class FencedError(RuntimeError):
    """This worker no longer holds the run; what it writes must not count."""


class UnknownServerError(DomainError):
    """There is no such MCP server that you may use."""


class UnknownSecretError(RefusedError):
    """There is no such secret that you may use in sessions."""


class SecretNameTakenError(ConflictError):
    """This session has a secret under this name already."""


class SecretAttachedError(ConflictError):
    """This secret is attached to this session already."""


class SeedNotAllowedError(DomainError):
    """This path is not one the operator allows as a working directory."""


class SeedGoneError(ConflictError):
    """The directory this session is to start from is no longer there."""


class ApprovalExpiredError(ConflictError):
    """Nobody decided this in time; the agent has to ask again."""


class AlreadyOwnerError(ConflictError):
    """The owner of a session needs no share."""


class TaskTrashedError(ConflictError):
    """This task is in the trash; restore it first."""


class TaskNotInTrashError(ConflictError):
    """This task is not in the trash."""


class NoScheduleError(ConflictError):
    """This task has no schedule."""


class OverlappingError(ConflictError):
    """The execution that was due before has not ended yet."""


class OwnerRightsError(RefusedError):
    """The owner of this task may not execute it any more; another person has to take it over."""


class ReportNotReadyError(ConflictError):
    """This report is not made yet."""


class ReportGoneError(ConflictError):
    """This report could not be made; execute the task again."""


class AttachmentQuotaError(QuotaError):
    """You have as many files waiting here as a prompt could take."""


class TerminalQuotaError(QuotaError):
    """There are as many terminals open here as there may be."""


class TerminalEndedError(ConflictError):
    """This terminal has ended; open another one."""


class InfectedError(DomainError):
    """The virus scanner knows this file as harmful; it was not kept."""


class ScannerAwayError(DomainError):
    """The virus scanner does not answer, and without it no file is taken; try again later."""

    status = 503


class FileInUseError(ConflictError):
    """Somebody is saving this file at this moment; look at it again."""


class RunWritesError(ConflictError):
    """The agent is working in these files; cancel its run or wait for it to end."""
