"""What every panel is made of: controls, one line of news, a live picture, and a thread that starts only at a click."""

import atexit
import gc
import html
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import torch

from course_gan import plots
from course_gan.errors import CourseError
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
        return f"{lines[0].split(';')[0]}: press Start with a lower learning rate"
    return lines[0] if isinstance(error, CourseError | ValueError) else f"{type(error).__name__}: {lines[0]}"


class Turns:
    """A lock that is handed on in the order of asking, so that two trainings take turns step by step.

    One step or drawing at a time in this process: torch's global random state and matplotlib's style are shared.
    Whoever holds it may take it again.
    """

    def __init__(self):
        self._changed, self._owner, self._depth = threading.Condition(), None, 0
        self._waiting: list[object] = []  # the first of them holds the lock

    def __enter__(self):
        me, ticket = threading.get_ident(), object()
        if self._owner != me:
            with self._changed:
                self._waiting.append(ticket)
                try:
                    self._changed.wait_for(lambda: self._waiting[0] is ticket)
                except BaseException:  # Ctrl-C while waiting: leave the queue
                    self._waiting.remove(ticket)
                    self._changed.notify_all()
                    raise
                self._owner = me
        self._depth += 1
        return self

    def __exit__(self, *_):
        self._depth -= 1
        if not self._depth:
            with self._changed:
                self._owner = None
                self._waiting.pop(0)
                self._changed.notify_all()


STAGE = Turns()


class Worker:
    """At most one background thread, which draws records until there are no more, one fails, or it is asked to halt."""

    def __init__(self, name: str):
        self.name, self._thread, self._halt, self._over = name, None, threading.Event(), True

    @property
    def running(self) -> bool:
        """Whether the thread is at work; not while it only says how it ended."""
        return not self._over

    def start(self, records: Callable[[], Iterator], seen: Callable[[Any], None], ended: Callable) -> None:
        """Call seen(record) for each of records(), and at last ended(error, or None); CourseError if it is running."""
        if self.running:
            raise CourseError("it is running already: pause or stop it first")
        self._join(None)
        self._halt.clear()
        self._over = False
        target = self._work
        self._thread = threading.Thread(target=target, args=(records, seen, ended), name=self.name, daemon=True)
        _WORKERS.add(self)
        self._thread.start()

    def halt(self, patience: float = 30.0) -> None:
        """Let the step that is being made be the last one, and wait for it."""
        self._halt.set()
        self._join(patience)

    def _join(self, patience: float | None) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(patience)

    def pause_between(self, seconds: float) -> None:
        """Sleep, unless asked to halt."""
        self._halt.wait(seconds)

    def _work(self, records, seen, ended):
        error = None
        try:
            with STAGE:
                steps = iter(records())
            while not self._halt.is_set():
                with STAGE:
                    record = next(steps, None)
                    if record is None:
                        break
                    wait = seen(record)
                self.pause_between(wait or 0)
        except BaseException as raised:  # whatever it is, it has to reach the panel: nobody reads a thread's traceback
            error = raised
            traceback.clear_frames(error.__traceback__)  # they hold the tensors that did not fit
        finally:
            _WORKERS.discard(self)
            self._over = True
        if error is not None:
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        ended(error)


_WORKERS: set[Worker] = set()


@atexit.register
def _halt_all() -> None:
    """A thread inside torch while the interpreter is taken down may crash it."""
    for worker in list(_WORKERS):
        worker.halt(5.0)


class Panel:
    """A panel on the page. A subclass says what is drawn (`picture`) and with which controls (`controls`).

    On a live page naming it on a cell's last line shows it; elsewhere that shows the figure of its state. Widgets are
    made only when there is a page for them. `error`: the last exception, for whoever wants more than the line of news.
    """

    name = "panel"
    shows = "a panel"  # what its picture shows

    def __init__(self):
        self.box, self.error, self.before = None, None, None
        self.picture = None

    @property
    def caption(self) -> str:
        """What stands below the figure where no page is live."""
        return f"The panel as it starts: {self.shows}."

    def figure(self):
        """A Figure of the state as of now."""
        with STAGE:
            return self.draw().figure

    def draw(self):
        """A new Picture of the state as of now; `self.picture` is the one that the page shows."""
        raise NotImplementedError

    def controls(self) -> list:
        """The widgets above the picture."""
        raise NotImplementedError

    def halt(self) -> None:
        """End what runs in the background; a subclass with a worker does."""

    def open(self):
        """Make the widgets, once, and return the box that holds them."""
        if self.box is None:
            kit = widgets()
            with STAGE:
                self.picture = self.draw()
            self.image = kit.Image(
                format="png", tooltip=self.shows, layout={"max_width": "100%", "align_self": "flex-start"}
            )
            self.news, self.readout = kit.HTML(), kit.HTML()
            parts = [*self.controls(), self.readout, self.image, self.news]
            self.box = kit.VBox(parts, layout={"width": "100%"})
            self.box.add_class("course-gan-panel").add_class(f"course-gan-{self.name}")
            for part, name in ((self.image, "picture"), (self.news, "news"), (self.readout, "readout")):
                part.add_class(f"course-gan-{name}")
            self.refresh()
        return self.box

    def refresh(self) -> None:
        """Send the picture of the present state to the page."""
        if self.picture is not None:
            with STAGE:
                content = self.picture.png()
            self.image.value = content

    def say(self, text: str, wrong: bool = False) -> None:
        """Put one line below the picture."""
        if self.box is not None:
            colour = "var(--jp-error-color1, #c62828)" if wrong else "inherit"
            mark, role = ("✗ ", "alert") if wrong else ("", "status")
            self.news.value = f'<span role="{role}" style="color: {colour}">{mark}{html.escape(text)}</span>'

    def fail(self, error: BaseException) -> None:
        """Keep an exception and say it in one line."""
        self.error = error
        self.say(one_line(error), wrong=True)

    def guarded(self, act: Callable) -> Callable:
        """A handler whose exceptions appear in the panel instead of in a log that nobody reads."""

        def handle(*_):
            try:
                act()
            except Exception as error:
                self.fail(error)

        return handle

    def button(self, text: str, act: Callable, tip: str):
        """A button that calls act(), found by the class course-gan-TEXT."""
        made = widgets().Button(description=text, tooltip=tip, layout={"width": "auto"})
        made.on_click(self.guarded(act))
        return made.add_class(f"course-gan-{text.lower().replace(' ', '-')}")

    def knob(self, kind: str, name: str, label: str, act: Callable, **options):
        """A control of this kind of ipywidgets with a label; act() is called when its value has changed."""
        if kind == "Checkbox":
            options = {"indent": False, "layout": {"width": "auto"}, **options}
        else:
            options = {"style": {"description_width": "11em"}, "layout": {"width": "26em"}, **options}
        made = getattr(widgets(), kind)(description=label, tooltip=label, **options)
        made.observe(self.guarded(act), "value")
        return made.add_class(f"course-gan-{name}")

    def _ipython_display_(self):
        if not live():
            plots.show(self.figure(), self.caption)
            return
        from IPython.display import display

        box = self.open()
        data, metadata = bundle(self.figure(), self.caption)
        data[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
        display(data, raw=True, metadata=metadata)
        if self.before is not None:
            self.say(f"the {self.name} that this cell made before is kept in panel.before")


def widgets():
    """The module ipywidgets; CourseError where it is not installed."""
    try:
        import ipywidgets
    except ImportError:
        raise CourseError(
            "panels need ipywidgets: install the notebooks extra (pip install -e '.[notebooks]')"
        ) from None
    return ipywidgets


def row(*parts):
    """Widgets side by side, wrapped where the page is narrow."""
    return widgets().HBox(list(parts), layout={"flex_flow": "row wrap", "grid_gap": "2px 8px"})


_OF_CELLS: dict[tuple, tuple[tuple, Panel]] = {}
_ORDER: dict[tuple, int] = {}


def of_cell(kind: type[Panel], *arguments: Any, **options: Any) -> Panel:
    """The panel that this cell made before from the same arguments, as it is, running or not; else a new one.

    So pressing run-all twice loses nothing. Arguments other than plain values are the same if they are one object; a
    panel made from others is halted and kept as `before` of the new one.
    """
    given, place = (arguments, tuple(sorted(options.items()))), _place(kind)
    key, old = _OF_CELLS.get(place, (None, None))
    if place is not None and old is not None and _same(key, given):
        return old
    panel = kind(*arguments, **options)
    if old is not None:
        old.halt()
        old.before, panel.before = None, old
    if place is not None:
        _OF_CELLS[place] = given, panel
    return panel


def _place(kind) -> tuple | None:
    """Which panel of which cell is being made: the cell's id, the kind, and how many of it this run has made."""
    if not plots.display.in_notebook():
        return None
    parent = sys.modules["IPython"].get_ipython().get_parent()
    cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
    if cell is None:
        return None
    for key in [key for key in _ORDER if key[0] == cell and key[1] != run]:
        del _ORDER[key]
    _ORDER[cell, run, kind] = _ORDER.get((cell, run, kind), 0) + 1
    return cell, kind, _ORDER[cell, run, kind]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple | list) and type(a) is type(b):
        return len(a) == len(b) and all(map(_same, a, b))
    return a is b or (type(a) is type(b) and isinstance(a, str | int | float | bool) and a == b)
