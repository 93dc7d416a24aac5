"""Folders of a person's own pictures, small and of known colours, for the tests of what is learned from them."""

from pathlib import Path

from PIL import Image


def picture(path: Path, colour: tuple[int, int, int] = (200, 0, 0), size: tuple[int, int] = (20, 16)) -> None:
    """A picture of one colour with a brighter left third, so that mirroring shows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, colour)
    image.paste((255, 255, 255), (0, 0, size[0] // 3, size[1]))
    image.save(path)


def heap(folder: Path, n: int = 12, first: int = 0) -> Path:
    """n pictures, each red of its own strength, a third of them in a folder of the folder."""
    for number in range(first, first + n):
        inside = folder / "more" if number % 3 == 2 else folder
        picture(inside / f"{number:02d}.png", (5 * number + 5, 0, 0))
    return folder


def two_sides(folder: Path, n: int = 12, names: tuple[str, str] = ("A", "B"), first: int = 0) -> Path:
    """Two folders of n pictures with equal names: red in the first, green of the same strength in the second."""
    for number in range(first, first + n):
        picture(folder / names[0] / f"{number:02d}.png", (5 * number + 5, 0, 0))
        picture(folder / names[1] / f"{number:02d}.jpg", (0, 5 * number + 5, 0))
    return folder


def halves(folder: Path, n: int = 12) -> Path:
    """n pictures whose left half is red and whose right half is blue, of the same strength."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n):
        image = Image.new("RGB", (32, 16), (5 * number + 5, 0, 0))
        image.paste((0, 0, 5 * number + 5), (16, 0, 32, 16))
        image.save(folder / f"{number:02d}.png")
    return folder
