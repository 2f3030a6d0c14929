"""The runtime for any model provider, through pydantic-ai; importing it takes seconds."""

from sessions_app.runtimes.model.runtime import ModelRuntime

__all__ = ["ModelRuntime"]
