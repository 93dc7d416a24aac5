"""The settings of a training as a learner sees them: a profile, a loss, and a field for each number."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from course_gan import recipes
from course_gan.catalogue import PROFILES
from course_gan.panels.live_training.fields import changes, fields, label
from course_gan.recipes import Settings

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

WIDE = {"width": "19em"}


class Form:
    """Controls that hold settings of a lesson's game.

    settings: those that stand in it at first. fixed: settings that nobody asks for here and that always count.
    knob: makes a control, as `Panel.knob`. entered: called when a field has got a text that can be.
    fields: the text fields, by the setting's name.
    """

    def __init__(
        self,
        settings: Settings,
        fixed: dict[str, Any],
        knob: Callable[..., "DOMWidget"],
        entered: Callable[[], None],
    ):
        self.lesson = settings.lesson
        self.fixed = fixed
        self._entered = entered
        self.profile = knob("Dropdown", "profile", "profile", self._fill, options=PROFILES, value=settings.profile)
        self.loss = None
        if "loss" in settings.specs():
            losses = settings.specs()["loss"].choices
            self.loss = knob("Dropdown", "loss", "loss", self._fill, options=losses, value=settings.loss)
        self.fields: dict[str, DOMWidget] = {}
        for name, text in fields(settings).items():
            self.fields[name] = knob(
                "Text", name, label(settings, name), self._text, value=text, continuous_update=False, layout=WIDE
            )

    def controls(self) -> list["DOMWidget"]:
        """All controls, in their order."""
        lists = [self.profile] if self.loss is None else [self.profile, self.loss]
        return [*lists, *self.fields.values()]

    def wanted(self) -> tuple[str, dict[str, Any]]:
        """The profile, and the settings that the controls ask for; CourseError for a text that cannot be."""
        texts = {name: field.value for name, field in self.fields.items()}
        return self.profile.value, self._given() | changes(texts, self._standard())

    def _given(self) -> dict[str, Any]:
        """What the fields do not say."""
        return self.fixed if self.loss is None else self.fixed | {"loss": self.loss.value}

    def _standard(self) -> Settings:
        """The settings that belong to the profile and the loss which are chosen."""
        return recipes.settings(self.lesson, self.profile.value, **self._given())

    def _fill(self, _: str) -> None:
        """A profile or a loss brings the settings that belong to it."""
        for name, text in fields(self._standard()).items():
            self.fields[name].value = text

    def _text(self, _: str) -> None:
        self.wanted()
        self._entered()
