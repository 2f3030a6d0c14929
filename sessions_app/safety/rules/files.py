"""What programs do to files: for each program, the uses it makes of its arguments."""

from __future__ import annotations

import re
from collections.abc import Callable

from sessions_app.safety.effects import Use
from sessions_app.safety.model import Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import DANGEROUS, Concern
from sessions_app.safety.rules.conditions import exact, flag, raw
from sessions_app.safety.rules.invocation import Grammar, Invocation, grammar
from sessions_app.safety.rules.rights import mode_findings
from sessions_app.safety.text import show
from sessions_app.safety.values.words import Word

Uses = list[tuple[Use, Word]]
Reader = Callable[[Invocation], Uses]
FILES = Concern("files", Reach.WORKSPACE)
USES: dict[str, Reader] = {}


def _uses(programs: str, reader: Reader, given: Grammar | None = None) -> None:
    for name in programs.split():
        USES[name] = reader
        FILES.tame.add(name)
        if given is not None:
            FILES.grammars[name] = given


def _every(kind: Use, start: int = 0) -> Reader:
    return lambda call: [(kind, word) for word in call.operands[start:]]


def _patterned(call: Invocation) -> Uses:
    """Grep and its kin: the first operand is the pattern unless -e or -f gave it."""
    start = 0 if call.has("e", "f", "regexp", "file", "files") else 1
    return [(Use.READ, word) for word in call.operands[start:]]


def _remove(call: Invocation) -> Uses:
    kind = Use.TREE if call.has("r", "R", "recursive") else Use.DELETE
    return [(kind, word) for word in call.operands]


def _sed(call: Invocation) -> Uses:
    start = 0 if call.has("e", "f", "expression", "file") else 1
    edits = any(re.match(r"-\w*i|--in-place", word.text) for word in call.argv[1:])
    return [(Use.WRITE if edits else Use.READ, word) for word in call.operands[start:]]


def _tee(call: Invocation) -> Uses:
    return [(Use.APPEND if call.has("a", "append") else Use.WRITE, w) for w in call.operands]


def _destination(call: Invocation) -> tuple[list[Word], Word | None]:
    """Sources and destination of cp, mv and install."""
    given = call.value("t", "target-directory")
    if given is not None:
        return call.operands, given
    return call.operands[:-1], call.operands[-1] if len(call.operands) > 1 else None


def _copy(call: Invocation) -> Uses:
    sources, target = _destination(call)
    found: Uses = [(Use.READ, word) for word in sources]
    if target is None:
        return found
    empties = any(word.text == "/dev/null" for word in sources)
    keeps = call.has("n", "no-clobber", "i", "interactive", "u", "update", "d", "directory")
    kind = Use.EMPTY if empties else Use.CREATE if keeps else Use.WRITE
    return [*found, (kind, target)]


def _move(call: Invocation) -> Uses:
    sources, target = _destination(call)
    careful = call.has("n", "no-clobber", "i", "interactive", "b", "backup")
    found: Uses = [(Use.MOVE, word) for word in sources]
    if careful:
        found = [(Use.LIST, word) for word in sources if not word.text.startswith(("/", "~"))]
    return [*found, (Use.CREATE if careful else Use.WRITE, target)] if target else found


def _link(call: Invocation) -> Uses:
    if len(call.operands) < 2:
        return []
    return [(Use.WRITE if call.has("f", "force") else Use.CREATE, call.operands[-1])]


def _rights(call: Invocation) -> Uses:
    kind = Use.RIGHTS_TREE if call.has("R", "recursive") else Use.RIGHTS
    start = 0 if call.has("reference") else 1
    return [(kind, word) for word in call.operands[start:]]


def _truncate(call: Invocation) -> Uses:
    size = call.value("s", "size")
    grows = size is not None and size.text.startswith(("+", ">"))
    return [(Use.WRITE if grows else Use.EMPTY, word) for word in call.operands]


def _dd(call: Invocation) -> Uses:
    found: Uses = []
    for word in call.operands:
        name, _, value = word.text.partition("=")
        if name in {"if", "of"}:
            kind = Use.READ if name == "if" else Use.WRITE
            found.append((kind, Word(value, word.glob, word.traits)))
    return found


def _rsync(call: Invocation) -> Uses:
    if call.has("n") or "dry-run" in call.flags or "list-only" in call.flags:
        return [(Use.LIST, word) for word in call.operands if not _remote(word)]
    deletes = any(flag.startswith("del") for flag in call.long_flags)
    sources = [word for word in call.operands[:-1] if not _remote(word)]
    found: Uses = [(Use.READ, word) for word in sources]
    if call.has("remove-source-files"):
        found += [(Use.TREE, word) for word in sources]
    if call.operands[1:] and not _remote(call.operands[-1]):
        found.append((Use.TREE if deletes else Use.WRITE, call.operands[-1]))
    return found


def _remote(word: Word) -> bool:
    """`host:path` or `rsync://…`, the way scp and rsync name other machines."""
    head = word.text.partition("/")[0]
    return ":" in head


def _tar(call: Invocation) -> Uses:
    mode, operands = _tar_mode(call)
    where = call.value("C", "directory")
    archive = call.value("f", "file")
    if archive is None and mode and "f" in mode and operands:
        archive, operands = operands[0], operands[1:]
    if call.has("x", "extract", "get") or "x" in mode:
        target = where or Word(".")
        return ([(Use.READ, archive)] if archive else []) + [(Use.WRITE, target)]
    if call.has("c", "create", "r", "append", "u", "update") or set(mode) & set("cru"):
        return _packed(call, operands, archive, where)
    return [(Use.READ, archive)] if archive else []


def _tar_mode(call: Invocation) -> tuple[str, list[Word]]:
    """The old form without a dash: `tar xzf file`."""
    if (
        call.operands
        and call.flags <= call.long_flags
        and re.fullmatch(r"[a-zA-Z]+", call.operands[0].text)
    ):
        return call.operands[0].text, call.operands[1:]
    return "", call.operands


def _packed(
    call: Invocation, operands: list[Word], archive: Word | None, where: Word | None
) -> Uses:
    kind = Use.TREE if call.has("remove-files") else Use.READ
    base = where.text.rstrip("/") + "/" if where else ""
    found: Uses = [
        (
            kind,
            word if word.text.startswith("/") else Word(base + word.text, word.glob, word.traits),
        )
        for word in operands
    ]
    if archive is not None and archive.text != "-":
        found.append((Use.WRITE, archive))
    return found


def _unzip(call: Invocation) -> Uses:
    if call.has("l", "v", "t", "Z", "p"):
        return []
    return [(Use.WRITE, call.value("d", "exdir") or Word("."))]


def _zip(call: Invocation) -> Uses:
    kind = Use.TREE if call.has("m", "move") else Use.READ
    found: Uses = [(Use.WRITE, word) for word in call.operands[:1]]
    return [*found, *((kind, word) for word in call.operands[1:])]


def _sort(call: Invocation) -> Uses:
    target = call.value("o", "output")
    found: Uses = [(Use.READ, word) for word in call.operands]
    return [*found, (Use.WRITE, target)] if target else found


_uses(
    "cat tac nl head tail less more most wc uniq cut paste od xxd hexdump strings base64 base32 "
    "md5sum sha1sum sha224sum sha256sum sha512sum b2sum cksum sum diff cmp comm column fold fmt "
    "bat batcat view zcat zless zmore bzcat xzcat zstdcat gunzip bunzip2 expand unexpand rev look "
    "join tsort pr vimdiff sdiff colordiff delta hd readelf objdump nm ldd xmllint plutil "
    "sqlformat csvlook gzip bzip2 xz zstd uuencode uudecode basenc gbase64 dos2unix unix2dos",
    _every(Use.READ),
    grammar("n c q s w t f d i j k N b A p bytes lines width delimiter fields"),
)
_uses(
    "grep egrep fgrep zgrep rg ag ack pcregrep ugrep git-grep",
    _patterned,
    grammar(
        "e f m A B C D d t T g M regexp file max-count after-context before-context context type "
        "glob include exclude exclude-dir include-dir color colors sort type-not max-depth"
    ),
)
_uses("jq yq jaq dasel xq gojq", _every(Use.READ, 1), grammar("arg argjson f from-file indent"))
_uses(
    "ls dir vdir stat file du tree exa eza lsd realpath readlink lsattr getfacl", _every(Use.LIST)
)
_uses("mkdir touch mkfifo mknod", _every(Use.CREATE), grammar("m mode t d r Z reference date"))
_uses("rm grm", _remove)
_uses("unlink", _every(Use.DELETE))
_uses("rimraf del-cli rmtree", _every(Use.TREE))
_uses("rmdir", _every(Use.LIST))
_uses("srm", _every(Use.WIPE))
_uses("shred wipe", _every(Use.WIPE), grammar("n s iterations size random-source"))
_uses("truncate", _truncate, grammar("s r size reference"))
_uses("sed gsed", _sed, grammar("e f l expression file line-length"))
_uses("tee", _tee)
_uses("sponge", _every(Use.WRITE))
_uses(
    "cp gcp install copy",
    _copy,
    grammar("t S m o g target-directory suffix mode owner group"),
)
_uses("mv gmv", _move, grammar("t S target-directory suffix"))
_uses("rename prename mmv", _every(Use.MOVE, 1))
_uses("ln", _link, grammar("t S target-directory suffix"))
_uses("chmod chown chgrp", _rights, grammar("from"))
_uses("setfacl", _every(Use.RIGHTS), grammar("m M x X set modify remove"))
_uses("dd dcfldd dc3dd", _dd)
_uses("rsync", _rsync, grammar("e f T B rsh filter exclude include exclude-from files-from port"))
_uses(
    "tar gtar bsdtar",
    _tar,
    grammar("f C T X I b file directory exclude transform strip-components use-compress-program"),
)
_uses("unzip", _unzip, grammar("d exdir x P"))
_uses("zip", _zip, grammar("x i b P n t"))
_uses("7z 7za 7zz", _every(Use.READ, 1))
_uses("sort shuf", _sort, grammar("o k t S T n i output key field-separator"))
_uses("patch", lambda call: [(Use.READ, word) for word in call.operands[1:]], grammar("p d i o r"))
_uses("split csplit", _every(Use.READ), grammar("b l n C a"))

FILES.caution(
    "convert_image",
    "dd",
    raw("of=*"),
    text="Copies raw blocks over whatever the target holds.",
)
FILES.caution("link_replaced", "ln", flag("f force"), text="Replaces a file by a link.")
FILES.caution("trash", "trash trash-put gio", raw("*"), text="Moves files to the trash.")
FILES.caution("patched", "chattr setfacl", raw("*"), text="Changes attributes or access lists.")
FILES.tame |= {"trash-list"}


def _mv(call: Invocation) -> list[Finding]:
    if call.operands and call.operands[-1].text == "/dev/null":
        text = "Moves content into nothing: it is lost."
        targets = tuple(Target("path", show(word.text)) for word in call.operands[:-1])
        return [Finding(DANGEROUS, Reason("files.moved_to_null", text), Reach.HOME, targets)]
    return []


FILES.checked("chmod", mode_findings)
FILES.checked("mv gmv", _mv)
FILES.harmless("rsync", exact("dry-run n"))
