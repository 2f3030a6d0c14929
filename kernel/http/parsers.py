"""Bodies: strict JSON (RFC 8259: no NaN, no duplicate keys, no NUL), at most 1 MiB."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from kernel.errors import DomainError

LIMIT = 1 << 20
_DEPTH = 64


class BodyTooLargeError(DomainError):
    """The body is larger than 1 MiB."""

    status = 413
    code = "too_large"


class StrictJSONParser(JSONParser):
    """Refuses what JSON parsers disagree about."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Read, bound and parse the body."""
        raw = stream.read(LIMIT + 1)
        if len(raw) > LIMIT:
            raise BodyTooLargeError
        try:
            value = json.loads(
                raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse
            )
        except (ValueError, RecursionError) as wrong:
            message = "The body is not valid JSON."
            raise ParseError(message) from wrong
        _check(value, 0)
        return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "duplicate key"
        raise ValueError(message)
    return found


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _check(value: Any, depth: int) -> None:
    """PostgreSQL stores neither NUL nor lone surrogates; refuse them at the door."""
    if depth > _DEPTH:
        message = "The body is nested too deeply."
        raise ParseError(message)
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_text(key)
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        message = "The body contains a NUL character."
        raise ParseError(message)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as wrong:
        message = "The body contains a lone surrogate."
        raise ParseError(message) from wrong
