"""What several tests of panels share: a small game, waiting, and what a panel says."""

import time

import torch

from course_gan import data, models
from course_gan.training import GAN, Backend

RING = data.ring(500, generator=torch.Generator().manual_seed(0))


def until(condition, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ring_game(**options):
    torch.manual_seed(0)
    return GAN(models.MLPGenerator(2, 2, 8), models.MLPDiscriminator(2, 8), backend=Backend("cpu"), **options)


def buttons(panel):
    return [(name, knob) for name, knob in panel.knobs.items() if type(knob).__name__ == "Button"]


def line(panel):
    """The panel's line of news."""
    return panel.news.value.split(">", 1)[1].removesuffix("</span>")
