"""The report as people read it, in blocks, made from its document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from sessions_app.engine.reports.blocks import (
    CODE,
    STRONG,
    Block,
    Line,
    Listing,
    Paragraph,
    Quote,
    Span,
    Table,
    Title,
    text,
)
from sessions_app.engine.reports.document import Call, Document
from sessions_app.engine.reports.prose import blocks_of

SHOWN_CALLS = 300
SHOWN_PROMPT = 20_000
_OUTCOMES = {
    "completed": "The agent finished",
    "failed": "It failed",
    "cancelled": "Somebody stopped it",
}


def compose(document: Document) -> list[Block]:
    """Title and outcome first, then what was asked, the agent's answer, the calls, the links."""
    return [
        Title(1, document.title),
        Paragraph(_outcome(document)),
        _facts(document),
        Title(2, "What was asked"),
        Listing(_cut(document.prompt, SHOWN_PROMPT)),
        *_answer(document),
        *_calls(document),
        Title(2, "Links"),
        *(
            Paragraph((Span(f"{name}: "), Span(url, url=url)))
            for name, url in (
                ("Session", document.links.session),
                ("Execution", document.links.execution),
                ("Task", document.links.task),
                ("This report", document.links.report),
            )
        ),
    ]


def _outcome(document: Document) -> Line:
    word = _OUTCOMES.get(document.outcome, document.outcome)
    if not document.error:
        return (Span(f"{word}.", STRONG),)
    return Span(f"{word}: ", STRONG), Span(document.error)


def _facts(document: Document) -> Table:
    asked = document.runtime != "embedded"
    rows: list[tuple[str, str]] = [
        ("Executed by", document.requested_by.name),
        ("Set going by", "its schedule" if document.trigger == "schedule" else "hand"),
        ("Due", moment(document.due_at)),
        ("Began", moment(document.started_at)),
        ("Ended", moment(document.finished_at)),
        ("Took", duration(document.duration_ms)),
        ("Runtime", " ".join(filter(None, (document.runtime, document.model)))),
        ("Tool calls", str(document.tool_calls_total)),
        ("Tokens", f"{document.input_tokens} in, {document.output_tokens} out" if asked else ""),
        ("Cost", money(document.cost_usd) if asked else "none: no model was asked"),
    ]
    rows += [
        (f"Variable {name}", _cut(value if isinstance(value, str) else json.dumps(value), 1000))
        for name, value in document.variables.items()
    ]
    shown = [(name, value) for name, value in rows if value]
    return Table(
        [text("Fact"), text("Value")], [[text(name), text(value)] for name, value in shown]
    )


def _answer(document: Document) -> Iterator[Block]:
    yield Title(2, "The agent's last words")
    if document.final_text.strip():
        yield Quote(blocks_of(document.final_text))
    else:
        yield Paragraph(text("It said nothing."))


def _calls(document: Document) -> Iterator[Block]:
    yield Title(2, "Tool calls")
    if not document.tool_calls:
        yield Paragraph(text("None."))
        return
    head = [text(word) for word in ("No.", "Tool", "Input", "Outcome", "Took")]
    shown = document.tool_calls[:SHOWN_CALLS]
    yield Table(head, [_call(number, call) for number, call in enumerate(shown, 1)])
    if document.tool_calls_total > len(shown):
        more = document.tool_calls_total - len(shown)
        yield Paragraph(text(f"{more} more calls: the session has them."))


def _call(number: int, call: Call) -> list[Line]:
    status = call.status if call.exit_code is None else f"{call.status} ({call.exit_code})"
    return [
        text(number),
        text(call.tool, CODE),
        text(_cut(call.brief, 200), CODE),
        text(status),
        text(duration(call.duration_ms)),
    ]


def moment(at: datetime | None) -> str:
    """A moment to the second, in UTC."""
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(milliseconds: int | None) -> str:
    """How long something took, as short as it can be said."""
    if milliseconds is None:
        return "—"
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds // 60_000} min {milliseconds // 1000 % 60} s"


def money(amount: Decimal | None) -> str:
    """An amount in dollars; an unknown one is never nothing."""
    return "not known" if amount is None else f"${amount:.4f}"


def _cut(value: str, most: int) -> str:
    return value if len(value) <= most else f"{value[:most]} … ({len(value) - most} more)"
