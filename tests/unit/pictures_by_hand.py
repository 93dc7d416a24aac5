"""Picture files written byte by byte: TIFFs of any type, PNGs and JPEGs with remarks of any kind."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from course_gan.data.reading import read_pixels

RAMP = np.tile(np.arange(256), (64, 1))  # levels 0 to 255, mean 127.5
UNSIGNED, SIGNED, FLOAT = 1, 2, 3  # the sample formats of a TIFF


def tiff(path, values, kind=UNSIGNED, order="<", photometric=1, bits=None):
    """A plain TIFF of grey values, whatever their type; bits: as the file states them, where they are packed."""
    height, width = RAMP.shape
    data = values if bits else values.astype(values.dtype.newbyteorder(order)).tobytes()
    bits = bits or 8 * values.dtype.itemsize
    short = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 277: 1, 278: height, 339: kind}
    tags = {**{tag: (3, value) for tag, value in short.items()}, 273: (4, 8), 279: (4, len(data))}
    written = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(data)) + data
    written += struct.pack(f"{order}H", len(tags))
    for tag, (type_, value) in sorted(tags.items()):
        written += struct.pack(f"{order}HHI", tag, type_, 1)
        written += struct.pack(f"{order}HH", value, 0) if type_ == 3 else struct.pack(f"{order}I", value)
    path.write_bytes(written + struct.pack(f"{order}I", 0))


def chunk(kind, content, damage=0):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content) ^ damage)


def png(extra=b"", pixels=None):
    """A PNG file with further chunks before its pixels."""
    stream = io.BytesIO()
    Image.fromarray(RAMP.astype("u1") if pixels is None else pixels).save(stream, "PNG")
    return stream.getvalue()[:33] + extra + stream.getvalue()[33:]


def jpeg(extra=b""):
    """A JPEG file with further segments at its start."""
    stream = io.BytesIO()
    Image.fromarray(RAMP.astype("u1")).save(stream, "JPEG", quality=95)
    return stream.getvalue()[:2] + extra + stream.getvalue()[2:]


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def grey(path):
    return read_pixels(path, channels=1).pixels[0, 0].numpy()
