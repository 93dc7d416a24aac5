"""What the stylist paints with: the style network for the styles it knows, moved pixels for a style of one's own."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course_gan import data
from course_gan.models import in_styles, load_style_network
from course_gan.models.shares import shares_of_styles
from course_gan.training import repaint

OWN_STEPS = 30  # of moved pixels, at each of four sizes: ten seconds
LAST = 3  # paintings that are kept beside the newest


class StylePainter:
    """Paints a picture in styles, each the name of one that the network knows or a picture (1, 3, h, w) of one's own.

    A picture is painted in a style of one's own once, and kept: strength, shares and places only blend.
    """

    def __init__(self) -> None:
        self.network = load_style_network()
        self._kept: list[tuple[Tensor, Tensor, Tensor]] = []  # content, style, painting

    def __call__(
        self, content: Tensor, styles: Sequence[str | Tensor], strength: float = 1.0, mask: Tensor | None = None
    ) -> Tensor:
        """Content (1, 3, h, w) in the styles; strength and mask as for `in_styles`."""
        if all(isinstance(style, str) for style in styles):
            return in_styles(self.network, content, styles, strength=strength, mask=mask)
        shares = shares_of_styles(len(styles), None, strength, mask)[:, 0]  # (n, 1, h, w)
        painted = content
        for style, share in zip(styles, shares):
            painted = painted + share * (self._whole(content, style) - content)
        return painted

    def _whole(self, content: Tensor, style: str | Tensor) -> Tensor:
        """Content in all of one style."""
        if isinstance(style, str):
            return in_styles(self.network, content, [style])
        for known_content, known_style, painting in self._kept:
            if torch.equal(known_style, style) and torch.equal(known_content, content):
                return painting
        painting = repaint(content, style, photo=content, steps=OWN_STEPS)
        self._kept = [*self._kept[-LAST:], (content, style, painting)]
        return painting


def picture_of(style: Any) -> Any:
    """What shows a style: the picture (1, 3, h, w) that a name of `data.STYLES` stands for; anything else as it is."""
    if isinstance(style, str) and style in data.STYLES:
        return data.to_float(data.style_picture(style)[None])
    return style
