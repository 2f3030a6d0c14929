"""What programs print when that can be known: the builders of commands and names."""

from __future__ import annotations

import re

from sessions_app.safety.effects import Use
from sessions_app.safety.frame.start import Runner, Start
from sessions_app.safety.shell.decoders import FILTERS, contents, operands_of, traits_of
from sessions_app.safety.text import hole, listed
from sessions_app.safety.values.streams import LIMIT, Stream, computed
from sessions_app.safety.values.words import Word, ansi_c

FETCHERS = frozenset(
    listed(
        "curl wget fetch http https httpie xh aria2c lynx links w3m nc ncat netcat socat telnet "
        "ftp "
        "sftp lftp ssh rsh dig nslookup host openssl s3cmd gsutil"
    )
)


def output(start: Start, read: frozenset[str]) -> Stream:
    """What a program prints: its text where that is known, otherwise where it came from."""
    producer = PRODUCERS.get(start.name)
    if producer is not None:
        return producer(start)
    traits = start.stdin.traits | _argument_traits(start) | read
    if start.name in FETCHERS:
        return computed(traits | {"fetched"})
    return computed(traits)


def _argument_traits(start: Start) -> frozenset[str]:
    traits = frozenset[str]().union(*(word.traits for word in start.argv))
    return traits - {"generator"}


def echo(start: Start) -> Stream:
    """`echo`, with -e and -n."""
    words = list(start.arguments)
    flags = ""
    while words and re.fullmatch(r"-[neE]+", words[0].text):
        flags += words.pop(0).text[1:]
    text = " ".join(word.text for word in words)
    text = ansi_c(text) if "e" in flags else text
    return Stream(text + ("" if "n" in flags else "\n"), traits_of(start))


_DIRECTIVE = re.compile(r"%(?:%|[-+ #0]*[\d*]*(?:\.[\d*]+)?([a-zA-Z]))")


def printf(start: Start) -> Stream:
    """`printf format …`: the format is used again while there are arguments."""
    if not start.arguments:
        return Stream("")
    form, given = start.arguments[0].text, [word.text for word in start.arguments[1:]]
    if form == "--" and given:
        form, given = given[0], given[1:]
    printed: list[str] = []
    while not printed or given:
        before = len(given)
        printed.append(_DIRECTIVE.sub(lambda match: _directive(match, given), ansi_c(form)))
        if len(given) == before:
            break
    return Stream("".join(printed)[:LIMIT], traits_of(start))


def _directive(match: re.Match[str], given: list[str]) -> str:
    letter = match.group(1)
    if letter is None:
        return "%"
    argument = given.pop(0) if given else ""
    if letter == "b":
        return ansi_c(argument)
    if letter == "c":
        return argument[:1]
    return argument


def cat(start: Start) -> Stream:
    """`cat` and others that pass on what they read."""
    return contents(start, operands_of(start))


def _mktemp(start: Start) -> Stream:
    operands = operands_of(start)
    if operands and operands[0].text.startswith("/"):
        return Stream(re.sub(r"X{3,}", lambda _: hole("mktemp"), operands[0].text) + "\n")
    return Stream("/tmp/" + hole("mktemp") + "\n")  # noqa: S108


def _basename(start: Start) -> Stream:
    operands = operands_of(start)
    if not operands:
        return computed()
    name = operands[0].text.rstrip("/").rpartition("/")[2]
    suffix = operands[1].text if len(operands) > 1 else ""
    return Stream(name.removesuffix(suffix) + "\n", operands[0].traits)


def _real_path(start: Start) -> Stream:
    operands = operands_of(start)
    return Stream(operands[-1].text + "\n", operands[-1].traits) if operands else computed()


def _git(start: Start) -> Stream:
    if start.texts()[:2] == ["rev-parse", "--show-toplevel"]:
        return Stream(start.frame.workspace + "\n")
    if start.texts()[:1] in (["rev-parse"], ["rev-list"]):
        return Stream(hole("commit") + "\n")
    return computed(["file"])


_OUTPUT_OPTION = (r"--output|-[a-zA-Z]*o", r"--output-document|-[a-zA-Z]*O")


def _download(start: Start) -> Stream:
    """Curl and wget: the file they write is remembered as fetched."""
    fetched = computed(start.stdin.traits | _argument_traits(start) | {"fetched"})
    texts = start.texts()
    named = [
        texts[index + 1]
        for index, text in enumerate(texts[:-1])
        if re.fullmatch(_OUTPUT_OPTION[start.name == "wget"], text)
    ]
    remote = start.name == "wget" or any(re.fullmatch(r"-\w*O|--remote-name", t) for t in texts)
    if remote and not named:
        named = [text.rpartition("/")[2].partition("?")[0] for text in texts if "://" in text]
    for name in named:
        if name and name != "-":
            start.use(Use.WRITE, Word(name))
            start.frame.files[start.place(Word(name)).path] = fetched
    return fetched


def _duplicate(start: Start) -> Stream:
    """cp, mv, ln: a program or a file this call wrote goes on under another name."""
    operands = operands_of(start)
    if len(operands) == 2:
        source, target = start.place(operands[0]), start.place(operands[1])
        known = start.frame.files.get(source.path)
        if known is not None:
            start.frame.files[target.path] = known
        elif source.path.startswith(("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/")):
            start.frame.files[target.path] = Stream(f'{source.path} "$@"\n')
    return Stream("")


def _environment(start: Start) -> Stream:
    del start
    return computed(["secret"])


PRODUCERS: dict[str, Runner] = {
    **FILTERS,
    "cat": cat,
    "tee": lambda start: start.stdin,
    "pv": cat,
    "sponge": lambda start: start.stdin,
    "bat": cat,
    "mktemp": _mktemp,
    "basename": _basename,
    "realpath": _real_path,
    "readlink": _real_path,
    "git": _git,
    "env": _environment,
    "curl": _download,
    "wget": _download,
    "cp": _duplicate,
    "mv": _duplicate,
    "ln": _duplicate,
    "install": _duplicate,
    "printenv": _environment,
}
