"""One call's way through the broker."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kernel.actors import Actor
from kernel.blobs import write as write_blob
from kernel.errors import DomainError
from kernel.redaction import Redactor
from kernel.sandbox import SandboxError
from kernel.threads import threaded
from sessions_app.broker import tools
from sessions_app.broker.before_danger import DangerousCall, prepare
from sessions_app.broker.execution import WAYS, Executed, Place
from sessions_app.broker.judgement import Ceiling, Judgement, judge
from sessions_app.broker.output import Output, capped
from sessions_app.enums import ApprovalStatus, ToolStatus
from sessions_app.models import AgentSession, ToolCall
from sessions_app.runtimes.base import ToolOutcome, ToolRequest, ToolSpec
from sessions_app.safety import Call, Danger
from sessions_app.selectors.tool_calls import find_call, find_decided
from sessions_app.services import tool_calls as verbs

log = logging.getLogger(__name__)
Way = Callable[[Place, Mapping[str, Any], Output], Awaitable[Executed]]
Deliver = Callable[[UUID, str], Awaitable[None]]
UNKNOWN_END = "This call was started before and its end is not known; it was not repeated."


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A tool this session may use, with its hints and the way it is executed."""

    spec: ToolSpec
    run: Way
    annotations: Mapping[str, Any] = field(default_factory=dict)


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

    async def call(self, request: ToolRequest) -> ToolOutcome:
        """Judge, ask, execute; a call known already continues where it stands."""
        offered = self.offered.get(request.tool)
        if offered is None:
            return ToolOutcome(status="error", content=f"There is no tool {request.tool} here.")
        if fault := tools.fault_in(offered.spec, request.arguments):
            return ToolOutcome(status="error", content=fault)
        digest = tools.input_hash(request.tool, request.arguments)
        known = await threaded(find_call)(self.run_id, request.call_id) or (
            await threaded(find_decided)(self.run_id, request.tool, digest)
        )
        if known is not None and known.input_hash != digest:
            return ToolOutcome(status="error", content="This call id was used for another input.")
        judgement = judge(_call(request, offered), self.ceiling)
        if known is not None:
            return await self._continue(known, request, offered, judgement)
        made = await self._ask_for(request, digest, judgement)
        if judgement.verdict == "allow":
            return await self._execute(made, request, offered, judgement)
        return _recorded(made)

    async def _continue(
        self, known: ToolCall, request: ToolRequest, offered: Offered, judgement: Judgement
    ) -> ToolOutcome:
        if known.status == ToolStatus.RUNNING:
            return await self._finish(known, Executed(ok=False, content=UNKNOWN_END), None, 0)
        if known.status == ToolStatus.WAITING and not _approved(known):
            return _recorded(known)
        if known.status in {ToolStatus.WAITING, ToolStatus.REQUESTED}:
            if judgement.verdict == "deny":
                return await self._finish(known, None, None, 0, denied=judgement.reason)
            return await self._execute(known, request, offered, judgement)
        return _recorded(known)

    async def _ask_for(self, request: ToolRequest, digest: str, judgement: Judgement) -> ToolCall:
        asked = verbs.Asked(
            call_id=request.call_id,
            tool=request.tool,
            input=_redacted(Redactor(self.secrets), dict(request.arguments)),
            input_hash=digest,
            verdict=judgement.verdict,
            reason=judgement.reason,
            danger=judgement.danger.danger.value,
            reasons=[{"code": r.code, "text": r.text} for r in judgement.danger.reasons],
            targets=[{"kind": t.kind, "value": t.value} for t in judgement.danger.targets],
        )
        made: ToolCall = await self._verb(verbs.request_call, asked=asked)
        return made

    async def _execute(
        self, call: ToolCall, request: ToolRequest, offered: Offered, judgement: Judgement
    ) -> ToolOutcome:
        if judgement.danger.danger is Danger.DANGEROUS:
            fault = await prepare(self._dangerous(call, judgement))
            if fault:
                return await self._finish(call, Executed(ok=False, content=fault), None, 0)
        started = await self._verb(verbs.start_call, call_id=call.pk, level=self.place.level)
        if started is None:
            return ToolOutcome(status="error", content=UNKNOWN_END)
        output = Output(Redactor(self.secrets), lambda text: self.deliver(call.pk, text))
        began = time.monotonic()
        executed = await self._run(offered, request, output)
        await output.end()
        await self.settle()
        milliseconds = int((time.monotonic() - began) * 1000)
        return await self._finish(call, executed, output, milliseconds)

    async def _run(self, offered: Offered, request: ToolRequest, output: Output) -> Executed:
        """A tool's failure is an answer; only a fault of ours is logged as one."""
        try:
            return await offered.run(self.place, request.arguments, output)
        except (DomainError, SandboxError) as refusal:
            return Executed(ok=False, content=str(refusal))
        except OSError as failure:
            return Executed(ok=False, content=failure.strerror or "The file cannot be used.")
        except Exception:
            log.exception("tool failed", extra={"tool": request.tool})
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
        outcome, shown = await self._outcome(executed, output, milliseconds, denied)
        done = await self._verb(verbs.finish_call, call_id=call.pk, outcome=outcome)
        recorded = _recorded(done)
        data = executed.data if executed else None
        return ToolOutcome(
            status=recorded.status, content=shown, data=data or None, exit_code=done.exit_code
        )

    async def _outcome(
        self, executed: Executed | None, output: Output | None, milliseconds: int, denied: str
    ) -> tuple[verbs.Outcome, str]:
        if executed is None:
            return verbs.Outcome(status=ToolStatus.DENIED, content=denied), denied
        redactor = Redactor(self.secrets)
        text = output.text if output else ""
        note = redactor.text(executed.content).replace("\x00", "\ufffd")
        whole = f"{text}\n{note}" if text and note else text or note
        shown = capped(whole)
        spilled = None
        if len(shown) < len(whole):
            spilled = await threaded(write_blob)(self.organization_id, whole.encode())
        status = ToolStatus.OK if executed.ok else ToolStatus.ERROR
        outcome = verbs.Outcome(
            status=status,
            content=shown,
            exit_code=executed.exit_code,
            duration_ms=milliseconds,
            output_bytes=output.size if output else len(whole),
            spilled=spilled,
        )
        return outcome, whole if len(whole) < 4 * len(shown) else shown

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


def _approved(call: ToolCall) -> bool:
    approval = getattr(call, "approval", None)
    return approval is not None and approval.status == ApprovalStatus.APPROVED


def _recorded(call: ToolCall) -> ToolOutcome:
    """The outcome of a call as its row tells it."""
    words: Mapping[str, Any] = {
        ToolStatus.OK: "ok",
        ToolStatus.DENIED: "denied",
        ToolStatus.WAITING: "waiting",
    }
    status = words.get(call.status, "error")
    return ToolOutcome(status=status, content=call.content, exit_code=call.exit_code)


def _redacted(redactor: Redactor, value: Any) -> Any:
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, Mapping):
        return {str(key): _redacted(redactor, inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(redactor, inner) for inner in value]
    return value
