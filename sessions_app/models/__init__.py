"""Tables of sessions."""

from sessions_app.models.approvals import Approval
from sessions_app.models.attachments import Attachment
from sessions_app.models.files import FileChange
from sessions_app.models.presence import SessionPresence
from sessions_app.models.reports import Report, ReportFile
from sessions_app.models.runs import Message, Run
from sessions_app.models.secrets import SessionSecret
from sessions_app.models.seen import SessionSeen
from sessions_app.models.sessions import (
    OPTION_DEFAULTS,
    AgentSession,
    SessionServer,
    WorkingDirectory,
)
from sessions_app.models.sharing import SessionTeamGrant, SessionUserGrant
from sessions_app.models.stream import SessionEvent
from sessions_app.models.tasks import Task, TaskExecution
from sessions_app.models.terminals import Terminal, TerminalInput
from sessions_app.models.tool_calls import ToolCall

__all__ = [
    "OPTION_DEFAULTS",
    "AgentSession",
    "Approval",
    "Attachment",
    "FileChange",
    "Message",
    "Report",
    "ReportFile",
    "Run",
    "SessionEvent",
    "SessionPresence",
    "SessionSecret",
    "SessionSeen",
    "SessionServer",
    "SessionTeamGrant",
    "SessionUserGrant",
    "Task",
    "TaskExecution",
    "Terminal",
    "TerminalInput",
    "ToolCall",
    "WorkingDirectory",
]
