"""Fixtures of identity's tests."""

from tests.factories.facts import facts

__all__ = ["facts"]
