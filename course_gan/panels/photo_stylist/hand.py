"""A mask painted by hand over the content picture."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from course_gan.panels.kit.javascript import PAINTER, scripted
from course_gan.panels.photo_stylist.pictures import preview, sized

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

LONGEST = 96  # pixels of the mask's longer side
ZOOM = 3  # screen pixels for each of them
BRUSH = 13  # pixels of the mask: the brush's diameter
CLASSES = [("no style", (0, 0, 0, 0)), ("style", (230, 60, 110, 130))]  # with how opaque each is, of 255


def canvas(content: Tensor) -> "DOMWidget":
    """A canvas over a content picture (1, c, h, w): what is painted comes as bytes in its trait `labels`."""
    shape = _shape(content)
    return scripted(
        PAINTER,
        labels=bytes(shape[0] * shape[1]),
        shape=shape,
        classes=[(name, list(colour)) for name, colour in CLASSES],
        label=1,
        brush=BRUSH,
        fill=False,
        backdrop=preview(sized(content, LONGEST * ZOOM)),
    )


def lay(made: Any, content: Tensor) -> None:
    """Lay another content under a canvas, with nothing painted on it."""
    shape = _shape(content)
    with made.hold_sync():
        made.shape = shape
        made.labels = bytes(shape[0] * shape[1])
        made.backdrop = preview(sized(content, LONGEST * ZOOM))


def mask_of(labels: bytes, shape: list[int]) -> Tensor:
    """What is painted as a mask of 0 and 1, uint8 (h, w); shape: width, height and zoom of the canvas."""
    width, height, _ = shape
    return torch.frombuffer(bytearray(labels), dtype=torch.uint8).view(height, width)


def _shape(content: Tensor) -> list[int]:
    """Width, height and zoom of a canvas over a picture (1, c, h, w)."""
    height, width = content.shape[2:]
    scale = LONGEST / max(height, width)
    return [max(1, round(scale * width)), max(1, round(scale * height)), ZOOM]
