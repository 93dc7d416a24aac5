"""The user's own pictures to learn from: one heap, pairs, or two domains, with some held out that are never learned."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

import torch
from torch import Tensor

from course_gan.data.base import check_size, resize
from course_gan.data.batches import derived_generator
from course_gan.data.folders import halves
from course_gan.data.formats import listed
from course_gan.data.listing import Listing
from course_gan.data.reader import Reader
from course_gan.errors import CourseError

MOST_HELD_OUT = 8
_SHARE_HELD_OUT = 10  # one in so many, as long as that is not more than MOST_HELD_OUT

Sample = tuple[str, ...]  # the name of a file, or of the two that make a pair


class Split(NamedTuple):
    """Pictures of one kind, uint8 in [0, 255]: those to learn from (n, …, c, s, s), and those held out (k, …, c, s, s).

    Of pairs, … is 2: A and B.
    """

    learned: Tensor
    held_out: Tensor


def own_pictures(listing: Listing, size: int, channels: int = 3) -> Tensor:
    """Every picture of a listing in order of name, uint8 (n, channels, size, size); none is held out.

    Treatment of odd files is that of `course_gan.data.folder`, but those that cannot be used are left out: a warning
    of one line names them at the end. Raises CourseError where none can be used, ValueError for a size that is none.
    """
    return _read(listing, [[(name,) for name in listing.sizes]], size, channels, held_out=0, seed=0)[0].learned


def own_pairs(listing: Listing, size: int, channels: int, seed: int) -> Split:
    """Pairs (n, 2, channels, size, size) of A and B, and some that are held out, chosen by the seed.

    listing: with two sides, whose files belong together by their names without the suffix, or of files that hold A on
        the left and B on the right. Otherwise as `own_pictures`; CourseError, too, for a file without a partner.
    """
    if not listing.sides:
        samples = [(name,) for name in listing.sizes]
        return _read(listing, [samples], size, channels, _count_held_out(samples), seed, are_halves=True)[0]
    samples = _partners(listing)
    return _read(listing, [samples], size, channels, _count_held_out(samples), seed)[0]


def own_domains(listing: Listing, size: int, channels: int, seed: int) -> tuple[Split, Split]:
    """Pictures (n, channels, size, size) of two domains, unpaired, and of each as many that are held out.

    listing: with two sides, of any lengths. Otherwise as `own_pictures`.
    """
    sides = [[(name,) for name in listing.of_side(side)] for side in listing.sides]
    a, b = _read(listing, sides, size, channels, _count_held_out(*sides), seed)
    return a, b


def _count_held_out(*sides: Sequence[Sample]) -> int:
    """How many of each side are held out: one in ten, at least one, at most eight."""
    shortest = min(len(samples) for samples in sides)
    return max(1, min(MOST_HELD_OUT, shortest // _SHARE_HELD_OUT))


def _partners(listing: Listing) -> list[Sample]:
    """The files of the two sides that have equal names; CourseError that names those without a partner."""
    found: dict[str, list[str]] = defaultdict(list)
    for side in listing.sides:
        for name in listing.of_side(side):
            found[str(PurePosixPath(name).relative_to(side).with_suffix(""))].append(name)
    alone = [name for names in found.values() if len(names) == 1 for name in names]
    if alone:
        a, b = listing.sides
        line = f"{len(alone)} of the files in {a} and {b} have no partner of the same name: {listed(alone)}"
        raise CourseError(f"{listing.path}: {line}; add it or take them away")
    several = [name for names in found.values() if len(names) > 2 for name in names]
    if several:
        line = f"several files have one name but for the suffix: {listed(several)}"
        raise CourseError(f"{listing.path}: {line}; keep one of them")
    return [tuple(names) for names in found.values()]


def _read(
    listing: Listing,
    sides: list[list[Sample]],
    size: int,
    channels: int,
    held_out: int,
    seed: int,
    are_halves: bool = False,
) -> list[Split]:
    """The pictures of each side; what could not be used is warned of once, at the end."""
    check_size(size)
    reader = Reader(channels)

    def shape(pixels: Tensor) -> Tensor:  # (1, c, h, w)
        return halves(pixels, size) if are_halves else resize(pixels, size)[0]

    def read(sample: Sample) -> Tensor | None:
        parts = [reader.read(listing.path / name, name, shape) for name in sample]
        if any(part is None for part in parts):
            return None
        return parts[0] if len(parts) == 1 else torch.stack(parts)

    splits = [_split(samples, read, held_out, seed, side) for side, samples in enumerate(sides)]
    if any(len(split.learned) == 0 for split in splits):
        found = f"{len(listing.sizes)} picture(s), {len(reader.unusable)} of them unusable"
        why = f": {reader.unusable_listed()}" if reader.unusable else f", and {held_out} of each kind held out"
        raise CourseError(f"{listing.path}: nothing to learn from, {found}{why}; add pictures")
    _tell(listing, reader)
    return splits


def _split(
    samples: list[Sample], read: Callable[[Sample], Tensor | None], held_out: int, seed: int, side: int
) -> Split:
    """Samples read, those held out drawn first among all."""
    from tqdm import tqdm

    with tqdm(total=len(samples), desc="reading", unit="file", leave=False, disable=None, delay=1) as bar:
        shown = []
        places = set()
        for place in torch.randperm(len(samples), generator=derived_generator(seed, side)).tolist():
            if len(shown) == held_out:
                break
            places.add(place)
            pixels = read(samples[place])
            bar.update()
            if pixels is not None:
                shown.append(pixels)
        rest = [sample for place, sample in enumerate(samples) if place not in places]
        learned = torch.empty(0, dtype=torch.uint8)
        count = 0
        for sample in rest:
            pixels = read(sample)
            bar.update()
            if pixels is None:
                continue
            if not count:
                learned = torch.empty(len(rest), *pixels.shape, dtype=torch.uint8)  # once: a heap may fill the memory
            learned[count] = pixels
            count += 1
    return Split(learned[:count], torch.stack(shown) if shown else learned[:0])


def _tell(listing: Listing, reader: Reader) -> None:
    if listing.left_out:
        found = f"{len(listing.left_out)} file(s) not read: {listed(listing.left_out)}"
        _warn(f"{listing.path}: {found}; convert to PNG or JPEG what is a picture")
    if reader.unusable:
        found = f"{len(reader.unusable)} of {len(listing.sizes)} picture(s) cannot be used and are left out"
        _warn(f"{listing.path}: {found}: {reader.unusable_listed()}")
    if doubt := reader.doubt():
        _warn(f"{listing.path}: {doubt}")


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=2)
