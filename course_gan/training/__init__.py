"""Training: the backend, the games (who moves when), the loop, and what lets a run survive."""

from course_gan.training.backend import Backend
from course_gan.training.finite import NonFiniteError
from course_gan.training.game import Game
from course_gan.training.gan import GAN
from course_gan.training.loop import Record, train

__all__ = ["GAN", "Backend", "Game", "NonFiniteError", "Record", "train"]
