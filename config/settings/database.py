"""PostgreSQL: the only database. A pool per process, no persistent connections beside it."""

from typing import Any

from config.settings.env import database_parts, environment

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **database_parts(environment.database_url),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": environment.database_pool, "timeout": 5},
        }
        if environment.database_pool
        else {},
        "TEST": {"SERIALIZE": False},
    },
}
DATABASE_OWNER_URL = environment.database_owner_url
DATABASE_DIRECT_URL = environment.direct_url
RUNTIME_ROLE = "quarterdeck_runtime"
