"""Take the README's picture out of lesson 03's committed notebook: python scripts/03_picture.py"""

from course_gan.catalogue import choose
from course_gan.files import ROOT
from course_gan.runner import notebooks as notebook_files
from course_gan.runner.report import key_figures

(lesson,) = choose(("03",))
png, words = key_figures(notebook_files.read(lesson.notebook))[0]
target = ROOT / "docs" / "letters.png"
target.parent.mkdir(exist_ok=True)
target.write_bytes(png)
print(f"{target.relative_to(ROOT)}: {words}")
