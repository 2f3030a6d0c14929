"""After commit: what may be lost runs then, one by one, each fault logged and none spread."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.db import transaction

P = ParamSpec("P")


def after_commit(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call `function` once the transaction is committed; never when it is rolled back."""

    @wraps(function)
    def run() -> None:
        function(*args, **kwargs)

    transaction.on_commit(run, robust=True)
