"""Types by bytes, and pictures that tell nothing about whoever took them."""

from __future__ import annotations

import struct
import zlib

import pytest

from sessions_app.engine.media import IMAGES, MOST_PIXELS, OCTETS, take

PLACE = b"GPS 52.5200 N 13.4050 E"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 2, *extra: bytes) -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = b"".join(b"\x00" + b"\x7f" * 2 for _ in range(2))
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + pixels + png_chunk(b"IEND", b"")


def jpeg(*extra: tuple[int, bytes]) -> bytes:
    segments = [
        (0xE0, b"JFIF\x00"),
        *extra,
        (0xC0, struct.pack(">BHHB", 8, 4, 4, 1) + b"\x01\x11\x00"),
    ]
    head = b"".join(b"\xff" + bytes([m]) + struct.pack(">H", len(b) + 2) + b for m, b in segments)
    return b"\xff\xd8" + head + b"\xff\xda\x00\x02" + b"pixels" + b"\xff\xd9"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(k + struct.pack("<I", len(b)) + b + bytes(len(b) % 2) for k, b in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


VP8X = bytes([0x0C, 0, 0, 0, 3, 0, 0, 3, 0, 0])


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("image/png", png(2, 2, png_chunk(b"tEXt", PLACE), png_chunk(b"eXIf", PLACE))),
        ("image/jpeg", jpeg((0xE1, b"Exif\x00\x00" + PLACE), (0xED, PLACE), (0xFE, PLACE)) + PLACE),
        ("image/webp", webp((b"VP8X", VP8X), (b"VP8 ", b"pixels!"), (b"EXIF", PLACE), (b"XMP ", PLACE))),
    ],
)  # fmt: skip
def test_a_picture_keeps_its_pixels_and_loses_its_story(media_type: str, content: bytes) -> None:
    taken = take(content)

    assert taken.media_type == media_type
    assert PLACE not in taken.content
    assert take(taken.content) == taken
    assert len(taken.content) < len(content)


def test_what_has_no_story_stays_byte_for_byte() -> None:
    for content in (
        png(),
        jpeg(),
        webp((b"VP8 ", b"pixels!!")),
        b"GIF89a" + struct.pack("<HH", 3, 3),
    ):
        assert take(content).content == content
        assert take(content).media_type in IMAGES


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "text/plain"),
        ("Grüße".encode(), "text/plain"),
        (b"%PDF-1.7\n\xff", "application/pdf"),
        (b"PK\x03\x04\x00", "application/zip"),
        (b"\x7fELF\x02", "application/x-executable"),
        (b"\x00\x01\xff", OCTETS),
    ],
)
def test_nothing_but_pictures_is_a_picture(content: bytes, media_type: str) -> None:
    assert (take(content).media_type, take(content).content) == (media_type, content)


@pytest.mark.parametrize(
    "content",
    [
        png()[:-20],
        png().replace(b"IHDR", b"IHDX"),
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 40,
        png(MOST_PIXELS, 2),
        png(0, 0),
        jpeg()[:-12],
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\x00\x00",
        webp((b"VP8X", VP8X))[:-3],
        b"RIFF\x00\x00\x00\x00WEBP",
        b"GIF89a",
    ],
)
def test_a_broken_or_boundless_picture_is_only_bytes(content: bytes) -> None:
    assert take(content).media_type == OCTETS
    assert take(content).content == content
