"""The launcher's reading of sealed values is that of the kernel."""

from __future__ import annotations

import os

import pytest

from kernel.crypto import Keyring, keyring, seal
from kernel.crypto.keyring import parse
from launcher.failure import LauncherError
from launcher.keys import master_key
from launcher.operate.sealing import Probe, make_probe, opens, parse_keys


def test_both_read_the_same_keys() -> None:
    text = f"1:{master_key()}\n7:{master_key()}\n"

    assert parse_keys(text) == parse(text).keys


def test_what_the_kernel_seals_is_opened_by_its_keys_alone() -> None:
    ring = Keyring({1: os.urandom(32), 2: os.urandom(32)})
    probe = Probe("table|1|value", ring.seal(b"text", "table|1|value"))

    assert opens(ring.keys, probe)
    assert not opens({1: ring.keys[1]}, probe)
    assert not opens({2: ring.keys[1]}, probe)
    assert not opens(ring.keys, Probe("table|2|value", probe.sealed))


def test_an_envelope_is_opened_by_the_keys_that_wrapped_it() -> None:
    keys = keyring().keys
    probe = Probe("table|1|value", seal("text", "table|1|value"))

    assert opens(keys, probe)
    assert not opens({version: os.urandom(32) for version in keys}, probe)
    assert not opens(keys, Probe("table|2|value", probe.sealed))


def test_what_the_launcher_seals_is_opened_by_the_kernel() -> None:
    keys = parse_keys(master_key())
    probe = make_probe(keys, "backup|1|probe")

    assert len(Keyring(keys).open(probe.sealed, probe.place)) == 32


@pytest.mark.parametrize("text", ["", "short", "1:AAAA", "x:{key}", "0:{key}"])
def test_nonsense_is_no_key(text: str) -> None:
    with pytest.raises(LauncherError):
        parse_keys(text.format(key=master_key()))
