"""Streams: what a command prints or is fed, as far as it is known before the call runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sessions_app.safety.values.words import NO_TRAITS, Traits

LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class Stream:
    """`text` is None when nothing is known of it; `traits` say where it came from."""

    text: str | None = None
    traits: Traits = NO_TRAITS

    def with_traits(self, *traits: str) -> Stream:
        """The same stream, also coming from these sources."""
        return Stream(self.text, self.traits.union(traits))


EMPTY = Stream("")


def computed(traits: Iterable[str] = ()) -> Stream:
    """The output of a program of which only the sources are known."""
    return Stream(None, frozenset(traits) | {"computed"})


def joined(streams: Iterable[Stream]) -> Stream:
    """Streams printed one after the other."""
    parts = [stream for stream in streams if stream is not EMPTY]
    traits = frozenset[str]().union(*(part.traits for part in parts))
    texts = [part.text for part in parts]
    if any(text is None for text in texts):
        return Stream(None, traits)
    return Stream("".join(text or "" for text in texts)[:LIMIT], traits)
