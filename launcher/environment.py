"""The environment of every child process: one typed table, read by `config/settings/env.py`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.keys import keys_directory, master_key, password, stored
from launcher.roles import DatabaseUrls
from launcher.strays import TREE_VARIABLE

NAMES = {
    "data_dir": "QUARTERDECK_DATA_DIR",
    "public_url": "QUARTERDECK_PUBLIC_URL",
    "secret_key": "QUARTERDECK_SECRET_KEY",
    "master_key": "QUARTERDECK_MASTER_KEY",
    "database_url": "DATABASE_URL",
    "database_direct_url": "DATABASE_DIRECT_URL",
    "redis_url": "REDIS_URL",
    "celery_broker_url": "CELERY_BROKER_URL",
    "egress_allow": "QUARTERDECK_EGRESS_ALLOW",
    "debug": "QUARTERDECK_DEBUG",
}
"""Field → variable. The owner's URL is missing on purpose: it goes to `migrate` only."""

WITHHELD = {"DATABASE_OWNER_URL", "QUARTERDECK_CALLER_DIRECTORY", "QUARTERDECK_LAUNCH_STARTED"}


@dataclass(frozen=True)
class ServerEnvironment:
    """What the processes of one installation are told; an empty value means: not set."""

    data_dir: str
    public_url: str
    secret_key: str
    master_key: str
    database_url: str
    database_direct_url: str
    redis_url: str = ""
    celery_broker_url: str = ""
    egress_allow: str = ""
    debug: str = ""

    def variables(self) -> dict[str, str]:
        """Returns the table by the names of the variables, without the empty ones."""
        return {name: getattr(self, field) for field, name in NAMES.items() if getattr(self, field)}


def server_environment(
    data_dir: Path, address: str, urls: DatabaseUrls, given: Mapping[str, str] = os.environ
) -> ServerEnvironment:
    """Fills the table: what the operator set wins, keys are generated once under `D/keys`."""
    keys = keys_directory(data_dir)
    return ServerEnvironment(
        data_dir=str(data_dir),
        public_url=given.get("QUARTERDECK_PUBLIC_URL") or address,
        secret_key=given.get("QUARTERDECK_SECRET_KEY") or stored(keys / "django", password),
        master_key=given.get("QUARTERDECK_MASTER_KEY") or stored(keys / "master", master_key),
        database_url=urls.runtime,
        database_direct_url=given.get("DATABASE_DIRECT_URL") or urls.runtime,
        redis_url=given.get("REDIS_URL", ""),
        celery_broker_url=given.get("CELERY_BROKER_URL", ""),
        egress_allow=given.get("QUARTERDECK_EGRESS_ALLOW", ""),
        debug=given.get("QUARTERDECK_DEBUG", ""),
    )


def for_services(table: ServerEnvironment, tree: str) -> dict[str, str]:
    """Returns the whole environment of a service: ours over what we inherited."""
    inherited = {name: value for name, value in os.environ.items() if name not in WITHHELD}
    return inherited | table.variables() | {TREE_VARIABLE: tree, "PYTHONUNBUFFERED": "1"}


def for_migrations(services: Mapping[str, str], urls: DatabaseUrls) -> dict[str, str]:
    """Returns the environment of `migrate`, which alone connects as the owner."""
    owner = {"DATABASE_URL": urls.owner, "DATABASE_DIRECT_URL": urls.owner}
    return {**services, **owner, "DATABASE_OWNER_URL": urls.owner}
