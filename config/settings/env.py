"""The environment, read once, typed and checked. Nothing else in the house reads it.

Every name here is listed in `.env.example`; a test compares the two.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parents[2]


def _flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def _list(name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in os.environ.get(name, "").split(",") if part.strip())


def _number(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    if value and not value.lstrip("-").isdigit():
        message = f"{name} must be a whole number, not {value!r}"
        raise ValueError(message)
    return int(value) if value else default


def database_parts(url: str) -> dict[str, str]:
    """Split a postgres URL into Django's connection settings; a `?host=` socket is understood."""
    split = urlsplit(url)
    if split.scheme not in {"postgres", "postgresql"}:
        message = "DATABASE_URL must start with postgresql://"
        raise ValueError(message)
    host = parse_qs(split.query).get("host", [split.hostname or ""])[0]
    return {
        "NAME": unquote(split.path.lstrip("/")),
        "USER": unquote(split.username or ""),
        "PASSWORD": unquote(split.password or ""),
        "HOST": host,
        "PORT": str(split.port or ""),
    }


@dataclass(frozen=True)
class Environment:
    """What the operator may set, with its default."""

    data_dir: Path = field(
        default_factory=lambda: Path(
            os.environ.get("QUARTERDECK_DATA_DIR", BASE_DIR / ".quarterdeck")
        )
    )
    database_url: str = field(
        default_factory=lambda: os.environ.get(
            "DATABASE_URL", "postgresql://quarterdeck@localhost/quarterdeck"
        )
    )
    database_owner_url: str = field(
        default_factory=lambda: os.environ.get("DATABASE_OWNER_URL", "")
    )
    database_direct_url: str = field(
        default_factory=lambda: os.environ.get("DATABASE_DIRECT_URL", "")
    )
    database_pool: int = field(default_factory=lambda: _number("DATABASE_POOL", 16))
    public_url: str = field(
        default_factory=lambda: os.environ.get("QUARTERDECK_PUBLIC_URL", "http://127.0.0.1:8000")
    )
    allowed_hosts: tuple[str, ...] = field(
        default_factory=lambda: _list("QUARTERDECK_ALLOWED_HOSTS")
    )
    trusted_proxies: int = field(default_factory=lambda: _number("QUARTERDECK_TRUSTED_PROXIES", 0))
    secret_key: str = field(
        default_factory=lambda: (
            os.environ.get("QUARTERDECK_SECRET_KEY") or secrets.token_urlsafe(48)
        )
    )
    master_key: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_MASTER_KEY", ""))
    redis_url: str = field(default_factory=lambda: os.environ.get("REDIS_URL", ""))
    celery_broker_url: str = field(default_factory=lambda: os.environ.get("CELERY_BROKER_URL", ""))
    egress_allow: tuple[str, ...] = field(default_factory=lambda: _list("QUARTERDECK_EGRESS_ALLOW"))
    region: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_REGION", "local"))
    debug: bool = field(default_factory=lambda: _flag("QUARTERDECK_DEBUG"))
    log_level: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_LOG_LEVEL", "INFO"))
    email_url: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_EMAIL_URL", ""))
    metrics_token: str = field(
        default_factory=lambda: os.environ.get("QUARTERDECK_METRICS_TOKEN", "")
    )
    anthropic_api_key: str = field(default_factory=lambda: os.environ.get("ANTHROPIC_API_KEY", ""))
    anthropic_base_url: str = field(
        default_factory=lambda: os.environ.get("ANTHROPIC_BASE_URL", "")
    )
    openai_api_key: str = field(default_factory=lambda: os.environ.get("OPENAI_API_KEY", ""))
    openai_base_url: str = field(default_factory=lambda: os.environ.get("OPENAI_BASE_URL", ""))
    default_model: str = field(
        default_factory=lambda: os.environ.get("QUARTERDECK_DEFAULT_MODEL", "")
    )
    acp_command: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_ACP_COMMAND", ""))
    sandbox_image: str = field(
        default_factory=lambda: os.environ.get("QUARTERDECK_SANDBOX_IMAGE", "")
    )
    sandbox: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_SANDBOX", ""))
    sandbox_uid: int = field(default_factory=lambda: _number("QUARTERDECK_SANDBOX_UID", 64738))
    sessions_per_person: int = field(
        default_factory=lambda: _number("QUARTERDECK_SESSIONS_PER_PERSON", 5)
    )
    workspace_bytes: int = field(
        default_factory=lambda: _number("QUARTERDECK_WORKSPACE_BYTES", 1 << 30)
    )
    clamav: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_CLAMAV", ""))
    session_idle_hours: int = field(
        default_factory=lambda: _number("QUARTERDECK_SESSION_IDLE_HOURS", 24)
    )
    workspace_roots: tuple[str, ...] = field(
        default_factory=lambda: _list("QUARTERDECK_WORKSPACE_ROOTS")
    )
    mcp_roots: tuple[str, ...] = field(default_factory=lambda: _list("QUARTERDECK_MCP_ROOTS"))
    archive_days: int = field(default_factory=lambda: _number("QUARTERDECK_ARCHIVE_DAYS", 180))
    trash_days: int = field(default_factory=lambda: _number("QUARTERDECK_TRASH_DAYS", 30))
    drain_seconds: int = field(default_factory=lambda: _number("QUARTERDECK_DRAIN_SECONDS", 1))

    @property
    def broker_folder(self) -> Path | None:
        """Where the default file-system broker keeps its messages; None with another broker."""
        other = self.celery_broker_url or self.redis_url
        return None if other else self.data_dir / "celery"

    @property
    def direct_url(self) -> str:
        """A connection that bypasses poolers: LISTEN and session advisory locks need one."""
        return self.database_direct_url or self.database_url

    @property
    def https(self) -> bool:
        """Whether people reach this installation by TLS; decides cookie names and HSTS."""
        return self.public_url.startswith("https://")


environment = Environment()
