"""Drives one prompt of the Claude Agent SDK and ends its CLI with the attempt."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from claude_agent_sdk import (
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ClaudeSDKError,
    ResultMessage,
    StreamEvent,
)

from kernel.egress import EgressRefusedError
from sessions_app.runtimes.base import RuntimeIO, TurnOutcome, TurnRequest
from sessions_app.runtimes.claude.options import build_options
from sessions_app.runtimes.claude.results import result_outcome
from sessions_app.runtimes.claude.store import TranscriptStore, restore
from sessions_app.runtimes.claude.stream import StreamReader
from sessions_app.runtimes.claude.tools import BrokerServer
from sessions_app.runtimes.conversation import missed, prompt_text, transcript
from sessions_app.runtimes.failures import Failure, failed, within_seconds
from sessions_app.runtimes.host import ProviderConfig, RuntimeHost
from sessions_app.runtimes.registry import RUNTIMES

PROVIDER = "anthropic"
INTERRUPT_SECONDS = 2.0


class ClaudeRuntime:
    """The CLI runs for one attempt, in an empty home that is deleted afterwards.

    The home is this process's own and never lies in a working directory, where a tool of the
    session could replace what we start from it.
    """

    name = "claude"
    capabilities = RUNTIMES["claude"].capabilities

    def __init__(self, host: RuntimeHost) -> None:
        """Keep the host's Anthropic provider; its key goes to the CLI's environment only."""
        self._host = host

    async def run(self, turn: TurnRequest, io: RuntimeIO) -> TurnOutcome:
        """Prompt the CLI and leave no process and no file behind."""
        provider = self._host.providers.get(PROVIDER)
        model = (turn.options.model or self._host.default_model).removeprefix(f"{PROVIDER}:")
        if provider is None or not provider.api_key:
            message = "The provider anthropic has no key. Add one in Settings."
            return failed(Failure.NOT_CONFIGURED, message)
        if not model or ":" in model:
            message = "The claude runtime needs one of Anthropic's models, such as anthropic:NAME."
            return failed(Failure.NOT_CONFIGURED, message)
        try:
            await self._check(provider)
        except EgressRefusedError as error:
            return failed(Failure.UNREACHABLE, f"The provider is out of reach: {error}")
        store = restore(turn.state)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            server = BrokerServer(turn.tools, io)
            options = build_options(turn, model, provider, Path(home), (server, store))
            attempt = _Attempt(turn, io, server, store, options)
            return await within_seconds(turn.options.timeout_seconds, attempt.run())

    async def _check(self, provider: ProviderConfig) -> None:
        """Refuse an address of the provider's configuration that the guard refuses."""
        if provider.base_url:
            url = urlsplit(provider.base_url)
            port = url.port or (443 if url.scheme == "https" else 80)
            await self._host.guard.aresolve(url.hostname or "", port)


class _Attempt:
    """One run of the CLI.

    The SDK's clean-up does not survive being cancelled, so the conversation is a task of its own
    that is asked to leave, and awaited.
    """

    def __init__(
        self,
        turn: TurnRequest,
        io: RuntimeIO,
        server: BrokerServer,
        store: TranscriptStore,
        options: ClaudeAgentOptions,
    ) -> None:
        self._turn, self._io = turn, io
        self._server, self._store, self._options = server, store, options
        self._reader = StreamReader(io)
        self._leaving = asyncio.Event()

    async def run(self) -> TurnOutcome:
        """Converse to the end; when cancelled, end the CLI first."""
        conversing = asyncio.create_task(self._converse())
        try:
            return await asyncio.shield(conversing)
        finally:
            self._leaving.set()
            await asyncio.gather(conversing, return_exceptions=True)

    async def _converse(self) -> TurnOutcome:
        client = ClaudeSDKClient(self._options)
        result: ResultMessage | None = None
        try:
            await client.connect()
            await client.query(self._prompt())
            result = await self._until_left(self._read(client))
        except ClaudeSDKError:
            return failed(Failure.AGENT, "The Claude CLI ended in the middle of the turn.")
        finally:
            await self._leave(client)
        if self._server.waiting.is_set():
            return TurnOutcome(status="waiting", state=self._turn.state)
        await self._io.end_message()
        return self._ended(result)

    async def _leave(self, client: ClaudeSDKClient) -> None:
        """End the CLI; one that still streams is interrupted first, or it would stream on."""
        if self._leaving.is_set():
            with contextlib.suppress(ClaudeSDKError, TimeoutError):
                async with asyncio.timeout(INTERRUPT_SECONDS):
                    await client.interrupt()
        await client.disconnect()
        await self._reader.close()

    async def _read(self, client: ClaudeSDKClient) -> ResultMessage | None:
        async for message in client.receive_response():
            if isinstance(message, StreamEvent) and message.parent_tool_use_id is None:
                await self._reader.read(message.event)
            elif isinstance(message, ResultMessage):
                return message
        return None

    async def _until_left(
        self, reading: Coroutine[Any, Any, ResultMessage | None]
    ) -> ResultMessage | None:
        """What `reading` answers, or None when the turn is left before."""
        task = asyncio.create_task(reading)
        ends = [
            asyncio.create_task(event.wait()) for event in (self._leaving, self._server.waiting)
        ]
        await asyncio.wait([task, *ends], return_when=asyncio.FIRST_COMPLETED)
        finished = task.done()
        for pending in (task, *ends):
            pending.cancel()
        await asyncio.gather(task, *ends, return_exceptions=True)
        return task.result() if finished else None

    def _prompt(self) -> str:
        if self._store.session_id:
            unseen = missed(self._turn.history, self._store.last_prompt)
        else:
            unseen = self._turn.history
        head = transcript(unseen)
        return f"{head}\n\n{prompt_text(self._turn)}" if head else prompt_text(self._turn)

    def _ended(self, result: ResultMessage | None) -> TurnOutcome:
        if result is None:
            return failed(Failure.AGENT, "The Claude CLI ended in the middle of the turn.")
        self._store.session_id = result.session_id
        self._store.last_prompt = self._turn.prompt
        return result_outcome(result, self._turn, self._store.export())
