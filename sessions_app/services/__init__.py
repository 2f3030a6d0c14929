"""The verbs of sessions. A verb locks the session first, so everything in it has one order."""

from sessions_app.services import (
    approvals,
    attachments,
    creation,
    files,
    forking,
    lifecycle,
    presence,
    prompting,
    reading,
    retention,
    runs,
    sharing,
    terminals,
    tool_calls,
)

__all__ = [
    "approvals",
    "attachments",
    "creation",
    "files",
    "forking",
    "lifecycle",
    "presence",
    "prompting",
    "reading",
    "retention",
    "runs",
    "sharing",
    "terminals",
    "tool_calls",
]
