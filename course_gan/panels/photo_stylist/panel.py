"""Lessons 10 and 08: a picture of one's own in a chosen style, mixed, masked, and saved."""

import base64
from functools import partial

from PIL import Image
from torch import Tensor

from course_gan import data, plots
from course_gan.data import read_picture
from course_gan.models import load_adain, stylize
from course_gan.panels.kit.frame import Panel, row, scripted
from course_gan.panels.kit.threads import STAGE
from course_gan.panels.kit.uploads import LARGEST, UPLOAD, received
from course_gan.panels.photo_stylist.masks import PLACES, shares, sized
from course_gan.plots.display import encode
from course_gan.plots.grids import as_pixels
from course_gan.plots.style import styled

# name: label, start, least and largest value, step
SLIDERS = {"strength": ("strength", 1.0, 0.0, 1.0, 0.05), "mix": ("share of second", 0.0, 0.0, 1.0, 0.05)}
ROLES = ("content", "style", "second")
LABELS = dict(zip((*ROLES, "place", "longest"), ("content", "style", "second style", "where", "longest side")))


class Stylist(Panel):
    """A content picture in one style or two: packaged pictures, and those that the learner uploads.

    pictures: name -> (1, c, h, w) in [-1, 1], by default the packaged photos and textures; styles: name -> what `paint`
    takes as a style, by default the pictures too. paint(content, styles, strength=…, mask=…): by default `stylize` with
    the networks shipped with lesson 10; read: path of an upload -> picture. `result` is the picture painted last.
    """

    name = "stylist"
    shows = "at the left content and styles, at the right the content in these styles"
    welcome = "choose, move the sliders, or bring a picture of your own"
    sliders = SLIDERS

    def __init__(self, pictures=None, styles=None, paint=None, read=read_picture, longest: int = 256):
        super().__init__()
        if pictures is None:
            packaged = (data.photos() | data.textures()).items()
            pictures = {name: sized(data.to_float(image.expand(3, -1, -1)[None]), 512) for name, image in packaged}
        self.paint, self.reader, styles = paint or partial(stylize, *load_adain()), read, styles or pictures
        self.choices = {"content": pictures, "style": styles, "second": styles}
        self.choices |= {"place": PLACES, "longest": sorted({64, 128, 256, 384, 512, longest})}
        chosen = next(iter(pictures)), [*styles][-1], [*styles][-2], PLACES[0], longest, False
        self.state |= dict(zip((*self.choices, "elsewhere"), chosen))

    def choose(self, name: str, value) -> None:
        """Choose content, style, second (style), place, longest (side in pixels) or elsewhere (the second style)."""
        if self.state.get(name, value) != value:
            self.state[name] = value
            self.show()

    def receive(self, role: str, name: str, size: int, parts: list[bytes]) -> None:
        """Take an uploaded file among the pictures, as content or style; CourseError where it is none or too large."""
        picture = received(name, size, b"".join(parts), self.reader)
        with STAGE:
            self.choices[role][name] = picture
            kept, self.state = self.state | {role: name}, {}  # new options make a dropdown choose by itself: not now
            for part in ROLES:
                self.knobs[part].options = tuple(self.choices[part])
                self.knobs[part].value = kept[part]
            self.state = kept
            self.show(f"{name} is the {role} now")

    @styled
    def sketch(self):
        s, parts = self.state, [(self.state[role], self.choices[role][self.state[role]]) for role in ROLES]
        parts = [(name, sized(part, s["longest"]) if isinstance(part, Tensor) else part) for name, part in parts]
        (_, content), *styles = parts
        mask = shares(content, s["place"], s["mix"], s["elsewhere"])
        used = [k for k in (0, 1) if mask[k].any()]
        self.result = self.paint(content, [styles[k][1] for k in used], strength=s["strength"], mask=mask[used])
        height, width = (3.5, 9.4) if self.box else (2.0, 5.3)  # a notebook that stores it stays small
        figure, axes = plots.panels(1, 4, height, width, width_ratios=[1, 1, 1, 2.3])
        for axis, (name, picture) in zip(axes, [*parts, ("painted", self.result)]):
            if isinstance(picture, Tensor):
                axis.imshow(as_pixels(picture)[0])
            axis.set(title=name, frame_on=False, xticks=[], yticks=[])
        return figure, ()

    def read(self):
        height, width = self.result.shape[2:]
        content = base64.b64encode(encode(Image.fromarray(as_pixels(self.result)[0]))).decode()
        link = f'class="course-gan-download" download="painted.png" href="data:image/png;base64,{content}"'
        return f"{width} × {height} pixels &emsp; <a {link}><u>Download the picture</u></a>"

    def controls(self):
        for name, options in self.choices.items():
            given = {"options": tuple(options), "value": self.state[name]}
            self.knob("Dropdown", name, LABELS[name], partial(self.choose, name), **given)
        self.knob("Checkbox", "elsewhere", "second style elsewhere", partial(self.choose, "elsewhere"))
        chosen, fields = row(*self.knobs.values()), []
        for role in [role for role in ("content", "style") if self.choices[role] is self.choices["content"]]:
            fields += [scripted(UPLOAD, text=f"upload {role} (a picture of up to 8 MB)", largest=LARGEST)]
            fields[-1].on_msg(self.guarded(lambda _, sent, parts, role=role: self.receive(role, **sent, parts=parts)))
        return [chosen, self.slides(continuous_update=False), row(*fields)]
