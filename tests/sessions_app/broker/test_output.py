"""Output on its way out: redacted across chunks, capped, storable."""

from __future__ import annotations

import asyncio

from kernel.redaction import MASK, Redactor
from sessions_app.broker.output import SHOWN_LIMIT, STREAMED_LIMIT, Output, capped

SECRET = "correct-horse-battery/staple"


def through(chunks: list[bytes], *secrets: str) -> tuple[str, str, int]:
    seen: list[str] = []

    async def main() -> Output:
        async def deliver(text: str) -> None:
            seen.append(text)

        output = Output(Redactor(secrets), deliver)
        for chunk in chunks:
            await output.feed(chunk)
        await output.end()
        return output

    output = asyncio.run(main())
    return output.text, "".join(seen), output.size


def test_a_secret_is_masked_wherever_the_chunks_are_cut() -> None:
    whole = f"before {SECRET} after".encode()

    for cut in range(len(whole)):
        text, streamed, size = through([whole[:cut], whole[cut:]], SECRET)
        assert text == streamed == f"before {MASK} after"
        assert size == len(whole)


def test_text_in_pieces_is_text() -> None:
    whole = "Grüße 世界 🖥".encode()

    text, streamed, _ = through([whole[n : n + 1] for n in range(len(whole))])

    assert text == streamed == "Grüße 世界 🖥"


def test_what_is_no_text_can_still_be_stored() -> None:
    text, streamed, size = through([b"a\x00b\xff\xed\xa0\x80c"])

    assert text == streamed
    assert "\x00" not in text
    assert text.encode()
    assert text[0] + text[-1] == "ac"
    assert size == 8


def test_the_stream_gets_a_bounded_part_and_the_call_keeps_all() -> None:
    text, streamed, _ = through([b"x" * 50_000] * 4)

    assert len(text) == 200_000
    assert len(streamed) == STREAMED_LIMIT


def test_a_cap_never_loses_without_saying_so() -> None:
    for length in [0, SHOWN_LIMIT - 1, SHOWN_LIMIT, SHOWN_LIMIT + 1, SHOWN_LIMIT + 40, 500_000]:
        text = "".join(chr(97 + n % 26) for n in range(length))
        shown = capped(text)
        if length <= SHOWN_LIMIT:
            assert shown == text
            continue
        head, _, rest = shown.partition("\n[… ")
        count, _, tail = rest.partition(" characters left out …]\n")
        assert len(shown) < len(text)
        assert len(head) + int(count) + len(tail) == length
        assert text.startswith(head)
        assert text.endswith(tail)
