"""Many picture files read one after another; those that cannot be used are remembered, to be named in one line."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from course_gan.data.formats import listed
from course_gan.data.levels import UnusablePicture
from course_gan.data.reading import read_pixels


class Reader:
    """Reads files, and knows afterwards which could not be used and what was taken for white.

    channels: 3 for colour, 1 for grey. unusable: name -> why, in the order of reading.
    """

    def __init__(self, channels: int):
        self.channels = channels
        self.unusable: dict[str, str] = {}
        self._whites: dict[int, list[str]] = defaultdict(list)

    def read(self, file: Path, name: str, shape: Callable[[Tensor], Tensor]) -> Tensor | None:
        """What `shape` makes of a file's pixels, uint8 (1, c, h, w); None where it cannot be used.

        name: what the file is called in a line. shape: may raise UnusablePicture.
        """
        try:
            reading = read_pixels(file, self.channels)
            pixels = shape(reading.pixels)
        except UnusablePicture as error:
            self.unusable[name] = str(error).replace(str(file), file.name)
            return None
        if reading.white is not None:
            self._whites[reading.white].append(name)
        return pixels

    def unusable_listed(self) -> str:
        """The first files that could not be used, each with the reason, and how many more there are."""
        return listed(f"{name} ({why})" for name, why in self.unusable.items())

    def doubt(self) -> str:
        """A line on pictures of more than 8 bits that do not agree on what is white, or ""."""
        if len(self._whites) < 2:
            return ""
        taken = "; ".join(f"{white} in {listed(names)}" for white, names in sorted(self._whites.items()))
        return f"the value taken for white is {taken}; save all of them with 8 bits if that is wrong"
