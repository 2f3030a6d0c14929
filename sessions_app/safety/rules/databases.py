"""Databases: statements and administration commands that lose or expose what is stored."""

from __future__ import annotations

import re

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import ALWAYS, exact, flag, raw, sub, word
from sessions_app.safety.rules.invocation import Invocation, grammar
from sessions_app.safety.sql import judge
from sessions_app.safety.text import has_hole, holes_as, listed, show

DATABASES = Concern("databases", Reach.SHARED)
_SQL_CLIENTS = {
    "psql": ({"c", "command"}, {"f", "file"}),
    "mysql": ({"e", "execute"}, set()),
    "mariadb": ({"e", "execute"}, set()),
    "sqlite3": ({"cmd"}, {"init"}),
    "sqlcmd": ({"q", "Q"}, {"i"}),
    "cockroach": ({"e", "execute"}, {"f", "file"}),
    "clickhouse-client": ({"q", "query"}, {"queries-file"}),
    "duckdb": ({"c", "s"}, set()),
    "usql": ({"c", "command"}, {"f", "file"}),
    "trino": ({"execute"}, {"f", "file"}),
    "snowsql": ({"q", "query"}, {"f", "filename"}),
    "bq": (set(), set()),
    "cqlsh": ({"e", "execute"}, {"f", "file"}),
    "isql": (set(), set()),
    "pgcli": (set(), set()),
    "mycli": ({"e", "execute"}, set()),
}
_VALUES = (
    "c command e execute f file q Q query queries-file cmd init s i d dbname h host p port U "
    "username u user D database W o output v set variable F P pset S socket default-character-set "
    "host password schema format filename a accountname k"
)
DATABASES.reads(" ".join(_SQL_CLIENTS), grammar(_VALUES.replace(" p ", " ").replace(" s ", " ")))
DATABASES.reads("psql sqlcmd usql", grammar(_VALUES.replace(" s ", " ").replace(" e ", " ")))
DATABASES.reads("sqlite3", grammar("cmd init separator newline nullvalue", words=True))
DATABASES.reads("duckdb", grammar("c s cmd init", words=True))


def _sql(call: Invocation) -> list[Finding]:
    """The statements a client is given: by option, as operand, or on standard input."""
    codes, files = _SQL_CLIENTS[call.program]
    texts = [each for name in sorted(codes) for each in call.values.get(name, ())]
    if call.program in {"sqlite3", "duckdb"}:
        texts += call.operands[1:]
    elif call.program == "bq":
        texts += call.operands[1:] if call.sub() == "query" else []
    found = [finding for each in texts for finding in _client_text(call.program, each.text)]
    if any(name in call.values for name in files):
        return [*found, unread("Runs a file of statements that was not examined.")]
    return found if texts else [*found, *_from_input(call)]


_DOT = re.compile(r"^\s*\.(\w+)[^\n]*$", re.MULTILINE)
_DOT_READS = frozenset(
    listed(
        "tables schema dump headers mode databases indexes indices help quit exit width show stats "
        "timer echo bail fullschema lint selftest separator nullvalue print explain expert eqp"
    )
)


def _client_text(program: str, text: str) -> list[Finding]:
    """Statements, with the dot commands of sqlite3 and duckdb told apart."""
    if program not in {"sqlite3", "duckdb"}:
        return sql_findings(text)
    commands = _DOT.findall(text)
    found = sql_findings(_DOT.sub("", text)) if _DOT.sub("", text).strip() else []
    if any(command not in _DOT_READS for command in commands):
        found.append(unread("Runs a client command that reads, writes or starts something."))
    return found


def _from_input(call: Invocation) -> list[Finding]:
    if call.stdin.text is not None:
        return _client_text(call.program, call.stdin.text)
    if call.stdin.traits:
        return [unread("Runs statements that are known only at run time.")]
    return []


def unread(text: str) -> Finding:
    """A finding about statements nobody can read beforehand."""
    return Finding(Danger.CAUTION, Reason("databases.unread", text), Reach.SHARED)


def sql_findings(text: str) -> list[Finding]:
    """What a script of statements means, as findings."""
    found = []
    if has_hole(text):
        text = holes_as(text, "x")
        found.append(unread("A part of the statement is known only at run time."))
    for each in judge(text):
        target = (Target("table", show(each.target)),) if each.target else ()
        safer = SAFER.get(each.code)
        reason = Reason(f"databases.{each.code}", each.text)
        found.append(Finding(each.danger, reason, Reach.SHARED, target, safer))
    return found


SAFER = {
    "delete_all": "Add a WHERE, and run it inside a transaction you can roll back.",
    "update_all": "Add a WHERE, and run it inside a transaction you can roll back.",
    "drop": "Rename it first, or take a dump.",
    "truncate": "Copy the rows into another table first.",
    "alter_drop": "Rename the column and drop it when nothing missed it.",
}
for _client in _SQL_CLIENTS:
    DATABASES.checked(_client, _sql)
    DATABASES.tame.add(_client)

DATABASES.dangerous(
    "drop",
    "dropdb dropuser",
    ALWAYS,
    text="Drops a database or role with its content.",
    targets=named_targets("database", 0),
    safer="pg_dump it first, or rename the database",
)
DATABASES.dangerous(
    "drop",
    "mysqladmin mariadb-admin",
    word("drop shutdown flush-*"),
    text="Drops a database or stops the server.",
    targets=named_targets("database"),
)
DATABASES.harmless("mysqladmin mariadb-admin", word("status ping processlist version variables"))
DATABASES.dangerous(
    "restore_clean",
    "pg_restore",
    flag("c clean create C") & ~exact("l list"),
    text="Drops what is there before it restores.",
)
DATABASES.otherwise(
    "restore",
    "pg_restore mongorestore mysqlimport mongoimport pgloader",
    text="Loads data into a database.",
)
DATABASES.dangerous(
    "restore_drop",
    "mongorestore mongoimport",
    flag("drop"),
    text="Drops collections before it restores.",
)
DATABASES.dangerous(
    "server",
    "pg_ctl pg_resetwal pg_dropcluster initdb pg_ctlcluster mysqld_safe",
    word("stop restart kill immediate drop")
    | sub("*", "*", "stop|restart")
    | raw("-f --stop --skip-grant-tables --force"),
    text="Stops, resets or removes a database server.",
)
DATABASES.tame.update(
    listed(
        "pg_dump pg_dumpall mysqldump mariadb-dump mongodump pg_isready createdb pg_basebackup "
        "sqldiff sqlite3_analyzer createuser pgbench mongoexport initdb pg_config vacuumdb "
        "reindexdb redis-benchmark"
    )
)
