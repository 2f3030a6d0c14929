"""Which back end this machine can run: the highest level that proves itself, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kernel.sandbox.backend import Level, ProbeResult, Sandbox


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The back end to use. `passed_over` says why each higher level is not available."""

    sandbox: Sandbox
    probe: ProbeResult
    passed_over: Mapping[str, ProbeResult]


@dataclass(frozen=True, kw_only=True)
class Unavailable:
    """No back end works: commands must be refused with this reason and remedy."""

    reason: str
    remedy: str
    passed_over: Mapping[str, ProbeResult]
    level: Level = Level.NONE


async def select(backends: Sequence[Sandbox]) -> Chosen | Unavailable:
    """Probe from the highest level down and take the first that holds.

    There is no level below landlock: a plain subprocess is never the answer.
    """
    failed: dict[str, ProbeResult] = {}
    for backend in sorted(backends, key=lambda backend: backend.level, reverse=True):
        result = await backend.probe()
        if result.ok:
            return Chosen(sandbox=backend, probe=result, passed_over=failed)
        failed[backend.name] = result
    reasons = " ".join(f"{name}: {result.reason}" for name, result in failed.items())
    remedies = [result.remedy for result in failed.values() if result.remedy]
    return Unavailable(
        reason=f"No sandbox works on this machine. {reasons}".strip(),
        remedy=" Or: ".join(dict.fromkeys(remedies)),
        passed_over=failed,
    )
