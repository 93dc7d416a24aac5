"""The painter and the stylist as a person drives them: strokes, uploads good and bad, and what page and kernel say."""

import io

import pytest
from PIL import Image

PAINTER = "from course_gan import panels\npanel = panels.painter()\npanel"
STYLIST = "from course_gan import panels\npanel = panels.stylist(longest=128)\npanel"


def stroke(book, start, end):
    """Press at one place of the map, draw to another, let go; places are shares of its width and height."""
    box = book.find("canvas").bounding_box()
    (x, y), (u, v) = ((box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in (start, end))
    book.page.mouse.move(x, y)
    book.page.mouse.down()
    book.page.mouse.move(u, v, steps=8)
    book.page.mouse.up()


def test_look(notebook):
    book = notebook(PAINTER, STYLIST)
    book.run_all()
    book.page.wait_for_timeout(3000)
    book.shot("look_painter", 0)
    book.shot("look_stylist", 1)
    book.find("class").nth(2).click()
    stroke(book, (0.1, 0.2), (0.9, 0.8))
    book.page.wait_for_timeout(1000)
    print(book.kernel("panel.news.value if hasattr(panel,'news') else 0"))
    book.shot("look_painter2", 0)
    book.command("apputils:change-theme", theme="JupyterLab Dark")
    book.page.wait_for_timeout(1000)
    book.shot("look_painter3", 0)
    book.shot("look_stylist3", 1)
    book.command("apputils:change-theme", theme="JupyterLab Light")
