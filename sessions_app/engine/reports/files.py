"""A report in every format at once."""

from __future__ import annotations

import json

from sessions_app.engine.reports import html, markdown, pdf
from sessions_app.engine.reports.composition import compose
from sessions_app.engine.reports.document import Document


def write_all(document: Document) -> dict[str, bytes]:
    """The report in every format; the same document makes the same bytes."""
    blocks = compose(document)
    whole = json.dumps(document.as_json(), ensure_ascii=False, indent=2) + "\n"
    assert document.finished_at is not None  # noqa: S101
    return {
        "json": whole.encode(),
        "markdown": markdown.write(blocks).encode(),
        "html": html.write(blocks, document.title).encode(),
        "pdf": pdf.write(blocks, document.title, document.finished_at),
    }
