"""What a file is by its own bytes, and images without what they tell about their maker.

A sender's word about a type is never believed. Archives are not opened. Images lose EXIF, XMP,
IPTC, comments and text: where and when a photograph was taken is nobody's business. An image that
cannot be read, or that would unfold into too many pixels, is bytes like any other.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LARGEST = 16 << 20
"""Bytes of a file that is taken from outside; larger ones come by the agent's own tools."""
OCTETS, TEXT = "application/octet-stream", "text/plain"
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What may be shown in a page; SVG is a program and never among them."""
MOST_PIXELS = 50_000_000
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"\x1f\x8b": "application/gzip",
    b"\x7fELF": "application/x-executable",
    b"MZ": "application/x-executable",
}
_PNG, _TEXT_CHUNKS = b"\x89PNG\r\n\x1a\n", {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
_JPEG, _JPEG_META = b"\xff\xd8\xff", {0xE1, 0xED, 0xFE}
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_WEBP_META = {b"EXIF", b"XMP "}


@dataclass(frozen=True)
class Taken:
    """A file as it is kept."""

    media_type: str
    content: bytes


class _UnreadableError(Exception):
    """This image does not follow its format."""


def take(content: bytes) -> Taken:
    """What to keep of a file somebody sent."""
    for starts, media_type, clean in _CLEANERS:
        if not starts(content):
            continue
        try:
            return Taken(media_type, clean(content))
        except (_UnreadableError, struct.error, IndexError):
            return Taken(OCTETS, content)
    return Taken(_other(content), content)


def _other(content: bytes) -> str:
    for magic, media_type in _MAGIC.items():
        if content.startswith(magic):
            return media_type
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return OCTETS
    return OCTETS if "\x00" in text else TEXT


def _check_pixels(width: int, height: int) -> None:
    if not 0 < width * height <= MOST_PIXELS:
        raise _UnreadableError


def _png(content: bytes) -> bytes:
    kept, place = bytearray(_PNG), len(_PNG)
    while place < len(content):
        size, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + size
        body = content[place + 4 : end - 4]
        if end > len(content) or struct.unpack_from(">I", content, end - 4)[0] != zlib.crc32(body):
            raise _UnreadableError
        if place == len(_PNG):
            if kind != b"IHDR":
                raise _UnreadableError
            _check_pixels(*struct.unpack_from(">II", content, place + 8))
        if kind not in _TEXT_CHUNKS:
            kept += content[place:end]
        place = end
        if kind == b"IEND":
            return bytes(kept)
    raise _UnreadableError


def _jpeg(content: bytes) -> bytes:
    kept, place, sized = bytearray(content[:2]), 2, False
    while True:
        if content[place] != 0xFF:
            raise _UnreadableError
        marker = content[place + 1]
        size = struct.unpack_from(">H", content, place + 2)[0]
        end = place + 2 + size
        if size < 2 or end > len(content):
            raise _UnreadableError
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            _check_pixels(width, height)
            sized = True
        if marker not in _JPEG_META:
            kept += content[place:end]
        place = end
        if marker == 0xDA:
            break
    last = content.rfind(b"\xff\xd9")
    if not sized or last < place:
        raise _UnreadableError
    return bytes(kept) + content[place : last + 2]


def _gif(content: bytes) -> bytes:
    _check_pixels(*struct.unpack_from("<HH", content, 6))
    return content


def _webp(content: bytes) -> bytes:
    chunks = list(_riff(content))
    if not chunks:
        raise _UnreadableError
    kept = bytearray()
    for kind, body in chunks:
        if kind in _WEBP_META:
            continue
        if kind == b"VP8X":
            width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
            _check_pixels(width, height)
            # Without the flags that promise EXIF (8) and XMP (4).
            kept += _chunk(kind, bytes([body[0] & ~0x0C]) + body[1:])
        else:
            kept += _chunk(kind, body)
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + bytes(kept)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _riff(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 12
    while place < len(content):
        kind, size = struct.unpack_from("<4sI", content, place)
        if place + 8 + size > len(content):
            raise _UnreadableError
        yield kind, content[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


_Clean = Callable[[bytes], bytes]
_CLEANERS: tuple[tuple[Callable[[bytes], bool], str, _Clean], ...] = (
    (lambda content: content.startswith(_PNG), "image/png", _png),
    (lambda content: content.startswith(_JPEG), "image/jpeg", _jpeg),
    (lambda content: content[:6] in {b"GIF87a", b"GIF89a"}, "image/gif", _gif),
    (lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP", "image/webp", _webp),
)
