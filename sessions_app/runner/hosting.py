"""What an adapter is given: its providers, the guard, and a way to start an agent contained."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.conf import settings

from kernel.egress import Guard
from kernel.sandbox import Jail, SandboxedProcess, SandboxUnavailableError
from sessions_app.broker.execution import Place
from sessions_app.runner.load import Loaded
from sessions_app.runtimes.host import AgentCommand, ProviderConfig, RuntimeHost


def host_for(loaded: Loaded, place: Place) -> RuntimeHost:
    """The host of one turn; keys come from the operator's settings and go nowhere else."""
    return RuntimeHost(
        providers=providers(),
        default_model=str(loaded.session.options["model"] or settings.DEFAULT_MODEL),
        agent=_agent(place),
        spawn=_Spawner(place) if place.supervisor else None,
        guard=Guard(allow=settings.EGRESS_ALLOW),
    )


def providers() -> dict[str, ProviderConfig]:
    """The providers the operator configured, by the prefix of their models' names."""
    return {
        name: ProviderConfig(api_key=key, base_url=url)
        for name, (key, url) in settings.MODEL_PROVIDERS.items()
        if key or url
    }


def secret_values() -> list[str]:
    """What must never leave this process in a stream, ledger or error."""
    return [key for key, _url in settings.MODEL_PROVIDERS.values() if key]


def jail_of(place: Place, env: Mapping[str, str]) -> Jail:
    """The session's jail for an agent that runs contained as a whole."""
    return Jail(
        workspace=place.workspace,
        identity=place.identity,
        env=env,
        limits=replace(place.limits, wall_seconds=None),
        network=place.network,
    )


def _agent(place: Place) -> AgentCommand | None:
    if not settings.ACP_COMMAND or place.supervisor is None:
        return None
    inside = place.supervisor.sandbox.workspace_inside(jail_of(place, {}))
    return AgentCommand(argv=tuple(settings.ACP_COMMAND), cwd=inside)


class _Spawner:
    """Starts an agent inside the session's sandbox."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def __call__(self, argv: Sequence[str], env: Mapping[str, str]) -> SandboxedProcess:
        """Start `argv` with exactly `env`."""
        if self._place.supervisor is None:
            raise SandboxUnavailableError(self._place.unavailable)
        standing = self._place.walls.standing
        hidden, frozen = await asyncio.to_thread(standing, self._place.workspace)
        jail = replace(jail_of(self._place, env), hidden=hidden, frozen=frozen)
        return await self._place.supervisor.spawn(jail, argv)
