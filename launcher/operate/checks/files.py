"""The data directory: whole, private, with room; the front end built; the keys the right ones."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from launcher.cluster import VERSION
from launcher.frontend import digest_of_sources, is_built
from launcher.instance import UNFINISHED
from launcher.operate.archive import PARTIAL
from launcher.operate.checks.base import Finding, Site
from launcher.operate.facts import sealed
from launcher.operate.place import master_keys
from launcher.operate.sealing import opens, parse_keys

LOW_BYTES = 1 << 30
LOW_INODES = 10_000
SECRET_FILES = ("demo.json", "backups/*.keys", "backups/*.tar")


def data_directory(site: Site) -> list[Finding]:
    """It is ours to write, and no restore was left half done."""
    path = site.data_dir
    found = []
    if path.exists() and not os.access(path, os.W_OK | os.X_OK):
        text = f"{path} is not writable for this user."
        found.append(Finding(text, "Start as the user it belongs to, or give it to this one."))
    if (path / UNFINISHED).exists():
        text = f"A restore into {path} did not come to its end."
        found.append(Finding(text, "Run ./quarterdeck restore again; it begins anew."))
    for draft in sorted(path.glob(f"backups/*{PARTIAL}")):
        text = f"{draft} is half a backup that was cut off, or one under way."
        found.append(Finding(text, "Make another backup; it removes what was left."))
    return found


def permissions(site: Site) -> list[Finding]:
    """Nobody but the owner reads a secret."""
    keys = site.data_dir / "keys"
    found = []
    if keys.exists() and (mode := _mode(keys)) & 0o077:
        text = f"{keys} may be entered by others (mode {mode:04o})."
        found.append(Finding(text, f"chmod 0700 {keys}"))
    for path in _secrets(site.data_dir):
        if (mode := _mode(path)) & 0o077:
            text = f"{path} may be read by others (mode {mode:04o})."
            found.append(Finding(text, f"chmod 0600 {path}"))
    return found


def disk(site: Site) -> list[Finding]:
    """There is room for the database to grow."""
    place = next(p for p in (site.data_dir, *site.data_dir.parents) if p.exists())
    free, inodes = shutil.disk_usage(place).free, os.statvfs(place)
    remedy = "Make room, or move the data directory to a larger disk."
    found = []
    if free < LOW_BYTES:
        found.append(Finding(f"The disk of {place} has {free // 2**20} MiB left.", remedy))
    if inodes.f_files and inodes.f_favail < LOW_INODES:
        found.append(Finding(f"The disk of {place} has room for few more files.", remedy))
    return found


def frontend(site: Site) -> list[Finding]:
    """The pages' scripts and styles were built from the sources that are here."""
    if is_built(site.root, digest_of_sources(site.root / "frontend")):
        return []
    text = "The front end is not built, or was built from other sources."
    return [Finding(text, "Run ./quarterdeck build.")]


def cluster(site: Site) -> list[Finding]:
    """The embedded database is there and of the version we bring."""
    marker = site.data_dir / "pg" / "PG_VERSION"
    if site.given.get("DATABASE_URL"):
        return []
    if not marker.exists():
        if not (site.data_dir / "migrated").exists():
            return []
        text = f"The database in {marker.parent} is gone."
        return [Finding(text, "Restore a backup into a new data directory.")]
    if (version := marker.read_text().strip()) != str(VERSION):
        text = f"The database was made by PostgreSQL {version}; this Quarterdeck brings {VERSION}."
        return [Finding(text, f"Back it up with the version that brings {version}, then restore.")]
    return []


def master_key(site: Site) -> list[Finding]:
    """The master key is there and opens what is stored."""
    if site.database is None:
        return []
    stored = sealed(site.database) if site.ask("SELECT to_regclass('audit_subject_key')") else []
    text = master_keys(site.data_dir)
    where = site.data_dir / "keys" / "master"
    if stored and not text:
        remedy = (
            f"Put it back into {where} or QUARTERDECK_MASTER_KEY, from where backups' keys lie."
        )
        return [Finding("The master key is missing; stored secrets cannot be opened.", remedy)]
    wrong = [probe for probe in stored if not opens(parse_keys(text), probe)]
    return [
        Finding(
            f"The master key does not open what is stored in {probe.place.partition('|')[0]}.",
            f"Put the right key into {where} or QUARTERDECK_MASTER_KEY, the older ones beside it.",
        )
        for probe in wrong
    ]


def _secrets(data_dir: Path) -> Iterator[Path]:
    yield from sorted(path for path in data_dir.glob("keys/*") if path.is_file())
    for pattern in SECRET_FILES:
        yield from sorted(data_dir.glob(pattern))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
