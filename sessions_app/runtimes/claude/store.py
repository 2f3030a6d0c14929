"""The CLI's transcript as the runtime's exported state.

The SDK mirrors every transcript line into the store and restores a session from it, so nothing of
a session stays on the disk between turns.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

FORMAT = "claude/1"
_MAIN = ""


class TranscriptStore:
    """A `SessionStore` of one session, in memory, exported as compressed bytes."""

    def __init__(self) -> None:
        self.session_id = ""
        self.last_prompt = ""
        self._entries: dict[str, list[dict[str, Any]]] = {}

    async def append(self, key: Mapping[str, str], entries: list[dict[str, Any]]) -> None:
        """Keep transcript lines; a line with a known `uuid` is kept once."""
        kept = self._entries.setdefault(key.get("subpath", _MAIN), [])
        known = {entry["uuid"] for entry in kept if entry.get("uuid")}
        kept.extend(entry for entry in entries if entry.get("uuid") not in known)

    async def load(self, key: Mapping[str, str]) -> list[dict[str, Any]] | None:
        """The lines kept under a key, or None."""
        return self._entries.get(key.get("subpath", _MAIN))

    async def list_subkeys(self, _key: Mapping[str, str]) -> list[str]:
        """The keys beside the main transcript."""
        return [name for name in self._entries if name != _MAIN]

    def export(self) -> bytes:
        """The whole store as bytes."""
        document = {
            "format": FORMAT,
            "session": self.session_id,
            "prompt": self.last_prompt,
            "entries": self._entries,
        }
        return zlib.compress(json.dumps(document, ensure_ascii=False).encode())


def restore(state: bytes | None) -> TranscriptStore:
    """The store a state was exported from; an empty one without a state we can read.

    The session's messages tell an agent with an empty store what was said.
    """
    store = TranscriptStore()
    try:
        document = json.loads(zlib.decompress(state or b""))
        if document["format"] == FORMAT:
            store.session_id, store.last_prompt = document["session"], document["prompt"]
            store._entries = document["entries"]
    except (ValueError, KeyError, TypeError, zlib.error):
        return TranscriptStore()
    return store
