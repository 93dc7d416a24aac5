"""Take the README's picture out of lesson 03's committed notebook: python scripts/03_picture.py"""

from course_gan.lessons import convert
from course_gan.lessons.find import choose
from course_gan.lessons.report import key_figures
from course_gan.paths import ROOT

(lesson,) = choose(("03",))
png, words = key_figures(convert.read(lesson.notebook))[0]
target = ROOT / "docs" / "letters.png"
target.parent.mkdir(exist_ok=True)
target.write_bytes(png)
print(f"{target.relative_to(ROOT)}: {words}")
