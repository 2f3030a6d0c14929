"""`doctor`: asks everything that can be asked from outside; each finding comes with its remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import Any

import psycopg

from launcher.arguments import Options
from launcher.failure import LauncherError
from launcher.instance import holder
from launcher.notices import say
from launcher.operate.checks import database as of_database
from launcher.operate.checks import files, machine, work
from launcher.operate.checks.base import Finding, Site
from launcher.operate.place import database, is_made

Check = Callable[[Site], list[Finding]]

CHECKS: dict[str, Check] = {
    "data directory": files.data_directory,
    "permissions": files.permissions,
    "disk": files.disk,
    "front end": files.frontend,
    "sandbox": machine.sandbox,
    "port": machine.port,
    "mail": machine.mail,
    "embedded database": files.cluster,
    "database roles": of_database.reachable,
    "database version": of_database.version,
    "append-only": of_database.roles,
    "migrations": of_database.migrations,
    "connections": of_database.connections,
    "durability": of_database.durability,
    "clock": machine.clock,
    "master key": files.master_key,
    "processes": work.processes,
    "keeper": work.leader,
    "leases": work.leases,
    "queues": work.queues,
    "delivery": work.delivery,
    "long writes": work.writes,
}


def run_doctor(options: Options) -> int:
    """Prints what was asked and found; 0 when all is well, 1 with findings."""
    with _site(options) as (site, trouble):
        found = examine(site) | trouble
    total = sum(len(findings) for findings in found.values())
    if options.json:
        print(json.dumps(_document(found), indent=1), flush=True)
    else:
        _show(found)
    say(f"{total} findings" if total else "all is well")
    return 1 if total else 0


def examine(site: Site, names: tuple[str, ...] = ()) -> dict[str, list[Finding]]:
    """Asks every check, or those named; one that breaks is itself a finding."""
    return {name: _asked(CHECKS[name], site) for name in names or CHECKS}


@contextmanager
def _site(options: Options) -> Iterator[tuple[Site, dict[str, list[Finding]]]]:
    """The installation with its database, and what kept us from it."""
    data_dir = options.data_dir
    site = Site(data_dir, options.bind, options.port, holder(data_dir))
    trouble: dict[str, list[Finding]] = {}
    with ExitStack() as stack:
        try:
            if is_made(data_dir):
                urls = stack.enter_context(database(data_dir, "The doctor"))
                site = replace(site, urls=urls)
                connection = stack.enter_context(connected(urls.runtime))
                site = replace(site, database=connection)
        except (LauncherError, psycopg.OperationalError) as error:
            reason = str(error).strip().splitlines()[-1]
            remedy = f"See {data_dir / 'logs' / 'postgres.log'}, or DATABASE_URL if it is yours."
            trouble = {"database": [Finding(reason, remedy)]}
        yield site, trouble


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that reads and holds nothing."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        yield connection


def _asked(check: Check, site: Site) -> list[Finding]:
    try:
        return check(site)
    except (LauncherError, psycopg.Error, OSError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        return [
            Finding(f"This could not be looked at: {reason}", "Mend that first, then ask again.")
        ]


def _document(found: dict[str, list[Finding]]) -> dict[str, Any]:
    return {
        "findings": sum(len(findings) for findings in found.values()),
        "checks": [
            {"name": name, "ok": not findings, "findings": [asdict(one) for one in findings]}
            for name, findings in found.items()
        ],
    }


def _show(found: dict[str, list[Finding]]) -> None:
    for name, findings in found.items():
        if not findings:
            print(f"ok       {name}")
        for one in findings:
            print(f"FINDING  {name}: {one.text}\n         remedy: {one.remedy}")
