"""The database: reachable, new enough, with two roles, migrated by just this code, durable."""

from __future__ import annotations

import psycopg

from launcher.external import OLDEST
from launcher.operate.checks.base import Finding, Site
from launcher.processes import needed_connections
from launcher.schema import applied, files, packages

_OWNS = """
SELECT pg_has_role(current_user, relowner, 'USAGE')
    OR has_table_privilege('audit_ledger', 'UPDATE, DELETE, TRUNCATE')
  FROM pg_class WHERE oid = to_regclass('audit_ledger')
"""
_UNGUARDED = """
SELECT count(*) FROM pg_inherits i
 WHERE i.inhparent = to_regclass('audit_ledger') AND NOT EXISTS (
   SELECT FROM pg_trigger t WHERE t.tgrelid = i.inhrelid AND t.tgname = 'audit_ledger_whole'
      AND t.tgenabled = 'A')
"""
_SETTINGS = ("fsync", "full_page_writes")


def version(site: Site) -> list[Finding]:
    """The server is one we support."""
    if site.database is None:
        return []
    found = site.database.info.server_version // 10000
    if found >= OLDEST:
        return []
    text = f"The server is PostgreSQL {found}; {OLDEST} or newer is needed."
    return [Finding(text, "Upgrade the server.")]


def roles(site: Site) -> list[Finding]:
    """Who runs owns nothing, so the ledger is append-only by the database's own word."""
    remedy = (
        "Set DATABASE_OWNER_URL to the owner and DATABASE_URL to a role that owns nothing, "
        "then run ./quarterdeck up."
    )
    found = []
    if site.ask(_OWNS):
        found.append(Finding("The role that runs could change the ledger.", remedy))
    if unguarded := site.ask(_UNGUARDED):
        text = f"{unguarded} partitions of the ledger have lost the trigger that guards them."
        found.append(Finding(text, "Restore a backup, and find out who removed it."))
    return found


def migrations(site: Site) -> list[Finding]:
    """The tables are those this code was written for."""
    if site.urls is None:
        return []
    ours = packages(site.root)
    done, known = applied(site.urls.owner, ours), files(site.root)
    found = []
    if done and (pending := sorted(known - done)):
        text = f"{len(pending)} migrations are pending, {'.'.join(pending[0])} first."
        found.append(Finding(text, "Run ./quarterdeck upgrade."))
    if newer := sorted(done - known):
        text = f"A newer Quarterdeck has migrated the database ({'.'.join(newer[0])})."
        found.append(Finding(text, "Start that version, or restore a backup made before it."))
    return found


def connections(site: Site) -> list[Finding]:
    """The server offers as many connections as our processes may hold."""
    offered, needed = site.ask("SELECT current_setting('max_connections')::int"), 0
    needed = needed_connections(site.given)
    if offered is None or offered >= needed:
        return []
    text = f"The server offers {offered} connections; Quarterdeck may need {needed}."
    return [Finding(text, "Raise max_connections there, or set DATABASE_POOL lower here.")]


def durability(site: Site) -> list[Finding]:
    """What was confirmed survives a loss of power."""
    off = [name for name in _SETTINGS if site.ask(f"SELECT current_setting('{name}')") == "off"]
    return [
        Finding(f"The server runs with {name} off.", f"Set {name} = on and restart it.")
        for name in off
    ]


def reachable(site: Site) -> list[Finding]:
    """Both roles get in."""
    if site.urls is None:
        return []
    found = []
    for name, url in (("runtime", site.urls.runtime), ("owner", site.urls.owner)):
        try:
            psycopg.connect(url, connect_timeout=10).close()
        except psycopg.Error as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[-1]
            text = f"The {name} role cannot connect: {reason}"
            found.append(Finding(text, "Check DATABASE_URL, DATABASE_OWNER_URL and the server."))
    return found
