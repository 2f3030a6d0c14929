"""Unwrapping: finds the command inside a wrapper's command line and examines it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from sessions_app.safety.frame.start import Start, joined
from sessions_app.safety.model import Danger, Reach
from sessions_app.safety.rules.packages import ELSEWHERE
from sessions_app.safety.rules.registry import REGISTRY
from sessions_app.safety.shell.wrappers import WRAPPERS, Wrapper
from sessions_app.safety.text import show
from sessions_app.safety.values.streams import Stream, computed
from sessions_app.safety.values.words import Word

ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
FAR_AWAY = "/elsewhere"
"""The working directory of remote commands: no part of our workspace."""


@dataclass
class Layout:
    """A wrapper's command line, taken apart."""

    operands: list[Word] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    scripts: list[Word] = field(default_factory=list)
    inner: list[Word] = field(default_factory=list)


class _Reader:
    """Reads a wrapper's options and operands up to where the inner command starts."""

    def __init__(self, argv: list[Word], wrapper: Wrapper) -> None:
        self.waiting = argv[1:]
        self.wrapper = wrapper
        self.layout = Layout()

    def read(self) -> Layout:
        """The layout of the command line."""
        needed = len(self.wrapper.sub) + self.wrapper.skip
        options = True
        while self.waiting and not self.layout.inner:
            word = self.waiting.pop(0)
            if options and word.text == "--":
                options = len(self.layout.operands) < len(self.wrapper.sub)
                needed = min(needed, len(self.layout.operands)) if self._separates() else needed
            elif options and word.text.startswith("-") and len(word.text) > 1:
                self._option(word)
            elif word.text == "-" and self.wrapper.raises:
                self.layout.flags.add("l")
            elif self.wrapper.assigns and ASSIGNMENT.match(word.text):
                continue
            elif len(self.layout.operands) < needed:
                self.layout.operands.append(word)
            else:
                self.layout.inner = [word, *self.waiting]
        return self.layout

    def _separates(self) -> bool:
        """Whether `--` ends the wrapper's own operands, as in `kubectl exec pod -- …`."""
        return bool(self.wrapper.sub) and len(self.layout.operands) > len(self.wrapper.sub)

    def _option(self, word: Word) -> None:
        text = word.text
        name, equals, value = text.lstrip("-").partition("=")
        if self.wrapper.after and name == self.wrapper.after:
            self.layout.inner, self.waiting = self.waiting, []
        elif text.startswith("--"):
            self._given(name, replace(word, text=value) if equals else None)
        else:
            self._bundle(word)

    def _bundle(self, word: Word) -> None:
        letters = word.text[1:]
        if letters in self.wrapper.scripts or letters in self.wrapper.values:
            self._given(letters, None)
            return
        for index, letter in enumerate(letters):
            tail = letters[index + 1 :]
            if letter in self.wrapper.values or letter in self.wrapper.scripts:
                self._given(letter, replace(word, text=tail) if tail else None)
                return
            self.layout.flags.add(letter)

    def _given(self, name: str, value: Word | None) -> None:
        """An option by its name, its value taken from the next argument where it needs one."""
        self.layout.flags.add(name)
        takes = name in self.wrapper.values or name in self.wrapper.scripts
        if takes and value is None and self.waiting:
            value = self.waiting.pop(0)
        if value is not None and name in self.wrapper.scripts:
            self.layout.scripts.append(value)


def wrapper_of(start: Start) -> tuple[Wrapper, Layout] | None:
    """The wrapper form a command has, with its layout; None when it wraps nothing."""
    for wrapper in WRAPPERS.get(start.name, ()):
        layout = _Reader(start.argv, wrapper).read()
        if wrapper.needs and wrapper.needs.isdisjoint(layout.flags):
            continue
        named = layout.operands[: len(wrapper.sub)]
        if len(named) == len(wrapper.sub) and all(
            fnmatchcase(word.text, wanted) for word, wanted in zip(named, wrapper.sub, strict=True)
        ):
            return wrapper, layout
    return None


def unwrap(start: Start, wrapper: Wrapper, layout: Layout) -> Stream:
    """Examine what a wrapper runs; answers what it prints."""
    _remark(start, wrapper, layout)
    inside = _inside(start, wrapper)
    outputs = [_script(inside, word) for word in layout.scripts]
    if layout.inner:
        outputs.append(_inner(inside, wrapper, layout))
    elif not layout.scripts and _opens_shell(wrapper, layout):
        outputs.append(inside.run([Word("sh")]))
    return outputs[-1] if outputs else computed(start.stdin.traits)


def _opens_shell(wrapper: Wrapper, layout: Layout) -> bool:
    return wrapper.bare or (wrapper.raises and not layout.flags.isdisjoint({"i", "s"}))


def _script(start: Start, word: Word) -> Stream:
    return start.run([Word("sh"), Word("-c"), word])


def _inner(start: Start, wrapper: Wrapper, layout: Layout) -> Stream:
    if wrapper.joined or (wrapper.raises and not layout.flags.isdisjoint({"i", "s"})):
        traits = frozenset[str]().union(*(word.traits for word in layout.inner))
        return _script(start, Word(joined(layout.inner), traits=traits))
    return start.run(layout.inner)


def _inside(start: Start, wrapper: Wrapper) -> Start:
    """The start of the inner command: on another machine our working directory is not there."""
    if not wrapper.remote:
        return start
    return replace(start, frame=replace(start.frame.fork(), cwd=FAR_AWAY))


def _remark(start: Start, wrapper: Wrapper, layout: Layout) -> None:
    """What the wrapper itself is worth saying, whatever it runs."""
    if wrapper.raises:
        text = "Runs with the rights of another user."
        start.note(Danger.CAUTION, "system.other_rights", text, Reach.MACHINE)
    if wrapper.remote:
        text = "Runs on another machine or inside a container."
        start.note(Danger.CAUTION, "network.remote_command", text, Reach.SHARED)
        if WRAPPERS[start.name][0].joined:
            host = show(layout.operands[0].text) if layout.operands else ""
            start.shell.trace.hosts[host.rpartition("@")[2]] = None
    if wrapper.unknown and layout.inner and ELSEWHERE.fullmatch(layout.inner[0].text):
        text = "Fetches code from an address that no registry vouches for, and runs it."
        start.note(Danger.DANGEROUS, "packages.foreign_source", text, Reach.MACHINE)
    elif wrapper.unknown and not (layout.inner and REGISTRY.knows(layout.inner[0].text)):
        text = "Fetches a package when it is not installed, and runs it."
        start.note(Danger.CAUTION, "packages.run_fetched", text)
