"""A cast for tests that need real transactions."""

from __future__ import annotations

import pytest

from tests.factories.cast import Cast, make_cast
from tests.factories.facts import facts

__all__ = ["facts"]


@pytest.fixture
def transactional_cast(transactional_db: None) -> Cast:
    """The cast, committed."""
    return make_cast()
