"""Training: the backend, the games (who moves when), the loop, and what lets a run survive."""
# ruff: noqa: F401

from course_gan.training.adain import AdaIN
from course_gan.training.adversarial import Adversarial
from course_gan.training.average import Average
from course_gan.training.backend import Backend
from course_gan.training.cut import CUT
from course_gan.training.cyclegan import CycleGAN
from course_gan.training.finite import NonFiniteError
from course_gan.training.game import Game
from course_gan.training.gan import GAN
from course_gan.training.loop import Record, train
from course_gan.training.patch_style import PatchStyle
from course_gan.training.pix2pix import Pix2Pix
from course_gan.training.pool import ImagePool
from course_gan.training.repainting import repaint
from course_gan.training.run_directory import RunDirectory
from course_gan.training.schedules import linear_decay
from course_gan.training.tapping import features, taps
