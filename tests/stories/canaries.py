"""Looking for values that must not be anywhere: in answers, pages, the database, logs and blobs."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

import httpx
import psycopg
from psycopg import sql

from launcher.cluster import SUPERUSER, Cluster
from launcher.roles import socket_url
from tests.stories.house import House, Person


def forms(value: str) -> dict[str, str]:
    """How a value may be written, without white space: as it is, in base64 at each offset, in hex,
    backwards."""
    raw = value.encode()
    found = {"plain": "".join(value.split()), "hex": raw.hex(), "reversed": value[::-1]}
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + raw).decode()
        found[f"base64+{offset}"] = text[-(-offset * 4 // 3) : (len(raw) + offset) * 4 // 3]
    return found


def leaks(canaries: Mapping[str, str], places: Iterator[tuple[str, str]]) -> list[str]:
    """Where a canary stands in any form, however it is broken into lines."""
    wanted = [
        (f"{name} as {form}", text)
        for name, value in canaries.items()
        for form, text in forms(value).items()
    ]
    found = []
    for place, text in places:
        bare = re.sub(r"\s+", "", text)
        spoken = bare.replace("\\r\\n", "").replace("\\n", "")
        found += [f"{what} in {place}" for what, form in wanted if form in bare or form in spoken]
    return found


def database(house: House) -> Iterator[tuple[str, str]]:
    """Every row of every table as text, bytes in hex and as what they spell."""
    cluster = Cluster(house.data_dir / "pg", house.data_dir / "keys")
    address = socket_url(SUPERUSER, cluster.superuser_password, str(cluster.socket_directory))
    with psycopg.connect(address) as connection:
        names = connection.execute(
            "SELECT c.oid::regclass::text, coalesce(array_agg(a.attname) FILTER (WHERE"
            " a.atttypid = 'bytea'::regtype), '{}') FROM pg_class c JOIN pg_attribute a"
            " ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid"
        ).fetchall()
        assert len(names) > 40
        for table, binary in names:
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.SQL(table))
            yield table, "\n".join(row[0] for row in connection.execute(query))
            for column in binary:
                spelled = sql.SQL("SELECT encode({}, 'escape') FROM {}").format(
                    sql.Identifier(column), sql.SQL(table)
                )
                rows = connection.execute(spelled)
                yield f"{table}.{column}", "\n".join(row[0] or "" for row in rows)


def files(house: House) -> Iterator[tuple[str, str]]:
    """Everything on disk but the database's own files and working directories, which commands
    fill as they like."""
    for path in sorted(house.data_dir.rglob("*")):
        inside = path.relative_to(house.data_dir).parts
        if path.is_file() and inside[0] not in {"pg", "work", "servers"}:
            yield str(path), path.read_bytes().decode("latin-1")
    log = house.data_dir.parent / f"{house.data_dir.name}.log"
    yield str(log), log.read_text()


def answers(person: Person, *paths: str) -> Iterator[tuple[str, str]]:
    """What the API says to somebody."""
    for path in paths:
        answer = person.get(path)
        assert answer.status_code == 200, (path, answer.text)
        yield path, answer.text


def pages(house: House, person: Person, *paths: str) -> Iterator[tuple[str, str]]:
    """What somebody's browser is sent."""
    with httpx.Client(base_url=house.url, follow_redirects=True, timeout=40) as browser:
        page = browser.get("/sign-in").text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found is not None
        given = {"username": person.username, "password": person.password}
        body = {**given, "csrfmiddlewaretoken": found[1]}
        signed = browser.post("/sign-in", data=body, headers={"Referer": house.url})
        assert signed.status_code == 200
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert "sign-in" not in answer.url.path, path
            yield path, answer.text
