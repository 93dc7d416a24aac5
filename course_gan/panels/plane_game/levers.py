"""What may be changed about a game of the plane while it is played."""

from typing import NamedTuple

from course_gan.errors import CourseError


class Lever(NamedTuple):
    """A number of a game: its label, and the values that a slider stops at, the least first."""

    label: str
    notches: tuple[float, ...]

    def checked(self, value: float) -> float:
        """The value; CourseError where it is out of range."""
        low, high = self.notches[0], self.notches[-1]
        if not low <= value <= high:
            raise CourseError(f"{self.label} is {value!r}, but has to be from {low:g} to {high:g}")
        return value


RATES = (*(factor * 10.0**power for power in range(-5, 0) for factor in (1, 2, 5)), 1.0)
LEVERS = {
    "lr": Lever("learning rate of G", RATES),
    "lr_discriminator": Lever("learning rate of D", RATES),
    "discriminator_steps": Lever("D steps per G step", tuple(range(1, 11))),
    "r1": Lever("R1, γ", (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)),
    "ema": Lever("EMA decay", (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)),
}
