"""Put an MCP server of PyPI or npm where the sandbox may read it, and register it.

For operators: the program gets an environment of its own below DATA_DIR/servers, built without
running any install script. The version must be exact, because servers break with what they
resolve to later.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from identity.public import Organization, User
from kernel.errors import DomainError
from marketplace.engine.spec import NAME, ServerSpec
from marketplace.enums import WorkspaceMount
from marketplace.services.servers import register_server

_PYPI = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==[A-Za-z0-9.!+]+\Z")
_NPM = re.compile(r"((?:@[a-z0-9._-]+/)?[a-z0-9._-]+)@[0-9][A-Za-z0-9.+-]*\Z")
_PYTHONS = ("/usr/bin/python3", "/usr/local/bin/python3")
_SECONDS = 900


class Command(BaseCommand):
    """Install a server and, when asked to, register it for an organization."""

    help = "Install an MCP server from PyPI or npm below DATA_DIR/servers."

    def add_arguments(self, parser: CommandParser) -> None:
        """One source, a name, and what a registration needs."""
        parser.add_argument("name", help="the server's name; its tools are called name.tool")
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("--pypi", metavar="PACKAGE==VERSION")
        source.add_argument("--npm", metavar="PACKAGE@VERSION")
        parser.add_argument("--arg", action="append", default=[], help="an argument; repeatable")
        parser.add_argument("--mount", choices=WorkspaceMount.values, default="none")
        parser.add_argument("--organization", metavar="SLUG", help="register it there")
        parser.add_argument("--by", metavar="USERNAME", help="the administrator who registers it")

    def handle(self, *args: Any, **given: Any) -> None:
        """Install, then print the registration or the id of the registered server."""
        name = given["name"]
        if not NAME.match(name):
            raise CommandError("A name has letters, digits, - and _.")
        folder = Path(settings.DATA_DIR) / "servers" / name
        install = _from_pypi if given["pypi"] else _from_npm
        try:
            command, first = install(given["pypi"] or given["npm"], folder)
        except subprocess.CalledProcessError as failed:
            shutil.rmtree(folder, ignore_errors=True)
            raise CommandError(f"It was not installed: {failed.stderr.strip()[-500:]}") from failed
        spec = ServerSpec(
            name=name,
            transport="stdio",
            command=command,
            args=(*first, *given["arg"]),
            mount_workspace=given["mount"],
            read_only_paths=(str(folder),),
        )
        self.stdout.write(self._registered(spec, given["organization"], given["by"]))

    def _registered(self, spec: ServerSpec, slug: str | None, username: str | None) -> str:
        if not slug:
            said = {key: value for key, value in vars(spec).items() if value}
            return json.dumps(said, indent=2)
        organization = Organization.objects.filter(slug=slug).first()
        actor = User.objects.filter(username=username).first()
        if organization is None or actor is None:
            raise CommandError("Name an organization and one of its administrators.")
        try:
            return str(register_server(actor, organization, spec=spec).pk)
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal


def _from_pypi(wanted: str, folder: Path) -> tuple[str, tuple[str, ...]]:
    """A virtual environment of an interpreter that the sandbox shows; wheels only."""
    found = _PYPI.match(wanted)
    if found is None:
        raise CommandError("Give PACKAGE==VERSION.")
    python = next((path for path in _PYTHONS if Path(path).exists()), None)
    if python is None:
        raise CommandError("Servers in Python need an interpreter in /usr.")
    _fresh(folder)
    _run([python, "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    _run([*pip, "--disable-pip-version-check", "--only-binary", ":all:", wanted])
    program = folder / "bin" / found[1].lower().replace("_", "-")
    if not program.exists():
        raise CommandError(f"{wanted} brings no program named {program.name}.")
    return str(program), ()


def _from_npm(wanted: str, folder: Path) -> tuple[str, tuple[str, ...]]:
    """A folder with its node_modules; no install script runs."""
    found = _NPM.match(wanted)
    if found is None:
        raise CommandError("Give PACKAGE@VERSION.")
    if shutil.which("node", path="/usr/local/bin:/usr/bin") is None:
        raise CommandError("Servers of npm need Node.js in /usr.")
    _fresh(folder)
    npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    _run([*npm, "--prefix", str(folder), wanted])
    package = folder / "node_modules" / found[1]
    programs = json.loads((package / "package.json").read_text()).get("bin") or {}
    script = programs if isinstance(programs, str) else next(iter(programs.values()), None)
    if script is None:
        raise CommandError(f"{wanted} brings no program.")
    return "node", (str((package / script).resolve()),)


def _fresh(folder: Path) -> None:
    """An empty folder in which the sandbox's user may read."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in (folder, folder.parent):
        path.chmod(0o755)


def _run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True, timeout=_SECONDS)  # noqa: S603
