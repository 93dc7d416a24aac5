"""The screenshots in docs/, from those that the browser tests keep in build/browser/.

python -m pytest tests/browser && python scripts/panel_pictures.py
"""

from PIL import Image

from course_gan.files import ROOT, write_whole
from course_gan.plots.display import encode, shrunk

PICTURES = {"minimax": (0, 0, 1040, 392), "painter": (0, 0, 818, 545)}  # name: the part that holds the panel


def main() -> None:
    """Write docs/panel_NAME.png of each panel, and say how large it is."""
    for name, part in PICTURES.items():
        whole = Image.open(ROOT / "build" / "browser" / f"{name}.png")
        shot = whole.convert("RGB").crop(part)
        content = encode(shrunk(shot), optimize=True)
        write_whole(ROOT / "docs" / f"panel_{name}.png", content)
        print(f"docs/panel_{name}.png: {shot.width}×{shot.height}, {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
