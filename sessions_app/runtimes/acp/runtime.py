"""Drives one prompt of an external agent and ends the agent with the attempt."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from acp import PROTOCOL_VERSION, Client, RequestError
from acp.core import ClientSideConnection
from acp.schema import (
    ClientCapabilities,
    FileSystemCapabilities,
    Implementation,
    InitializeResponse,
    PromptResponse,
)

from kernel.sandbox.errors import SandboxError
from sessions_app.runtimes.acp.client import SessionClient
from sessions_app.runtimes.acp.gate import Gate
from sessions_app.runtimes.acp.session import export, open_session, prompt_blocks
from sessions_app.runtimes.base import RuntimeIO, TurnOutcome, TurnRequest, Usage
from sessions_app.runtimes.failures import Failure, failed, too_many_turns, within_seconds
from sessions_app.runtimes.host import AgentCommand, AgentProcess, RuntimeHost, Spawn
from sessions_app.runtimes.registry import RUNTIMES

CANCEL_SECONDS = 2.0
EXIT_SECONDS = 2.0
MESSAGE_LENGTH = 300
_AUTH_REQUIRED = -32000
_ABILITIES = ClientCapabilities(
    fs=FileSystemCapabilities(read_text_file=True, write_text_file=True), terminal=True
)
_CLIENT = Implementation(name="quarterdeck", title="Quarterdeck", version="1")


class AcpRuntime:
    """Any agent with an ACP mode; its process lives as long as the attempt."""

    name = "acp"
    capabilities = RUNTIMES["acp"].capabilities

    def __init__(self, host: RuntimeHost) -> None:
        """Keep how the agent is started and who starts it."""
        self._host = host

    async def run(self, turn: TurnRequest, io: RuntimeIO) -> TurnOutcome:
        """Start the agent, prompt it, and leave nothing of it behind."""
        agent, spawn = self._host.agent, self._host.spawn
        if agent is None or spawn is None:
            message = "No ACP agent is set up. Name its command in Settings."
            return failed(Failure.NOT_CONFIGURED, message)
        return await within_seconds(turn.options.timeout_seconds, _drive(turn, io, agent, spawn))


async def _drive(
    turn: TurnRequest, io: RuntimeIO, agent: AgentCommand, spawn: Spawn
) -> TurnOutcome:
    try:
        process = await spawn(agent.argv, agent.env)
    except (OSError, SandboxError) as error:
        return failed(
            Failure.UNAVAILABLE, f"The agent could not be started: {_clean(error, agent)}"
        )
    gate = Gate(io, turn.options.max_turns)
    client = SessionClient(gate, agent.cwd)
    async with _connected(process, client) as connection:
        try:
            outcome = await _Conversation(turn, agent, gate, client, connection).run()
        except RequestError as error:
            outcome = _agent_error(error, agent)
        except ConnectionError:
            outcome = failed(Failure.AGENT, "The agent ended in the middle of the turn.")
    await io.end_message()
    return outcome


@contextlib.asynccontextmanager
async def _connected(
    process: AgentProcess, client: SessionClient
) -> AsyncIterator[ClientSideConnection]:
    """Speak with the process; on leaving close, wait a little, and kill what is left."""
    connection = ClientSideConnection(cast("Client", client), process.stdin, process.stdout)
    draining = asyncio.create_task(_drain(process.stderr))
    try:
        yield connection
    finally:
        await asyncio.shield(_end(process, client, connection, draining))


async def _end(
    process: AgentProcess,
    client: SessionClient,
    connection: ClientSideConnection,
    draining: asyncio.Task[None],
) -> None:
    await client.terminals.aclose()
    await connection.close()
    process.stdin.close()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(EXIT_SECONDS):
            await process.wait()
    await process.aclose()
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)


async def _drain(stderr: asyncio.StreamReader | None) -> None:
    """Read away what the agent logs: it may hold secrets, and a full pipe would stop the agent."""
    while stderr is not None and await stderr.read(65536):
        pass


class _Conversation:
    """One prompt over an open connection."""

    def __init__(
        self,
        turn: TurnRequest,
        agent: AgentCommand,
        gate: Gate,
        client: SessionClient,
        connection: ClientSideConnection,
    ) -> None:
        self._turn, self._agent, self._gate = turn, agent, gate
        self._client, self._connection = client, connection

    async def run(self) -> TurnOutcome:
        """Prompt, and answer when the agent has ended its turn or ours was stopped."""
        connection, turn = self._connection, self._turn
        known = await connection.initialize(PROTOCOL_VERSION, _ABILITIES, _CLIENT)
        if known.protocol_version != PROTOCOL_VERSION:
            message = f"The agent speaks version {known.protocol_version} of the protocol, not 1."
            return failed(Failure.AGENT, message)
        session_id, is_new = await open_session(
            connection, known.agent_capabilities, self._client.updates, turn, self._agent
        )
        prompt = prompt_blocks(turn, is_new=is_new)
        prompting = asyncio.create_task(connection.prompt(session_id=session_id, prompt=[*prompt]))
        try:
            ends: list[asyncio.Future[Any]] = [prompting, self._gate.stopped]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self._gate.stopped.done():
                return self._stopped()
            return await self._ended(prompting.result(), known, session_id)
        finally:
            await self._cancel(prompting, session_id)

    def _stopped(self) -> TurnOutcome:
        """The attempt is left; the next one starts from where this one started."""
        outcome = self._gate.stopped.result()
        return TurnOutcome(
            status=outcome.status,
            state=self._turn.state,
            error_code=outcome.error_code,
            error=outcome.error,
            details=outcome.details,
        )

    async def _ended(
        self, response: PromptResponse, known: InitializeResponse, session_id: str
    ) -> TurnOutcome:
        await self._gate.io.end_message()
        await self._meter(response, known)
        state = export(self._agent, session_id, self._turn.prompt)
        if response.stop_reason in ("end_turn", "cancelled"):
            return TurnOutcome(status="completed", state=state)
        if response.stop_reason == "max_turn_requests":
            return too_many_turns(self._turn.options.max_turns)
        words = {"refusal": "refused to answer", "max_tokens": "reached its limit of tokens"}
        code = Failure.REFUSED if response.stop_reason == "refusal" else Failure.CONTEXT
        return failed(code, f"The agent {words[response.stop_reason]}.")

    async def _meter(self, response: PromptResponse, known: InitializeResponse) -> None:
        if response.usage is None:
            return
        spent = response.usage
        name = known.agent_info.name if known.agent_info else self._agent.argv[0]
        usage = Usage(
            model=self._turn.options.model,
            provider=name,
            input_tokens=spent.input_tokens,
            output_tokens=spent.output_tokens,
            cache_read_tokens=spent.cached_read_tokens or 0,
            cache_write_tokens=spent.cached_write_tokens or 0,
            context_window=self._client.updates.context_window,
        )
        await self._gate.io.usage(usage)

    async def _cancel(self, prompting: asyncio.Task[PromptResponse], session_id: str) -> None:
        """Ask the agent to stop and give it a moment to keep its session in order.

        An agent that waits for our answer to a call cannot use the moment, so it gets none.
        """
        if prompting.done():
            return
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(CANCEL_SECONDS):
                await self._connection.cancel(session_id=session_id)
                if not self._gate.stopped.done():
                    await asyncio.wait({prompting})
        prompting.cancel()
        await asyncio.gather(prompting, return_exceptions=True)


def _agent_error(error: RequestError, agent: AgentCommand) -> TurnOutcome:
    if error.code == _AUTH_REQUIRED:
        message = "The agent asks to sign in. Give it its key in Settings."
        return failed(Failure.AUTHENTICATION, message)
    message = f"The agent failed (code {error.code}): {_clean(error, agent)}"
    return failed(Failure.AGENT, message, rpc_code=error.code)


def _clean(error: Exception, agent: AgentCommand) -> str:
    """The error's text without any value we gave to the agent's environment."""
    text = str(error)
    for value in _longest_first(agent.env):
        text = text.replace(value, "***")
    return text if len(text) <= MESSAGE_LENGTH else f"{text[:MESSAGE_LENGTH]} …"


def _longest_first(env: Mapping[str, str]) -> list[str]:
    return sorted((value for value in env.values() if len(value) > 3), key=len, reverse=True)
