"""A report as a tagged PDF (PDF/UA-1) set by typst.

The source is the same for every report; what a report says is its data, read as JSON, so that no
text is ever taken for typst's markup or code. typst brings fonts for Latin, Greek, Cyrillic,
Hebrew and Arabic and takes all others from the machine; PDF/UA-1 refuses text that no font can
show, so such a report is tagged without that claim and says on its first page what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from sessions_app.engine.reports import blocks as b

_SOURCE = Path(__file__).with_name("report.typ").read_bytes()


_MISSING = (
    "Some characters of this report have no font on the machine that made it and are not shown "
    "here. The report as HTML, Markdown and JSON holds all of them."
)


def write(blocks: Sequence[b.Block], title: str, at: datetime) -> bytes:
    """The file; equal input makes equal bytes, so that a repeated job writes the same blob."""
    try:
        return _compiled(blocks, title, at, standards=["ua-1"])
    except typst.TypstError as wrong:
        if "could not be displayed" not in wrong.message:
            raise
    note = b.Paragraph(b.text(_MISSING, b.EMPHASIS))
    return _compiled([*blocks[:1], note, *blocks[1:]], title, at, standards=[])


def _compiled(
    blocks: Sequence[b.Block], title: str, at: datetime, *, standards: list[Any]
) -> bytes:
    data = {"title": title, "blocks": [_named(block) for block in blocks]}
    return typst.compile(
        _SOURCE,
        format="pdf",
        sys_inputs={"report": json.dumps(data, ensure_ascii=False)},
        pdf_standards=standards,
        timestamp=int(at.timestamp()),
    )


def _named(block: b.Block) -> dict[str, Any]:
    """A block with the name of its kind; those inside it too."""
    found: dict[str, Any] = {"kind": type(block).__name__.lower()}
    match block:
        case b.Quote():
            return {**found, "blocks": [_named(one) for one in block.blocks]}
        case b.Items():
            items = [[_named(one) for one in item] for item in block.items]
            return {**found, "ordered": block.ordered, "items": items}
    return {**found, **asdict(block)}
