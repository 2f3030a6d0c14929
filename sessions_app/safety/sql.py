"""SQL: statements told apart by their tokens, and which of them cannot be taken back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from sessions_app.safety.model import Danger
from sessions_app.safety.text import listed

MAX_TOKENS = 4000
_TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|$)|\#[^\n]*)
    |(?P<string>'(?:[^'\\]|''|\\.)*'?|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$))
    |(?P<quoted>"[^"]*"?|`[^`]*`?|\[[^\]]*\]?)
    |(?P<name>[A-Za-z_\ue000][\w$.\ue000\ue001]*)
    |(?P<end>;|\\g\b)
    |(?P<meta>\\![^\n]*|\\[a-z]+[^\n;]*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
OPENING = frozenset({"EXPLAIN", "WITH", "BEGIN", "START", "DO", "ANALYZE", "IF", "THEN", "ELSE"})
READING = frozenset(
    listed(
        "SELECT SHOW DESCRIBE DESC EXPLAIN PRAGMA BEGIN COMMIT ROLLBACK END SET USE VALUES TABLE "
        "START "
        "ANALYZE SAVEPOINT RELEASE LISTEN FETCH DECLARE CLOSE HELP STATUS INSERT CREATE COMMENT "
        "COPY "
        "MERGE NOTIFY PREPARE DEALLOCATE RESET UNLISTEN WITH DO CHECKPOINT LOAD"
    )
)
CHANGING = frozenset(
    listed(
        "UPDATE DELETE ALTER GRANT REVOKE VACUUM REINDEX CLUSTER REFRESH LOCK CALL EXECUTE REPLACE "
        "RENAME KILL OPTIMIZE REPAIR ATTACH DETACH IMPORT EXEC REASSIGN SECURITY"
    )
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one statement means: its danger, a stable code, a sentence, and what it names."""

    danger: Danger
    code: str
    text: str
    target: str = ""


def statements(text: str) -> list[list[str]]:
    """The statements of a script as upper-case words; strings and comments are left out."""
    found: list[list[str]] = [[]]
    for match in islice(_TOKEN.finditer(text), MAX_TOKENS):
        kind = match.lastgroup
        if kind == "end":
            found.append([])
        elif kind == "meta":
            found.extend([[match.group()], []])
        elif kind in {"name", "quoted", "string"}:
            value = match.group()
            found[-1].append(value.upper() if kind == "name" else _quoted(value, kind))
        elif kind == "other":
            found[-1].append(match.group())
    return [each for each in found if each]


def _quoted(value: str, kind: str) -> str:
    return "''" if kind == "string" else '"' + value.strip('"`[]') + '"'


def judge(text: str) -> list[Statement]:
    """What the statements of a script mean, harmless ones left out."""
    return [each for each in map(_judged, statements(text)) if each is not None]


def _judged(words: list[str]) -> Statement | None:
    if words[0].startswith("\\"):
        return _meta(words[0])
    verb_at = _verb(words)
    if verb_at < 0:
        return _other(words)
    verb, rest = words[verb_at], words[verb_at + 1 :]
    target = " ".join(word for word in rest[:3] if word not in {"FROM", "IF", "EXISTS", "TABLE"})
    if verb == "DROP":
        return _dangerous(
            "drop", f"Drops a {(rest or ['thing'])[0].lower()} with its content.", rest
        )
    if verb == "TRUNCATE":
        return _dangerous("truncate", "Empties tables at once.", rest)
    if verb == "ALTER" and "DROP" in rest:
        return _dangerous("alter_drop", "Drops a part of a table with its content.", rest)
    return _rows(verb, rest, target)


def _rows(verb: str, rest: list[str], target: str) -> Statement:
    if verb in {"DELETE", "UPDATE"} and "WHERE" not in rest:
        done = "Deletes" if verb == "DELETE" else "Changes"
        return _dangerous(f"{verb.lower()}_all", f"{done} every row: there is no WHERE.", rest)
    text = "Changes rows or objects of a database."
    return Statement(Danger.CAUTION, "change", text, target.lower())


VERBS = frozenset({"DROP", "TRUNCATE", "DELETE", "UPDATE"}) | CHANGING


def _verb(words: list[str]) -> int:
    """Where the verb that changes something stands; -1 when the statement only reads."""
    first = words[0]
    if first in VERBS:
        return 0
    if first not in OPENING or (first == "EXPLAIN" and "ANALYZE" not in words[:4]):
        return -1
    return next((i for i, word in enumerate(words) if word in VERBS and _leads(words, i)), -1)


def _leads(words: list[str], index: int) -> bool:
    """Whether a verb inside WITH, EXPLAIN or DO starts a statement of its own."""
    before = words[index - 1]
    return before in OPENING or before in {"(", ")", "AS"}


def _other(words: list[str]) -> Statement | None:
    first = words[0]
    if first in {"GO", "GO;"} or first in READING:
        return _program(words)
    return Statement(Danger.CAUTION, "unknown", "A statement that is not known here.")


def _program(words: list[str]) -> Statement | None:
    """`COPY … FROM PROGRAM` and functions that leave the database."""
    if "PROGRAM" in words and words[0] == "COPY":
        return _dangerous("program", "Runs a program on the database server.", words)
    if {"LO_EXPORT", "PG_READ_FILE", "LOAD_FILE", "OUTFILE", "DUMPFILE", "XP_CMDSHELL"} & set(
        words
    ):
        return _dangerous("server_file", "Reads or writes files of the database server.", words)
    if {"PG_TERMINATE_BACKEND", "PG_CANCEL_BACKEND"} & set(words):
        return Statement(Danger.CAUTION, "terminate", "Ends sessions of the database.")
    return None


def _meta(word: str) -> Statement | None:
    if word.startswith("\\!"):
        return Statement(Danger.CAUTION, "shell", "Runs a shell command from the database client.")
    if re.match(r"\\(i|ir|include|o|copy|w)\b", word):
        return Statement(Danger.CAUTION, "client_file", "Reads or writes files from the client.")
    return None


def _dangerous(code: str, text: str, rest: list[str]) -> Statement:
    skipped = {"FROM", "IF", "EXISTS", "TABLE", "ONLY", "DATABASE", "SCHEMA"}
    named = [word.strip('"').lower() for word in rest if word not in skipped]
    return Statement(Danger.DANGEROUS, code, text, named[0] if named else "")
