"""Opens the agent's session for a turn and writes the prompt's blocks."""

from __future__ import annotations

import hashlib
import json

from acp import RequestError, text_block
from acp.core import ClientSideConnection
from acp.schema import AgentCapabilities, TextContentBlock

from sessions_app.runtimes.acp.updates import Updates
from sessions_app.runtimes.base import TurnRequest
from sessions_app.runtimes.conversation import instructions, missed, prompt_text, transcript
from sessions_app.runtimes.host import AgentCommand

FORMAT = "acp/1"


def export(agent: AgentCommand, session_id: str, prompt: str) -> bytes:
    """The state: which session of which agent goes on, and the last prompt it saw."""
    document = {
        "format": FORMAT,
        "agent": _digest(agent),
        "session": session_id,
        "prompt": prompt,
    }
    return json.dumps(document).encode()


async def open_session(
    connection: ClientSideConnection,
    abilities: AgentCapabilities | None,
    updates: Updates,
    turn: TurnRequest,
    agent: AgentCommand,
) -> tuple[str, bool]:
    """The id of the session to prompt, and whether it is new.

    A session the agent no longer has, or cannot load, is replaced by a new one.
    """
    known = _session_of(turn.state, agent)
    if known and abilities is not None:
        updates.silent = True
        try:
            if abilities.session_capabilities and abilities.session_capabilities.resume:
                await connection.resume_session(cwd=agent.cwd, session_id=known)
                return known, False
            if abilities.load_session:
                await connection.load_session(cwd=agent.cwd, session_id=known)
                return known, False
        except RequestError:
            known = ""
        finally:
            updates.silent = False
    return (await connection.new_session(cwd=agent.cwd)).session_id, True


def prompt_blocks(turn: TurnRequest, *, is_new: bool) -> list[TextContentBlock]:
    """The prompt; before it what the agent's session does not know."""
    if is_new:
        head = [instructions(turn), transcript(turn.history)]
    else:
        head = [transcript(missed(turn.history, _field(turn.state, "prompt")))]
    return [text_block(text) for text in (*head, prompt_text(turn)) if text]


def _session_of(state: bytes | None, agent: AgentCommand) -> str:
    own = _field(state, "format") == FORMAT and _field(state, "agent") == _digest(agent)
    return _field(state, "session") if own else ""


def _field(state: bytes | None, name: str) -> str:
    try:
        return str(json.loads(state or b"{}")[name])
    except (ValueError, KeyError, TypeError):
        return ""


def _digest(agent: AgentCommand) -> str:
    return hashlib.sha256(json.dumps(agent.argv).encode()).hexdigest()
