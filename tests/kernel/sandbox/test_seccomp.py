"""The filter, judged by running it: a small interpreter of classic BPF (linux/filter.h)."""

from __future__ import annotations

import errno
import struct

import pytest

from kernel.sandbox.seccomp import MACHINES, build_filter

ALLOW = "allow"


def verdict(program: bytes, data: bytes) -> str | int:
    """Run a filter over a `struct seccomp_data`; "allow" or the errno it answers with."""
    accumulator = position = 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("<HBBI", program, position * 8)
        position += 1
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x06:
            return ALLOW if value == 0x7FFF0000 else value & 0xFFFF
        else:
            truth = {
                0x15: accumulator == value,
                0x25: accumulator > value,
                0x35: accumulator >= value,
                0x45: bool(accumulator & value),
            }[code]
            position += if_true if truth else if_false


def call(machine: str, number: int, *arguments: int) -> bytes:
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    return struct.pack("<IIQ6Q", number, MACHINES[machine].audit, 0, *padded)


@pytest.mark.parametrize("machine", list(MACHINES))
@pytest.mark.parametrize("network", [True, False])
def test_named_calls_are_refused_and_others_pass(machine: str, *, network: bool) -> None:
    program = build_filter(machine=machine, network=network)
    numbers = MACHINES[machine].numbers
    conditional = {"socket", "connect", "socketpair", "clone", "clone3", "shmget", "memfd_create"}

    for name, number in numbers.items():
        if name not in conditional:
            assert verdict(program, call(machine, number)) == errno.EPERM, name
    for name in ("socket", "connect"):
        expected = ALLOW if network else errno.EACCES
        assert verdict(program, call(machine, numbers[name])) == expected
    assert verdict(program, call(machine, numbers["clone3"])) == errno.ENOSYS
    assert verdict(program, call(machine, numbers["memfd_create"])) == errno.ENOSYS
    others = set(range(450)) - set(numbers.values())
    assert {verdict(program, call(machine, number)) for number in others} == {ALLOW}


@pytest.mark.parametrize("machine", list(MACHINES))
def test_socket_pairs_pass_only_as_connected_unix_streams(machine: str) -> None:
    program = build_filter(machine=machine, network=False)
    number = MACHINES[machine].numbers["socketpair"]
    nonblocking = 0o4000

    assert verdict(program, call(machine, number, 1, 1 | nonblocking)) == ALLOW
    assert verdict(program, call(machine, number, 1, 5)) == ALLOW
    for family, kind in ((1, 2), (1, 3), (1, 2 | nonblocking), (2, 1), (30, 5)):
        assert verdict(program, call(machine, number, family, kind)) == errno.EACCES


@pytest.mark.parametrize("machine", list(MACHINES))
def test_threads_and_forks_pass_but_no_new_namespace(machine: str) -> None:
    program = build_filter(machine=machine, network=True)
    number = MACHINES[machine].numbers["clone"]

    for flags in (0x3D0F00, 17, 0x01200011):
        assert verdict(program, call(machine, number, flags)) == ALLOW
    for flag in (
        0x80,
        0x20000,
        0x2000000,
        0x4000000,
        0x8000000,
        0x10000000,
        0x20000000,
        0x40000000,
    ):
        assert verdict(program, call(machine, number, flag | 17)) == errno.EPERM


@pytest.mark.parametrize("machine", list(MACHINES))
def test_only_small_shared_segments_pass(machine: str) -> None:
    program = build_filter(machine=machine, network=True)
    number = MACHINES[machine].numbers["shmget"]

    assert verdict(program, call(machine, number, 0, 56)) == ALLOW
    assert verdict(program, call(machine, number, 0, 65536)) == ALLOW
    assert verdict(program, call(machine, number, 0, 65537)) == errno.ENOMEM
    assert verdict(program, call(machine, number, 0, 1 << 32)) == errno.ENOMEM


def test_foreign_architectures_and_x32_have_no_calls() -> None:
    program = build_filter(machine="x86_64", network=True)

    assert verdict(program, call("aarch64", 1)) == errno.ENOSYS
    assert verdict(program, call("x86_64", 0x40000000 + 1)) == errno.ENOSYS
