"""Database work from asyncio: in a thread, its connection given back to the pool afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")


def threaded(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Run a synchronous function in a thread of the loop's executor."""

    @wraps(function)
    def closing(*args: P.args, **kwargs: P.kwargs) -> R:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return sync_to_async(closing, thread_sensitive=False)
