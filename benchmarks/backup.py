"""What `backup` and `restore` cost beside PostgreSQL's own tools and a copy of the files.

A scratch installation of `BENCH_MIB` (default 64; 1024 is the target's size): half of it rows that
compress as text does, half files. The comparator is `pg_dump -Fc` and `pg_restore` as they come,
and `cp -a`, on a server that runs already. Ours includes the start of the database, the checks and
the migrations. Target: ratios of at most 1.5.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from benchmarks.figures import load_average
from launcher.cluster import binaries
from launcher.keys import keys_directory, master_key, write_secret
from launcher.operate.backup import make_backup
from launcher.operate.place import manage, started
from launcher.operate.restore import restore
from tests.stories.house import clean

MIB = 1 << 20
WORDS = [f"word{number}" for number in range(5000)]
TENANT = "0198a2b0-0000-7000-8000-000000000001"


def fill(data_dir: Path, url: str, mib: int) -> None:
    """Half rows, half files."""
    text = random.Random(7)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bench_rows (id bigint PRIMARY KEY, body text)")
        with connection.cursor().copy("COPY bench_rows FROM STDIN") as copy:
            for number in range(mib * 512):
                copy.write_row((number, " ".join(text.choices(WORDS, k=140))[:950]))
    for number in range(mib // 2):
        path = data_dir / "blobs" / TENANT / f"{number % 256:02x}" / f"{number:064x}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.randbytes(MIB))


def timed(deed: Callable[[], object]) -> float:
    """Seconds."""
    began = time.monotonic()
    deed()
    return time.monotonic() - began


def plain(data_dir: Path, url: str, target: Path) -> tuple[float, float]:
    """The comparator: dump and copy, then both back into another database and directory."""
    dump, other = target / "plain.dump", url.replace("/quarterdeck?", "/plain?")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE plain")

    def out() -> None:
        subprocess.run([binaries() / "pg_dump", "-Fc", "-f", dump, "-d", url], check=True)
        subprocess.run(["cp", "-a", data_dir / "blobs", target / "blobs"], check=True)

    def back() -> None:
        command = [binaries() / "pg_restore", "--no-owner", "-x", "-d", other, dump]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["cp", "-a", target / "blobs", target / "back"], check=True)

    return timed(out), timed(back)


def main() -> None:
    """Print one JSON line; nothing is asserted."""
    for name in set(os.environ) - set(clean()):
        del os.environ[name]
    mib = int(os.environ.get("BENCH_MIB", "64"))
    folder = Path(tempfile.mkdtemp(prefix="qdb", dir="/tmp"))
    folder.chmod(0o711)
    try:
        data_dir = folder / "a"
        write_secret(keys_directory(data_dir) / "master", master_key())
        with started(data_dir) as urls:
            manage(data_dir, urls, "migrate", "--no-input", owner=True)
            fill(data_dir, urls.owner, mib)
            out, back = plain(data_dir, urls.owner, folder)
        ours = timed(lambda: make_backup(data_dir, folder / "b.tar"))
        theirs = timed(lambda: restore(folder / "b.tar", folder / "c"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    line = {
        "name": "backup",
        "mib": mib,
        "backup": {
            "seconds": round(ours, 1),
            "plain": round(out, 1),
            "ratio": round(ours / out, 2),
        },
        "restore": {
            "seconds": round(theirs, 1),
            "plain": round(back, 1),
            "ratio": round(theirs / back, 2),
        },
    }
    print(json.dumps({**line, "target": 1.5, "load": load_average()}))


if __name__ == "__main__":
    main()
