"""Take the README's four pictures out of the committed notebooks: python scripts/front_pictures.py

Each is the picture with that caption on a lesson's page, to the byte: docs/NAME.webp.
"""

import base64
import re

from course_gan.catalogue import choose
from course_gan.errors import CourseError
from course_gan.files import ROOT, write_whole
from course_gan.runner import notebooks as notebook_files
from workshop import study

PICTURES = {  # name: lesson, and how the caption begins
    "island": ("07", "An island that does not exist"),
    "coasts": ("03", "Ten places that do not exist"),
    "styles": ("10", "Two photos in five styles"),
    "pavilion": ("09", "A photo, four pictures made of it"),
}
WEBP = re.compile(r'src="data:image/webp;base64,([^"]+)"')


def picture(number: str, caption: str) -> bytes:
    """The WebP of the figure whose caption begins so; CourseError where the lesson's page has none."""
    (lesson,) = choose((number,))
    for cell in notebook_files.read(lesson.notebook).cells:
        for output in cell.get("outputs", []):
            if output.get("data", {}).get("text/plain", "").startswith(caption):
                return base64.b64decode(WEBP.search(output["data"]["text/html"])[1])
    raise CourseError(f"{lesson.notebook}: no figure's caption begins with {caption!r}; build the page first")


def pictures() -> None:
    """Write all four, and say how large they are."""
    for name, where in PICTURES.items():
        content = picture(*where)
        write_whole(ROOT / "docs" / f"{name}.webp", content)
        print(f"docs/{name}.webp: {len(content) / 1000:.0f} kB")


if __name__ == "__main__":
    study.run({"pictures": pictures})
