"""Secrets never reach logs, streams, the ledger or error text: known values and known shapes."""

from __future__ import annotations

import base64
import json
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
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
SHORTEST = 6
"""Shorter values are not masked: ordinary text would go with them."""
_HEAD = 8
_PIECE = 12
_WRAPPED = (76, 64)
_WORD = re.compile(r"[^\s\"'=:,;<>{}()\[\]]+")
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
    """Masks given secret values in whole or streamed text, also encoded, also broken into lines.

    Known forms of a value are looked for in the text without its white space, so that where a
    tool wraps its output (base64 at 76 columns, `fold`) makes no difference. Of a value of several
    lines, each line and longer word is masked for itself as well.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for value in values:
            if len(value) >= SHORTEST:
                forms |= _forms(value)
        bare = {_bare(form) for form in forms}
        found = (form for form in bare if len(form) >= SHORTEST)
        self._forms = sorted(found, key=len, reverse=True)
        self._held = self._last = ""

    def text(self, text: str) -> str:
        """Mask every secret in a whole text."""
        return shapes(self._masked(text))

    def feed(self, chunk: str) -> str:
        """Mask streamed text; what could be the start of a secret is held for the next chunk."""
        raw = self._held + chunk
        cut = len(raw) - self._overlap(raw)
        # A short form may lie in a longer one that is still coming: raw until that is known.
        cut = next((start for start, end in self._spans(raw) if start < cut < end), cut)
        ready = self._masked(raw[:cut])
        joined = ready + raw[cut:]
        cut = _whole(joined, min(len(ready), len(joined) - _begun(joined)))
        self._held = joined[cut:]
        return self._shown(joined[:cut])

    def end(self) -> str:
        """The held rest of a stream."""
        rest, self._held = self._held, ""
        return self._shown(self._masked(rest))

    def _shown(self, text: str) -> str:
        """Masked in sight of the character before it, which is out already: `ask-` begins none."""
        last, self._last = self._last, text[-1:] or self._last
        return shapes(last + text, len(last))

    def _masked(self, text: str) -> str:
        parts, done = [], 0
        for start, end in self._spans(text):
            parts += [text[done:start], MASK]
            done = end
        return "".join([*parts, text[done:]])

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets stand, in order; those that overlap are one."""
        bare = _bare(text) if self._forms else ""
        spans = sorted({span for form in self._forms for span in _places(form, bare)})
        if not spans:
            return []
        where = [at for at, char in enumerate(text) if not char.isspace()]
        return [(where[start], where[end - 1] + 1) for start, end in _joined(spans)]

    def _overlap(self, text: str) -> int:
        """How much of the end could be a form's beginning, counted with its white space."""
        if not self._forms:
            return 0
        bare = _bare(text[-2 * len(self._forms[0]) - _HELD_LIMIT :])
        rest = max(_begins_at_end(form, bare) for form in self._forms)
        for at in range(len(text) - 1, -1, -1):
            if rest == 0:
                return len(text) - at - 1
            rest -= not text[at].isspace()
        return len(text)


def _bare(text: str) -> str:
    """Without white space."""
    return "".join(text.split())


def _places(form: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = text.find(form, at + len(form))


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    start, end = -1, -1
    for first, last in spans:
        if first >= end:
            if end > 0:
                yield start, end
            start = first
        end = max(end, last)
    yield start, end


def _begins_at_end(form: str, text: str) -> int:
    """The length of the longest beginning of `form`, short of all of it, that ends `text`."""
    head = form[:_HEAD]
    at = text.find(head, max(0, len(text) - len(form) + 1))
    while at >= 0:
        if form.startswith(text[at:]):
            return len(text) - at
        at = text.find(head, at + 1)
    sizes = range(min(_HEAD, len(form), len(text) + 1) - 1, 0, -1)
    return next((size for size in sizes if text.endswith(form[:size])), 0)


def _forms(value: str) -> set[str]:
    """The ways in which a value, or a part of it that is secret by itself, may stand in a text."""
    quoted = json.dumps(value)[1:-1]
    raw = value.encode("utf-8", "replace").hex()
    forms = {value, quoted, raw, raw.upper(), value[::-1], *_urls(value), *_base64(value)}
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        words = {word for line in lines for word in _WORD.findall(line)}
        pieces = {piece for piece in {*lines, *words} if len(piece) >= _PIECE}
        forms |= {piece for piece in pieces if not piece.startswith("-----")}
    return forms


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
    for width in _WRAPPED:
        # What `head` shows of a wrapped one.
        lines = {whole[at : at + width] for at in range(0, len(whole), width)}
        forms |= {line for line in lines if len(line) >= _PIECE}
    for offset in range(3):
        raw = bytes(offset) + value.encode()
        text = base64.b64encode(raw).decode()
        stable = text[-(-offset * 4 // 3) : len(raw) * 4 // 3]
        forms |= {stable, stable.translate(_URL_SAFE)}
    return forms


def masked(_logger: Any, _method: str, line: Mapping[str, Any]) -> dict[str, Any]:
    """A log line without secrets, as structlog's last step: extra fields by their name, every text
    by its shape, however deep it stands."""
    return {name: _masked(name, value) for name, value in line.items()}


def _masked(name: str, value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(name, inner) for inner in value]
    return MASK if _KEYS.search(name) else shapes(str(value))
