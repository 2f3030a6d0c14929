"""Celery's file-system broker, made to live through the deletion of its folders.

Kombu's own ends the worker with a FileNotFoundError, and its start costs every job half a minute.
"""

from __future__ import annotations

from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem

_Kombu: Any = filesystem.Channel  # untyped


class Channel(_Kombu):  # type: ignore[misc]
    """Makes a lost folder again: what was in it were hints, which the sweep repeats."""

    def _get(self, queue: str) -> Any:
        try:
            return super()._get(queue)
        except FileNotFoundError:
            self._make_folders()
            raise Empty from None

    def _put(self, queue: str, payload: Any, **given: Any) -> None:
        try:
            super()._put(queue, payload, **given)
        except ChannelError:
            self._make_folders()
            super()._put(queue, payload, **given)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        self._make_folders()
        super()._queue_bind(exchange, routing_key, pattern, queue)

    def _size(self, queue: str) -> int:
        self._make_folders()
        return int(super()._size(queue))

    def _make_folders(self) -> None:
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True, mode=0o700)


class Transport(filesystem.Transport):
    """The transport of that channel."""

    Channel = Channel
