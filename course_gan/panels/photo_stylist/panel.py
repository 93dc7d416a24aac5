"""Lessons 10 and 08: a picture of one's own in a chosen style, mixed, masked, and saved."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from torch import Tensor

from course_gan import plots
from course_gan.data import STYLES, read_picture
from course_gan.panels.kit.controls import Slider, row
from course_gan.panels.kit.javascript import COMPARE, scripted
from course_gan.panels.kit.panel import Panel
from course_gan.panels.kit.threads import STAGE
from course_gan.panels.kit.uploads import LARGEST, UPLOAD, received
from course_gan.panels.photo_stylist import hand
from course_gan.panels.photo_stylist.masks import BY_HAND, PLACES, painted
from course_gan.panels.photo_stylist.painters import StylePainter, picture_of
from course_gan.panels.photo_stylist.pictures import download, packaged, preview, sized
from course_gan.plots.grids import as_pixels
from course_gan.plots.style import styled

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

SLIDERS = {
    "strength": Slider("strength", 1.0, 0.0, 1.0, 0.05),
    "mix": Slider("share of second", 0.0, 0.0, 1.0, 0.05),
}
SIDES = (64, 128, 256, 384, 512)  # pixels of the longest side to choose from
STYLE_SIDE = 384  # pixels of the longest side of a style of one's own
ROLES = ("content", "style", "second")
LABELS = {
    "content": "content",
    "style": "style",
    "second": "second style",
    "place": "where",
    "longest": "longest side",
}


class Stylist(Panel):
    """A content picture in one style or two: packaged pictures, and those that the learner uploads.

    pictures: name -> (1, c, h, w) in [-1, 1], by default the packaged photos; styles: name -> what `paint` takes as a
    style, by default the names that the style network of lesson 10 knows, and then those that the learner uploads.
    paint(content, styles, strength=…, mask=…): by default a `StylePainter`; read: path of an upload -> picture.
    longest: pixels of a side, at most.
    choices: role -> what can be chosen; result: the picture (1, c, h, w) painted last.
    """

    name = "stylist"
    shows = "at the left content and styles, at the right the content in these styles"
    welcome = "choose, move the sliders, or bring a picture of your own"
    sliders = SLIDERS

    def __init__(
        self,
        pictures: dict[str, Tensor] | None = None,
        styles: dict[str, Any] | None = None,
        paint: Callable[..., Tensor] | None = None,
        read: Callable[[Path], Tensor] = read_picture,
        longest: int = 256,
    ):
        super().__init__()
        pictures = packaged() if pictures is None else pictures
        self.own_styles = styles is None  # whether an upload can be a style
        styles = {name: name for name in STYLES} if styles is None else styles
        self.paint = paint or StylePainter()
        self.reader = read
        self.choices = {
            "content": pictures,
            "style": styles,
            "second": styles,
            "place": PLACES,
            "longest": sorted({*SIDES, longest}),
        }
        self.state |= {
            "content": next(iter(pictures)),
            "style": [*styles][-1],
            "second": [*styles][-2],
            "place": PLACES[0],
            "longest": longest,
            "elsewhere": False,
        }
        self.hand: Tensor | None = None  # uint8 (h, w): where was painted by hand
        self.canvas: DOMWidget | None = None
        self.compared: DOMWidget | None = None  # content and result, and a border between them that moves

    def show(self, text: str | None = None) -> None:
        """Bring the page up to the present state, the pictures that are compared too."""
        super().show(text)
        if self.compared is not None:
            content = self.choices["content"][self.state["content"]]
            self.compared.before = preview(sized(content, self.state["longest"]))
            self.compared.after = preview(self.result)

    def choose(self, name: str, value: Any) -> None:
        """Choose content, style, second (style), place, longest (side in pixels) or elsewhere (the second style)."""
        if self.state.get(name, value) != value:
            self.state[name] = value
            if name == "content":
                self._new_canvas()
            if name == "place":
                self._show_canvas()
            self.show("")

    def receive(self, role: str, name: str, size: int, parts: list[bytes]) -> None:
        """Take an uploaded file among the pictures and choose it; CourseError where it is none or too large.

        role: "content" or "style"; name, size: of the file, in bytes; parts: its content, in pieces.
        """
        picture = received(name, size, b"".join(parts), self.reader)
        with STAGE:
            self.choices[role][name] = picture
            kept = self.state | {role: name}
            self.state = {}  # new options make a dropdown choose by itself: not now
            for part in ROLES:
                self.knobs[part].options = tuple(self.choices[part])
                self.knobs[part].value = kept[part]
            self.state = kept
            if role == "content":
                self._new_canvas()
            self.show(f"{name} is the {role} now")

    @styled
    def sketch(self) -> tuple[Figure, Sequence[Artist]]:
        state = self.state
        names = [state[role] for role in ROLES]
        chosen = [self.choices[role][name] for role, name in zip(ROLES, names)]
        content = sized(chosen[0], state["longest"])
        styles = [sized(style, STYLE_SIDE) for style in chosen[1:]]
        self.result = painted(
            self.paint,
            content,
            styles,
            strength=state["strength"],
            place=state["place"],
            mix=state["mix"],
            elsewhere=state["elsewhere"],
            hand=self.hand,
        )
        height, width = (3.5, 9.4) if self.box else (2.0, 5.3)  # a notebook that stores it stays small
        figure, axes = plots.panels(1, 4, height, width, width_ratios=[1, 1, 1, 2.3])
        for axis, name, picture in zip(axes, [*names, "painted"], [content, *map(picture_of, styles), self.result]):
            if isinstance(picture, Tensor):
                axis.imshow(as_pixels(picture)[0])
            axis.set(title=name, frame_on=False, xticks=[], yticks=[])
        return figure, ()

    def read(self) -> str:
        height, width = self.result.shape[2:]
        link = f'class="course-gan-download" download="painted.png" href="{download(self.result)}"'
        return f"{width} × {height} pixels &emsp; <a {link}><u>Download the picture</u></a>"

    def controls(self) -> list["DOMWidget"]:
        chosen = [self._dropdown(name) for name in self.choices]
        chosen.append(self.knob("Checkbox", "elsewhere", "second style elsewhere", partial(self.choose, "elsewhere")))
        fields = [self._upload("content")]
        if self.own_styles:
            fields.append(self._upload("style"))
        self.canvas = hand.canvas(self.choices["content"][self.state["content"]])
        self.canvas.observe(self.guarded(lambda change: self._painted(change["new"])), "labels")
        self._show_canvas()
        self.compared = scripted(COMPARE, before="", after="", share=50)
        self.beside = (self.compared,)
        return [row(*chosen), self.slides(continuous_update=False), row(*fields), self.canvas]

    def _painted(self, labels: bytes) -> None:
        """Take what was painted by hand."""
        self.hand = hand.mask_of(labels, self.canvas.shape)
        self.show("")

    def _new_canvas(self) -> None:
        """Lay the present content under the canvas, with nothing painted."""
        self.hand = None
        if self.canvas is not None:
            hand.lay(self.canvas, self.choices["content"][self.state["content"]])

    def _show_canvas(self) -> None:
        if self.canvas is not None:
            self.canvas.layout.display = "" if self.state["place"] == BY_HAND else "none"

    def _dropdown(self, name: str) -> "DOMWidget":
        options = tuple(self.choices[name])
        return self.knob(
            "Dropdown", name, LABELS[name], partial(self.choose, name), options=options, value=self.state[name]
        )

    def _upload(self, role: str) -> "DOMWidget":
        """A field for a picture of one's own, as content or style; upload.js hands it over in parts."""
        field = scripted(UPLOAD, text=f"upload {role} (a picture of up to 8 MB)", largest=LARGEST)
        field.on_msg(self.guarded(lambda _, sent, parts: self.receive(role, sent["name"], sent["size"], parts)))
        return field
