"""Where foreign commands run: tools of a session, stdio MCP servers, whole agents.

    enclosure = await enclose(run, wanted="", image="", guard=guard)   # one per process, at start
    supervisor = enclosure.supervisor       # None: refuse to run, and say `enclosure.unavailable`

    identity = UidRange().identity(str(session_id))      # None unless we are root
    prepare_workspace(path, identity)                    # make, own, check it can be entered
    jail = Jail(workspace=path, identity=identity, network=Network(domains=("pypi.org",)))

    done = await supervisor.run(jail, ["sh", "-c", "make"], on_output=append)       # to its end
    server = await supervisor.spawn(jail, ["/venv/bin/server"])    # stdin, stdout, stderr, kill

    with Workspace(path) as files:                       # from outside, links and all distrusted
        files.read("notes.md", max_bytes=65536)

What holds at every level: no file outside the workspace, the binds and the read-only system; no
network but the listed domains through `kernel.egress`; bounded processor time, memory, processes,
files, disk, output and wall time; an environment with nothing of ours; an unprivileged user; and
no process that outlives its run, nor this process being killed.

Levels (`Level`, shown to people): `container`, `bubblewrap`, `landlock`. What the lower ones lack
stands in their modules. Processes must be started from the main thread.
"""

from kernel.sandbox.archiving import Archive, archive_beneath
from kernel.sandbox.backend import Level, Prepared, ProbeResult, Sandbox
from kernel.sandbox.bubblewrap import BubblewrapSandbox
from kernel.sandbox.container import ContainerSandbox
from kernel.sandbox.copying import copy_beneath
from kernel.sandbox.editing import ABSENT, version_of, version_of_bytes
from kernel.sandbox.enclosure import Enclosure, enclose
from kernel.sandbox.errors import (
    FileChangedError,
    FileTooLargeError,
    JailNotPossibleError,
    NotAFileError,
    PathDeniedError,
    PathEscapesError,
    SandboxError,
    SandboxFailedError,
    SandboxUnavailableError,
    TreeTooLargeError,
)
from kernel.sandbox.jail import Bind, Identity, Jail, Limits, Network, UidRange
from kernel.sandbox.landlock import LandlockSandbox
from kernel.sandbox.ownership import WorkspaceUnreachableError, prepare_workspace
from kernel.sandbox.process import Exit, SandboxedProcess
from kernel.sandbox.quota import DiskUsage, WorkspaceTooDeepError, disk_usage
from kernel.sandbox.selection import Chosen, Unavailable, select
from kernel.sandbox.strays import Stray, StrayRegistry
from kernel.sandbox.supervisor import Completed, Supervisor
from kernel.sandbox.terminal import open_terminal, resized, typed
from kernel.sandbox.watch import KillReason
from kernel.sandbox.workspace import Content, Entry, Listing, Workspace

__all__ = [
    "ABSENT",
    "Archive",
    "Bind",
    "BubblewrapSandbox",
    "Chosen",
    "Completed",
    "ContainerSandbox",
    "Content",
    "DiskUsage",
    "Enclosure",
    "Entry",
    "Exit",
    "FileChangedError",
    "FileTooLargeError",
    "Identity",
    "Jail",
    "JailNotPossibleError",
    "KillReason",
    "LandlockSandbox",
    "Level",
    "Limits",
    "Listing",
    "Network",
    "NotAFileError",
    "PathDeniedError",
    "PathEscapesError",
    "Prepared",
    "ProbeResult",
    "Sandbox",
    "SandboxError",
    "SandboxFailedError",
    "SandboxUnavailableError",
    "SandboxedProcess",
    "Stray",
    "StrayRegistry",
    "Supervisor",
    "TreeTooLargeError",
    "UidRange",
    "Unavailable",
    "Workspace",
    "WorkspaceTooDeepError",
    "WorkspaceUnreachableError",
    "archive_beneath",
    "copy_beneath",
    "disk_usage",
    "enclose",
    "open_terminal",
    "prepare_workspace",
    "resized",
    "select",
    "typed",
    "version_of",
    "version_of_bytes",
]
