"""Panels driven as a person drives them: keys and clicks on the page, and what the page and the kernel say then."""

import time


def test_minimax_follows_a_slider(notebook):
    book = notebook("from course_gan import panels\npanel = panels.minimax()\npanel")
    book.run_all()
    handle = book.find("place").locator(".noUi-handle")
    before, readout = book.picture(), book.find("readout").inner_text()
    handle.focus()
    began = time.monotonic()
    handle.press("ArrowRight")
    book.page.wait_for_function(
        "([now, before]) => document.querySelector(now).src !== before", arg=[".course-gan-picture", before]
    )
    seconds = time.monotonic() - began
    print("seconds on the screen", seconds)
    assert book.find("readout").inner_text() != readout
    assert book.kernel("panel.state['place']") == 3.05
    book.shot("minimax")
