"""What an adapter is given: its providers, its home, and a way to start an agent contained."""

from __future__ import annotations

from sessions_app.broker.execution import Place
from sessions_app.runner.load import Loaded
from sessions_app.runtimes.host import RuntimeHost


def host_for(loaded: Loaded, place: Place) -> RuntimeHost:
    """The host of one turn."""
    return RuntimeHost(
        default_model=str(loaded.session.sdk_options.get("model", "")),
    )
