"""Short ways to make calls for these tests."""

from __future__ import annotations

from typing import Any

from sessions_app.safety import Call, Verdict, classify


def shell(command: str, **more: Any) -> Call:
    return Call(tool="shell", arguments={"command": command}, **more)


def tool(name: str, annotations: dict[str, Any] | None = None, **arguments: Any) -> Call:
    return Call(tool=name, arguments=arguments, annotations=annotations or {})


def verdict(command: str) -> Verdict:
    return classify(shell(command))


def danger(command: str) -> str:
    return str(verdict(command).danger)


def codes(command: str) -> list[str]:
    return [reason.code for reason in verdict(command).reasons]
