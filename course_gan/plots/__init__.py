"""Figures of one look: every function returns a matplotlib Figure, `show` puts it on the page with its caption."""
# ruff: noqa: F401

from course_gan.plots.display import png, show
from course_gan.plots.grids import image_grid, receptive_field
from course_gan.plots.lines import curves, densities
from course_gan.plots.live import LiveFigure
from course_gan.plots.plane import field, phase_portrait, scatter
from course_gan.plots.style import COLOURS, CYCLE, panels, use_style
