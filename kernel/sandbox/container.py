"""The container back end: Podman or Docker, optionally with gVisor, behind the same interface.

The engine enforces memory and processes for the whole container and processor time for each of
its processes. What we report as used is only the client's, and an end by memory a plain SIGKILL.
A container does not die with its client, so every end removes it by name, and the registry of
strays removes those of a supervisor that was killed.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import resource
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from kernel.sandbox.backend import Level, Prepared, ProbeResult, check_jail, preparing
from kernel.sandbox.engine_filter import tightened_profile
from kernel.sandbox.errors import JailNotPossibleError, SandboxUnavailableError
from kernel.sandbox.jail import HOME_NAME, Jail, Limits, base_environment
from kernel.sandbox.probing import probe_command

WORKSPACE = "/workspace"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ENGINE_SECONDS = 20.0
# A shell tells an unknown command by 127 and its name, whatever the engine's init makes of it.
_INIT = 'exec "$@"'
_MANY_PROCESSES = 32_768  # what Podman leaves its own processes


class ContainerSandbox:
    """Runs each command in a throw-away container of `image`, which must be present already.

    `runtime` is an OCI runtime such as gVisor's `runsc`; `host` the engine's service where it is
    not the usual one (`unix:///…`).
    """

    name = "container"
    level = Level.CONTAINER

    def __init__(
        self, *, image: str, engine: str = "podman", runtime: str = "", host: str = ""
    ) -> None:
        self._image = image
        self._engine = engine
        self._runtime = runtime
        self._host = host

    def workspace_inside(self, jail: Jail) -> str:
        """Always `/workspace`."""
        return WORKSPACE

    async def probe(self) -> ProbeResult:
        """Check configuration, engine and image, then run a confined shell."""
        if not self._image:
            remedy = "Configure an image that holds the tools the sessions need."
            return ProbeResult(ok=False, reason="No container image is configured.", remedy=remedy)
        if shutil.which(self._engine, path=_PATH) is None:
            reason = f"The program {self._engine} is not installed."
            return ProbeResult(ok=False, reason=reason, remedy=f"Install {self._engine}.")
        for words, remedy in (
            (["info"], f"Start {self._engine}'s service and let this user reach it."),
            (["image", "inspect", self._image], f"Run: {self._engine} pull {self._image}"),
        ):
            said = await self._ask(words)
            if said:
                return ProbeResult(ok=False, reason=said, remedy=remedy)
        note = "This level cannot open the network by domain."
        remedy = f"Try it by hand: {self._engine} run --rm --init {self._image} /bin/sh -c true"
        return await probe_command(self, remedy=remedy, network=False, note=note)

    def command(self, jail: Jail, argv: Sequence[str]) -> Prepared:
        """Build the engine's command line; the environment travels in a memory file."""
        check_jail(jail, argv)
        if jail.network is not None:
            raise JailNotPossibleError("The container level cannot open the network by domain.")
        name = f"quarterdeck-{secrets.token_hex(8)}"
        engine = self._find()
        with preparing(self._client_environment()) as prepared:
            options = [*self._options(jail, name, prepared), self._image]
            prepared.argv = [engine, *options, "/bin/sh", "-c", _INIT, "sh", *argv]
            prepared.stop = [engine, "rm", "-f", name]
        return prepared

    def _options(self, jail: Jail, name: str, prepared: Prepared) -> Iterator[str]:
        yield from ("run", "--rm", "--interactive", "--init", "--name", name, "--pull", "never")
        if self._runtime:
            yield from ("--runtime", self._runtime)
        yield from ("--network", "none", "--hostname", "sandbox")
        yield from ("--read-only", "--cap-drop", "ALL")
        yield from ("--security-opt", "no-new-privileges", "--user", _user(jail))
        if Path(self._engine).name == "podman":
            yield from _podman(prepared)
        yield from _limits(jail.limits)
        yield from ("--mount", _mount(jail.workspace, WORKSPACE, writable=True))
        yield from _walls(jail)
        for bind in jail.binds:
            yield from ("--mount", _mount(bind.source, bind.inside, writable=bind.writable))
        yield from ("--workdir", str(PurePosixPath(WORKSPACE, jail.cwd)))
        environment = prepared.payload(_environment_file(jail))
        yield from ("--env-file", f"/dev/fd/{environment}", "--entrypoint", "")

    def _find(self) -> str:
        path = shutil.which(self._engine, path=_PATH)
        if path is None:
            raise SandboxUnavailableError(f"The program {self._engine} is not installed.")
        return path

    def _client_environment(self) -> dict[str, str]:
        """What the engine's client needs to find its service; nothing of ours or of the jail."""
        uid = os.geteuid()
        hosts = {"DOCKER_HOST": self._host, "CONTAINER_HOST": self._host} if self._host else {}
        try:
            home = pwd.getpwuid(uid).pw_dir
        except KeyError:  # a container may run us under a uid that has no name
            home = "/"
        runtime = f"/run/user/{uid}"
        return {"PATH": _PATH, "LANG": "C.UTF-8", "HOME": home, "XDG_RUNTIME_DIR": runtime, **hosts}

    async def _ask(self, words: Sequence[str]) -> str:
        """Run the engine's client; what it complains of in one line, empty when it succeeds."""
        process = await asyncio.create_subprocess_exec(
            self._find(),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=self._client_environment(),
        )
        try:
            async with asyncio.timeout(_ENGINE_SECONDS):
                _, said = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return f"{self._engine} does not answer."
        if process.returncode == 0:
            return ""
        lines = said.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"{self._engine} failed."


def _podman(prepared: Prepared) -> Iterator[str]:
    if os.geteuid() != 0:
        yield from ("--userns", "keep-id")
    if profile := tightened_profile():
        yield from ("--security-opt", f"seccomp=/dev/fd/{prepared.payload(profile)}")


def _walls(jail: Jail) -> Iterator[str]:
    """Mounts over what may not be changed or read: a hidden file reads as empty here."""
    for path in jail.frozen:
        yield from ("--mount", _mount(jail.workspace / path, f"{WORKSPACE}/{path}", writable=False))
    for path in jail.hidden:
        inside = f"{WORKSPACE}/{path}"
        if (jail.workspace / path).is_dir():
            yield from ("--tmpfs", f"{inside}:ro,size=4096,mode=0000")
        else:
            yield from ("--mount", _mount(Path("/dev/null"), inside, writable=False))


def _user(jail: Jail) -> str:
    if jail.identity is not None:
        return f"{jail.identity.uid}:{jail.identity.gid}"
    return f"{os.geteuid()}:{os.getegid()}"


def _limits(limits: Limits) -> Iterator[str]:
    memory = str(limits.memory_bytes)
    yield from ("--memory", memory, "--memory-swap", memory)
    yield from ("--pids-limit", str(limits.processes))
    yield from ("--tmpfs", f"/tmp:rw,nosuid,nodev,mode=1777,size={limits.tmp_bytes}")  # noqa: S108
    yield from ("--shm-size", str(limits.tmp_bytes))
    for name, soft, hard in (
        ("core", 0, 0),
        ("data", limits.memory_bytes, limits.memory_bytes),
        ("cpu", limits.cpu_seconds, limits.cpu_seconds + 1),
        ("fsize", limits.file_bytes, limits.file_bytes),
        ("nofile", *_at_most(limits.open_files, resource.RLIMIT_NOFILE)),
        # Counted per user over all containers, so it is no bound of ours: `--pids-limit` is. But
        # the engine's own default may be more than this machine allows, and nothing would start.
        ("nproc", *_at_most(_MANY_PROCESSES, resource.RLIMIT_NPROC)),
    ):
        yield from ("--ulimit", f"{name}={soft}:{hard}")


def _at_most(wanted: int, kind: int) -> tuple[int, int]:
    """Soft and hard, never above the hard limit we have ourselves."""
    hard = resource.getrlimit(kind)[1]
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return value, value


def _mount(source: Path, target: str, *, writable: bool) -> str:
    if any(mark in f"{source}{target}" for mark in ',"\n'):
        raise JailNotPossibleError(f"The path {source} cannot be mounted into a container.")
    fields = f"type=bind,source={source},target={target}"
    return fields if writable else f"{fields},readonly"


def _environment_file(jail: Jail) -> bytes:
    home = f"{WORKSPACE}/{HOME_NAME}"
    environment = base_environment(jail, home=home, tmp="/tmp")  # noqa: S108 - a private one
    if any("\n" in value for value in environment.values()):
        raise JailNotPossibleError("A variable with a line break cannot enter a container.")
    return "".join(f"{name}={value}\n" for name, value in environment.items()).encode()
