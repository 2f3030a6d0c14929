"""The runtimes by name, known without importing any agent SDK.

A process that runs one loads `path` with `kernel.plugins.load` and calls the class with a
`RuntimeHost`. Adding a runtime is adding its module and one entry here; the contract suite then
covers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sessions_app.runtimes.base import Capabilities

DEFAULT = "embedded"


@dataclass(frozen=True, kw_only=True)
class RuntimeEntry:
    """A runtime as lists and checks show it; `extra` names the optional requirements it needs."""

    name: str
    title: str
    path: str
    capabilities: Capabilities
    extra: str = ""


_ENTRIES = (
    RuntimeEntry(
        name="embedded",
        title="Commands and plans, no model",
        path="sessions_app.runtimes.embedded:EmbeddedRuntime",
        capabilities=Capabilities(durable_approval=True, needs_model=False),
    ),
    RuntimeEntry(
        name="model",
        title="Any model provider",
        path="sessions_app.runtimes.model:ModelRuntime",
        capabilities=Capabilities(durable_approval=True),
    ),
    RuntimeEntry(
        name="claude",
        title="Claude Agent SDK",
        path="sessions_app.runtimes.claude:ClaudeRuntime",
        capabilities=Capabilities(durable_approval=False),
        extra="claude",
    ),
    RuntimeEntry(
        name="acp",
        title="Any agent that speaks the Agent Client Protocol",
        path="sessions_app.runtimes.acp:AcpRuntime",
        capabilities=Capabilities(durable_approval=False, brokered=False),
    ),
)

RUNTIMES: Mapping[str, RuntimeEntry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
