"""The verbs of sessions. A verb locks the session first, so everything in it has one order."""

from sessions_app.services import (
    approvals,
    creation,
    executions,
    forking,
    lifecycle,
    presence,
    prompting,
    reading,
    reports,
    retention,
    runs,
    secrets,
    sharing,
    tasks,
    tool_calls,
)

__all__ = [
    "approvals",
    "creation",
    "executions",
    "forking",
    "lifecycle",
    "presence",
    "prompting",
    "reading",
    "reports",
    "retention",
    "runs",
    "secrets",
    "sharing",
    "tasks",
    "tool_calls",
]
