"""Programs that run another program, as data: how to find the command inside."""

from sessions_app.safety.shell.wrappers.form import Wrapper
from sessions_app.safety.shell.wrappers.local import LOCAL
from sessions_app.safety.shell.wrappers.project import PROJECT
from sessions_app.safety.shell.wrappers.remote import REMOTE

WRAPPERS: dict[str, list[Wrapper]] = {**LOCAL, **REMOTE, **PROJECT}

__all__ = ["WRAPPERS", "Wrapper"]
