"""The verbs of operators."""

from operations.services import periodic

__all__ = ["periodic"]
