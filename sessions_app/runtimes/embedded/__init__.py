"""The runtime without a model: it runs commands and plans exactly, and never invents text."""

from sessions_app.runtimes.embedded.interpreter import EmbeddedRuntime

__all__ = ["EmbeddedRuntime"]
