"""Runs a program step by step through the broker, and reports what really happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sessions_app.runtimes.base import (
    RuntimeIO,
    ToolOutcome,
    ToolRequest,
    TurnOutcome,
    TurnRequest,
)
from sessions_app.runtimes.embedded.conditions import RESULT
from sessions_app.runtimes.embedded.parser import parse
from sessions_app.runtimes.embedded.program import (
    NotUnderstoodError,
    PlanError,
    Program,
    Step,
    label,
)
from sessions_app.runtimes.embedded.progress import Progress, ProgressError, restore
from sessions_app.runtimes.embedded.replies import not_understood, received, summary, verdict_text
from sessions_app.runtimes.embedded.shellwords import UnsafeSlotError
from sessions_app.runtimes.embedded.values import (
    MissingValueError,
    as_value,
    substitute,
    substitute_shell,
)
from sessions_app.runtimes.failures import Failure, failed, too_many_turns, within_seconds
from sessions_app.runtimes.host import RuntimeHost
from sessions_app.runtimes.registry import RUNTIMES

COMPLETED = TurnOutcome(status="completed")


class EmbeddedRuntime:
    """The default runtime: needs no model and no network.

    Steps are named by their place (`step-1`), so repeating a turn after a crash asks for the same
    calls, and the broker answers those already made from its record.
    """

    name = "embedded"
    capabilities = RUNTIMES["embedded"].capabilities

    def __init__(self, host: RuntimeHost | None = None) -> None:
        """Take the host as every runtime does; this one needs nothing of it."""

    async def run(self, turn: TurnRequest, io: RuntimeIO) -> TurnOutcome:
        """Run the prompt's program from its beginning, or from the call that was waiting."""
        if turn.attachments and not turn.resuming:
            await _speak(io, received(turn.attachments))
        try:
            program = parse(turn.prompt)
            progress = restore(turn)
        except NotUnderstoodError as error:
            await _speak(io, not_understood(str(error), turn.tools))
            return COMPLETED
        except PlanError as error:
            return failed(Failure.INVALID_PLAN, f"The plan was not run: {error}.")
        except ProgressError as error:
            return failed(Failure.INVALID_STATE, str(error.__doc__))
        if len(program.steps) > turn.options.max_turns:
            return too_many_turns(turn.options.max_turns, {"steps": len(program.steps)})
        execution = _Execution(turn, program, progress, io)
        return await within_seconds(turn.options.timeout_seconds, execution.run())


@dataclass
class _Execution:
    """One attempt at a program."""

    turn: TurnRequest
    program: Program
    progress: Progress
    io: RuntimeIO

    async def run(self) -> TurnOutcome:
        """Do the remaining steps; stop at the first that waits or ends the program."""
        while self.progress.index < len(self.program.steps):
            step = self.program.steps[self.progress.index]
            end = await self._step(step)
            if end is not None and end.status == "waiting":
                return end
            self.progress.index += 1
            if end is not None:
                await self._summarize()
                return end
        await self._summarize()
        return COMPLETED

    async def _step(self, step: Step) -> TurnOutcome | None:
        if step.when is not None and not step.when.holds(self.progress.saved):
            self._report(step, "skipped")
            return None
        try:
            if step.say:
                await _speak(self.io, str(self._filled(step.say)))
                return None
            outcome = await self._call(step)
        except MissingValueError as error:
            reason = f"not run, there is no value {error}"
            return self._failure(step, Failure.TOOL_FAILED, reason)
        except UnsafeSlotError:
            reason = "not run, a saved value cannot be a shell word"
            return self._failure(step, Failure.TOOL_FAILED, reason)
        if outcome.status == "waiting":
            state = self.progress.export(self.turn.prompt)
            return TurnOutcome(status="waiting", state=state)
        return self._judge(step, outcome)

    async def _call(self, step: Step) -> ToolOutcome:
        call_id = f"step-{self.progress.index + 1}"
        arguments = self._arguments(step)
        return await self.io.call_tool(
            ToolRequest(call_id=call_id, tool=step.tool, arguments=arguments)
        )

    def _arguments(self, step: Step) -> dict[str, Any]:
        command = step.arguments.get("command")
        if not (self.program.is_plan and step.tool == "shell" and isinstance(command, str)):
            return {key: self._filled(value) for key, value in step.arguments.items()}
        others = {key: value for key, value in step.arguments.items() if key != "command"}
        quoted = substitute_shell(command, self.progress.saved)
        return {"command": quoted, **substitute(others, self.progress.saved)}

    def _filled(self, value: Any) -> Any:
        return substitute(value, self.progress.saved) if self.program.is_plan else value

    def _judge(self, step: Step, outcome: ToolOutcome) -> TurnOutcome | None:
        result = as_value(outcome)
        if step.save_as:
            self.progress.saved[step.save_as] = result
        if outcome.status == "denied":
            return self._failure(step, Failure.TOOL_DENIED, verdict_text(outcome))
        if step.expect is not None:
            if step.expect.holds({**self.progress.saved, RESULT: result}):
                self._report(step, f"{verdict_text(outcome)}, as expected")
                return None
            reason = f"{verdict_text(outcome)}, not as expected"
            return self._failure(step, Failure.EXPECTATION_FAILED, reason)
        if outcome.status == "error" or outcome.exit_code:
            return self._failure(step, Failure.TOOL_FAILED, verdict_text(outcome))
        self._report(step, verdict_text(outcome))
        return None

    def _failure(self, step: Step, code: Failure, reason: str) -> TurnOutcome | None:
        """Report the step, and end the program unless the step says to go on."""
        self._report(step, reason)
        reaction = step.on_denied if code is Failure.TOOL_DENIED else step.on_error
        if reaction == "continue":
            return None
        if not self.program.is_plan:
            return COMPLETED
        number = self.progress.index + 1
        subject = f"Step {number} of the plan ({step.name or step.tool})"
        return failed(code, f"{subject} {_FAILED_HOW[code]}.", step=number)

    def _report(self, step: Step, reason: str) -> None:
        self.progress.reports.append(f"{label(step)}: {reason}")

    async def _summarize(self) -> None:
        left = len(self.program.steps) - self.progress.index
        for piece in summary(self.progress.reports, left):
            await self.io.text(piece)
        await self.io.end_message()


_FAILED_HOW = {
    Failure.TOOL_DENIED: "was denied",
    Failure.TOOL_FAILED: "failed",
    Failure.EXPECTATION_FAILED: "did not meet its expectation",
}


async def _speak(io: RuntimeIO, text: str) -> None:
    await io.text(text)
    await io.end_message()
