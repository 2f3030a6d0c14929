"""Is the work done? Processes, leases, jobs nobody takes, facts nobody could be told."""

from __future__ import annotations

import psutil

from launcher.operate.checks.base import Finding, Site
from launcher.processes import SERVICES, Service

LATE = "interval '60 seconds'"
KEEPER_LOCK = 0x51444B50
_OPEN = "finished_at IS NULL AND failed_at IS NULL"
_STALE = f"SELECT count(*) FROM kernel_job WHERE {_OPEN} AND lease_until < now() - {LATE}"
_WAITING = f"""
SELECT count(*) FROM kernel_job
 WHERE {_OPEN} AND lease_until IS NULL AND run_at < now() - {LATE} AND queue = %s
"""
_GIVEN_UP = "SELECT count(*) FROM kernel_job WHERE failed_at > now() - interval '1 day'"
_LEADER = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
_OLD_WRITE = f"""
SELECT count(*) FROM pg_stat_activity
 WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND xact_start < now() - {LATE}
"""
QUEUES = {"runner": "runner", "default": "worker", "workflows": "worker", "gateway": "gateway"}


def processes(site: Site) -> list[Finding]:
    """Every process of the house lives."""
    if site.note is None or not site.note.get("url"):
        return []
    try:
        family = psutil.Process(int(site.note["pid"])).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    lines = [" ".join(_command(process)) for process in family]
    return [
        Finding(
            f"The process {service.name} does not run.",
            f"Read {site.data_dir / 'logs' / service.name}.log; it is started again by itself.",
        )
        for service in SERVICES
        if not any(_mark(service) in line for line in lines)
    ]


def leader(site: Site) -> list[Finding]:
    """One keeper leads: without it nothing is swept, expired or delivered."""
    if site.note is None or not site.note.get("url") or site.ask(_LEADER, KEEPER_LOCK):
        return []
    text = "No keeper leads: lost work is not taken up again and facts are not delivered."
    return [Finding(text, f"Read {site.data_dir / 'logs' / 'keeper.log'}.")]


def leases(site: Site) -> list[Finding]:
    """Nobody holds work and does nothing."""
    stale = site.ask(_STALE) if _has_jobs(site) else 0
    if not stale:
        return []
    text = f"{stale} jobs are held by workers that fell silent over a minute ago."
    return [Finding(text, "Start the installation; its keeper gives them to others.")]


def queues(site: Site) -> list[Finding]:
    """While it runs, work is taken; what was given up is looked at."""
    found = []
    for queue, service in QUEUES.items() if _has_jobs(site) and site.note else ():
        if waiting := site.ask(_WAITING, queue):
            text = f"{waiting} jobs of the queue {queue} wait for over a minute."
            remedy = f"Read {site.data_dir / 'logs' / service}.log; more of it may be needed."
            found.append(Finding(text, remedy))
    if _has_jobs(site) and (lost := site.ask(_GIVEN_UP)):
        text = f"{lost} jobs were given up within a day."
        found.append(Finding(text, "See kernel_job.error and the logs of that time."))
    return found


def delivery(site: Site) -> list[Finding]:
    """Every fact reached those who listen."""
    if not site.ask("SELECT to_regclass('audit_dead_letter')"):
        return []
    parked = site.ask("SELECT count(*) FROM audit_dead_letter")
    if not parked:
        return []
    text = f"{parked} facts could not be delivered and are tried again."
    return [Finding(text, "See /readyz for the listener, and the keeper's log for its error.")]


def writes(site: Site) -> list[Finding]:
    """No transaction holds back the readers of the ledger."""
    if not (old := site.ask(_OLD_WRITE)):
        return []
    text = f"{old} transactions have been writing for over a minute; the ledger's readers wait."
    return [Finding(text, "Find them in pg_stat_activity and end them: pg_terminate_backend(pid).")]


def _has_jobs(site: Site) -> bool:
    return bool(site.ask("SELECT to_regclass('kernel_job')"))


def _mark(service: Service) -> str:
    """What its command line alone has: `manage.py web`, `config.celery beat`."""
    at = service.command.index(service.name)
    return " ".join(service.command[at - 1 : at + 1])


def _command(process: psutil.Process) -> list[str]:
    try:
        found: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return found
