"""The front door of sessions: the few names that storeys above may use."""

from sessions_app.engine.variables import Variable
from sessions_app.models import AgentSession, Task
from sessions_app.selectors.counts import pending_approvals, running_sessions, runs_under_way
from sessions_app.services.creation import SessionSpec, create_session
from sessions_app.services.executions import execute_task
from sessions_app.services.prompting import Posted, prompt
from sessions_app.services.runs import RESTORED, cancel
from sessions_app.services.sharing import share
from sessions_app.services.tasks import Schedule, TaskSpec, create_task

__all__ = [
    "RESTORED",
    "AgentSession",
    "Posted",
    "Schedule",
    "SessionSpec",
    "Task",
    "TaskSpec",
    "Variable",
    "cancel",
    "create_session",
    "create_task",
    "execute_task",
    "pending_approvals",
    "prompt",
    "running_sessions",
    "runs_under_way",
    "share",
]
