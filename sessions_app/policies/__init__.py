"""Who may do what in sessions; `access` is the one reading of roles all faces share."""

from sessions_app.policies import sessions, tasks

__all__ = ["sessions", "tasks"]
