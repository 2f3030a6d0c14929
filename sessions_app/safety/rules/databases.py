"""Databases: statements and administration commands that lose or expose what is stored."""

from __future__ import annotations

import re

from sessions_app.safety.languages.sql import judge
from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import (
    ALWAYS,
    Concern,
    Invocation,
    exact,
    flag,
    grammar,
    named_targets,
    raw,
    sub,
    value,
    word,
)
from sessions_app.safety.text import has_hole, holes_as, show

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
        return [*found, _unread("Runs a file of statements that was not examined.")]
    return found if texts else [*found, *_from_input(call)]


_DOT = re.compile(r"^\s*\.(\w+)[^\n]*$", re.MULTILINE)
_DOT_READS = frozenset(
    ["tables", "schema", "dump", "headers", "mode", "databases", "indexes", "indices", "help", "quit", "exit", "width", "show", "stats", "timer", "echo", "bail", "fullschema", "lint", "selftest", "separator", "nullvalue", "print", "explain", "expert", "eqp"]
)


def _client_text(program: str, text: str) -> list[Finding]:
    """Statements, with the dot commands of sqlite3 and duckdb told apart."""
    if program not in {"sqlite3", "duckdb"}:
        return sql_findings(text)
    commands = _DOT.findall(text)
    found = sql_findings(_DOT.sub("", text)) if _DOT.sub("", text).strip() else []
    if any(command not in _DOT_READS for command in commands):
        found.append(_unread("Runs a client command that reads, writes or starts something."))
    return found


def _from_input(call: Invocation) -> list[Finding]:
    if call.stdin.text is not None:
        return _client_text(call.program, call.stdin.text)
    if call.stdin.traits:
        return [_unread("Runs statements that are known only at run time.")]
    return []


def _unread(text: str) -> Finding:
    return Finding(Danger.CAUTION, Reason("databases.unread", text), Reach.SHARED)


def sql_findings(text: str) -> list[Finding]:
    """What a script of statements means, as findings."""
    found = []
    if has_hole(text):
        text = holes_as(text, "x")
        found.append(_unread("A part of the statement is known only at run time."))
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
DATABASES.tame |= {
    "pg_dump", "pg_dumpall", "mysqldump", "mariadb-dump", "mongodump", "pg_isready", "createdb",
    "pg_basebackup", "sqldiff", "sqlite3_analyzer", "createuser", "pgbench", "mongoexport",
    "initdb", "pg_config", "vacuumdb", "reindexdb", "redis-benchmark",
}  # fmt: skip

REDIS = "redis-cli valkey-cli keydb-cli"
DATABASES.reads(
    REDIS, grammar("h p a u n s i r x d user pass", leading="h p a u n s i r d user pass")
)
_GONE = "flushall flushdb FLUSHALL FLUSHDB Flushall Flushdb"
DATABASES.dangerous(
    "flush",
    REDIS,
    raw(_GONE),
    text="Deletes every key of the store.",
    safer="Delete keys by pattern with SCAN and UNLINK",
)
DATABASES.dangerous(
    "server",
    REDIS,
    raw(
        "shutdown SHUTDOWN debug DEBUG swapdb SWAPDB module MODULE replicaof REPLICAOF slaveof "
        "SLAVEOF"
    )
    | (raw("config CONFIG") & raw("set SET rewrite REWRITE"))
    | (raw("script function SCRIPT FUNCTION") & raw("flush FLUSH")),
    text="Stops or rewires the store.",
)
DATABASES.caution(
    "change",
    REDIS,
    raw(
        "del DEL unlink UNLINK expire EXPIRE rename RENAME eval EVAL evalsha restore migrate "
        "lpop LPOP ltrim LTRIM srem SREM hdel HDEL zrem ZREM config CONFIG client CLIENT"
    ),
    text="Deletes or changes keys.",
)
DATABASES.tame.update(REDIS.split())


def _redis_input(call: Invocation) -> list[Finding]:
    text = (call.stdin.text or "") if not call.operands else ""
    if re.search(r"(?im)^\s*flush(?:all|db)\b", text):
        reason = Reason("databases.flush", "Deletes every key of the store.")
        return [Finding(Danger.DANGEROUS, reason, Reach.SHARED)]
    return [_unread("Runs commands from its input.")] if call.piped else []


for _client in REDIS.split():
    DATABASES.checked(_client, _redis_input)

MONGO = "mongo mongosh"
DATABASES.reads(MONGO, grammar("eval u p username password host port f file"))
_MONGO_GONE = re.compile(
    r"\.dropDatabase\(|\.drop\(|\.(?:deleteMany|remove)\(\s*(?:\{\s*\})?\s*[,)]|"
    r"\.dropIndexes\(|shutdownServer|\.updateMany\(\s*\{\s*\}|dropUser|dropAllUsers|dropAllRoles"
)
_MONGO_CHANGE = re.compile(r"\.(?:delete|update|replace|remove|rename|create|insert|drop)\w*\(")


def _mongo(call: Invocation) -> list[Finding]:
    """The calls of a script for the MongoDB shell."""
    given = call.value("eval")
    text = given.text if given is not None else call.stdin.text or ""
    if _MONGO_GONE.search(text):
        reason = Reason(
            "databases.mongo_drop", "Deletes a collection, a database or all documents."
        )
        return [Finding(Danger.DANGEROUS, reason, Reach.SHARED)]
    if _MONGO_CHANGE.search(text) or call.value("f", "file") is not None:
        reason = Reason("databases.change", "Changes documents or objects of a database.")
        return [Finding(Danger.CAUTION, reason, Reach.SHARED)]
    return [_unread("Runs commands from its input.")] if call.stdin.traits else []


for _client in MONGO.split():
    DATABASES.checked(_client, _mongo)
    DATABASES.tame.add(_client)

DJANGO = "manage.py django-admin django"
DATABASES.dangerous(
    "framework_reset",
    DJANGO,
    sub("flush|reset_db|sqlflush|clear_db|delete_squashed_migrations")
    | sub("migrate", "*", "zero"),
    text="Deletes the application's data.",
)
DATABASES.caution(
    "migrate",
    f"{DJANGO} alembic flask goose dbmate flyway liquibase sqlx diesel "
    "migrate knex sequelize typeorm drizzle-kit",
    sub("migrate|upgrade|up|run|db|loaddata|dbshell|shell|push"),
    text="Changes the structure of a database.",
)
DATABASES.harmless(
    DJANGO,
    sub(
        "test|check|runserver|makemigrations|showmigrations|sqlmigrate|collectstatic|dumpdata|"
        "inspectdb|diffsettings|makemessages|compilemessages|startapp|startproject|help|version|"
        "validate_templates|show_urls|spectacular"
    ),
)
DATABASES.dangerous(
    "framework_reset",
    "rails rake bin/rails spring",
    word(
        "db:drop* db:reset* db:purge* db:schema:load db:setup db:migrate:reset db:truncate_all "
        "db:rollback db:drop:*"
    ),
    text="Drops or resets the application's database.",
)
DATABASES.caution("migrate", "rails rake", word("db:*"), text="Changes the application's database.")
DATABASES.harmless(
    "rails rake", word("test* routes spec* about stats -T assets:* server s t notes")
)
DATABASES.dangerous(
    "framework_reset",
    "prisma",
    sub("migrate", "reset") | (sub("db", "push") & flag("force-reset accept-data-loss")),
    text="Drops the database and starts anew.",
)
DATABASES.caution("migrate", "prisma", sub("migrate|db"), text="Changes a database.")
DATABASES.harmless("prisma", sub("generate|format|validate|studio|version|init|debug"))
DATABASES.dangerous(
    "framework_reset",
    "artisan alembic flask goose dbmate flyway liquibase sequelize sequelize-cli typeorm knex "
    "sqlx diesel hasura supabase migrate drizzle-kit doctrine",
    word(
        "migrate:fresh migrate:reset migrate:refresh migrate:rollback db:wipe base clean drop "
        "drop-all db:drop db:migrate:undo:all schema:drop reset rollback drop-schema "
        "migrate:rollback down"
    ),
    text="Drops or resets the application's database.",
)
DATABASES.harmless(
    "alembic flask goose dbmate flyway liquibase sqlx diesel knex",
    sub("current|history|heads|show|status|info|validate|version|run|revision|check"),
)
DATABASES.dangerous(
    "topic_deleted",
    "kafka-topics kafka-topics.sh rabbitmqctl rabbitmqadmin nats",
    flag("delete")
    | sub("reset|force_reset|delete_*|purge_queue|delete|purge|stop_app|stop")
    | sub("stream", "rm|purge"),
    text="Deletes topics, queues or the state of a broker.",
)
DATABASES.harmless(
    "kafka-topics kafka-topics.sh rabbitmqctl nats",
    flag("list describe") | sub("list_*|status|report|cluster_status|server"),
)
DATABASES.dangerous(
    "keys",
    "etcdctl consul vault",
    sub("del|delete|rm|destroy")
    | sub(
        "kv|secrets|auth|snapshot|policy|token|lease|operator",
        "delete|destroy|disable|restore|revoke|seal",
    ),
    text="Deletes keys or secrets that others rely on.",
)
DATABASES.caution(
    "secret", "vault", sub("read|kv|login|token|print"), text="Reads secrets.", reach=Reach.SECRET
)
DATABASES.harmless(
    "etcdctl consul vault", sub("get|status|version|members|member|catalog|endpoint|info|list")
)
DATABASES.caution(
    "cache", "memcached memcflush memcrm", value("", "") | raw("*"), text="Changes a cache."
)
