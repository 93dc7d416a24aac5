"""The painter and the stylist as a person drives them: strokes, uploads good and bad, and what page and kernel say."""

from PIL import Image

from tests.unit.odd_pictures import animated, bomb, encoded

PAINTER = "from course_gan import panels\npanel = panels.painter()\npanel"
STYLIST = "from course_gan import panels\npanel = panels.stylist(longest=128)\npanel"
CLASSES = "[int((panel.labels == k).sum()) for k in range(6)]"


def at(book, x: float, y: float) -> tuple[float, float]:
    """A place of the map, given in shares of its width and height, on the page."""
    box = book.find("canvas").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(book, *places):
    """Press at the first place of the map, draw along the others; let go is the caller's."""
    book.page.mouse.move(*at(book, *places[0]))
    book.page.mouse.down()
    for place in places[1:]:
        book.page.mouse.move(*at(book, *place), steps=6)


def test_a_stroke_is_answered_and_undo_takes_it_back(notebook):
    book = notebook(PAINTER)
    book.run_all()
    book.find("canvas").wait_for()
    start, labels = book.picture(), book.kernel("panel.labels.tolist()")
    book.find("class").nth(2).click()
    stroke(book, (0.5, 0.2), (0.5, 0.9))
    assert book.picture() == start  # a stroke is handed over when it ends
    book.page.mouse.up()
    book.changed(start)
    book.says("news", "painted plain")
    now = book.kernel("panel.labels.tolist()")
    assert {row[64] for row in now[26:115]} == {2}  # as far as the brush went
    assert [row[:52] + row[76:] for row in now] == [row[:52] + row[76:] for row in labels]
    shown = book.find("canvas").evaluate("c => [...c.getContext('2d').getImageData(64, 60, 1, 1).data]")
    assert shown == [96, 190, 104, 255]
    book.shot("painter")

    seconds = []
    for k in range(6):
        stroke(book, (0.1 + 0.15 * k, 0.6), (0.1 + 0.15 * k, 0.9))
        seconds.append(book.seconds_to_picture(book.page.mouse.up, "pointerup"))
    kernel = book.kernel("panel.seconds")
    print(f"painter: {kernel:.3f} s for the answer, {min(seconds):.3f} s on the screen (slowest {max(seconds):.3f} s)")
    assert min(seconds) <= 0.3
    assert book.kernel("len(panel.past)") == 7
    for _ in range(7):
        book.find("undo").click()
    book.until(f"panel.labels.tolist() == {labels}")
    book.until("len(panel.past) == 0")
    book.find("undo").click()
    book.says("news", "✗ nothing to undo")


def test_regions_are_filled_and_the_map_cleared(notebook):
    from playwright.sync_api import expect

    book = notebook(PAINTER)
    book.run_all()
    book.find("canvas").wait_for()
    before, counts = book.picture(), book.kernel(CLASSES)
    book.find("fill").locator("input").check()
    book.find("class").nth(3).click()
    expect(book.find("canvas")).to_have_css("cursor", "cell")  # the page knows of it
    book.page.mouse.click(*at(book, 0.01, 0.01))  # the sea
    book.says("news", "filled with hill")
    book.changed(before)
    sea, shore, plain, hill, mountain, snow = book.kernel(CLASSES)
    assert [shore, plain, mountain, snow] == [counts[1], counts[2], counts[4], counts[5]]
    assert (sea < counts[0], hill > counts[3], sea + hill) == (True, True, counts[0] + counts[3])
    book.find("class").nth(0).click()
    book.find("clear").click()
    book.says("news", "nothing but sea")
    assert book.kernel(CLASSES) == [128 * 128, 0, 0, 0, 0, 0]
    shown = book.find("canvas").evaluate("c => [...c.getContext('2d').getImageData(5, 60, 1, 1).data]")
    assert shown == [30, 105, 225, 255]
    assert book.kernel("len(panel.past), panel.error") == (2, None)


def test_an_island_moves_to_another_latitude(notebook):
    book = notebook(PAINTER)
    book.run_all()
    handle = book.find("latitude").locator(".noUi-handle")
    handle.wait_for()
    before = book.picture()
    handle.press("ArrowRight")
    book.says("news", "11° north")
    book.changed(before)
    assert book.kernel("panel.latitude") == 11


def test_a_map_is_painted_by_keyboard(notebook):
    book = notebook("1 + 1", PAINTER, "2 + 2")
    book.run_all()
    canvas = book.find("canvas")
    canvas.wait_for()
    cell = "window.jupyterapp.shell.currentWidget.content.activeCellIndex"
    before = book.picture()
    book.find("class").nth(1).focus()
    book.page.keyboard.press("Enter")
    book.until("panel.label == 1")
    canvas.focus()
    active = book.page.evaluate(cell)
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "ArrowUp", "ArrowLeft", "Space"):
        book.page.keyboard.press(key)
    book.says("news", "painted shore")
    book.changed(before)
    assert book.kernel("int(panel.labels[63, 79])") == 1
    assert book.page.evaluate(cell) == active  # the arrows moved the brush, and not JupyterLab's selection
    book.shot("painter_keyboard")


def give(book, role: int, name: str, content: bytes, kind: str = "image/png"):
    """Choose a file in the field for content (0) or style (1)."""
    field = book.find("upload").nth(role).locator("input")
    field.set_input_files({"name": name, "mimeType": kind, "buffer": content})


def test_ones_own_picture_in_ones_own_style(notebook):
    book = notebook(STYLIST)
    book.run_all()
    book.find("upload").nth(1).wait_for()
    before = book.picture()
    give(book, 0, "cat.jpg", encoded("JPEG"), "image/jpeg")
    book.says("news", "cat.jpg is the content now")
    book.changed(before)
    assert book.kernel("panel.state['content'], tuple(panel.result.shape)") == ("cat.jpg", (1, 3, 90, 120))
    assert book.find("content").locator("select").evaluate("s => s.options[s.selectedIndex].text") == "cat.jpg"
    before = book.picture()
    give(book, 1, "wall.png", encoded(size=(70, 70)))
    book.says("news", "wall.png is the style now")
    book.changed(before)
    for act in (
        lambda: book.find("strength").locator(".noUi-handle").press("ArrowLeft"),
        lambda: book.find("mix").locator(".noUi-handle").press("ArrowRight"),
        lambda: book.find("second").locator("select").select_option("flower"),
        lambda: book.find("place").locator("select").select_option("left half"),
        lambda: book.find("elsewhere").locator("input").check(),
        lambda: book.find("content").locator("select").select_option("china"),
    ):
        before = book.picture()
        act()
        book.changed(before)
    names = ("strength", "mix", "content", "style", "second", "place", "elsewhere")
    assert book.kernel(f"[panel.state[k] for k in {names}]") == [
        *(0.95, 0.05, "china", "wall.png", "flower", "left half", True)
    ]
    book.says("readout", "128 × 85 pixels")
    border = book.find("compare").locator("input")
    border.fill("25")
    cut = book.find("compared").locator("img").nth(1).evaluate("i => getComputedStyle(i).clipPath")
    assert cut == "inset(0px 0px 0px 75%)"
    with book.page.expect_download() as download:
        book.find("download").click()
    picture = Image.open(download.value.path())
    assert (download.value.suggested_filename, picture.size) == ("painted.png", (128, 85))
    assert list(picture.getpixel((5, 7))) == book.kernel(
        "__import__('course_gan.data').data.to_uint8(panel.result)[0, :, 7, 5].tolist()"
    )
    book.shot("stylist")


def test_a_mask_is_painted_by_hand(notebook):
    book = notebook(STYLIST)
    book.run_all()
    book.find("place").locator("select").select_option("painted by hand")
    canvas = book.find("canvas")
    canvas.wait_for()
    assert "data:image/" in canvas.evaluate("c => getComputedStyle(c).backgroundImage")
    before = book.picture()
    book.page.mouse.move(*at(book, 0.3, 0.3))
    book.page.mouse.down()
    book.page.mouse.move(*at(book, 0.6, 0.6), steps=6)
    book.page.mouse.up()
    book.changed(before)
    painted = book.kernel("float(panel.hand.float().mean())")
    assert 0.03 < painted < 0.5
    shown = canvas.evaluate("c => [...c.getContext('2d').getImageData(43, 43, 1, 1).data]")
    assert shown[3] == 130  # the photo shines through
    book.shot("stylist_by_hand")
    book.find("content").locator("select").select_option("china")
    book.until("panel.canvas.shape[0] == 96 and not any(panel.canvas.labels)")
    assert canvas.evaluate("c => [c.width, c.height]") == [96, 64]


def test_bad_uploads_are_one_line_and_nothing_is_lost(notebook):
    book = notebook(STYLIST)
    book.run_all()
    book.find("upload").nth(1).wait_for()
    before, kernel = book.picture(), book.kernel("__import__('os').getpid(), id(panel)")
    for name, content, said in (
        ("notes.png", b"no picture at all", "✗ notes.png: cannot be used (cannot identify image file 'notes.png')"),
        ("large.png", bytes(12_000_000), "✗ large.png: 12.0 MB, but an upload may have 8 MB at most"),
        ("bomb.png", bomb(10_000, 10_000), "✗ bomb.png: cannot be used (10000×10000 pixels in a file of 12 kB"),
        ("<img src=x onerror=alert(1)>.png", b"", "✗ <img src=x onerror=alert(1)>.png: cannot be used"),
    ):
        give(book, 0, name, content)
        book.says("news", said)
        assert book.picture() == before
    book.shot("bad_upload")
    state = "len(panel.choices['content']), panel.state['content'], __import__('os').getpid(), id(panel)"
    assert book.kernel(state) == (7, "astronaut", *kernel)
    for name, content, kind in (
        ("print.jpg", encoded("JPEG", "CMYK"), "image/jpeg"),
        ("party.gif", animated(), "image/gif"),
        ("print.jpg", encoded("JPEG", "CMYK", (200, 90)), "image/jpeg"),
    ):
        give(book, 0, name, content, kind)
        book.says("news", f"{name} is the content now")
        book.changed(before)
        before = book.picture()
    assert book.kernel(f"({state})[:2]") == (9, "print.jpg")
