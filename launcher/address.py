"""Where the server listens, and whether it answers there."""

from __future__ import annotations

import errno
import json
import socket
import urllib.error
import urllib.request

from launcher.failure import LauncherError

PROBE_SECONDS = 2.0
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def claim_port(bind: str, port: int) -> int:
    """Returns the port to listen on (0: one that is free now) or says who cannot have it."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise LauncherError(_refusal(bind, port, error)) from error
        found: int = probe.getsockname()[1]
        return found


def base_url(bind: str, port: int) -> str:
    """Returns the address to open on this machine."""
    host = WILDCARDS.get(bind, bind)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def unready_reason(url: str) -> str:
    """Asks `/readyz`: "" when it is ready, else what it says, or that nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/readyz", timeout=PROBE_SECONDS) as answer:
            return "" if answer.status == 200 else f"status {answer.status}"
    except urllib.error.HTTPError as error:
        return _told(error)
    except OSError:
        return "nobody answers yet"


def _told(error: urllib.error.HTTPError) -> str:
    try:
        return json.dumps(json.loads(error.read()))[:500]
    except ValueError:
        return f"status {error.code}"


def _refusal(bind: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {bind} is in use: choose another with --port, or 0 for a free one."
    if error.errno == errno.EACCES:
        return f"Port {port} needs privileges: choose one above 1023 with --port."
    return f"Quarterdeck cannot listen on {bind} port {port}: {error.strerror or error}."
