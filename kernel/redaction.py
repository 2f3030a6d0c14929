"""Secrets never reach logs, streams, the ledger or error text: known values and known shapes."""

from __future__ import annotations

import base64
import logging
import re
import string
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
_SHAPES = re.compile(
    # A block ends before the next begins, and a token is tried once: else hostile text takes ages.
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----BEGIN ).)*?-----END [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:sk-(?:ant-)?[\w-]{20,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}"
    r"|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|qd_[a-z]+_[\w-]{30,}"
    r"|(?<!-)eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})",
    re.DOTALL,
)
# The end of a text that could still become one of the shapes: a credential's beginning, or a key
# block without its end. Streams hold it back until they know.
_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?!.*-----END [A-Z ]*PRIVATE KEY-----)", re.DOTALL
)
_BLOCK_BEGUN = re.compile(r"-{1,5}(?:B|BE|BEG|BEGI|BEGIN[A-Z -]*)?\Z")
_BEGUN = re.compile(
    r"\b(?:sk-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AKIA|qd_|eyJ)"
    r"|\b(?:s|sk|g|gh|gh[pousr]|gi|git|gith|githu|github(?:_(?:p(?:at?)?)?)?|gl|glp|glpa|glpat"
    r"|x|xo|xox|xox[abprs]|A|AK|AKI|q|qd|e|ey)\Z"
)
_TOKEN = f"{string.ascii_letters}{string.digits}_.-"
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_URL_SAFE = str.maketrans("+/", "-_")
_HELD_LIMIT = 16 * 1024
_KEYS = re.compile(r"(?i)(passw|secret|token|authorization|api_?key|cookie|private)")


def shapes(text: str, start: int = 0) -> str:
    """Mask what looks like a credential, whoever it belongs to; what lies before `start` is only
    looked at, since it may decide whether a credential begins there."""
    parts, done = [], start
    for found in _SHAPES.finditer(text, start):
        parts += [text[done : found.start()], MASK]
        done = found.end()
    return "".join([*parts, text[done:]])


class Redactor:
    """Masks given secret values, also in base64 and URL encoding, in whole or streamed text."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for value in values:
            if len(value) >= 6:
                forms |= {value, *_urls(value), *_base64(value)}
        self._forms = sorted(forms, key=len, reverse=True)
        self._held = self._last = ""

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
        cut = _whole(joined, len(joined) - max(self._overlap(joined), _begun(joined)))
        self._held = joined[cut:]
        return self._shown(joined[:cut])

    def end(self) -> str:
        """The held rest of a stream."""
        rest, self._held = self._held, ""
        return self._shown(rest)

    def _shown(self, text: str) -> str:
        """Masked in sight of the character before it, which is out already: `ask-` begins none."""
        last, self._last = self._last, text[-1:] or self._last
        return shapes(last + text, len(last))

    def _overlap(self, text: str) -> int:
        longest = 0
        for form in self._forms:
            for size in range(min(len(form) - 1, len(text)), longest, -1):
                if form.startswith(text[-size:]):
                    longest = size
                    break
        return longest


def _begun(text: str) -> int:
    """How much of the end could be a credential's beginning; bounded, or nothing would flow."""
    tail = text[-_HELD_LIMIT:]
    token = tail[len(tail.rstrip(_TOKEN)) :]
    ways = ((_BLOCK, tail), (_BLOCK_BEGUN, tail[-64:]), (_BEGUN, token))
    return max(
        len(part) - found.start() if (found := way.search(part)) else 0 for way, part in ways
    )


def _whole(text: str, cut: int) -> int:
    """A cut that divides no credential; what follows one may belong to a secret that overlaps it,
    so the cut lies before it as long as that much may be held."""
    for found in _SHAPES.finditer(text):
        if found.start() < cut < found.end():
            near = len(text) - found.start() <= _HELD_LIMIT
            return found.start() if near else found.end()
    return cut


def _urls(value: str) -> set[str]:
    """As addresses and forms carry it; the digits of escapes are written either way."""
    forms = {quote(value, safe=""), quote(value), quote_plus(value)}
    return forms | {_ESCAPE.sub(lambda found: found[0].lower(), form) for form in forms}


def _base64(value: str) -> set[str]:
    """As base64 holds it, alone or in the midst of something: at each of the three offsets, the
    characters that depend on nothing but the value."""
    whole = base64.b64encode(value.encode()).decode().rstrip("=")
    forms = {whole, whole.translate(_URL_SAFE)}
    for offset in range(3):
        raw = bytes(offset) + value.encode()
        text = base64.b64encode(raw).decode()
        stable = text[-(-offset * 4 // 3) : len(raw) * 4 // 3]
        forms |= {stable, stable.translate(_URL_SAFE)}
    return forms


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
