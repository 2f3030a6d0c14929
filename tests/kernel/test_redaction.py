"""Secrets by value and by shape, whole and streamed."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import logging.config
import textwrap
import time
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from kernel.redaction import MASK, Redactor, shapes

SECRET = "s3cr3t-välue!/9 x"
SHAPES = [
    "ghp_" + "a1" * 18,
    "github_pat_" + "b" * 44,
    "glpat-" + "c" * 20,
    "sk-ant-" + "d-_" * 10,
    "xoxb-" + "1" * 12,
    "AKIA" + "Z" * 16,
    "qd_pat_" + "e" * 32,
    "eyJ" + "f" * 12 + ".eyJ" + "g" * 12 + "." + "h" * 12,
    "-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----",
]
PIECES = [*"sk-ghp_qdeyJA. B", "\n", SECRET, *SHAPES]


@pytest.mark.parametrize("before", ["", "a", "ab", "user:", "user:x"])
@pytest.mark.parametrize("after", ["", "\n", "zz"])
def test_base64_of_a_secret_in_the_midst_of_something_is_masked(before: str, after: str) -> None:
    redactor, raw = Redactor([SECRET]), f"{before}{SECRET}{after}".encode()

    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        masked = redactor.text(f"Basic {encode(raw).decode()} end")
        assert MASK in masked
        # What is left is too little to decode any of it but an edge.
        assert len(masked) - len(MASK) - len("Basic  end") <= 16


@pytest.mark.parametrize("form", [quote(SECRET, safe=""), quote(SECRET), quote_plus(SECRET)])
def test_a_secret_in_an_address_is_masked(form: str) -> None:
    redactor = Redactor([SECRET])

    assert redactor.text(f"?k={form}&b") == f"?k={MASK}&b"
    lower = form.replace("%C3%A4", "%c3%a4").replace("%2F", "%2f")
    assert redactor.text(f"?k={lower.replace('%21', '%21')}&b") == f"?k={MASK}&b"


@pytest.mark.parametrize("credential", SHAPES)
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_streamed_credential_is_masked_like_a_whole_one(credential: str, size: int) -> None:
    text = f"a gift: {credential} and more -- done"
    redactor = Redactor()

    parts = [redactor.feed(text[n : n + size]) for n in range(0, len(text), size)]

    assert "".join([*parts, redactor.end()]) == f"a gift: {MASK} and more -- done"


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join), st.data())
def test_streaming_never_changes_what_is_shown(text: str, data: st.DataObject) -> None:
    redactor, shown, rest = Redactor([SECRET]), "", text

    while rest:
        size = data.draw(st.integers(1, len(rest)))
        shown, rest = shown + redactor.feed(rest[:size]), rest[size:]
    shown += redactor.end()

    assert shown.replace(MASK, "") == Redactor([SECRET]).text(text).replace(MASK, "")


@pytest.mark.parametrize("cut", range(1, 6))
def test_what_is_out_already_begins_no_credential(cut: int) -> None:
    text = f"s{SHAPES[1]} and {SHAPES[0]}"
    redactor = Redactor()

    shown = redactor.feed(text[:cut]) + redactor.feed(text[cut:]) + redactor.end()

    assert shown == f"s{SHAPES[1]} and {MASK}"


@pytest.mark.parametrize(
    "piece", ["-----BEGIN PRIVATE KEY-----", "eyJ-", "eyJ.", "sk-", "sk- ", "-", "AKIA"]
)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    text, redactor, began = piece * (2_000_000 // len(piece)), Redactor([SECRET]), time.monotonic()

    shapes(text)
    for start in range(0, len(text), 65_536):
        redactor.feed(text[start : start + 65_536])

    assert time.monotonic() - began < 60


def test_a_block_without_an_end_does_not_hold_the_stream_back_for_ever() -> None:
    redactor = Redactor()

    shown = redactor.feed("-----BEGIN PRIVATE KEY-----\n") + redactor.feed("x" * 100_000)

    assert len(shown) > 80_000


def written(*args: Any, **given: Any) -> dict[str, Any]:
    """What the log of the product writes for one warning."""
    configured = logging.config.DictConfigurator(settings.LOGGING)
    formatter = configured.configure_formatter({**settings.LOGGING["formatters"]["json"]})
    logger = logging.getLogger("tests.redaction")
    record = logger.makeRecord(
        logger.name, logging.WARNING, __file__, 1, args[0], args[1:], **given
    )
    return dict(json.loads(formatter.format(record)))


def test_extra_fields_are_written_without_their_secrets() -> None:
    extra = {
        "stream": "s1",
        "attempt": 3,
        "input_tokens": 12,
        "api_key": "opens-everything",
        "note": f"with {SHAPES[0]}",
        "job": {"kind": "turn", "password": "hunter2", "tried": [SHAPES[1], None]},
        "odd": ValueError(SHAPES[2]),
    }

    line = written("a %s stalled", "socket", exc_info=None, extra=extra)

    assert line["event"] == "a socket stalled"
    assert {name: line[name] for name in extra} == {
        "stream": "s1",
        "attempt": 3,
        "input_tokens": 12,
        "api_key": MASK,
        "note": f"with {MASK}",
        "job": {"kind": "turn", "password": MASK, "tried": [MASK, None]},
        "odd": MASK,
    }


@pytest.mark.parametrize("credential", SHAPES)
def test_a_credential_in_message_or_exception_is_not_logged(credential: str) -> None:
    try:
        raise RuntimeError(credential)
    except RuntimeError as error:
        fault = (type(error), error, error.__traceback__)

    line = written("found %s", credential, exc_info=fault)

    assert line["event"] == f"found {MASK}"
    assert f"RuntimeError: {MASK}" in line["exception"]
    assert credential not in json.dumps(line)


KEY = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(
    hashlib.sha512(bytes([n])).hexdigest()[:64] for n in range(12)
)


@pytest.mark.parametrize("columns", [7, 40, 60, 64, 76])
@pytest.mark.parametrize("secret", [SECRET * 6, KEY])
@pytest.mark.parametrize("offset", ["", "a", "ab"])
def test_an_encoding_broken_into_lines_is_masked(secret: str, columns: int, offset: str) -> None:
    raw = f"{offset}{secret}".encode()

    for text in (base64.b64encode(raw).decode(), raw.hex(), raw.hex().upper()):
        for end in ("\n", "\r\n"):
            whole = end.join(textwrap.wrap(text, columns))
            streamed = Redactor([secret])
            parts = [streamed.feed(whole[n : n + 5]) for n in range(0, len(whole), 5)]
            for shown in (Redactor([secret]).text(whole), "".join([*parts, streamed.end()])):
                assert MASK in shown
                assert len("".join(shown.replace(MASK, "").split())) <= 16


def test_lines_and_words_of_a_secret_file_are_masked_alone() -> None:
    secret = "[default]\naws_access_key_id = EXAMPLEKEYID00\nsecret = wJalrXUtnFEMIK7MDENG\n"
    redactor = Redactor([secret])

    assert redactor.text("2:aws_access_key_id = EXAMPLEKEYID00") == f"2:{MASK}"
    assert redactor.text("cut: wJalrXUtnFEMIK7MDENG.") == f"cut: {MASK}."
    assert redactor.text("[default] stays") == "[default] stays"


@pytest.mark.parametrize("wrap", [3, 8, 100])
def test_a_folded_or_reversed_value_is_masked(wrap: int) -> None:
    folded = "\n".join(textwrap.wrap("hunter2-and-more", wrap))

    assert Redactor(["hunter2-and-more"]).text(f"> {folded} <") == f"> {MASK} <"
    assert Redactor(["hunter2-and-more"]).text("erom-dna-2retnuh") == MASK


def test_many_forms_are_looked_for_in_bounded_time() -> None:
    secret = "\n".join(hashlib.sha512(bytes([n % 256, n // 256])).hexdigest() for n in range(250))
    redactor, began = Redactor([secret]), time.monotonic()

    for _ in range(8):
        redactor.feed(hashlib.sha512(b"x").hexdigest() * 512)

    assert time.monotonic() - began < 30
