"""The front door of sessions: the few names that storeys above may use."""

from sessions_app.models import AgentSession
from sessions_app.selectors.counts import pending_approvals, running_sessions, runs_under_way
from sessions_app.services.creation import SessionSpec, create_session
from sessions_app.services.prompting import Posted, prompt
from sessions_app.services.runs import RESTORED, cancel
from sessions_app.services.sharing import share

__all__ = [
    "RESTORED",
    "AgentSession",
    "Posted",
    "SessionSpec",
    "cancel",
    "create_session",
    "pending_approvals",
    "prompt",
    "running_sessions",
    "runs_under_way",
    "share",
]
