"""`restore FILE`: everything is verified, then written into an empty place, then made whole.

Until the last step the data directory is marked as unfinished, and `up` refuses it.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg

from launcher.arguments import ROOT, Options
from launcher.failure import LauncherError
from launcher.instance import UNFINISHED, Instance
from launcher.keys import keys_directory, write_secret
from launcher.notices import Meter, Progress, say
from launcher.operate import tools
from launcher.operate.archive import DUMP, FILES, FORMAT, MIB, Archive, read
from launcher.operate.backup import KEYS, product_version
from launcher.operate.packing import TREES, unpack
from launcher.operate.place import manage, started
from launcher.operate.sealing import Probe, opens, parse_keys
from launcher.roles import RUNTIME, DatabaseUrls
from launcher.schema import files, packages, state

STEPS = 4
MADE = ("pg", "pg.new", "keys", "migrated", "demo.json", *TREES)
"""What makes a data directory one that is in use."""
_TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'S', 'v', 'f')
"""


def run_restore(options: Options) -> int:
    """Restores a backup into an empty data directory or an empty database."""
    if options.file is None:
        raise LauncherError("Which backup? Name its file.")
    restore(options.file, options.data_dir, options.keys)
    say(f"      restored into {options.data_dir}: start it with ./quarterdeck up")
    return 0


def restore(file: Path, data_dir: Path, keys: Path | None = None) -> None:
    """Does it; every refusal comes before anything is written."""
    progress = Progress(STEPS)
    with progress.step("Verify the backup"):
        archive = verified(file)
        held = _held_keys(file, keys)
        _check_keys(archive, held)
    data_dir.mkdir(parents=True, exist_ok=True)
    instance = Instance(data_dir, what="A restore")
    try:
        _check_empty(data_dir)
        _check_empty_database()
        _write_all(archive, data_dir, held, progress)
    finally:
        instance.release()


def verified(file: Path) -> Archive:
    """Opens a backup and checks that it is whole and not from a newer Quarterdeck."""
    archive = read(file)
    made_by = archive.manifest["product_version"]
    known = {tuple(one) for one in archive.manifest["migrations"]}
    ours = packages(ROOT)
    unknown = sorted(one for one in known - files(ROOT) if one[0] in ours)
    newer = _version(made_by) > _version(product_version())
    if archive.manifest["format"] > FORMAT or unknown or newer:
        why = f" ({'.'.join(unknown[0])} is unknown here)" if unknown else ""
        message = f"{file} was made by Quarterdeck {made_by}, which is newer than this one{why}"
        raise LauncherError(f"{message}: restore it with that version.")
    archive.check()
    return archive


def _write_all(archive: Archive, data_dir: Path, held: dict[str, str], progress: Progress) -> None:
    marker = data_dir / UNFINISHED
    meter = Meter()
    marker.touch()
    for name, text in held.items():
        write_secret(keys_directory(data_dir) / name, text)
    with started(data_dir) as urls:
        with progress.step("Database"):
            load(archive, urls, meter)
        with progress.step("Files"):
            count = archive.manifest["files"]["count"]
            with archive.part(FILES) as part:
                unpack(part, data_dir, lambda done: meter.tell(f"{done} of {count} files"))
        with progress.step("Migrations, and turns that were under way"):
            manage(data_dir, urls, "restored", archive.manifest["id"], owner=True)
        (data_dir / "migrated").write_text(state(urls.owner))
    marker.unlink()


def load(archive: Archive, urls: DatabaseUrls, meter: Meter) -> None:
    """Restores the dump into an empty database and opens a new era of its ledger."""
    size, sent = archive.places[DUMP][1], 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        sent = 0
        for data in archive.pieces(DUMP):
            yield data
            sent += len(data)
            meter.tell(f"{sent / MIB:.1f} of {size / MIB:.1f} MiB")

    with psycopg.connect(urls.owner) as connection:
        query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
        roles = connection.execute(query, [RUNTIME]).fetchone() is not None
    tools.load(urls.owner, pieces, roles=roles)
    with psycopg.connect(urls.owner) as connection:
        connection.execute("SELECT audit_force_era('restore')")


def _held_keys(file: Path, given: Path | None) -> dict[str, str]:
    """Name → text of every key that came with the backup; a bare master key is one too."""
    path = given or file.with_name(file.name + KEYS)
    if not path.exists() and given is None:
        return {}
    try:
        text = path.read_text()
    except OSError as error:
        raise LauncherError(f"{path} cannot be read: {error.strerror or error}.") from error
    if "[" not in text:
        return {"master": text.strip()}
    parts = [part.partition("]") for part in text.split("[")[1:]]
    return {name: body.strip() for name, _, body in parts if name in {"master", "django"}}


def _check_keys(archive: Archive, held: dict[str, str]) -> None:
    """Tries the keys on what the backup sealed with those of its installation."""
    text = os.environ.get("QUARTERDECK_MASTER_KEY") or held.get("master", "")
    if not text:
        message = "The keys of this backup are not beside it: name their file with --keys."
        raise LauncherError(message)
    probe = archive.manifest["probe"]
    sealed = Probe(probe["place"], base64.b64decode(probe["sealed"]))
    if not opens(parse_keys(text), sealed):
        raise LauncherError("These keys do not open this backup: nothing was written.")


def _check_empty(data_dir: Path) -> None:
    """Refuses a directory in use; what a restore left half is ours to begin anew."""
    found = [name for name in MADE if (data_dir / name).exists()]
    if not found:
        return
    if not (data_dir / UNFINISHED).exists():
        message = f"{data_dir} is in use ({found[0]} is there): choose an empty --data-dir."
        raise LauncherError(message)
    for name in found:
        path = data_dir / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _check_empty_database() -> None:
    """An embedded one is made anew; yours has to be empty."""
    url = os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL")
    if not url:
        return
    with psycopg.connect(url) as connection:
        row = connection.execute(_TABLES).fetchone()
    if row and row[0]:
        raise LauncherError("The database is not empty: make a new one to restore into.")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
