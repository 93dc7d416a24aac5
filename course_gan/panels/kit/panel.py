"""The panel itself: controls, one line of news, a readout and a live picture of a state."""

import html
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from matplotlib.artist import Artist
from matplotlib.figure import Figure

from course_gan import plots
from course_gan.errors import CourseError
from course_gan.panels.kit.controls import Slider, button, knob, row, slider, widgets
from course_gan.panels.kit.messages import one_line
from course_gan.panels.kit.page import VIEW, live
from course_gan.panels.kit.picture import Picture
from course_gan.panels.kit.threads import STAGE, Worker
from course_gan.plots.display import bundle

if TYPE_CHECKING:
    from ipywidgets import DOMWidget, HBox, VBox

NEWS = '<span role="status" style="color: inherit">{}</span>'
ERROR = '<span role="alert" style="color: var(--jp-error-color1, #c00)">✗ {}</span>'


class Panel:
    """A panel on the page. A subclass says what is drawn (`sketch`, `place`), what is read, and with which `controls`.

    On a live page naming it on a cell's last line shows it; elsewhere that shows the figure of its state. Widgets are
    made only when there is a page for them. start: values of sliders, by name; CourseError as for `set`.
    state: the sliders' values, by name. knobs: buttons and controls, by name. error: the exception that the line of
    news tells of, for whoever wants more than that line. before: the panel that this one has replaced in its cell.
    """

    name = "panel"
    shows = "a panel"  # what its picture shows
    welcome = ""  # the first line of news
    beside: Sequence["DOMWidget"] = ()  # at the left of the picture
    sliders: ClassVar[dict[str, Slider]] = {}

    def __init__(self, **start: float):
        self.box: VBox | None = None
        self.picture: Picture | None = None
        self.error: BaseException | None = None
        self.before: Panel | None = None
        self.worker: Worker | None = None
        self.knobs: dict[str, Any] = {}
        self.state: Any = {name: spec.start for name, spec in self.sliders.items()}
        self._wrong = False  # whether the line of news tells of an error
        for name, value in start.items():
            self.set(name, value)

    # --- what a subclass says

    def sketch(self) -> tuple[Figure, Sequence[Artist]]:
        """A new Figure, and the artists of it that move; without any, the whole is drawn each time."""
        raise NotImplementedError

    def place(self, picture: Picture) -> None:
        """Bring what moves up to the present state."""

    def read(self) -> str:
        """The present state in numbers, in a line of HTML above the picture."""
        return ""

    def controls(self) -> list["DOMWidget"]:
        """New controls, from the top down."""
        return []

    # --- the state, and the page that follows it

    def set(self, name: str, value: float) -> None:
        """Set what a slider sets, and show what follows; CourseError for another name or a value out of range."""
        if name not in self.sliders:
            raise CourseError(f"the panel has no {name!r}: it has {', '.join(self.sliders)}")
        self.state[name] = self.sliders[name].checked(value)
        self.show("")

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

    def figure(self) -> Figure:
        """A Figure of the state as of now."""
        return self.draw().figure

    def redraw(self) -> None:
        """Draw the page's picture anew, where there is a page: more than what moves has changed."""
        if self.box is not None:
            self.picture = self.draw()

    def show(self, text: str | None = None) -> None:
        """Bring the page up to the present state.

        text: the new line of news, "" for an empty one; None leaves the line as it is.
        """
        if self.box is None:
            return
        with STAGE:
            if self.picture.moving:
                self.place(self.picture)
            else:
                self.redraw()
            content = self.picture.png()
            numbers = self.read()
        self.image.value = content
        self.readout.value = numbers
        if text is not None:
            self.say(text)

    def say(self, text: str, wrong: bool = False) -> None:
        """Put one line above the picture; wrong: it tells of an error."""
        self._wrong = wrong
        if self.box is not None:
            self.news.value = (ERROR if wrong else NEWS).format(html.escape(text))

    def fail(self, error: BaseException) -> None:
        """Keep an exception and say it in one line."""
        self.error = error
        self.say(one_line(error), wrong=True)

    def guarded(self, act: Callable) -> Callable:
        """The function, but its exceptions appear in the panel instead of in a log that nobody reads.

        An error that stood there before is taken away as soon as something has gone well.
        """

        def handle(*arguments: Any) -> None:
            before = self.error
            try:
                act(*arguments)
            except Exception as error:
                self.fail(error)
                return
            if self._wrong and self.error is before:
                self.error = None
                self.say("")

        return handle

    # --- widgets

    def open(self) -> "VBox":
        """Make the widgets, once, and return the box that holds them; CourseError where ipywidgets is missing."""
        if self.box is None:
            look = {"max_width": "100%", "align_self": "flex-end"}
            self.image = widgets().Image(format="png", layout=look).add_class("course-gan-picture")
            self.news = widgets().HTML().add_class("course-gan-news")
            self.readout = widgets().HTML().add_class("course-gan-readout")
            # ipywidgets gives a picture no alternative text (and no view, if it has a tooltip), so a caption has to do.
            caption = widgets().HTML(f"<small>Above: {html.escape(self.shows)}.</small>")
            # News stand above the picture: below a tall one they would be out of sight.
            above = [*self.controls(), self.news, self.readout]
            parts = [*above, row(*self.beside, self.image), caption]
            self.box = widgets().VBox(parts, layout={"width": "100%"})
            self.box.add_class("course-gan-panel").add_class(f"course-gan-{self.name}")
            self.redraw()
            self.show(self.welcome)
        return self.box

    def buttons(self, *wanted: tuple[str, Callable[[], Any], str]) -> "HBox":
        """A row of buttons (text, act, tip) that call act(), kept in `knobs`; on the page of class course-gan-TEXT."""
        made = []
        for text, act, tip in wanted:
            self.knobs[text] = button(text, self.guarded(act), tip)
            made.append(self.knobs[text])
        return row(*made)

    def knob(self, kind: str, name: str, label: str, act: Callable[[Any], Any], **options: Any) -> "DOMWidget":
        """A labelled control of this kind of ipywidgets, kept and found as a button is; act is given a new value."""
        self.knobs[name] = knob(kind, name, label, self.guarded(act), **options)
        return self.knobs[name]

    def slides(self, **options: Any) -> "HBox":
        """A row of all sliders; options: as for ipywidgets' sliders."""
        made = []
        for name, spec in self.sliders.items():
            act = self.guarded(partial(self.set, name))
            self.knobs[name] = slider(name, spec, self.state[name], act, **options)
            made.append(self.knobs[name])
        return row(*made)

    def _ipython_display_(self) -> None:
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
