"""Take the README's picture out of lesson 03's committed notebook: python scripts/03_picture.py"""

from course_gan.catalogue import choose
from course_gan.files import ROOT, write_whole
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.report import key_figures

TARGET = ROOT / "docs" / "letters.png"


def main() -> None:
    """Write docs/letters.png, and say what it shows."""
    (lesson,) = choose(("03",))
    png, words = key_figures(notebook_files.read(lesson.notebook))[0]
    TARGET.parent.mkdir(exist_ok=True)
    write_whole(TARGET, png)
    print(f"docs/{TARGET.name}: {words}")


if __name__ == "__main__":
    main()
