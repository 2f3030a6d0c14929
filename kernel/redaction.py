"""Secrets never reach logs, streams, the ledger or error text: known values and known shapes."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "[redacted]"
_SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:sk-(?:ant-)?[\w-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}"
    r"|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|qd_[a-z]+_[\w-]{30,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})",
    re.DOTALL,
)
_KEYS = re.compile(r"(?i)(passw|secret|token|authorization|api_?key|cookie|private)")


def shapes(text: str) -> str:
    """Mask what looks like a credential, whoever it belongs to."""
    return _SHAPES.sub(MASK, text)


class Redactor:
    """Masks given secret values, also in base64 and URL encoding, in whole or streamed text."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for value in values:
            if len(value) >= 6:
                forms |= {value, quote(value, safe=""), _base64(value)}
        self._forms = sorted(forms, key=len, reverse=True)
        self._held = ""

    def text(self, text: str) -> str:
        """Mask every secret in a whole text."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return shapes(text)

    def feed(self, chunk: str) -> str:
        """Mask streamed text; what could be the start of a secret is held for the next chunk."""
        joined = self._held + chunk
        for form in self._forms:
            joined = joined.replace(form, MASK)
        keep = self._overlap(joined)
        self._held = joined[len(joined) - keep :] if keep else ""
        return shapes(joined[: len(joined) - keep])

    def end(self) -> str:
        """The held rest of a stream."""
        rest, self._held = self._held, ""
        return shapes(rest)

    def _overlap(self, text: str) -> int:
        longest = 0
        for form in self._forms:
            for size in range(min(len(form) - 1, len(text)), longest, -1):
                if form.startswith(text[-size:]):
                    longest = size
                    break
        return longest


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode().rstrip("=")


class LogFilter(logging.Filter):
    """Masks log records by value shape, and extra fields by their name."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; never drops it."""
        record.msg = shapes(record.getMessage())
        record.args = ()
        for name, value in list(record.__dict__.items()):
            if isinstance(value, str) and name != "msg" and _KEYS.search(name):
                setattr(record, name, MASK)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = None
        return True
