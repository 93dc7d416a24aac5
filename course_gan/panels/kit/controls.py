"""The controls of panels: buttons, sliders and fields with a label, side by side."""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from course_gan.errors import CourseError

if TYPE_CHECKING:
    from ipywidgets import Button, DOMWidget, HBox


class Slider(NamedTuple):
    """A slider: its label, where it stands at the start, least and largest value, and the step between two.

    Whole numbers in `low` make one of whole numbers.
    """

    label: str
    start: float
    low: float
    high: float
    step: float

    def checked(self, value: float) -> float:
        """The value; CourseError where it is out of range."""
        if not self.low <= value <= self.high:
            raise CourseError(f"{self.label} is {value!r}, but has to be from {self.low:g} to {self.high:g}")
        return value


def widgets() -> ModuleType:
    """The module ipywidgets; CourseError where it is not installed."""
    try:
        import ipywidgets
    except ImportError:
        wanted = "install the notebooks extra (pip install -e '.[notebooks]')"
        raise CourseError(f"panels need ipywidgets: {wanted}") from None
    return ipywidgets


def row(*parts: "DOMWidget") -> "HBox":
    """Widgets side by side, wrapped where the page is narrow."""
    return widgets().HBox(list(parts), layout={"flex_flow": "row wrap", "grid_gap": "2px 8px"})


def css_class(name: str) -> str:
    """The class by which a control of this name is found on the page."""
    return f"course-gan-{name.lower().replace(' ', '-').replace('_', '-')}"


def button(text: str, act: Callable[[], Any], tip: str) -> "Button":
    """A button that calls act(), as wide as its text; tip: what it does, in a few words."""
    made = widgets().Button(description=text, tooltip=tip, layout={"width": "auto"})
    made.on_click(lambda _: act())
    return made.add_class(css_class(text))


def knob(kind: str, name: str, label: str, act: Callable[[Any], Any], **options: Any) -> "DOMWidget":
    """A labelled control that calls act(value) with each new value.

    kind: a class of ipywidgets that has a value; name: by which it is found on the page; options: as for that class.
    """
    if kind == "Checkbox":
        look = {"indent": False, "layout": {"width": "auto"}}
    else:
        look = {"style": {"description_width": "11em"}, "layout": {"width": "26em"}}
    options = look | options
    made = getattr(widgets(), kind)(description=label, tooltip=label, **options)
    made.observe(lambda change: act(change["new"]), "value")
    return made.add_class(css_class(name))


def slider(name: str, spec: Slider, value: float, act: Callable[[Any], Any], **options: Any) -> "DOMWidget":
    """A slider that stands at value and calls act(value) with each new one; options: as for `knob`."""
    kind = "IntSlider" if isinstance(spec.low, int) else "FloatSlider"
    return knob(kind, name, spec.label, act, value=value, min=spec.low, max=spec.high, step=spec.step, **options)
