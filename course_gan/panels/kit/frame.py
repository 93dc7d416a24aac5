"""What every panel is made of: labelled controls, a readout, a live picture and one line of news."""

import html
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.kit.picture import Picture
from course_gan.panels.kit.threads import STAGE
from course_gan.plots.display import bundle
from course_gan.training import NonFiniteError

VIEW = "application/vnd.jupyter.widget-view+json"


def live() -> bool:
    """Whether a page that can show widgets looks at this kernel; if not (papermill, a script), a figure has to do.

    Servers tell a kernel which page it serves, runners do not. COURSE_GAN_PANELS=live or static overrules.
    """
    wish = os.environ.get("COURSE_GAN_PANELS")
    if wish is not None or not plots.display.in_notebook():
        return wish == "live"
    server = "JPY_SESSION_NAME" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    names = sys.modules["IPython"].get_ipython().user_ns
    return server or "google.colab" in sys.modules or "__vsc_ipynb_file__" in names


def one_line(error: BaseException) -> str:
    """What went wrong and what to do, for a panel's line of news."""
    lines = str(error).strip().splitlines() or ["no message"]
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error):
        return "out of memory: choose a smaller batch size or width and start again; the game so far is kept"
    if isinstance(error, NonFiniteError):
        return f"{lines[0].split(';')[0]}: start anew with a lower learning rate"
    return lines[0] if isinstance(error, CourseError | ValueError) else f"{type(error).__name__}: {lines[0]}"


class Panel:
    """A panel on the page. A subclass says what is drawn (`sketch`, `place`), what is read, and with which `controls`.

    On a live page naming it on a cell's last line shows it; elsewhere that shows the figure of its state. Widgets are
    made only when there is a page for them. `error`: the last exception, for whoever wants more than the line of news.
    """

    name = "panel"
    shows = "a panel"  # what its picture shows
    welcome = ""  # the first line of news
    beside = ()  # widgets at the left of the picture
    sliders: ClassVar[dict[str, tuple]] = {}  # name: label, start, least and largest value, step

    def __init__(self, **start):
        self.box = self.picture = self.error = self.before = self.worker = None
        self.knobs: dict[str, Any] = {}
        self.state = {name: value for name, (_, value, *_) in self.sliders.items()}
        for name, value in start.items():
            self.set(name, value)

    def sketch(self) -> tuple:
        """A new Figure, and the artists of it that move; without any, the whole is drawn each time."""
        raise NotImplementedError

    def place(self, picture: Picture) -> None:
        """Bring what moves up to the present state."""

    def read(self) -> str:
        """The present state in numbers, in a line of HTML above the picture."""
        return ""

    def set(self, name: str, value: float) -> None:
        """Set what a slider sets, and show what follows; CourseError for another name or a value out of range."""
        if name not in self.sliders:
            raise CourseError(f"the panel has no {name!r}: it has {', '.join(self.sliders)}")
        label, _, low, high, _ = self.sliders[name]
        if not low <= value <= high:
            raise CourseError(f"{label} is {value!r}, but has to be from {low:g} to {high:g}")
        self.state[name] = value
        self.show()

    def halt(self) -> None:
        """End what runs in the background."""
        if self.worker is not None:
            self.worker.halt()

    def draw(self) -> Picture:
        """A new Picture of the state as of now; `self.picture` is the one that the page shows."""
        with STAGE:
            picture = Picture(*self.sketch())
            self.place(picture)
        return picture

    def redraw(self) -> None:
        """Draw the page's picture anew, where there is a page: more than what moves has changed."""
        if self.box is not None:
            self.picture = self.draw()

    def show(self, text: str = "") -> None:
        """Bring the page up to the present state; without a text the line of news stays as it is."""
        if self.box is None:
            return
        with STAGE:
            if self.picture.moving:
                self.place(self.picture)
            else:
                self.redraw()
            content, numbers = self.picture.png(), self.read()
        self.image.value, self.readout.value = content, numbers
        if text:
            self.say(text)

    def say(self, text: str, wrong: bool = False) -> None:
        """Put one line below the picture."""
        if self.box is not None:
            colour, mark, role = ("var(--jp-error-color1, #c00)", "✗ ", "alert") if wrong else ("inherit", "", "status")
            self.news.value = f'<span role="{role}" style="color: {colour}">{mark}{html.escape(text)}</span>'

    def fail(self, error: BaseException) -> None:
        """Keep an exception and say it in one line."""
        self.error = error
        self.say(one_line(error), wrong=True)

    def open(self):
        """Make the widgets, once, and return the box that holds them."""
        if self.box is None:
            kit = widgets()
            look = {"max_width": "100%", "align_self": "flex-end"}
            self.image = kit.Image(format="png", layout=look).add_class("course-gan-picture")
            self.news, self.readout = (kit.HTML().add_class(f"course-gan-{name}") for name in ("news", "readout"))
            # ipywidgets gives a picture no alternative text (and no view, if it has a tooltip), so a caption has to do.
            caption = kit.HTML(f"<small>Above: {html.escape(self.shows)}.</small>")
            parts = [*self.controls(), self.readout, row(*self.beside, self.image), caption, self.news]
            self.box = kit.VBox(parts, layout={"width": "100%"})
            self.box.add_class("course-gan-panel").add_class(f"course-gan-{self.name}")
            self.redraw()
            self.show(self.welcome)
        return self.box

    def guarded(self, act: Callable) -> Callable:
        """The function, but its exceptions appear in the panel instead of in a log that nobody reads."""

        def handle(*arguments):
            try:
                act(*arguments)
            except Exception as error:
                self.fail(error)

        return handle

    def buttons(self, *wanted: tuple[str, Callable, str]):
        """A row of buttons (text, act, tip) that call act(), kept in `knobs`; on the page of class course-gan-TEXT."""
        for text, act, tip in wanted:
            made = self.knobs[text] = widgets().Button(description=text, tooltip=tip, layout={"width": "auto"})
            made.on_click(self.guarded(lambda _, act=act: act()))
            made.add_class(f"course-gan-{text.lower().replace(' ', '-')}")
        return row(*(self.knobs[text] for text, *_ in wanted))

    def knob(self, kind: str, name: str, label: str, act: Callable, **options):
        """A labelled control of this kind of ipywidgets; act() is given a new value. Kept and found as a button is."""
        wide = {"style": {"description_width": "11em"}, "layout": {"width": "26em"}}
        options = ({"indent": False, "layout": {"width": "auto"}} if kind == "Checkbox" else wide) | options
        made = self.knobs[name] = getattr(widgets(), kind)(description=label, tooltip=label, **options)
        act = self.guarded(act)
        made.observe(lambda change: act(change["new"]), "value")
        return made.add_class(f"course-gan-{name.replace(' ', '-').replace('_', '-')}")

    def slides(self, **options):
        """A row of all sliders."""
        for name, (label, _, low, high, step) in self.sliders.items():
            given = {"value": self.state[name], "min": low, "max": high, "step": step} | options
            kind = "IntSlider" if isinstance(low, int) else "FloatSlider"
            self.knob(kind, name, label, partial(self.set, name), **given)
        return row(*(self.knobs[name] for name in self.sliders))

    def _ipython_display_(self):
        caption = f"The panel as it starts: {self.shows}."
        if not live():
            plots.show(self.figure(), caption)
            return
        from IPython.display import display

        data, metadata = bundle(self.figure(), caption)
        data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": self.open().model_id}
        display(data, raw=True, metadata=metadata)
        if self.before is not None:
            self.say(f"the {self.name} panel that this cell made before is kept in panel.before")

    def figure(self):
        """A Figure of the state as of now."""
        return self.draw().figure


def widgets():
    """The module ipywidgets; CourseError where it is not installed."""
    try:
        import ipywidgets
    except ImportError:
        wanted = "install the notebooks extra (pip install -e '.[notebooks]')"
        raise CourseError(f"panels need ipywidgets: {wanted}") from None
    return ipywidgets


def scripted(script: Path, **state):
    """A widget that a file of JavaScript draws, and whose state it shares: bytes, numbers, texts …"""
    widgets()
    import anywidget
    import traitlets as t

    kinds = {bytes: t.CBytes, bool: t.Bool, int: t.Int, str: t.Unicode, list: t.List}
    shared = {name: kinds[type(value)](value).tag(sync=True) for name, value in state.items()}
    source = {"_esm": script}
    return type(script.stem, (anywidget.AnyWidget,), source | shared)().add_class(f"course-gan-{script.stem}")


def row(*parts):
    """Widgets side by side, wrapped where the page is narrow."""
    return widgets().HBox(list(parts), layout={"flex_flow": "row wrap", "grid_gap": "2px 8px"})


_OF_CELLS: dict[tuple, list[list]] = {}  # (cell, kind) -> [run, arguments, panel], …


def of_cell(kind: type[Panel], *arguments: Any, **options: Any) -> Panel:
    """The panel that this cell made before from the same arguments, as it is, running or not; else a new one.

    So pressing run-all twice loses nothing. Arguments other than plain values are the same if they are one object.
    Panels that an earlier run of the cell made from others are halted; the last is kept as `before` of the new one.
    """
    shell = sys.modules["IPython"].get_ipython() if plots.display.in_notebook() else None
    parent = shell.get_parent() if shell else {}
    cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
    given, made = (arguments, tuple(sorted(options.items()))), _OF_CELLS.setdefault((cell, kind), [])
    for entry in made if cell else ():
        if _same(entry[1], given):
            entry[0] = run
            return entry[2]
    panel = kind(*arguments, **options)
    for entry in [entry for entry in made if entry[0] != run]:
        entry[2].halt()
        entry[2].before, panel.before = None, entry[2]
        made.remove(entry)
    if cell:
        made.append([run, given, panel])
    return panel


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple | list) and type(a) is type(b):
        return len(a) == len(b) and all(map(_same, a, b))
    return a is b or (type(a) is type(b) and isinstance(a, str | int | float | bool) and a == b)
