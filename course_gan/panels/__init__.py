"""Panels: sliders and buttons on the learner's own objects, thin hands on functions that tests know."""

from typing import Any

from torch import Tensor, nn

from course_gan.panels.kit.cells import of_cell
from course_gan.panels.latent_walk.panel import Latent
from course_gan.panels.live_training.panel import Training
from course_gan.panels.map_painter.panel import Painter
from course_gan.panels.photo_stylist.panel import Stylist
from course_gan.panels.plane_game.panel import Dynamics
from course_gan.panels.two_densities.panel import Minimax
from course_gan.recipes import Recipe
from course_gan.training import GAN, Game


def minimax(**start: float) -> Minimax:
    """Move two densities on a line and see D*, the value of the game, the JSD and both gradients follow (lesson 01).

    start: where sliders stand at first: gap, spread, theta, width; CourseError for another name or out of range.
    """
    return of_cell(Minimax, **start)


def dynamics(game: GAN, points: Tensor | None = None, modes: Tensor | None = None, **options: Any) -> Dynamics:
    """Play a game of the plane move by move, or let it run (lesson 02).

    game: a `course_gan.training.GAN` on points (n, 2), which are given too, with their modes (m, 2) if these are to be
    counted. options: std, count, limits, batch_size, seed; see `Dynamics`. CourseError for points of another shape.
    """
    return of_cell(Dynamics, game, points, modes, **options)


def training(lesson: str | Recipe, profile: str = "cpu", **settings: Any) -> Training:
    """Train a lesson's game with settings of one's own (lessons 03, 04, 07, 08); the game is `panel.game`.

    lesson: a name of `course_gan.recipes`, or a Recipe, trained already or not; profile and settings as for
    `recipes.build`, which raises CourseError for what cannot be.
    """
    return of_cell(Training, lesson, profile, **settings)


def latent(source: GAN | Training, directions: int = 4, random: int = 2) -> Latent:
    """Walk through the latents of a game, or of a training panel's present game (lesson 03).

    directions, random: how many principal and random directions get a slider. CourseError for a game without latents
    or images.
    """
    return of_cell(Latent, source, directions, random)


def painter(source: Game | Training | nn.Module | None = None, size: int | None = None) -> Painter:
    """Paint the heights of an island with the mouse and see it from space after each stroke (lesson 07).

    source: a pix2pix game, a training panel of one, or its generator, of the Earth or of textures; None is the painter
    of the Earth shipped with lesson 07.
    size: side of the map, in pixels; None is 128 for the Earth and 64 for textures.
    CourseError for another source, ValueError for a size that it does not take.
    """
    return of_cell(Painter, source, size)


def stylist(pictures: dict | None = None, styles: dict | None = None, paint: Any = None, **options: Any) -> Stylist:
    """Put a picture, packaged or uploaded, into a style or a mixture of two, everywhere or in places (lessons 10, 08).

    All arguments may be left out; see `Stylist` for other pictures, styles and painters than those of lesson 10.
    """
    return of_cell(Stylist, pictures, styles, paint, **options)
