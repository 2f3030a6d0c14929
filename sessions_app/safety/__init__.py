"""Danger classes of tool calls: what a call would do, read from its syntax, never by pattern.

The doctrine, by which rules and labelled cases are both written:

*dangerous* - what was there cannot be had back, or trust is given away. The broker asks and takes a
snapshot first.
  - Content is deleted or overwritten and the set is open (a tree, a pattern, a whole store, a
    target that is not known), or it lies outside the workspace and the scratch directories,
    where no snapshot reaches.
  - Something shared, remote or running is destroyed, stopped, overwritten or published: remote
    branches, cluster objects, tables, cloud resources, services, packages.
  - Code runs that nobody has seen: downloaded, decoded, or piped into a shell; reverse shells.
  - Credentials are read, or private content is sent away.
  - Something is planted or weakened: startup files, hooks, schedules, accounts, rights, firewalls,
    logs and history.
  - The machine is exhausted: fork bombs, endless spawning.
  - The analysis ran out of its budget: a text too tangled to be read is not let through.

*caution* - recoverable, narrow, visible outside the workspace, or not understood.
  - One or several files of the workspace, each named literally, are deleted, emptied or moved;
    directories that only tools fill (node_modules, __pycache__, ...) and scratch directories below
    /tmp are deleted. A recursive deletion of anything else is dangerous, however small its name.
  - History is rewritten where the old one can be found again; clusters, databases, services or
    remote files are changed in a way that can be changed back; new packages are installed.
  - Rights are raised (sudo), a remote machine is entered, data is sent, a program or script runs
    whose effect is not known here, a name is only known at run time, or the text does not parse.

*none* - reading, creating, ordinary edits of workspace files (`>` and write_file included), builds
and tests, and text that merely mentions a dangerous word.

Text is not the boundary: the sandbox is. This package explains, asks and triggers snapshots.
"""

from sessions_app.safety.classify import (
    anatomy,
    classify,
    commands_in,
    domains_in,
    examine,
    paths_written,
)
from sessions_app.safety.model import (
    Anatomy,
    Call,
    Danger,
    Program,
    Reach,
    Reason,
    Target,
    Verdict,
)
from sessions_app.safety.rules.registry import without_options

__all__ = [
    "Anatomy",
    "Call",
    "Danger",
    "Program",
    "Reach",
    "Reason",
    "Target",
    "Verdict",
    "anatomy",
    "classify",
    "commands_in",
    "domains_in",
    "examine",
    "paths_written",
    "without_options",
]
