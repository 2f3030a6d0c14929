"""Lines out of chunks, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.gateway.lines import Lines, Oversized


@given(
    st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=20), st.data()
)
def test_any_cut_gives_the_same_lines(texts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(text + b"\n" for text in texts)
    lines, found = Lines(1000), []

    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += list(lines.feed(stream[:size]))
        stream = stream[size:]

    assert found == texts


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_a_long_line_is_dropped_and_the_next_one_kept(size: int) -> None:
    long = b'{"jsonrpc": "2.0", "id": 41, "result": "' + b"x" * 4000 + b'"}'
    stream = long + b"\nshort\n"
    lines, found, most = Lines(1000), [], 0

    for start in range(0, len(stream), size):
        found += list(lines.feed(stream[start : start + size]))
        most = max(most, len(lines._buffer))

    assert isinstance(found[0], Oversized)
    assert found[0].request_id == 41
    assert found[1:] == [b"short"]
    assert most <= 1000 + size


@pytest.mark.parametrize(
    ("line", "request_id"),
    [
        (b'{"jsonrpc":"2.0","id":7,"result":{}}', 7),
        (b'{"id":"a-1","jsonrpc":"2.0","result":{}}', "a-1"),
        (b'{"jsonrpc":"2.0","result":{"id":3},"id":9}', 9),
        (b'{"result":{},"id":9,"jsonrpc":"2.0"}', 9),
        (b'{"result":{"id":3}}', None),
        (b'{"method":"x","params":{"id":3}}', None),
        (b"x" * 600, None),
    ],
)
def test_the_id_is_found_only_where_it_belongs(line: bytes, request_id: object) -> None:
    assert Oversized(line[:512], line[-512:]).request_id == request_id


def test_what_is_dropped_is_counted_until_the_line_ends() -> None:
    lines = Lines(1000)

    assert list(lines.feed(b"x" * 10_000)) == []
    assert lines.dropped > 9_000
    assert len(list(lines.feed(b"y\n"))) == 1
    assert lines.dropped == 0
