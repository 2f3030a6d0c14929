"""Tool calls by kind: shell, files, fetch, and the tools of MCP servers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sessions_app.safety.effects import Use, use
from sessions_app.safety.frame.state import Frame
from sessions_app.safety.mcp import look_at_mcp
from sessions_app.safety.model import Call, Danger, Finding, Reach, Reason, Target
from sessions_app.safety.paths import place, resolve
from sessions_app.safety.rules.addresses import (
    LOCAL_NAMES,
    address_findings,
    host_of,
    is_metadata,
    is_private,
)
from sessions_app.safety.shell.walk import Walker
from sessions_app.safety.text import HOME, clean, show
from sessions_app.safety.trace import Trace
from sessions_app.safety.values.streams import EMPTY
from sessions_app.safety.values.words import Word

MAX_SCRIPT = 1_000_000
"""Bytes of shell text beyond which nothing is examined."""
COMMAND_KEYS = ("command", "cmd", "script", "commands", "code", "input", "args", "argv")
PATH_KEYS = (
    "path", "file_path", "filename", "file", "target", "target_file", "source", "destination",
    "src", "dst", "from", "to", "old_path", "new_path", "directory", "dir", "notebook_path",
    "paths", "files", "output", "output_path", "filepath", "filePath", "uri",
)  # fmt: skip


def look(call: Call, trace: Trace) -> None:
    """Note what a tool call would do."""
    name = call.tool.strip()
    kind = TOOLS.get(name) or TOOLS.get(name.lower())
    if kind is not None:
        kind(call, trace)
    else:
        look_at_mcp(call, trace, shell=look_at_shell, paths=look_at_paths, fetch=look_at_fetch)


def look_at_shell(call: Call, trace: Trace) -> None:
    """A shell command: text, or a list that is an argument vector."""
    given = next((call.arguments[key] for key in COMMAND_KEYS if key in call.arguments), None)
    frame = Frame(cwd=_start_of(call), workspace=call.workspace)
    if isinstance(given, list | tuple) and all(isinstance(each, str) for each in given):
        argv = [Word(clean(each)) for each in given]
        if argv:
            Walker(trace).command(argv, frame, EMPTY)
    elif isinstance(given, str):
        _script(given, frame, trace)
    else:
        _note(trace, Danger.CAUTION, "shell.no_command", "A shell call without a readable command.")


def _script(text: str, frame: Frame, trace: Trace) -> None:
    if len(text) > MAX_SCRIPT:
        _note(trace, Danger.DANGEROUS, "analysis.exhausted", "The command is too large to examine.")
        return
    if "\0" in text:
        _note(trace, Danger.CAUTION, "shell.unparsed", "The command holds NUL bytes.")
    Walker(trace).script(clean(text), frame, EMPTY)


def _start_of(call: Call) -> str:
    given = call.arguments.get("cwd") or call.arguments.get("workdir") or call.cwd
    text = str(given) if given else call.workspace
    return resolve(_home(clean(text)), call.workspace) or call.workspace


def _home(text: str) -> str:
    """A leading tilde as the home directory, for tools that resolve it themselves."""
    return HOME + text[1:] if text == "~" or text.startswith("~/") else text


def look_at_paths(call: Call, trace: Trace, kind: Use) -> int:
    """Judge every argument that names a path; answers how many there were."""
    count = 0
    for key in PATH_KEYS:
        for text in _texts(call.arguments.get(key)):
            count += 1
            where = place(Word(_home(clean(text))), _start_of(call), call.workspace)
            use(trace, kind, where)
    return count


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple):
        return [each for each in value if isinstance(each, str)]
    return []


def _files(kind: Use) -> Callable[[Call, Trace], None]:
    def look_at_files(call: Call, trace: Trace) -> None:
        if look_at_paths(call, trace, kind) == 0 and kind not in {Use.READ, Use.LIST}:
            _note(trace, Danger.CAUTION, "files.no_path", "A file tool without a path.")

    return look_at_files


def _delete(call: Call, trace: Trace) -> None:
    """A deletion: of a tree when it says so, or when the tool is for directories."""
    tree = bool(call.arguments.get("recursive")) or "dir" in call.tool or "folder" in call.tool
    _files(Use.TREE if tree else Use.DELETE)(call, trace)


def _move(call: Call, trace: Trace) -> None:
    """A move or rename: what was there before is replaced."""
    for keys, kind in (
        (("source", "src", "from", "old_path", "path"), Use.MOVE),
        (("destination", "dst", "to", "new_path", "target"), Use.WRITE),
    ):
        arguments = {key: call.arguments[key] for key in keys if key in call.arguments}
        look_at_paths(_with(call, arguments), trace, kind)


def _with(call: Call, arguments: Mapping[str, Any]) -> Call:
    return Call(tool=call.tool, arguments=arguments, workspace=call.workspace, cwd=call.cwd)


PATCHED = re.compile(
    r"^(?:\*\*\* (?:Add|Update|Delete|Move to) ?(?:File)?: |\+\+\+ (?:b/)?)(\S.*)$", re.M
)


def _patch(call: Call, trace: Trace) -> None:
    """A patch: every file its headers name is written, or deleted."""
    for text in (
        each for key in ("patch", "diff", "input") for each in _texts(call.arguments.get(key))
    ):
        for match in PATCHED.finditer(clean(text)):
            deletes = match.group().startswith("*** Delete")
            where = place(Word(_home(match.group(1))), _start_of(call), call.workspace)
            use(trace, Use.DELETE if deletes else Use.WRITE, where)
    look_at_paths(call, trace, Use.WRITE)


def look_at_fetch(call: Call, trace: Trace) -> None:
    """An HTTP request: its method, whom it asks, and what it sends."""
    urls = [
        each for key in ("url", "uri", "urls", "href") for each in _texts(call.arguments.get(key))
    ]
    method = str(call.arguments.get("method", "GET")).upper()
    if not urls:
        _note(trace, Danger.CAUTION, "network.no_address", "A request without a readable address.")
    for url in urls:
        _address(clean(url), trace)
    target = tuple(Target("host", host_of(clean(url))) for url in urls)
    if method == "DELETE":
        reason = Reason("network.delete", "Asks a remote service to delete something.")
        trace.add(Finding(Danger.DANGEROUS, reason, Reach.SHARED, target))
    elif method not in {"GET", "HEAD", "OPTIONS"} or call.arguments.get("body"):
        reason = Reason("network.send", "Sends data away.")
        trace.add(Finding(Danger.CAUTION, reason, Reach.SHARED, target))


def _address(url: str, trace: Trace) -> None:
    if url.lower().startswith("file:"):
        use(trace, Use.READ, place(Word(url[5:].replace("//", "", 1)), "/", "/workspace"))
        return
    host = host_of(url)
    trace.hosts[show(host)] = None
    for finding in address_findings(url):
        trace.add(finding)
    if not is_metadata(host) and (is_private(host) or host in LOCAL_NAMES):
        reason = Reason("network.internal", "Asks a machine of the internal network.")
        trace.add(Finding(Danger.CAUTION, reason, Reach.SHARED, (Target("host", host),)))


def _note(trace: Trace, danger: Danger, code: str, text: str) -> None:
    trace.add(Finding(danger, Reason(code, text)))
    trace.complete = False


def _tools() -> dict[str, Callable[[Call, Trace], None]]:
    """Tool names, ours and those agents are used to, by what they do."""
    kinds: dict[Callable[[Call, Trace], None], str] = {
        look_at_shell: "shell sh bash Bash run_command run_shell_command execute_command terminal "
        "exec local_shell shell_command command",
        _files(
            Use.READ
        ): "read_file read Read view cat_file open_file read_text_file read_many_files "
        "NotebookRead get_file_info read_multiple_files",
        _files(
            Use.LIST
        ): "list_directory list_dir ls LS glob Glob grep Grep search_files find_files "
        "tree directory_tree list_files search_file_content codebase_search",
        _files(
            Use.WRITE
        ): "write_file write Write edit_file edit Edit MultiEdit create_file replace "
        "str_replace insert_edit NotebookEdit save_file append_file write_text_file",
        _files(Use.CREATE): "create_directory make_directory mkdir",
        _delete: "delete_file remove_file delete delete_directory remove_directory delete_folder "
        "rm remove",
        _move: "move_file rename_file move rename copy_file",
        _patch: "apply_patch patch apply_diff",
        look_at_fetch: "fetch web_fetch WebFetch http_request fetch_url http download",
        _harmless: "TodoWrite todo_write todo web_search WebSearch think update_plan plan "
        "exit_plan_mode ExitPlanMode ask_user AskUserQuestion finish",
    }
    return {name: kind for kind, names in kinds.items() for name in names.split()}


def _harmless(call: Call, trace: Trace) -> None:
    """Tools that only speak to the people or the plan of a session."""
    del call, trace


TOOLS = _tools()
