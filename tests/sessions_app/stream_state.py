"""State and stream agree: what a client reduces from events is what a fresh fetch shows.

`assert_stream_matches_fetch(session, deed)` takes what a client knows, runs a deed, applies the
events it emitted, and compares with the rows. An event the reducer does not know is a failure, so
that a new one is taught to it and to the clients.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kernel.streams import page_after
from sessions_app.models import AgentSession, SessionEvent
from sessions_app.streams import SESSIONS

R = TypeVar("R")
OPEN = "open"
_OPEN_CALLS = {"requested", "waiting", "running"}
_ACTIVE = {"queued", "running", "waiting"}
_SILENT = {
    "session.created", "session.configured", "tool.output", "tool.observed",
    "file.changed", "terminal.opened", "terminal.started", "terminal.output", "terminal.ended", "file.refused",
}  # fmt: skip


@dataclass
class State:
    """What a client knows of one session."""

    seq: int = 0
    name: str | None = None
    owner: str | None = None
    shelf: dict[str, bool] = field(default_factory=lambda: {"archived": False, "trashed": False})
    status: str = "idle"
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    spoken: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    approvals: dict[str, dict[str, Any]] = field(default_factory=dict)
    shares: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: list[int] = field(default_factory=lambda: [0, 0])

    def apply(self, event: dict[str, Any]) -> None:
        """Take one event in."""
        assert event["seq"] == self.seq + 1
        self.seq += 1
        word = event["data"].get("name") if event["type"] == "CUSTOM" else event["type"]
        if word in _SILENT:
            return
        getattr(self, f"_on_{word.lower().replace('.', '_')}")(event, event["data"])

    # Messages

    def _on_text_message_start(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.spoken[data["message_id"]] = ""
        if data["role"] == "user" and event["run"] and event["run"] not in self.runs:
            self.runs[event["run"]] = "queued"
            if self.status not in _ACTIVE:
                self.status = "queued"

    def _on_text_message_content(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.spoken[data["message_id"]] += data["delta"]

    def _on_text_message_end(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        key = data["message_id"]
        said = self.spoken.pop(key)
        assert data.get("copied_from") or said == data["text"]
        self.messages[key] = {
            "role": data["role"],
            "content": data["text"],
            "seq": event["seq"],
            "run": event["run"],
        }

    def _on_reasoning_message_content(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert isinstance(data["delta"], str)

    # Runs

    def _on_prompt_queued(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert self.runs[data["run_id"]] == "queued"
        assert self.messages[data["message_id"]]["content"] == data["content"]

    def _on_run_resumed(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert data["message_id"] in self.messages
        assert self.runs[data["former_run_id"]] in {"cancelled", "failed"}
        self.runs[data["run_id"]] = self.status = "queued"

    def _on_run_started(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert self.runs[event["run"]] == "queued"
        self.runs[event["run"]] = self.status = "running"

    def _on_run_continued(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.runs[event["run"]] = self.status = "running"

    def _on_run_waiting(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.runs[event["run"]] = "waiting"
        self.status = "waiting" if self._pending(event["run"]) else "queued"

    def _on_run_finished(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self._end(event["run"], {"success": "completed"}.get(data["outcome"], data["outcome"]))

    def _on_run_error(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self._end(event["run"], "failed")

    def _end(self, run: str, status: str) -> None:
        assert self.runs[run] in _ACTIVE
        self.runs[run] = status
        self.status = "queued" if "queued" in self.runs.values() else "idle"

    # Calls and questions

    def _on_tool_call_start(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.calls[data["tool_call_id"]] = {
            "tool": data["tool"],
            "danger": data["danger"],
            "reasons": data["reasons"],
            "run": event["run"],
            "seq": event["seq"],
            "status": OPEN,
            "content": "",
            "exit_code": None,
            "blob": None,
        }

    def _on_tool_call_args(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.calls[data["tool_call_id"]]["input"] = data["args"]

    def _on_tool_call_end(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert data["tool_call_id"] in self.calls

    def _on_tool_call_result(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        call = self.calls[data["tool_call_id"]]
        assert call["status"] == OPEN
        call.update({key: data[key] for key in ("status", "content", "exit_code", "blob")})

    def _on_approval_requested(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert data["input"] == self.calls[data["tool_call_id"]]["input"]
        self.approvals[data["approval_id"]] = {
            "call": data["tool_call_id"],
            "run": event["run"],
            "status": "pending",
            "version": data["version"],
            "reason": data["reason"],
            "decided_by": None,
        }

    def _on_approval_decided(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        row = self.approvals[data["approval_id"]]
        assert row["status"] == "pending"
        row["status"], row["decided_by"] = data["status"], data["decided_by"]
        row["version"] += 1
        if self.runs[event["run"]] == "waiting" and not self._pending(event["run"]):
            self.status = "queued"

    def _pending(self, run: str) -> bool:
        mine = [one for one in self.approvals.values() if one["run"] == run]
        return any(one["status"] == "pending" for one in mine)

    # The session itself

    def _on_session_renamed(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.name = data["value"]

    def _on_session_transferred(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.owner = data["owner"]
        self.shares.pop(data["owner"], None)

    def _on_session_shared(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.shares[data["subject"]] = data["role"]

    def _on_session_unshared(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        del self.shares[data["subject"]]

    def _on_secret_attached(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.secrets[data["attachment_id"]] = data["variable"]

    def _on_secret_detached(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert self.secrets.pop(data["attachment_id"]) == data["variable"]

    def _on_session_forked(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        assert event["seq"] == 1

    def _on_session_archived(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.status, self.shelf["archived"] = "archived", True

    def _on_session_unarchived(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.status, self.shelf["archived"] = "idle", False

    def _on_session_paused(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.status = "paused"

    def _on_session_trashed(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.shelf["trashed"] = True

    def _on_session_restored(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.shelf["trashed"] = False

    def _on_usage(self, event: dict[str, Any], data: dict[str, Any]) -> None:
        self.tokens[0] += data["input_tokens"]
        self.tokens[1] += data["output_tokens"]

    def known(self) -> dict[str, Any]:
        """All of it, to be compared."""
        names = (
            "seq", "shelf", "status", "messages", "runs", "calls", "approvals", "shares", "secrets",
        )  # fmt: skip
        return {**{name: getattr(self, name) for name in names}, "tokens": tuple(self.tokens)}


def words_known() -> set[str]:
    """The types and names the reducer understands."""
    methods = {name.removeprefix("_on_") for name in vars(State) if name.startswith("_on_")}
    return methods | {word.replace(".", "_") for word in _SILENT}


def word_of(event: SessionEvent) -> str:
    """An event's word, as `words_known` has it."""
    word = event.data.get("name") if event.type == "CUSTOM" else event.type
    return str(word).lower().replace(".", "_")


def caught_up(session: AgentSession, state: State | None = None) -> State:
    """Apply everything a client has not seen, as it reads it."""
    state = state or State()
    while rows := page_after(SESSIONS, session.pk, state.seq).rows:
        for _seq, text in rows:
            state.apply(json.loads(text))
    return state


def fetched(session: AgentSession) -> dict[str, Any]:
    """The same from the rows."""
    row = AgentSession.objects.get(pk=session.pk)
    users = row.user_grants.select_related("permission")
    teams = row.team_grants.select_related("permission", "group__team")
    shares = {str(g.user_id): _role(g) for g in users}
    shares |= {str(g.group.team.pk): _role(g) for g in teams}
    return {
        "seq": row.last_seq,
        "shelf": {"archived": row.archived_at is not None, "trashed": row.trashed_at is not None},
        "status": row.status,
        "messages": {
            str(m.pk): {
                "role": m.role,
                "content": m.content,
                "seq": m.seq,
                "run": str(m.run_id) if m.run_id else None,
            }
            for m in row.messages.all()
        },
        "runs": {str(r.pk): r.status for r in row.runs.all()},
        "calls": {str(c.pk): _call(c) for c in row.tool_calls.all()},
        "approvals": {
            str(a.pk): {
                "call": str(a.tool_call_id),
                "run": str(a.run_id),
                "status": a.status,
                "version": a.version,
                "reason": a.reason,
                "decided_by": str(a.decided_by_id) if a.decided_by_id else None,
            }
            for a in row.approvals.all()
        },
        "shares": shares,
        "secrets": {str(one.pk): one.name for one in row.secrets.all()},
        "tokens": (row.input_tokens, row.output_tokens),
    }


def _role(grant: Any) -> str:
    return str(grant.permission.codename).rpartition("_")[2]


def _call(call: Any) -> dict[str, Any]:
    return {
        "tool": call.tool,
        "danger": call.danger,
        "reasons": call.reasons,
        "run": str(call.run_id),
        "seq": call.seq,
        "status": OPEN if call.status in _OPEN_CALLS else call.status,
        "content": call.content,
        "exit_code": call.exit_code,
        "blob": str(call.output_blob_id) if call.output_blob_id else None,
        "input": call.input,
    }


def assert_stream_matches_fetch(
    session: AgentSession, deed: Callable[[], R], state: State | None = None
) -> R:
    """What a client that knew everything before the deed knows after it is what is there."""
    state = caught_up(session, state)
    done = deed()
    state = caught_up(session, state)

    row = AgentSession.objects.get(pk=session.pk)
    assert state.known() == fetched(session)
    assert state.name in {None, row.name}
    assert state.owner in {None, str(row.owner_id)}
    assert row.total_messages == len(state.messages)
    assert row.total_tool_calls == len(state.calls)
    return done
