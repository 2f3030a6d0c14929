"""Shapes that exhaust a machine: functions that start themselves, loops that spawn for ever."""

from __future__ import annotations

from tree_sitter import Node

from sessions_app.safety.model import Danger, Finding, Reach, Reason

FORK_BOMB = Finding(
    Danger.DANGEROUS,
    Reason("system.fork_bomb", "A function that starts itself again and again: a fork bomb."),
    Reach.MACHINE,
)
ENDLESS_SPAWNING = Finding(
    Danger.DANGEROUS,
    Reason("system.endless_spawning", "Starts processes in the background without end."),
    Reach.MACHINE,
)
ENDLESS = frozenset({"true", ":", "1", "[ 1 ]", "[[ 1 ]]", "((1))", "[ true ]"})


def fork_bomb(name: str, body: Node, source: bytes) -> bool:
    """Whether a function calls itself twice, or once beside a pipe or in the background."""
    calls, spawns = 0, False
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if node.type == "command_name" and source[node.start_byte : node.end_byte] == name.encode():
            calls += 1
        spawns = spawns or node.type in {"&", "|"}
        waiting.extend(node.children)
    return calls > 1 or (calls == 1 and spawns)


def endless_spawning(node: Node, source: bytes) -> bool:
    """Whether a loop without end starts something in the background each time round."""
    condition = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
    if node.type == "while_statement":
        parts = [child for child in node.children if child.is_named and child.type != "do_group"]
        texts = [source[p.start_byte : p.end_byte].decode("utf-8", "replace") for p in parts]
        endless = bool(texts) and all(text in ENDLESS for text in texts)
    else:
        endless = "".join(condition.split()).startswith("for((;;))")
    if not endless:
        return False
    bodies = [c for c in node.children if c.type in {"do_group", "compound_statement"}]
    return any(child.type == "&" for body in bodies for child in body.children)
