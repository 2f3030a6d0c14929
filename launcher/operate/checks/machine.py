"""The machine around it: sandbox, clock, port, mail."""

from __future__ import annotations

import smtplib
import ssl
import subprocess
import time
from urllib.parse import parse_qs, unquote, urlsplit

from launcher.address import claim_port, unready_reason
from launcher.failure import LauncherError
from launcher.operate.checks.base import Finding, Site
from launcher.processes import sandbox_check

SANDBOX_SECONDS = 60
MAIL_SECONDS = 10
LISTENING_SECONDS = 0.5
SKEW_SECONDS = 2.0
STEP_SECONDS = 0.1
STRONG = {"bubblewrap", "container"}


def sandbox(site: Site) -> list[Finding]:
    """Agents can run tools, behind a strong wall."""
    program = sandbox_check(site.given)
    try:
        ran = subprocess.run(
            program.command,
            cwd=program.directory,
            env=dict(site.given),
            capture_output=True,
            text=True,
            timeout=SANDBOX_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        text = f"The self-test of the sandbox did not end within {SANDBOX_SECONDS} s."
        return [Finding(text, "Run python -m kernel.sandbox and see where it hangs.")]
    said = (ran.stdout.strip() or ran.stderr.strip() or "it left no message").splitlines()[-1]
    if ran.returncode != 0:
        remedy = "Install bubblewrap (apt-get install bubblewrap), or set QUARTERDECK_SANDBOX."
        return [Finding(f"Agents can run no tool here: {said}", remedy)]
    if said not in STRONG:
        remedy = "Install bubblewrap (apt-get install bubblewrap)."
        return [Finding(f"The sandbox is only of the level {said}.", remedy)]
    return []


def clock(site: Site) -> list[Finding]:
    """Our clock runs evenly, agrees with the database's and is not behind the ledger."""
    wall, even = time.time(), time.monotonic()
    time.sleep(LISTENING_SECONDS)
    stepped = abs((time.time() - wall) - (time.monotonic() - even))
    remedy = "Let one time service (chrony, systemd-timesyncd) keep the clock of every machine."
    found = []
    if stepped > STEP_SECONDS:
        found.append(Finding(f"The clock jumped by {stepped:.1f} s while we looked.", remedy))
    theirs = site.ask("SELECT extract(epoch FROM clock_timestamp())::float8")
    if theirs is not None and abs(skew := theirs - time.time()) > SKEW_SECONDS:
        text = f"The database's clock is {abs(skew):.1f} s {'ahead' if skew > 0 else 'behind'}."
        found.append(Finding(text, remedy))
    if site.ask("SELECT to_regclass('audit_ledger')"):
        newest = site.ask("SELECT extract(epoch FROM max(recorded_at))::float8 FROM audit_ledger")
        if newest is not None and newest - time.time() > SKEW_SECONDS:
            ahead = newest - time.time()
            text = f"The ledger has an entry from {ahead:.0f} s ahead: the clock was set back."
            found.append(Finding(text, remedy))
    return found


def port(site: Site) -> list[Finding]:
    """Whoever runs answers and is well; else the port is free."""
    if site.note is None:
        try:
            claim_port(site.bind, site.port)
        except LauncherError as refusal:
            return [
                Finding(str(refusal), "Choose another with --port, or stop what listens there.")
            ]
        return []
    url = str(site.note.get("url") or "")
    reason = unready_reason(url) if url else ""
    if reason:
        text = f"{url} is not ready ({reason})."
        return [Finding(text, f"Look into the logs in {site.data_dir / 'logs'}.")]
    return []


def mail(site: Site) -> list[Finding]:
    """The mail server, when one is named, takes our word."""
    url = site.given.get("QUARTERDECK_EMAIL_URL", "")
    if not url:
        return []
    split = urlsplit(url)
    if split.scheme not in {"smtp", "smtps"} or not split.hostname:
        text = "QUARTERDECK_EMAIL_URL is no address of a mail server."
        return [Finding(text, "Write smtp://user:password@host:port?tls=1 or smtps://…")]
    try:
        _greet(url)
    except (OSError, smtplib.SMTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        text = f"The mail server {split.hostname} cannot be used: {reason}."
        return [Finding(text, "Check host, port, user and password of QUARTERDECK_EMAIL_URL.")]
    return []


def _greet(url: str) -> None:
    split = urlsplit(url)
    secure, host = split.scheme == "smtps", split.hostname or ""
    kind = smtplib.SMTP_SSL if secure else smtplib.SMTP
    with kind(host, split.port or (465 if secure else 587), timeout=MAIL_SECONDS) as server:
        if not secure and parse_qs(split.query).get("tls") == ["1"]:
            server.starttls(context=ssl.create_default_context())
        if split.username:
            server.login(unquote(split.username), unquote(split.password or ""))
        server.noop()
