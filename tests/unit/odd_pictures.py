"""Picture files of every kind that somebody may upload: good, odd and harmful."""

import io
import struct
import zlib

from PIL import Image


def encoded(kind="PNG", mode="RGB", size=(120, 90), **options):
    stream = io.BytesIO()
    Image.effect_noise(size, 80).convert(mode).save(stream, kind, **options)
    return stream.getvalue()


def bomb(width, height, rows=None):
    """A black PNG of so many pixels in a file of some kilobytes; rows: how many of them the file really holds."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((1 + (width + 7) // 8) * (rows or height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def animated():
    stream = io.BytesIO()
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "green", "blue")]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    return stream.getvalue()
