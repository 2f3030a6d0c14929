"""What hostile clients send, and an installation's objects they could send it to."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.apps import apps
from django.test import Client

from audit.models import LedgerEntry
from identity.models import Project, Secret
from identity.services import invitations
from kernel.ids import uuid7
from marketplace.models import MCPServer
from sessions_app.models import Approval, Message, Report, Task, TaskExecution, ToolCall
from sessions_app.services import creation, prompting, sharing, terminals
from tests.factories.cast import Cast, token_for
from tests.factories.targets import make_target

BODIES = (
    b"",
    b"null",
    b"[]",
    b"1",
    b'"x"',
    b"{",
    b'{"name": "a", "name": "b"}',
    b'{"name": "\\u0000"}',
    b'{"name": "\\ud800"}',
    b'{"name": NaN}',
    b'{"name": 1e999}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"unknown": 1}',
    b'{"__proto__": {}, "$where": "1"}',
)
VALUES: tuple[Any, ...] = (
    None, True, -1, 2**70, 1e300, "", " ", "x" * 70_000, "\u202e", "../../etc/passwd", "2026-13-45",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", [], [None], [[]], ["x"] * 300, {},
    {"a": {"b": []}}, "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
WORDS = (
    "", "0", "-1", "201", "1e3", "9" * 5000, "0" * 30 + "9" * 5000, "x", "\x00", "💥", "%",
    "'; drop table kernel_job; --", "true", "2026-13-45", "0001-01-01T00:00:00+23:59", "[" * 3000,
    "00000000-0000-0000-0000-000000000000", "../..",
)  # fmt: skip


def cursors() -> Iterator[str]:
    """Cursors that are not ours, in our form."""
    texts = ("[", "{}", "[1,2]", "[1,2,3]", "[" * 3000, '["x", "y", true]', "[null,null,null]")
    pairs = (
        ["0001-01-01T00:00:00+23:59", str(uuid7()), True],
        ["9999-12-31T23:59:59-23:59", str(uuid7()), False],
        ["2026-01-01T00:00:00", "9" * 400, False],
        ["\x00", "\x00", False],
        ["9" * 60, str(uuid7()), True],
    )
    for text in (*texts, *(json.dumps(pair) for pair in pairs)):
        yield base64.urlsafe_b64encode(text.encode()).decode()


@dataclass
class Caller:
    """Somebody with a token who sends whatever they like and gets failures as answers."""

    token: str

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.client = Client(headers=headers, raise_request_exception=False)

    def send(self, method: str, path: str, body: bytes = b"", **more: Any) -> Any:
        """Any method, any body, as JSON unless said otherwise."""
        return self.client.generic(
            method.upper(), path, body, more.pop("content_type", "application/json"), **more
        )


def objects(cast: Cast) -> dict[str, list[str]]:
    """Parameter in a path → ids that exist in acme."""
    spec = creation.SessionSpec(name="mine", sdk_options={})
    session = creation.create_session(cast.alice, cast.acme, spec=spec)
    prompting.prompt(cast.alice, session, content="/sh true")
    share = sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
    token_for(cast.bob)
    terminal = terminals.open_terminal(cast.alice, session, rows=24, columns=80)
    message = Message.objects.get(session=session)
    call = ToolCall.objects.create(
        session=session, run=message.run, call_id="1", tool="shell", input={}, input_hash="x"
    )
    approval = Approval.objects.create(
        organization=cast.acme, session=session, run=message.run, tool_call=call, input_hash="x",
        reason="", status="pending", expires_at=session.created_at + timedelta(days=1),
    )  # fmt: skip
    server = MCPServer.objects.create(
        organization=cast.acme, name="git", transport="stdio", command="mcp-server-git"
    )
    invited = invitations.invite(cast.alice, cast.acme, email="zoe@example.org", role="member")
    entry = LedgerEntry.objects.filter(organization_id=cast.acme.pk).latest("number")
    made = {
        path: [str(known.pk)]
        for path, model in (
            ("projects", Project),
            ("secrets", Secret),
            ("tasks", Task),
            ("task-executions", TaskExecution),
            ("reports", Report),
        )
        if (known := make_target(model, cast)) is not None
    }
    return {
        **made,
        "sessions": [str(session.pk)],
        "share": [str(share.pk)],
        "call": [str(call.pk)],
        "terminal": [str(terminal.pk)],
        "approvals": [str(approval.pk)],
        "organizations": [str(cast.acme.pk)],
        "member": [str(cast.bob.pk)],
        "teams": [str(cast.team.pk)],
        "user": [str(cast.bob.pk)],
        "users": [str(cast.bob.pk)],
        "tokens": [str(cast.bob.api_tokens.get().pk)],
        "mcp-servers": [str(server.pk)],
        "invitations": [str(invited.invitation.pk)],
        "fact_id": [str(entry.fact_id)],
    }


def parameters(path: str, known: dict[str, list[str]]) -> dict[str, str]:
    """Ids that exist for a schema's path: by a parameter's name, or by what stands before it."""
    parts, found = path.split("/"), {}
    for before, part in pairwise(parts):
        if part.startswith("{"):
            name = part.strip("{}")
            found[name] = (known.get(name) or known.get(before) or [str(uuid7())])[0]
    return found


def addressed(path: str, known: dict[str, list[str]]) -> str:
    """A schema's path with ids that exist."""
    return path.format(**parameters(path, known))


def rows() -> dict[str, Any]:
    """How much there is of everything but the ledger, which also records refusals."""
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.managed
        and model._meta.app_label not in {"audit", "kernel", "axes", "sessions"}
    }
