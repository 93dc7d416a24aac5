"""Panels: sliders and buttons on the learner's own objects, thin hands on functions that tests know."""

from course_gan.panels.frame import of_cell
from course_gan.panels.minimax import Minimax


def minimax(**start):
    """Move two densities on a line and see D*, the value of the game, the JSD and both gradients follow (lesson 01)."""
    return of_cell(Minimax, **start)
