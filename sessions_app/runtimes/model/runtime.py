"""Drives a model through pydantic-ai: streams what it says, hands its calls to the broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import httpx2
from pydantic_ai import (
    Agent,
    AgentRun,
    DeferredToolRequests,
    DeferredToolResults,
    ModelRequestNode,
)
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.messages import (
    BinaryContent,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    UserContent,
)
from pydantic_ai.models import Model
from pydantic_ai.result import AgentStream
from pydantic_ai.usage import RunUsage, UsageLimits

from kernel.egress import EgressRefusedError
from sessions_app.runtimes.base import RuntimeIO, TurnOutcome, TurnRequest, Usage
from sessions_app.runtimes.calls import CallIds, ToolNames
from sessions_app.runtimes.conversation import instructions, prompt_text
from sessions_app.runtimes.failures import Failure, failed, too_many_turns, within_seconds
from sessions_app.runtimes.host import RuntimeHost
from sessions_app.runtimes.model.errors import provider_failure
from sessions_app.runtimes.model.history import (
    Memory,
    StateError,
    complete,
    recall,
)
from sessions_app.runtimes.model.providers import ModelNotConfiguredError, open_model
from sessions_app.runtimes.model.toolset import BrokerToolset
from sessions_app.runtimes.registry import RUNTIMES

Run = AgentRun[None, Any]


class ModelRuntime:
    """Any provider pydantic-ai knows, named in the session as `provider:model`."""

    name = "model"
    capabilities = RUNTIMES["model"].capabilities

    def __init__(self, host: RuntimeHost) -> None:
        """Keep the providers of the host; the keys go nowhere but to their provider."""
        self._host = host

    async def run(self, turn: TurnRequest, io: RuntimeIO) -> TurnOutcome:
        """Drive the turn to its end, or to a call that must wait."""
        try:
            memory = recall(turn)
            name = turn.options.model or self._host.default_model
            async with open_model(name, self._host) as model:
                attempt = _Attempt(turn, memory, model, io)
                return await within_seconds(turn.options.timeout_seconds, attempt.run())
        except StateError as error:
            return failed(Failure.INVALID_STATE, str(error.__doc__))
        except ModelNotConfiguredError as error:
            return failed(Failure.NOT_CONFIGURED, str(error))


class _Attempt:
    """One attempt of a turn with an open model."""

    def __init__(self, turn: TurnRequest, memory: Memory, model: Model, io: RuntimeIO) -> None:
        self._turn, self._memory, self._model, self._io = turn, memory, model, io
        self._ids = CallIds(memory.call_counts)
        names = ToolNames(turn.tools)
        self._agent: Agent[None, Any] = Agent(
            model,
            output_type=[str, DeferredToolRequests],
            instructions=instructions(turn) or None,
            toolsets=[BrokerToolset(names, io, self._ids)],
        )

    async def run(self) -> TurnOutcome:
        """Run the rounds; every end but cancellation closes the message and exports the state."""
        outcome = await self._rounds()
        await self._io.end_message()
        return replace(outcome, state=self._memory.export())

    async def _rounds(self) -> TurnOutcome:
        messages = self._memory.messages
        try:
            async with self._open() as run:
                try:
                    async for node in run:
                        if Agent.is_model_request_node(node):
                            await self._answer(run, node)
                finally:
                    messages = run.all_messages()
                return self._ended(run)
        except UsageLimitExceeded:
            return too_many_turns(self._turn.options.max_turns)
        except (AgentRunError, EgressRefusedError, httpx2.TransportError) as error:
            return provider_failure(error, self._model.model_id)
        finally:
            keep = list(messages) if self._memory.deferred else complete(messages)
            self._memory.messages = keep
            self._memory.call_counts = self._ids.counts

    def _open(self) -> AbstractAsyncContextManager[Run]:
        turn, memory = self._turn, self._memory
        results = DeferredToolResults(approvals=dict.fromkeys(memory.deferred, True))
        memory.deferred = []
        return self._agent.iter(
            None if turn.resuming else _prompt(turn),
            message_history=memory.messages or None,
            deferred_tool_results=results if turn.resuming else None,
            usage=RunUsage(requests=memory.requests),
            usage_limits=UsageLimits(request_limit=turn.options.max_turns),
        )

    async def _speak(self, events: AsyncIterable[Any]) -> None:
        async for event in events:
            if spoken := _spoken(event):
                await self._io.text(spoken)
            elif thought := _thought(event):
                await self._io.reasoning(thought)
        await self._io.end_message()

    async def _answer(self, run: Run, node: ModelRequestNode[None, Any]) -> None:
        """One request: its answer is spoken as it comes and metered, also when cut off."""
        stream: AgentStream[None, Any]
        async with node.stream(run.ctx) as stream:
            try:
                await self._speak(stream)
            except asyncio.CancelledError:
                await self._meter(stream.response)
                raise
            if not _has_end(stream.response):
                raise UnexpectedModelBehavior("The answer has no end.")
        self._memory.requests += 1
        messages = reversed(run.all_messages())
        await self._meter(next(item for item in messages if isinstance(item, ModelResponse)))

    async def _meter(self, response: ModelResponse) -> None:
        spent = response.usage
        if not spent.has_values():
            return
        await self._io.usage(
            Usage(
                model=response.model_name or self._model.model_name,
                provider=response.provider_name or self._model.system,
                input_tokens=spent.input_tokens,
                output_tokens=spent.output_tokens,
                cache_read_tokens=spent.cache_read_tokens,
                cache_write_tokens=spent.cache_write_tokens,
                context_window=self._model.profile.get("context_window"),
            )
        )

    def _ended(self, run: Run) -> TurnOutcome:
        output = run.result.output if run.result else ""
        if not isinstance(output, DeferredToolRequests):
            return TurnOutcome(status="completed")
        self._memory.deferred = [call.tool_call_id for call in output.approvals]
        return TurnOutcome(status="waiting")


def _prompt(turn: TurnRequest) -> str | list[UserContent]:
    """The prompt, with the pictures that came with it to be looked at."""
    pictures = [
        BinaryContent(data=file.content, media_type=file.media_type)
        for file in turn.attachments
        if file.content is not None
    ]
    return [prompt_text(turn), *pictures] if pictures else prompt_text(turn)


def _has_end(response: ModelResponse) -> bool:
    """Whether the provider said why it stopped; a connection that just closes looks like an end."""
    reason = (response.provider_details or {}).get("finish_reason")
    return response.finish_reason is not None or reason is not None


def _spoken(event: Any) -> str:
    """The text an event of the stream adds to the answer."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""


def _thought(event: Any) -> str:
    """The text an event of the stream adds to the visible reasoning."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, ThinkingPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, ThinkingPartDelta):
        return event.delta.content_delta or ""
    return ""
