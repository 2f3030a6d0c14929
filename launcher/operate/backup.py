"""`backup`: database, files and keys as one point in time, while everything goes on."""

from __future__ import annotations

import base64
import fcntl
import os
import time
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from launcher.arguments import ROOT, Options
from launcher.failure import LauncherError
from launcher.keys import write_secret
from launcher.notices import Meter, Progress, say, warn
from launcher.operate import tools
from launcher.operate.archive import DUMP, FILES, MIB, Writer, drafted, sweep
from launcher.operate.facts import Snapshot, frozen
from launcher.operate.packing import Packed, pack
from launcher.operate.place import database, is_made, manage, master_keys
from launcher.operate.sealing import Probe, make_probe, opens, parse_keys

STEPS = 3
KEYS = ".keys"


def run_backup(options: Options) -> int:
    """Prints the path of the archive once it is whole."""
    archive = make_backup(options.data_dir, options.to)
    print(archive, flush=True)
    return 0


def make_backup(data_dir: Path, to: Path | None = None) -> Path:
    """Backs up an installation, running or not; returns the archive."""
    if not is_made(data_dir):
        raise LauncherError(f"There is no installation in {data_dir}: nothing to back up.")
    target = _target(data_dir, to)
    with alone(data_dir), database(data_dir, "A backup") as urls:
        if removed := sweep(target.parent):
            say(f"      removed {removed} unfinished backups of earlier runs")
        with frozen(urls.owner) as snapshot, drafted(target) as file:
            keys = _keys(data_dir, snapshot)
            writer = Writer(file)
            facts = {**_about(), **snapshot.facts(), "probe": _probe(keys)}
            progress = Progress(STEPS)
            packed = _parts(data_dir, urls.owner, snapshot, writer, progress)
            with progress.step("Manifest and keys"):
                missing = len(snapshot.blobs() - packed.blobs)
                files = {"count": packed.files, "bytes": packed.size, "missing_blobs": missing}
                writer.finish({**facts, "files": files})
                _store_keys(data_dir, target)
        manage(data_dir, urls, "backed_up", facts["id"], str(target.stat().st_size))
    if missing:
        warn(f"{missing} stored contents were gone already; the backup is whole but for them.")
    say(f"      {target.stat().st_size / MIB:.1f} MiB in {target}")
    return target


def product_version() -> str:
    """Returns the version of this Quarterdeck."""
    found: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return found


def _parts(
    data_dir: Path, url: str, snapshot: Snapshot, writer: Writer, progress: Progress
) -> Packed:
    meter = Meter()
    with progress.step("Database"), writer.part(DUMP) as part:
        whole = snapshot.size / MIB

        def take(data: bytes) -> None:
            part.write(data)
            meter.tell(f"{part.size / MIB:.0f} MiB of a database of {whole:.0f} MiB")

        tools.dump(url, snapshot.name, take)
    with progress.step("Files"), writer.part(FILES) as part:
        return pack(
            data_dir, part, lambda now: meter.tell(f"{now.files} files, {now.size / MIB:.0f} MiB")
        )


def _about() -> dict[str, Any]:
    made_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"id": str(uuid.uuid4()), "made_at": made_at, "product_version": product_version()}


def _target(data_dir: Path, to: Path | None) -> Path:
    name = time.strftime("quarterdeck-%Y%m%dT%H%M%SZ.tar", time.gmtime())
    if to is None:
        to = data_dir / "backups"
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = to / name if to.is_dir() else to
    if not target.parent.is_dir():
        raise LauncherError(f"{target.parent} is no directory: make it, or choose another --to.")
    return target


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """One backup of an installation at a time; the lock dies with its holder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "backup.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            message = f"Another backup of {data_dir} is under way (process {file.read().strip()})."
            raise LauncherError(message) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _keys(data_dir: Path, snapshot: Snapshot) -> dict[int, bytes]:
    """The master keys, which must open what is stored: others would make the backup worthless."""
    keys = parse_keys(master_keys(data_dir))
    for probe in snapshot.sealed():
        if not opens(keys, probe):
            place = probe.place.partition("|")[0]
            message = f"The master key here does not open what is stored in {place}"
            raise LauncherError(f"{message}: put the right one into {data_dir / 'keys'} first.")
    return keys


def _probe(keys: Mapping[int, bytes]) -> dict[str, str]:
    probe: Probe = make_probe(dict(keys), f"backup|{uuid.uuid4()}|probe")
    return {"place": probe.place, "sealed": base64.b64encode(probe.sealed).decode()}


def _store_keys(data_dir: Path, archive: Path) -> None:
    """Writes the keys beside the archive, never into it; those of the environment stay there."""
    found = {name: data_dir / "keys" / name for name in ("master", "django")}
    held = {name: path.read_text() for name, path in found.items() if path.exists()}
    if os.environ.get("QUARTERDECK_MASTER_KEY"):
        held.pop("master", None)
        warn("QUARTERDECK_MASTER_KEY comes from the environment: keep it; no backup holds it.")
    path = archive.with_name(archive.name + KEYS)
    write_secret(path, "\n".join(f"[{name}]\n{text.strip()}" for name, text in held.items()))
    say(f"      keys in {path}: keep them elsewhere; whoever has both has everything")
