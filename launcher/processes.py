"""The processes of one installation: what each runs, how it stops, its share of the database."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launcher.arguments import ROOT

WORKER_CHILDREN = 2
POOL_SIZE = 16
"""Connections in the pool of one process, unless `DATABASE_POOL` says otherwise."""
BESIDE_POOL = 3
"""One LISTEN, one advisory lock, one to spare."""
SPARE_CONNECTIONS = 20
"""What an embedded server offers beyond the need: for psql, benchmarks and its own three."""

MANAGE = (sys.executable, "manage.py")
CELERY = (sys.executable, "-m", "celery", "-A", "config.celery")


@dataclass(frozen=True)
class Service:
    """One line of the table of processes. `{bind}` and `{port}` are filled in at start."""

    name: str
    command: tuple[str, ...]
    stage: int
    """Stages stop one after the other, lowest first: those that take work, then those they need."""
    grace_seconds: float
    """How long it may take to stop before it is killed."""
    connections: int = BESIDE_POOL
    """Connections to the database, without the pool."""
    pooled: bool = True
    announces: bool = False
    """Announces its end to load balancers for `QUARTERDECK_DRAIN_SECONDS` before it stops."""
    first: bool = False
    """Started before the others, which wait until the pages answer: a quick start on few cores."""


SERVICES = (
    Service(
        "web",
        (*MANAGE, "web", "--bind", "{bind}", "--port", "{port}"),
        stage=0,
        grace_seconds=15,
        announces=True,
        first=True,
    ),
    Service(
        "runner",
        (*MANAGE, "runner"),
        stage=0,
        grace_seconds=10,
        first=True,
    ),
    Service(
        "worker",
        (
            *CELERY,
            "worker",
            "-Q",
            "default,workflows",
            "--concurrency",
            str(WORKER_CHILDREN),
            "--without-gossip",
            "--without-mingle",
        ),
        stage=0,
        grace_seconds=20,
        connections=WORKER_CHILDREN + 2,
        pooled=False,
    ),
    Service(
        "beat",
        (*CELERY, "beat"),
        stage=0,
        grace_seconds=5,
        connections=2,
        pooled=False,
    ),
    Service("gateway", (*MANAGE, "gateway"), stage=1, grace_seconds=10),
    Service("keeper", (*MANAGE, "keeper"), stage=1, grace_seconds=10),
)

POSTGRES_STAGE = 9
POSTGRES_GRACE_SECONDS = 60.0


@dataclass(frozen=True)
class Program:
    """Something the supervisor runs: a filled-in service, the database or a one-shot command."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    directory: Path = ROOT
    stage: int = 1
    grace_seconds: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    user: int | None = None
    group: int | None = None
    restart: bool = True


def needed_connections(given: Mapping[str, str] = os.environ) -> int:
    """Returns how many connections the whole tree may hold at once."""
    pool = int(given.get("DATABASE_POOL") or POOL_SIZE)
    return sum(service.connections + pool * service.pooled for service in SERVICES)


def max_connections() -> int:
    """Returns how many connections an embedded server has to offer."""
    return max(100, needed_connections() + SPARE_CONNECTIONS)


def service_programs(
    bind: str, port: int, environment: Mapping[str, str]
) -> dict[bool, list[Program]]:
    """Fills the table in for one installation; True: those that come first."""
    programs = [
        Program(
            service.name,
            tuple(part.format(bind=bind, port=port) for part in service.command),
            environment,
            stage=service.stage,
            grace_seconds=service.grace_seconds + _announced(service, environment),
        )
        for service in SERVICES
    ]
    early = {service.name for service in SERVICES if service.first}
    return {first: [p for p in programs if (p.name in early) is first] for first in (True, False)}


def _announced(service: Service, environment: Mapping[str, str]) -> float:
    """How long `web` refuses traffic before it even begins to stop."""
    return float(environment.get("QUARTERDECK_DRAIN_SECONDS") or 0) if service.announces else 0


def sandbox_check(given: Mapping[str, str] = os.environ) -> Program:
    """Returns the one-shot self-test of the sandbox, which ends with 1 and a sentence for none."""
    level, image = given.get("QUARTERDECK_SANDBOX", ""), given.get("QUARTERDECK_SANDBOX_IMAGE", "")
    command = (sys.executable, "-m", "kernel.sandbox", "--level", level, "--image", image)
    return Program("sandbox", command, dict(given), restart=False)


def manage_program(name: str, *arguments: str, environment: Mapping[str, str]) -> Program:
    """Returns a one-shot `manage.py` command."""
    return Program(name, (*MANAGE, *arguments), environment, restart=False)
