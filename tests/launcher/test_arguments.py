"""The command line: what is accepted, what is misuse, where the data directory is."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.arguments import ROOT, help_text, is_loopback, parse
from launcher.failure import MisuseError


def test_up_has_the_defaults_of_the_contract() -> None:
    options = parse(["up"])

    assert (options.port, options.bind, options.data_dir) == (
        8000,
        "127.0.0.1",
        ROOT / ".quarterdeck",
    )
    assert (options.demo, options.system, options.verbose) == (False, True, False)


def test_a_relative_data_directory_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTERDECK_CALLER_DIRECTORY", "/srv/here")

    assert parse(["up", "--data-dir", "data"]).data_dir == Path("/srv/here/data")
    assert parse(["up", "--data-dir", "/abs"]).data_dir == Path("/abs")


def test_everything_after_test_goes_to_pytest_in_order() -> None:
    options = parse(["test", "--no-system", "-k", "one or two", "tests/kernel", "-x"])

    assert options.rest == ("-k", "one or two", "tests/kernel", "-x")
    assert options.system is False


def test_demo_is_up_with_demo() -> None:
    options = parse(["demo", "--port", "0"])

    assert (options.command, options.demo, options.port) == ("up", True, 0)


@pytest.mark.parametrize("line", [[], ["-h"], ["--help"], ["help"]])
def test_no_command_asks_for_help(line: list[str]) -> None:
    assert parse(line).command == "help"
    assert "  up       start everything" in help_text()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (["up", "--bogus"], "`up` does not know --bogus"),
        (["up", "--port", "65536"], "65536 is no port"),
        (["up", "--demo", "--bind", "0.0.0.0"], "only binds to a loopback address"),
        (["up", "--demo", "--bind", "example.org"], "only binds to a loopback address"),
        (["session", "hi", "--token", "t"], "--token needs --url"),
    ],
)
def test_misuse_is_told_in_a_sentence(line: list[str], sentence: str) -> None:
    with pytest.raises(MisuseError, match=sentence) as refusal:
        parse(line)

    assert refusal.value.exit_code == 2


def test_an_unknown_command_exits_with_two() -> None:
    with pytest.raises(SystemExit) as exit_:
        parse(["frobnicate"])

    assert exit_.value.code == 2


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.1", "example.org", ""])
def test_not_loopback(address: str) -> None:
    assert not is_loopback(address)
