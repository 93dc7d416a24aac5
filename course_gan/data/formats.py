"""Which files are pictures that Pillow decodes here by itself, and what the others are."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

# Pillow registers suffixes of files that it can only write, or read through another program, or of measurements.
_NOT_DECODED = {"BUFR", "EPS", "FITS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF"}
_LEFT_BY_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon"}
_TO_CONVERT = {
    *(".heic", ".heif", ".hif", ".avif", ".avifs", ".jxl", ".webp", ".jp2"),  # some of them are read by some Pillows
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".raw"),
    *(".svg", ".pdf", ".eps", ".ps", ".ai", ".wmf", ".emf"),
    *(".exr", ".hdr", ".fits", ".fit", ".h5", ".hdf5", ".hdf", ".npy", ".npz", ".mat", ".dcm", ".nii"),
}
_ODD_TIFF = "a kind of TIFF that cannot be read, save it with 8 bits a channel"
_BY_FIRST_BYTES = {
    b"%PDF": "a PDF file",
    b"%!PS": "a PostScript file",
    b"<svg": "an SVG file",
    b"<?xml": "an SVG file or another text",
    b"<!DOC": "a page of the web",
    b"<html": "a page of the web",
    b"\x89HDF": "an HDF5 file",
    b"SIMPLE": "a FITS file",
    b"II*\0": _ODD_TIFF,
    b"MM\0*": _ODD_TIFF,
    b"II+\0": _ODD_TIFF,
    b"MM\0+": _ODD_TIFF,
}
LISTED = 5  # files named in one line


def picture_suffixes() -> dict[str, str]:
    """Suffix, as ".png", -> Pillow's name of the format, for all pictures that can be decoded to pixels here."""
    known = Image.registered_extensions()
    readable = {*Image.OPEN, "MPO"} - _NOT_DECODED  # MPO, several JPEGs in one file, is opened as a JPEG
    return {suffix: kind for suffix, kind in known.items() if kind in readable}


def picture_formats() -> list[str]:
    """Pillow's names of the formats that picture_suffixes names, in the order in which they are to be tried."""
    wanted = set(picture_suffixes().values())
    return [kind for kind in Image.ID if kind in wanted]


def is_to_be_told(file: Path) -> bool:
    """Whether somebody who put a file, no picture by its suffix, into a folder wants to know that it is not read."""
    return file.is_file() and file.name.strip().lower() not in _LEFT_BY_SYSTEMS


def is_to_convert(file: Path) -> bool:
    """Whether a file that is not read holds a picture by its suffix, as .heic does."""
    return file.suffix.lower() in _TO_CONVERT


def kind_of(head: bytes) -> str:
    """What a file is that Pillow does not know, by its first bytes; "" where these say nothing."""
    if head[4:8] == b"ftyp":
        is_avif = head[8:11] == b"avi"
        return "an AVIF file" if is_avif else "a HEIC file or a film"
    if head[:2] == b"\xff\x0a" or head[4:8] == b"JXL ":
        return "a JPEG XL file"
    return next((kind for start, kind in _BY_FIRST_BYTES.items() if head.startswith(start)), "")


def listed(names: Iterable[str]) -> str:
    """Names in one line, whatever is in them: the first five, and how many more there are."""
    shown = [" ".join(name.encode("utf-8", "replace").decode().split()) for name in names]
    more = f" and {len(shown) - LISTED} more" if len(shown) > LISTED else ""
    return ", ".join(shown[:LISTED]) + more
