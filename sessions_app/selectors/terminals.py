"""Whether a terminal may go on, and what it showed."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

from identity.public import stop_over
from kernel import clock
from sessions_app.enums import SessionRole, TerminalStatus
from sessions_app.models import Terminal
from sessions_app.policies.access import has_role

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=8)
MOST_OUTPUT = 4 << 20
"""Characters a terminal may show in its life: all of them are kept in the stream."""
# Control sequences of terminals (ECMA-48 CSI, OSC and two-byte escapes), backspaces, bells.
_CONTROLS = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b.|[\x07\x00]"
)
_SHOWN = 200_000


def why_end(terminal_id: UUID) -> str:
    """Why a terminal must end now, or "" while it may go on."""
    found = Terminal.objects.select_related("session", "opened_by").filter(pk=terminal_id).first()
    if found is None or found.status == TerminalStatus.ENDED:
        return "closed"
    now, session = clock.now(), found.session
    if session.archived_at or session.trashed_at or session.purged_at:
        return "session_closed"
    if not has_role(found.opened_by, session, SessionRole.EDITOR):
        return "access_gone"
    if stop_over(session.organization_id, people={found.opened_by_id, session.owner_id}):
        return "stopped"
    if found.output_bytes >= MOST_OUTPUT:
        return "output_limit"
    if found.input_at < now - IDLE:
        return "idle"
    return "too_long" if found.created_at < now - LONGEST else ""


def text_of(terminal: Terminal) -> str:
    """The end of what it showed, as plain text for a page without scripts."""
    rows = terminal.session.events.filter(
        seq__gt=terminal.opened_seq,
        data__terminal_id=str(terminal.pk),
        data__name="terminal.output",
    )
    parts, size = [], 0
    for data in rows.order_by("-seq").values_list("data", flat=True).iterator(chunk_size=200):
        parts.append(str(data.get("delta", "")))
        size += len(parts[-1])
        if size > _SHOWN:
            break
    text = _CONTROLS.sub("", "".join(reversed(parts))).replace("\r\n", "\n")
    return "\n".join(line.rpartition("\r")[2] for line in text.split("\n"))
