"""The screenshots in docs/, from those that the browser tests keep in build/browser/.

python -m pytest tests/browser && python scripts/panel_pictures.py
"""

from PIL import Image

from course_gan.files import ROOT
from course_gan.plots.display import encode, shrunk

PICTURES = {"minimax": (0, 0, 1040, 392), "painter": (0, 0, 790, 538)}  # name: the part that holds the panel


def main():
    for name, part in PICTURES.items():
        shot = Image.open(ROOT / "build" / "browser" / f"{name}.png").convert("RGB").crop(part)
        content = encode(shrunk(shot), optimize=True)
        (ROOT / "docs" / f"panel_{name}.png").write_bytes(content)
        print(f"docs/panel_{name}.png: {shot.width}×{shot.height}, {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
