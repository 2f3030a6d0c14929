"""Filters whose output is computed from known text: decoders, reversers, translators."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable

from sessions_app.safety.effects import leaving
from sessions_app.safety.frame.start import Runner, Start
from sessions_app.safety.text import has_hole
from sessions_app.safety.values.streams import LIMIT, Stream, computed, joined
from sessions_app.safety.values.words import Word, ansi_c


def operands_of(start: Start) -> list[Word]:
    """The arguments that are no options."""
    return [word for word in start.arguments if not word.text.startswith("-")]


def contents(start: Start, operands: list[Word]) -> Stream:
    """The files named, or standard input when there are none."""
    if not operands:
        return start.stdin
    return joined(_file(start, word) for word in operands)


def _file(start: Start, word: Word) -> Stream:
    if word.text == "-":
        return start.stdin
    if word.text in start.frame.files:
        return start.frame.files[word.text]
    where = start.place(word)
    if where.path == "/dev/null":
        return Stream("")
    known = start.frame.files.get(where.path)
    return known if known is not None else Stream(None, word.traits | frozenset(leaving(where)))


def traits_of(start: Start) -> frozenset[str]:
    """Where all arguments together come from."""
    return frozenset[str]().union(*(word.traits for word in start.argv))


def _mapped(change: Callable[[str, Start], str | None]) -> Runner:
    """A program that changes the text it reads; unknown text keeps its traits."""

    def run(start: Start) -> Stream:
        read = contents(start, operands_of(start)) if start.name in _FILE_FILTERS else start.stdin
        text = None if read.text is None or has_hole(read.text) else change(read.text, start)
        if text is None:
            return computed(read.traits | traits_of(start))
        return Stream(text[:LIMIT], read.traits | traits_of(start))

    return run


_FILE_FILTERS = frozenset({"rev", "tac", "sort", "uniq", "head", "tail", "fold", "base64", "xxd"})
_FILE_FILTERS |= {"base32", "gunzip", "zcat", "gzip", "uudecode", "basenc", "gbase64"}


def _decoder(program: str, decode: Callable[[bytes], bytes], flag: str) -> Runner:
    """A decoder: known text is decoded, unknown text is marked as hidden in an encoding."""

    def run(start: Start) -> Stream:
        read = contents(start, operands_of(start))
        if not re.search(flag, " ".join(start.texts())) and program not in _ALWAYS_DECODE:
            return computed(read.traits)
        if read.text is None or has_hole(read.text):
            return computed(read.traits | {"decoded"})
        try:
            raw = decode(read.text.encode("latin-1", "replace"))
        except (ValueError, binascii.Error, zlib.error):
            return computed(read.traits | {"decoded"})
        return Stream(_as_text(raw[:LIMIT]), read.traits)

    return run


_ALWAYS_DECODE = frozenset({"gunzip", "zcat"})


def _as_text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _base64(data: bytes) -> bytes:
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data.replace(b"-", b"+").replace(b"_", b"/"))
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))


def _base32(data: bytes) -> bytes:
    kept = re.sub(rb"[^A-Z2-7]", b"", data)
    return base64.b32decode(kept + b"=" * (-len(kept) % 8))


def _hexadecimal(data: bytes) -> bytes:
    lines = [re.sub(rb"^[0-9a-fA-F]+:", b"", line) for line in data.splitlines()]
    kept = re.sub(rb"[^0-9a-fA-F]", b"", b"".join(lines))
    return bytes.fromhex(kept[: len(kept) // 2 * 2].decode())


def _inflate(data: bytes) -> bytes:
    return zlib.decompressobj(wbits=47).decompress(data, LIMIT)


def openssl(start: Start) -> Stream:
    """`openssl enc -d`: base64 is decoded; any other cipher hides what it prints."""
    texts = set(start.texts())
    if "-d" in texts and texts & {"base64", "-base64", "-a"} and not _ciphers(texts):
        return _decoder("base64", _base64, "-d")(start)
    traits = start.stdin.traits | traits_of(start)
    if "s_client" in texts:
        return computed(traits | {"fetched"})
    return computed(traits | ({"decoded"} if "-d" in texts else set()))


def _ciphers(texts: set[str]) -> bool:
    return any(text.startswith(("-aes", "-des", "-chacha", "-k", "-pass")) for text in texts)


def _reverse(text: str, _start: Start) -> str:
    return "\n".join(line[::-1] for line in text.split("\n"))


def _tac(text: str, _start: Start) -> str:
    return "".join(reversed(text.splitlines(keepends=True)))


def _short(text: str, _start: Start) -> str | None:
    return text if len(text) < 200 else None


def _same(text: str, _start: Start) -> str:
    return text


def _translate(text: str, start: Start) -> str | None:
    """`tr` with plain sets and ranges, and -d."""
    sets = [ansi_c(word.text) for word in operands_of(start)]
    flags = "".join(each[1:] for each in start.texts() if each.startswith("-"))
    if "c" in flags or "C" in flags or not sets or "[:" in "".join(sets):
        return None
    first = _ranges(sets[0])
    if "d" in flags:
        return text.translate({ord(char): None for char in first})
    if len(sets) < 2 or not sets[1]:
        return None
    second = _ranges(sets[1])
    second += second[-1:] * (len(first) - len(second))
    return text.translate({ord(a): b for a, b in zip(first, second, strict=False)})


def _ranges(text: str) -> str:
    def span(match: re.Match[str]) -> str:
        low, high = ord(match.group(1)), ord(match.group(2))
        return "".join(chr(code) for code in range(low, min(high, low + 300) + 1))

    return re.sub(r"(.)-(.)", span, text, flags=re.DOTALL)


def _sed(text: str, start: Start) -> str | None:
    """`sed s/a/b/` with literal text; anything else is not computed."""
    scripts = [word.text for word in operands_of(start)]
    found = re.fullmatch(r"s([/|#,:])([\w .\-]*)\1([^\\&]*)\1(g?)", scripts[0]) if scripts else None
    if found is None or "." in found.group(2) or len(scripts) > 1:
        return None
    count = -1 if found.group(4) else 1
    return "\n".join(
        line.replace(found.group(2), found.group(3), count) for line in text.split("\n")
    )


def _xxd(start: Start) -> Stream:
    return _decoder("xxd", _hexadecimal, r"-\w*r|-revert")(start)


FILTERS: dict[str, Runner] = {
    "head": _mapped(_short),
    "tail": _mapped(_short),
    "sort": _mapped(_same),
    "uniq": _mapped(_same),
    "fold": _mapped(_same),
    "rev": _mapped(_reverse),
    "tac": _mapped(_tac),
    "tr": _mapped(_translate),
    "sed": _mapped(_sed),
    "base64": _decoder("base64", _base64, r"(?:^|\s)(?:-\w*[dD]|--d)"),
    "gbase64": _decoder("base64", _base64, r"(?:^|\s)(?:-\w*[dD]|--d)"),
    "base32": _decoder("base32", _base32, r"(?:^|\s)(?:-\w*[dD]|--d)"),
    "basenc": _decoder("base64", _base64, r"(?:^|\s)(?:-\w*[dD]|--d)"),
    "uudecode": _decoder("base64", _base64, ""),
    "xxd": _xxd,
    "gunzip": _decoder("gunzip", _inflate, ""),
    "zcat": _decoder("zcat", _inflate, ""),
    "gzip": _decoder("gzip", _inflate, r"-\w*d"),
    "openssl": openssl,
}
"""Programs that pass on what they read in another form."""
