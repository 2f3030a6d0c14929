"""What the keeper does for sessions: expiry, idleness, archive, trash, runs nobody drives, reports
nobody makes."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, UUIDField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from kernel import clock
from kernel.actors import SystemActor
from kernel.duties import duty
from kernel.models import Job
from sessions_app.enums import (
    ACTIVE_RUNS,
    ApprovalStatus,
    FileStatus,
    ReportStatus,
    RunStatus,
    SessionStatus,
    TerminalStatus,
)
from sessions_app.models import (
    AgentSession,
    Approval,
    Attachment,
    FileChange,
    Report,
    Run,
    SessionPresence,
    SessionSecret,
    SessionTeamGrant,
    SessionUserGrant,
    Task,
    Terminal,
)
from sessions_app.selectors.secrets import stands
from sessions_app.services import (
    approvals,
    attachments,
    files,
    reports,
    retention,
    runs,
    secrets,
    tasks,
    terminals,
)
from sessions_app.services.executions import MAKE
from sessions_app.services.files import CHANGE
from sessions_app.services.prompting import TURN
from sessions_app.services.terminals import TERMINAL

KEEPER = SystemActor("keeper")
_BATCH = 100
_SILENCE = timedelta(seconds=1)
"""How long after its lease a runner may still come back, as from a lost database."""


@duty("sessions.approvals", every_seconds=5)
def expire_approvals() -> None:
    """Approvals nobody decided in time."""
    late = Approval.objects.filter(status=ApprovalStatus.PENDING, expires_at__lte=clock.now())
    for approval in late[:_BATCH]:
        approvals.expire(KEEPER, approval)


@duty("sessions.undriven", every_seconds=3)
def fail_undriven() -> None:
    """Active runs whose job was given up end with a reason instead of hanging."""
    jobs = _turns().filter(failed_at__isnull=False, created_at__gte=OuterRef("created_at"))
    _give_up(Run.objects.filter(Exists(jobs), status__in=ACTIVE_RUNS), runs.UNDRIVEN)


@duty("sessions.lost", every_seconds=1)
def fail_lost() -> None:
    """Turns whose runner fell silent end also when no other runner comes to say so."""
    late = clock.now() - _SILENCE
    jobs = _turns().filter(finished_at=None, failed_at=None, lease_until__lt=late)
    _give_up(Run.objects.filter(Exists(jobs), status=RunStatus.RUNNING), runs.LOST)


@duty("sessions.terminals", every_seconds=2)
def end_lost_terminals() -> None:
    """Terminals whose runner is gone end also when no other runner comes to say so."""
    late = Q(lease_until__lt=clock.now() - _SILENCE) | Q(failed_at__isnull=False)
    jobs = Job.objects.filter(late, kind=TERMINAL, finished_at=None)
    jobs = jobs.annotate(terminal=Cast(KeyTextTransform("terminal_id", "payload"), UUIDField()))
    lost = Terminal.objects.filter(Exists(jobs.filter(terminal=OuterRef("pk"))))
    for one in lost.exclude(status=TerminalStatus.ENDED)[:_BATCH]:
        terminals.end(KEEPER, one, reason="runner_lost")


@duty("sessions.attachments", every_seconds=600)
def forget_unsent() -> None:
    """Uploads that no prompt named."""
    late = Attachment.objects.filter(
        message=None, created_at__lt=clock.now() - attachments.UNSENT_LIFE
    )
    for one in late.select_related("session")[:_BATCH]:
        attachments.forget(KEEPER, one.session, attachment_id=one.pk)


@duty("sessions.files", every_seconds=5)
def refuse_undone() -> None:
    """Changes of files that no runner could make end with a reason, and free their file."""
    jobs = Job.objects.filter(kind=CHANGE, failed_at__isnull=False)
    jobs = jobs.annotate(change=Cast(KeyTextTransform("change_id", "payload"), UUIDField()))
    lost = FileChange.objects.filter(
        Exists(jobs.filter(change=OuterRef("pk"))), status=FileStatus.PENDING
    )
    for change in lost.select_related("session")[:_BATCH]:
        files.finish_change(
            KEEPER,
            change.session,
            change_id=change.pk,
            ending=files.Ending(
                status=FileStatus.REFUSED,
                problem="No runner could make this change; try again.",
                reason="undriven",
            ),
        )


def _turns() -> QuerySet[Job]:
    run = Cast(KeyTextTransform("run_id", "payload"), UUIDField())
    return Job.objects.filter(kind=TURN).annotate(run=run).filter(run=OuterRef("pk"))


def _give_up(found: QuerySet[Run], code: str) -> None:
    for run in found.select_related("session")[:_BATCH]:
        runs.give_up(KEEPER, run.session, run_id=run.pk, epoch=run.epoch, code=code)


@duty("sessions.reports", every_seconds=10)
def fail_unmade_reports() -> None:
    """Reports whose job was given up say so."""
    report = Cast(KeyTextTransform("report_id", "payload"), UUIDField())
    jobs = Job.objects.filter(kind=MAKE, failed_at__isnull=False).annotate(report=report)
    found = Report.objects.filter(
        Exists(jobs.filter(report=OuterRef("pk"))), status=ReportStatus.QUEUED
    )
    for one in found[:_BATCH]:
        reports.fail_report(KEEPER, one)


@duty("sessions.secrets", every_seconds=30)
def detach_expired() -> None:
    """Secrets whose attacher's share ran out; no deed says so."""
    over = {"expires_at__lte": clock.now(), "content_object": OuterRef("session")}
    grants = [
        Exists(table.objects.filter(**over)) for table in (SessionUserGrant, SessionTeamGrant)
    ]
    rows = SessionSecret.objects.filter(Q(grants[0]) | Q(grants[1]))
    for row in rows.select_related("session", "secret", "attached_by"):
        if not stands(row):
            secrets.withdraw_secret(KEEPER, row.session, attachment_id=row.pk)


@duty("sessions.presence", every_seconds=10)
def forget_presence() -> None:
    """Connections that ended without a word."""
    SessionPresence.objects.filter(expires_at__lte=clock.now()).delete()


@duty("sessions.retention", every_seconds=60)
def retain() -> None:
    """Pause what is idle, archive what is old, purge what lay in the trash long enough."""
    now = clock.now()
    open_ = AgentSession.objects.filter(trashed_at=None, archived_at=None)
    idle = open_.filter(
        status=SessionStatus.IDLE,
        active_at__lt=now - timedelta(hours=settings.SESSION_IDLE_HOURS),
    )
    for session in idle[:_BATCH]:
        retention.pause(KEEPER, session)
    old = open_.filter(
        status=SessionStatus.PAUSED, active_at__lt=now - timedelta(days=settings.ARCHIVE_DAYS)
    )
    for session in old[:_BATCH]:
        retention.archive_old(KEEPER, session)
    trashed = AgentSession.objects.filter(
        trashed_at__lt=now - timedelta(days=settings.TRASH_DAYS), purged_at=None
    )
    for session in trashed[:_BATCH]:
        retention.purge(KEEPER, session)
    gone = Task.objects.filter(
        trashed_at__lt=now - timedelta(days=settings.TRASH_DAYS), purged_at=None
    )
    for task in gone[:_BATCH]:
        tasks.purge_task(KEEPER, task)
