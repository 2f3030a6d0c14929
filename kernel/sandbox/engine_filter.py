"""The engine's own seccomp profile, with the doors shut that it leaves open.

Podman's profile allows what it needs to run in a container itself: new user namespaces, mounts in
them, key rings. Docker's refuses those, and is left as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kernel.sandbox.seccomp import NAMESPACE_FLAGS, NEVER

_PROFILES = (Path("/etc/containers/seccomp.json"), Path("/usr/share/containers/seccomp.json"))
# The flags of clone3 lie behind a pointer, out of a filter's sight; libraries fall back to clone.
_SHUT = frozenset({*NEVER, "clone", "clone3"})
_CLONE = {
    "names": ["clone"],
    "action": "SCMP_ACT_ALLOW",
    "args": [{"index": 0, "value": NAMESPACE_FLAGS, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
}


@cache
def tightened_profile() -> bytes:
    """The profile as JSON, or nothing where Podman has none installed (its own then holds)."""
    for path in _PROFILES:
        if path.exists():
            profile = json.loads(path.read_bytes())
            rules = [*_remaining(profile["syscalls"]), _CLONE]
            return json.dumps({**profile, "syscalls": rules}).encode()
    return b""


def _remaining(rules: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """What is allowed beside the shut doors; the profile refuses everything that it does not name.

    Rules that only refuse are left out with them: none may name what another allows.
    """
    for rule in rules:
        names = [name for name in rule["names"] if name not in _SHUT]
        if names:
            yield {**rule, "names": names}
