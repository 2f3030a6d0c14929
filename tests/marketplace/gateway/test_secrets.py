"""A secret given to a server comes back nowhere: results, errors, progress, rows, facts, logs."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from urllib.parse import quote

import pytest

from identity.public import Secret
from kernel.threads import threaded
from marketplace.errors import ServerCrashedError, ServerStartError, ToolFailedError
from marketplace.models import MCPServer
from tests.marketplace.gateway.conftest import Gateway

pytestmark = pytest.mark.django_db(transaction=True)
Raw = Callable[..., MCPServer]
TOKEN = "s3cr3t/value+with=signs"


async def test_a_secret_is_redacted_in_every_form(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)(env={"TOKEN": TOKEN})
    forms = [TOKEN, base64.b64encode(TOKEN.encode()).decode().rstrip("="), quote(TOKEN, safe="")]

    result = await gateway.call(server, "fail")
    shown = await gateway.call(server, "environment")
    echoed = [await gateway.call(server, "echo", {"text": f"<{form}>", form: 1}) for form in forms]

    assert result.text == "failed with [redacted]"
    assert TOKEN not in shown.text
    assert {one.text for one in echoed} == {"<[redacted]>"}
    assert all(form not in str(one.structured) for form, one in zip(forms, echoed, strict=True))


async def test_a_secret_is_redacted_in_errors_and_last_words(
    gateway: Gateway, raw: Raw, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = await threaded(raw)(env={"TOKEN": TOKEN})

    with pytest.raises(ToolFailedError) as protested:
        await gateway.call(server, "protest")
    with pytest.raises(ServerCrashedError) as crashed:
        await gateway.call(server, "crash")

    assert "near [redacted]" in protested.value.detail
    assert crashed.value.extra["stderr"] == "panic: token [redacted] rejected"
    ours = [record for record in caplog.records if record.name.startswith("marketplace")]
    assert TOKEN not in " ".join(record.getMessage() for record in ours)


async def test_why_a_server_did_not_start_is_kept_without_its_secrets(
    gateway: Gateway, raw: Raw
) -> None:
    server = await threaded(raw)(env={"REFUSE_TO_START": TOKEN})

    with pytest.raises(ServerStartError):
        await gateway.service.list_tools(server.pk)

    await server.arefresh_from_db()
    assert server.error_code == "server_start"
    assert server.error.endswith("cannot start: [redacted]")


async def test_every_opening_of_a_secret_is_noted(gateway: Gateway, raw: Raw) -> None:
    server = await threaded(raw)(env={"TOKEN": TOKEN})
    assert (await Secret.objects.aget()).last_used_at is None

    await gateway.call(server, "echo")

    assert (await Secret.objects.aget()).last_used_at is not None
