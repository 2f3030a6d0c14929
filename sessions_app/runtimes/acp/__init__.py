"""The runtime for any agent that speaks the Agent Client Protocol over standard input and output.

The agent runs as a whole inside the sandbox: what it does with its own tools is contained and
shown, not brokered. Its requests for files, terminals and permission go through the broker.
"""

from sessions_app.runtimes.acp.runtime import AcpRuntime

__all__ = ["AcpRuntime"]
