"""Every address of the house, for tests that walk them all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

_PART = re.compile(r"<(?:(\w+):)?\w+>")


def routes(under: str = "") -> list[str]:
    """The routes below a prefix, with their `<kind:name>` parts."""
    return sorted({one for one in _walk(get_resolver().url_patterns, "/") if one.startswith(under)})


def filled(route: str, kinds: Mapping[str, Sequence[object]]) -> Iterator[str]:
    """A route's addresses with every combination of values of the kinds its parts name."""
    parts = [kind or "str" for kind in _PART.findall(route)]
    for values in itertools.product(*(kinds[kind] for kind in parts)):
        given = iter(values)
        yield _PART.sub(lambda _part, given=given: str(next(given)), route)


def _walk(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for one in patterns:
        if not isinstance(one.pattern, RoutePattern):
            continue
        path = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, path)
        else:
            yield path
