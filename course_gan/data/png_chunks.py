"""A PNG file whose remarks are damaged: what makes its picture is kept."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_OF_THE_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def without_remarks(content: bytes) -> bytes:
    """A PNG file reduced to the chunks that make its picture, and to its EXIF block if that is whole.

    What is left out, as texts, colour profiles and animations, may be damaged or too large for a decoder to take.
    """
    kept = [SIGNATURE]
    place = len(SIGNATURE)
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        chunk = content[place : place + 12 + length]
        if kind in _OF_THE_PICTURE or (kind == b"eXIf" and _is_whole(chunk)):
            kept.append(chunk)
        place += 12 + length
    return b"".join(kept)


def _is_whole(chunk: bytes) -> bool:
    return len(chunk) >= 12 and chunk[-4:] == struct.pack(">I", zlib.crc32(chunk[4:-4]))
