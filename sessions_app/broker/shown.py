"""What people and the stream see of a call: redacted, storable, within bounds.

Commands are always shown whole, for somebody may have to approve them; of longer text (the content
of a file) the beginning and the end. The hash binds an approval to all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel.redaction import Redactor
from kernel.text import storable
from sessions_app.broker.judgement import Judgement
from sessions_app.broker.output import capped
from sessions_app.broker.tools import key_of
from sessions_app.runtimes.base import ToolRequest
from sessions_app.services.tool_calls import Asked

_SHOWN_INPUT = 128 * 1024


def redacted(redactor: Redactor, value: Any) -> Any:
    """A JSON value without secrets, storable."""
    if isinstance(value, str):
        return storable(redactor.text(value))
    if isinstance(value, Mapping):
        return {str(redacted(redactor, str(k))): redacted(redactor, v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(redactor, inner) for inner in value]
    return value


def asked(redactor: Redactor, request: ToolRequest, digest: str, judgement: Judgement) -> Asked:
    """A judged call as it is written down; what it names may hold a secret, too."""
    danger = judgement.danger
    reasons = [{"code": r.code, "text": r.text} for r in danger.reasons]
    targets = [{"kind": t.kind, "value": t.value} for t in danger.targets]
    return Asked(
        call_id=key_of(request.call_id),
        tool=request.tool,
        input=_within(redacted(redactor, dict(request.arguments))),
        input_hash=digest,
        verdict=judgement.verdict,
        reason=redacted(redactor, judgement.reason),
        danger=danger.danger.value,
        reasons=redacted(redactor, reasons),
        targets=redacted(redactor, targets),
    )


def _within(value: Any) -> Any:
    if isinstance(value, str):
        return capped(value, _SHOWN_INPUT)
    if isinstance(value, dict):
        return {key: _within(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_within(inner) for inner in value]
    return value
