"""The operator's command that puts a server where the sandbox may read it."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kernel.threads import threaded
from marketplace.models import MCPServer
from tests.factories.cast import Cast
from tests.marketplace.gateway.conftest import Gateway

pytestmark = pytest.mark.django_db(transaction=True)


def install(*words: str, **options: Any) -> str:
    out = io.StringIO()
    try:
        call_command("install_server", *words, stdout=out, **options)
    except CommandError as failed:
        if isinstance(failed.__cause__, subprocess.CalledProcessError):
            pytest.skip(f"the registry cannot be reached: {failed}")
        raise
    return out.getvalue().strip()


@pytest.mark.parametrize(
    "source",
    [("--pypi", "mcp-server-time"), ("--pypi", "a==1; rm"), ("--npm", "x"), ("--npm", "../x@1")],
)
def test_only_exact_versions_are_installed(source: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="Give PACKAGE"):
        install("time", *source)
    with pytest.raises(CommandError, match="A name has"):
        install("../time", "--pypi", "mcp-server-time==2026.10.19")


@pytest.mark.slow
async def test_an_installed_server_is_registered_and_works(
    gateway: Gateway,
    cast: Cast,
    data_dir: Path,
    settings: Any,
) -> None:
    settings.MCP_ROOTS = (str(data_dir / "servers"),)
    who = {"organization": cast.acme.slug, "by": cast.alice.username}
    source = ("time", "--pypi", "mcp-server-time==2026.10.19", "--arg=--local-timezone=UTC")

    key = await threaded(install)(*source, **who)

    server = await MCPServer.objects.aget(pk=key)
    assert server.command == str(data_dir / "servers" / "time" / "bin" / "mcp-server-time")
    result = await gateway.call(server, "get_current_time", {"timezone": "Asia/Tokyo"})
    assert "Asia/Tokyo" in result.text


@pytest.mark.slow
def test_without_an_organization_the_registration_is_printed(data_dir: Path) -> None:
    printed = install("memory", "--npm", "@modelcontextprotocol/server-memory@2026.8.31")

    said = json.loads(printed)
    assert (said["command"], said["read_only_paths"]) == (
        "node",
        [str(data_dir / "servers" / "memory")],
    )
    assert Path(said["args"][0]).is_file()
