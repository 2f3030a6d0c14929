"""A report says the same in every format, and hostile text is text in all of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import nh3
import typst
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kernel.ids import uuid7
from sessions_app.engine.reports import html, markdown, pdf
from sessions_app.engine.reports.composition import compose, duration, money
from sessions_app.engine.reports.document import Call, Document, Links, Who
from sessions_app.engine.reports.files import write_all
from sessions_app.engine.reports.prose import LONGEST, blocks_of

AT = datetime(2026, 11, 27, 7, 0, 0, 123456, tzinfo=UTC)
HOSTILE = (
    '#import "@preview/evil:1.0.0": * #panic("x") $x$ @ref <b>*not* bold</b> '
    "<script>alert(1)</script> `code` \\ // [a](javascript:alert(1)) | cell"
)
CALL = Call(
    id=uuid7(),
    tool="shell",
    input={"command": "ls"},
    brief=f"ls {HOSTILE}",
    status="ok",
    danger="none",
    exit_code=0,
    duration_ms=1234,
    output="a\n",
    output_bytes=2,
)


def document(**given: Any) -> Document:
    made = Document(
        title="Nightly",
        report_id=uuid7(),
        execution_id=uuid7(),
        task_id=uuid7(),
        session_id=uuid7(),
        trigger="manual",
        due_at=None,
        requested_by=Who(id=uuid7(), name="Alice"),
        variables={"since": "yesterday", "count": 3},
        runtime="embedded",
        model="",
        prompt="/sh ls",
        outcome="completed",
        error_code="",
        error="",
        final_text="**Done.**",
        tool_calls=[CALL],
        tool_calls_total=1,
        started_at=AT,
        finished_at=AT,
        duration_ms=0,
        input_tokens=1,
        output_tokens=2,
        cost_usd=None,
        links=Links(task="http://h/t", execution="http://h/e", session="http://h/s", report="h"),
    )
    return replace(made, **given)


def printed(made: Document) -> str:
    """The headings as the typesetter took them, as JSON."""
    data = {"title": made.title, "blocks": [pdf._named(one) for one in compose(made)]}
    return typst.query(
        pdf._SOURCE,
        "heading",
        field="body",
        sys_inputs={"report": json.dumps(data)},
        format="json",
    )


def test_the_same_document_makes_the_same_bytes() -> None:
    made = document(final_text=HOSTILE)

    first, second = write_all(made), write_all(made)

    assert first == second
    assert sorted(first) == ["html", "json", "markdown", "pdf"]


def test_the_pdf_is_tagged_and_accessible() -> None:
    made = write_all(document(final_text="# A\n\n| a | b |\n|---|---|\n| 1 | 2 |"))["pdf"]

    assert made.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in made or b"/MarkInfo" in made
    assert b"pdfuaid:part" in made


def test_a_hostile_title_is_printed_as_it_is() -> None:
    made = document(title=HOSTILE, prompt=HOSTILE, final_text=HOSTILE, error=HOSTILE)

    files = write_all(made)

    heads = json.loads(printed(made))
    assert heads[0] == {"func": "text", "text": HOSTILE}
    assert json.loads(files["json"])["title"] == HOSTILE
    page = files["html"].decode()
    assert "<script" not in page
    assert "<title>#import &quot;@preview/evil" in page


def test_html_holds_nothing_that_runs_or_calls_home() -> None:
    text = f"{HOSTILE}\n\n![x](http://evil/x.png)\n\n<img src=x onerror=alert(1)>\n\n[b](data:x)"

    body = html.body(compose(document(title=HOSTILE, final_text=text)))

    kept = nh3.clean(
        body,
        tags=set(re.findall(r"<(\w+)", body)),
        attributes={"a": {"href"}, "th": {"scope"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    assert set(re.findall(r"<(\w+)", body)) <= {
        "h1", "h2", "p", "strong", "em", "code", "pre", "blockquote", "ol", "ul", "li", "table",
        "thead", "tbody", "tr", "th", "td", "hr", "br", "a",
    }  # fmt: skip
    assert re.findall(r"<(\w+)", kept) == re.findall(r"<(\w+)", body)
    assert 'href="javascript' not in body
    assert 'href="data' not in body


READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from(list("#*_`<>[]()!|~-+=:.1 a\n\\&$@")), max_size=60))
def test_markdown_of_any_text_has_no_raw_html_and_keeps_the_outline(text: str) -> None:
    made = document(title=f"T {text}", final_text=text, error=text)

    tokens = READER.parse(markdown.write(compose(made)))

    inline = [one for token in tokens for one in (token.children or [])]
    assert not {"html_block", "html_inline", "image"} & {t.type for t in [*tokens, *inline]}
    outline = [tokens[n + 1].content for n, t in enumerate(tokens) if t.type == "heading_open"]
    assert outline[1:] == ["What was asked", "The agent's last words", "Tool calls", "Links"]


@settings(max_examples=25, deadline=None)
@given(st.text(st.sampled_from(list('#*_`<>[]()!|~-+=:."1 a\n\\&$@/é')), max_size=80))
def test_any_text_can_be_printed(text: str) -> None:
    made = pdf.write(compose(document(title=text or "-", final_text=text, error=text)), "t", AT)

    assert made.startswith(b"%PDF")


def test_what_no_font_shows_is_said() -> None:
    latin = write_all(document(final_text="Ελληνικά, кириллица, עברית, Ünïcode"))["pdf"]
    # A character of the private use area, which no font of the machine has.
    strange = write_all(document(final_text="\ue123\U000f1234"))["pdf"]

    assert b"pdfuaid:part" in latin
    assert strange.startswith(b"%PDF")
    assert b"pdfuaid:part" not in strange


def test_a_long_answer_is_cut_and_says_so() -> None:
    blocks = blocks_of("a " * LONGEST)

    assert "more characters" in blocks[-1].line[0].text


def test_the_json_is_what_the_document_says() -> None:
    read = json.loads(write_all(document(cost_usd=Decimal("0.0125")))["json"])

    assert read["version"] == 1
    assert read["variables"] == {"since": "yesterday", "count": 3}
    assert read["cost_usd"] == "0.0125"
    assert read["started_at"] == "2026-11-27T07:00:00.123456Z"
    assert [one["duration_ms"] for one in read["tool_calls"]] == [1234]


def test_figures_are_said_shortly() -> None:
    assert [duration(ms) for ms in (None, 12, 1234, 61_000)] == ["—", "12 ms", "1.2 s", "1 min 1 s"]
    assert [money(one) for one in (None, Decimal("0.5"))] == ["not known", "$0.5000"]
