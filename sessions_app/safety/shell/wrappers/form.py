"""The form of a wrapper: how a program that runs another lays out its command line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wrapper:
    """How a wrapper's command line is laid out.

    `sub`: the operands by which it is recognized (`docker exec`). `values`: options that take a
    value, without dashes. `skip`: operands before the inner command (timeout's duration).
    `scripts`: options whose value is shell text. `joined`: the rest is joined into shell text.
    `assigns`: NAME=value may stand before the command. `remote`: it runs on another machine or in
    a container, where our workspace is not. `raises`: it runs with other rights. `bare`: without
    an inner command it opens a shell that reads its input. `unknown`: what it runs came from
    elsewhere (npx). `after`: the option after which the inner command stands (nix develop -c).
    `needs`: the form holds only with one of these options.
    """

    sub: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    skip: int = 0
    scripts: frozenset[str] = frozenset()
    joined: bool = False
    assigns: bool = False
    remote: bool = False
    raises: bool = False
    bare: bool = False
    unknown: bool = False
    after: str = ""
    needs: frozenset[str] = frozenset()


PLAIN = Wrapper()
"""A wrapper that takes options without values, and then the command."""


def names(text: str) -> frozenset[str]:
    """Option names without their dashes."""
    return frozenset(text.split())


def plain(values: str = "", skip: int = 0) -> Wrapper:
    """A wrapper whose options with a value are these, with so many operands of its own."""
    return Wrapper(values=names(values), skip=skip)


def under(sub: str, values: frozenset[str] = frozenset(), skip: int = 0) -> Wrapper:
    """A wrapper that is a subcommand of its program."""
    return Wrapper(sub=tuple(sub.split()), values=values, skip=skip)
