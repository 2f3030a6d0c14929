"""Stores that do not speak SQL: Redis, MongoDB, brokers, key stores."""

from __future__ import annotations

import re

from sessions_app.safety.model import Danger, Finding, Reach, Reason
from sessions_app.safety.rules.base import Concern
from sessions_app.safety.rules.conditions import flag, raw, sub, value
from sessions_app.safety.rules.databases import unread
from sessions_app.safety.rules.invocation import Invocation, grammar

STORES = Concern("databases", Reach.SHARED)

REDIS = "redis-cli valkey-cli keydb-cli"
STORES.reads(REDIS, grammar("h p a u n s i r x d user pass", leading="h p a u n s i r d user pass"))
_GONE = "flushall flushdb FLUSHALL FLUSHDB Flushall Flushdb"
STORES.dangerous(
    "flush",
    REDIS,
    raw(_GONE),
    text="Deletes every key of the store.",
    safer="Delete keys by pattern with SCAN and UNLINK",
)
STORES.dangerous(
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
STORES.caution(
    "change",
    REDIS,
    raw(
        "del DEL unlink UNLINK expire EXPIRE rename RENAME eval EVAL evalsha restore migrate "
        "lpop LPOP ltrim LTRIM srem SREM hdel HDEL zrem ZREM config CONFIG client CLIENT"
    ),
    text="Deletes or changes keys.",
)
STORES.tame.update(REDIS.split())


def _redis_input(call: Invocation) -> list[Finding]:
    text = (call.stdin.text or "") if not call.operands else ""
    if re.search(r"(?im)^\s*flush(?:all|db)\b", text):
        reason = Reason("databases.flush", "Deletes every key of the store.")
        return [Finding(Danger.DANGEROUS, reason, Reach.SHARED)]
    return [unread("Runs commands from its input.")] if call.piped else []


for _client in REDIS.split():
    STORES.checked(_client, _redis_input)

MONGO = "mongo mongosh"
STORES.reads(MONGO, grammar("eval u p username password host port f file"))
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
    return [unread("Runs commands from its input.")] if call.stdin.traits else []


for _client in MONGO.split():
    STORES.checked(_client, _mongo)
    STORES.tame.add(_client)

STORES.reads("rabbitmqctl", grammar(leading="n node t timeout"))
STORES.dangerous(
    "topic_deleted",
    "kafka-topics kafka-topics.sh rabbitmqctl rabbitmqadmin nats",
    flag("delete")
    | sub("reset|force_reset|delete_*|purge_queue|delete|purge|stop_app|stop")
    | sub("stream", "rm|purge"),
    text="Deletes topics, queues or the state of a broker.",
)
STORES.harmless(
    "kafka-topics kafka-topics.sh rabbitmqctl nats",
    flag("list describe") | sub("list_*|status|report|cluster_status|server"),
)
STORES.dangerous(
    "keys",
    "etcdctl consul vault",
    sub("del|delete|rm|destroy")
    | sub(
        "kv|secrets|auth|snapshot|policy|token|lease|operator",
        "delete|destroy|disable|restore|revoke|seal",
    ),
    text="Deletes keys or secrets that others rely on.",
)
STORES.caution(
    "secret", "vault", sub("read|kv|login|token|print"), text="Reads secrets.", reach=Reach.PRIVATE
)
STORES.harmless(
    "etcdctl consul vault", sub("get|status|version|members|member|catalog|endpoint|info|list")
)
STORES.caution(
    "cache", "memcached memcflush memcrm", value("", "") | raw("*"), text="Changes a cache."
)
