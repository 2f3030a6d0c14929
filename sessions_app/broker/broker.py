"""One call's way through the broker."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from identity.public import stop_over, stopped
from kernel.actors import Actor
from kernel.blobs import write as write_blob
from kernel.errors import DomainError
from kernel.redaction import Redactor
from kernel.sandbox import SandboxError
from kernel.text import storable
from kernel.threads import threaded
from sessions_app.broker import shown, tools
from sessions_app.broker.before_danger import DangerousCall, prepare
from sessions_app.broker.ceiling import Ceiling, as_of_now
from sessions_app.broker.execution import WAYS, Executed, Place
from sessions_app.broker.judgement import Judgement, judge
from sessions_app.broker.output import Output, capped
from sessions_app.broker.walls import walls_of
from sessions_app.enums import ApprovalStatus, ToolStatus
from sessions_app.models import AgentSession, ToolCall
from sessions_app.runtimes.base import ToolOutcome, ToolRequest, ToolSpec
from sessions_app.safety import Call, Danger
from sessions_app.selectors.stops import require_under_way
from sessions_app.selectors.tool_calls import find_call, find_decided, still_stands
from sessions_app.services import tool_calls as verbs

log = logging.getLogger(__name__)
Way = Callable[[Place, Mapping[str, Any], Output], Awaitable[Executed]]
Deliver = Callable[[UUID, str], Awaitable[None]]
UNKNOWN_END = "This call was started before and its end is not known; it was not repeated."
TIGHTENED = "The rules changed before this call began; ask again."
NO_LONGER = "Whoever approved this may no longer decide here; ask again."


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A tool this session may use, with its hints and the way it is executed."""

    spec: ToolSpec
    run: Way
    annotations: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Given:
    """A call with what is offered and how it was judged just now."""

    request: ToolRequest
    offered: Offered
    judgement: Judgement
    ceiling: Ceiling


def built_in() -> dict[str, Offered]:
    """The tools every session has."""
    return {name: Offered(spec=spec, run=WAYS[name]) for name, spec in tools.BUILT_IN.items()}


@dataclass(kw_only=True)
class Broker:
    """The broker of one run. It holds no state that a restart would miss."""

    organization_id: UUID
    session_id: UUID
    run_id: UUID
    epoch: int
    actor: Actor
    ceiling: Ceiling
    place: Place
    offered: Mapping[str, Offered]
    deliver: Deliver
    settle: Callable[[], Awaitable[None]]
    secrets: Sequence[str] = ()

    def __post_init__(self) -> None:
        self._turns: dict[tuple[str, str], asyncio.Lock] = {}

    async def call(self, request: ToolRequest) -> ToolOutcome:
        """Judge, ask, execute; a call known already continues where it stands."""
        offered = self.offered.get(request.tool)
        if offered is None:
            return ToolOutcome(status="error", content=f"There is no tool {request.tool} here.")
        if fault := tools.fault_in(offered.spec, request.arguments):
            return ToolOutcome(status="error", content=fault)
        digest = tools.input_hash(request.tool, request.arguments)
        # One name, one input at a time: a repeated call waits and finds what became of the first.
        async with self._turn("id", tools.key_of(request.call_id)), self._turn("input", digest):
            return await self._call(request, offered, digest)

    def _turn(self, *of: str) -> asyncio.Lock:
        kind, name = of
        return self._turns.setdefault((kind, name), asyncio.Lock())

    async def _call(self, request: ToolRequest, offered: Offered, digest: str) -> ToolOutcome:
        known, ceiling, stop = await threaded(self._look_up)(request, digest)
        if known is not None and known.input_hash != digest:
            return ToolOutcome(status="error", content="This call id was used for another input.")
        judgement = judge(_call(request, offered), ceiling)
        if stop is not None:
            judgement = replace(judgement, verdict="deny", reason=stop)
        given = Given(request, offered, judgement, ceiling)
        if known is not None:
            return await self._continue(known, given)
        asked = shown.asked(Redactor(self.secrets), request, digest, given.judgement)
        made: ToolCall = await self._verb(verbs.request_call, asked=asked)
        if given.judgement.verdict == "allow":
            return await self._execute(made, given)
        return _recorded(made)

    def _look_up(
        self, request: ToolRequest, digest: str
    ) -> tuple[ToolCall | None, Ceiling, str | None]:
        """What is known of the call, what holds now, and why its tool is halted, if it is."""
        require_under_way(self.run_id, self.epoch)
        known = find_call(self.run_id, tools.key_of(request.call_id)) or find_decided(
            self.run_id, request.tool, digest
        )
        stop = stop_over(self.organization_id, tools=[request.tool])
        why = stopped(stop).detail if stop else None
        return known, as_of_now(self.ceiling, self.organization_id), why

    async def _continue(self, known: ToolCall, given: Given) -> ToolOutcome:
        """A call that stands somewhere: rules and approver count as they are now."""
        if known.status == ToolStatus.RUNNING:
            return await self._finish(known, Executed(ok=False, content=UNKNOWN_END), None, 0)
        if known.status not in {ToolStatus.WAITING, ToolStatus.REQUESTED}:
            return _recorded(known)
        approval = getattr(known, "approval", None)
        if approval is not None and approval.status != ApprovalStatus.APPROVED:
            return _recorded(known)
        verdict, reason = given.judgement.verdict, given.judgement.reason
        if verdict == "deny":
            return await self._finish(known, None, None, 0, denied=reason)
        if approval is None and verdict == "ask":
            return await self._finish(known, None, None, 0, denied=TIGHTENED)
        if approval is not None and not await threaded(still_stands)(approval):
            return await self._finish(known, None, None, 0, denied=NO_LONGER)
        return await self._execute(known, given)

    async def _execute(self, call: ToolCall, given: Given) -> ToolOutcome:
        if given.judgement.danger.danger is Danger.DANGEROUS:
            fault = await prepare(self._dangerous(call, given.judgement))
            if fault:
                return await self._finish(call, Executed(ok=False, content=fault), None, 0)
        started = await self._verb(verbs.start_call, call_id=call.pk, level=self.place.level)
        if started is None:
            return ToolOutcome(status="error", content=UNKNOWN_END)
        output = Output(Redactor(self.secrets), lambda text: self.deliver(call.pk, text))
        began = time.monotonic()
        executed = await self._run(given, output)
        await output.end()
        await self.settle()
        milliseconds = int((time.monotonic() - began) * 1000)
        return await self._finish(call, executed, output, milliseconds)

    async def _run(self, given: Given, output: Output) -> Executed:
        """A tool's failure is an answer; only a fault of ours is logged as one."""
        opened, denied = tuple(given.ceiling.allowed_domains), given.ceiling.denied_domains
        walls = walls_of(given.ceiling.denied_tools)
        place = replace(self.place, domains=opened, denied_domains=denied, walls=walls)
        try:
            return await given.offered.run(place, given.request.arguments, output)
        except (DomainError, SandboxError) as refusal:
            return Executed(ok=False, content=str(refusal))
        except OSError as failure:
            return Executed(ok=False, content=failure.strerror or "The file cannot be used.")
        except Exception:
            log.exception("tool failed", extra={"tool": given.request.tool})
            return Executed(ok=False, content="The tool failed on our side; it is logged.")

    async def _finish(
        self,
        call: ToolCall,
        executed: Executed | None,
        output: Output | None,
        milliseconds: int,
        *,
        denied: str = "",
    ) -> ToolOutcome:
        outcome, content = await self._outcome(executed, output, milliseconds, denied)
        done = await self._verb(verbs.finish_call, call_id=call.pk, outcome=outcome)
        recorded = _recorded(done)
        data = shown.redacted(Redactor(self.secrets), executed.data) if executed else None
        return ToolOutcome(
            status=recorded.status, content=content, data=data or None, exit_code=done.exit_code
        )

    async def _outcome(
        self, executed: Executed | None, output: Output | None, milliseconds: int, denied: str
    ) -> tuple[verbs.Outcome, str]:
        if executed is None:
            return verbs.Outcome(status=ToolStatus.DENIED, content=denied), denied
        redactor = Redactor(self.secrets)
        text = output.text if output else ""
        note = storable(redactor.text(executed.content))
        whole = f"{text}\n{note}" if text and note else text or note
        content = capped(whole)
        spilled = None
        if len(content) < len(whole):
            spilled = await threaded(write_blob)(self.organization_id, whole.encode())
        status = ToolStatus.OK if executed.ok else ToolStatus.ERROR
        outcome = verbs.Outcome(
            status=status,
            content=content,
            exit_code=executed.exit_code,
            duration_ms=milliseconds,
            output_bytes=len(note.encode()) + (output.size if output else 0),
            spilled=spilled,
            made=executed.made,
        )
        return outcome, whole if len(whole) < 4 * len(content) else content

    def _dangerous(self, call: ToolCall, judgement: Judgement) -> DangerousCall:
        return DangerousCall(
            session_id=self.session_id,
            run_id=self.run_id,
            tool_call_id=call.pk,
            tool=call.tool,
            danger=judgement.danger,
            workspace=self.place.workspace,
        )

    async def _verb(self, verb: Callable[..., Any], **given: Any) -> Any:
        session = AgentSession(pk=self.session_id)
        return await threaded(verb)(
            self.actor, session, run_id=self.run_id, epoch=self.epoch, **given
        )


def _call(request: ToolRequest, offered: Offered) -> Call:
    return Call(tool=request.tool, arguments=request.arguments, annotations=offered.annotations)


def _recorded(call: ToolCall) -> ToolOutcome:
    """The outcome of a call as its row tells it."""
    words: Mapping[str, Any] = {
        ToolStatus.OK: "ok",
        ToolStatus.DENIED: "denied",
        ToolStatus.WAITING: "waiting",
    }
    status = words.get(call.status, "error")
    return ToolOutcome(status=status, content=call.content, exit_code=call.exit_code)
