"""A page of a working directory with 10,000 files: all in one folder, and spread over a hundred.

Asked as a person asks: the first part by API (200 entries), the part in the middle, and the HTML
page. The floor beside them is one `os.scandir` of the same folder, sorted, in the same run.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import load_average, percentile
from benchmarks.house import cloned, use

# isort: split
from django.conf import settings
from django.test import Client

from sessions_app.models import AgentSession
from sessions_app.selectors.files import root_of
from sessions_app.services.creation import SessionSpec, create_session
from tests.factories.cast import Cast, make_cast, token_for

FILES, FOLDERS, ROUNDS, TARGET_MS = 10_000, 100, 40, 300


def filled(cast: Cast, folders: int) -> AgentSession:
    """A session whose files are spread evenly over so many folders; 0 for none."""
    session = create_session(cast.alice, cast.acme, spec=SessionSpec(name="Large"))
    root = root_of(session)
    root.mkdir(parents=True)
    for number in range(FILES):
        folder = root / f"folder-{number % folders:03}" if folders else root
        folder.mkdir(exist_ok=True)
        (folder / f"file-{number:05}.txt").write_bytes(b"x" * (number % 500))
    return session


def times(call: Callable[[], object]) -> list[float]:
    """Milliseconds of each round, after one that is not counted."""
    call()
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        found.append((time.perf_counter() - began) * 1000)
    return found


def measured(cast: Cast, session: AgentSession) -> dict[str, float]:
    """p95 of every way to look at the session's top folder."""
    headers = {"Authorization": f"Bearer {token_for(cast.alice)}"}
    browser = Client()
    browser.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    api = f"/api/v1/sessions/{session.pk}/files?limit=200"
    middle = api
    for _ in range(5):
        middle = get(Client(), middle, headers).json()["next"] or middle
    root = root_of(session)
    ways = {
        "api": lambda: get(Client(), api, headers),
        "api_middle": lambda: get(Client(), middle, headers),
        "page": lambda: get(browser, f"/sessions/{session.pk}/files", {}),
        "floor": lambda: sorted(entry.name for entry in os.scandir(root)),
    }
    return {f"{name}_p95_ms": round(percentile(times(way), 95), 1) for name, way in ways.items()}


def get(client: Client, path: str, headers: dict[str, str]) -> object:
    """One answered request."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, answer.content
    return answer


def main() -> None:
    """Print one JSON line; the target is 300 ms for the slowest p95."""
    with cloned("files") as name, tempfile.TemporaryDirectory(prefix="qdb") as place:
        use(name)
        settings.DATA_DIR = Path(place)
        cast = make_cast()
        flat, spread = (measured(cast, filled(cast, folders)) for folders in (0, FOLDERS))
    worst = max(value for found in (flat, spread) for value in found.values())
    line = {"name": "files_tree", "p95_ms": worst, "target": TARGET_MS, "load": load_average()}
    print(json.dumps(line | {"files": FILES, "flat": flat, "spread": spread}))


if __name__ == "__main__":
    main()
