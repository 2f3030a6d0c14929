"""Fetches the pinned `uv` from the configured package index, for a Python without pip or venv."""

from __future__ import annotations

import configparser
import hashlib
import os
import platform
import re
import ssl
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from launcher.failure import LauncherError

VERSION = "0.13.9"
WHEELS = {
    ("linux", "x86_64"): (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("linux", "aarch64"): (
        "manylinux_2_28_aarch64",
        "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
    ),
    ("darwin", "x86_64"): (
        "macosx_10_12_x86_64",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
    ("darwin", "arm64"): (
        "macosx_11_0_arm64",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
}
"""(system, machine) → (platform tag of the wheel, its SHA-256)."""
INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
DEFAULT_INDEX = "https://pypi.org/simple"
TIMEOUT_SECONDS = 60


def fetch_uv(into: Path) -> Path:
    """Returns the path of the pinned `uv`, downloading, checking and unpacking it on first use."""
    program = into / f"uv-{VERSION}" / "uv"
    if not program.exists():
        tag, digest = _wheel()
        name = f"uv-{VERSION}-py3-none-{tag}.whl"
        _unpack(_download(name, digest, into), program)
    return program


def configured_index() -> str:
    """Returns the base address of the simple index that uv and pip are told to use."""
    for variable in INDEX_VARIABLES:
        if os.environ.get(variable):
            return os.environ[variable]
    config = configparser.ConfigParser(interpolation=None, strict=False)
    mine = [Path.home() / ".pip/pip.conf", Path.home() / ".config/pip/pip.conf"]
    named = Path(os.environ.get("PIP_CONFIG_FILE", os.devnull))
    config.read([Path("/etc/pip.conf"), *mine, named], encoding="utf-8")
    return config.get("global", "index-url", fallback=DEFAULT_INDEX)


def _wheel() -> tuple[str, str]:
    try:
        return WHEELS[sys.platform, platform.machine().lower()]
    except KeyError:
        machine = f"{sys.platform} on {platform.machine()}"
        message = f"No pinned uv for {machine}: install uv, or Python with venv and pip."
        raise LauncherError(message) from None


def _download(name: str, digest: str, into: Path) -> Path:
    page_url = configured_index().rstrip("/") + "/uv/"
    links = re.findall(r'href="([^"]+)"', _read(page_url).decode())
    for link in links:
        url = urldefrag(urljoin(page_url, link.replace("&amp;", "&"))).url
        if url.rsplit("/", 1)[-1] == name:
            return _keep(_read(url), digest, into / name)
    raise LauncherError(f"The package index {page_url} does not offer {name}.")


def _keep(content: bytes, digest: str, path: Path) -> Path:
    if hashlib.sha256(content).hexdigest() != digest:
        raise LauncherError(f"{path.name} from the package index is not the pinned file: refused.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _unpack(wheel: Path, program: Path) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    draft = program.with_name("uv.new")
    member = f"uv-{VERSION}.data/scripts/uv"
    with zipfile.ZipFile(wheel) as archive, archive.open(member) as source:
        draft.write_bytes(source.read())
    draft.chmod(0o755)
    draft.replace(program)
    wheel.unlink()


def _read(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS, context=_trust()) as answer:
            content: bytes = answer.read()
            return content
    except (urllib.error.URLError, TimeoutError) as error:
        raise LauncherError(f"The package index cannot be read ({url}: {error}).") from error


def _trust() -> ssl.SSLContext:
    certificates = os.environ.get("SSL_CERT_FILE") or os.environ.get("PIP_CERT")
    return ssl.create_default_context(cafile=certificates)
