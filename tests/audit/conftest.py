"""Fixtures of the ledger's tests."""

from __future__ import annotations

from collections import defaultdict

import pytest

from kernel import events


@pytest.fixture
def no_listeners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the listeners this test registers."""
    monkeypatch.setattr(events, "durable", defaultdict(list))
