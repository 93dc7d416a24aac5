"""What is asked of one photo in one style, for the study of lesson 09, and the controls of the questions."""

from torch import Tensor

from course_gan import data
from course_gan.data import STYLES
from course_gan.metrics.structure import crops_of, found_again, styles_named
from course_gan.models import load_features
from course_gan.recipes.cut import photo, style
from workshop import study


def whole_photo(name: str) -> Tensor:
    """A photo of the course, float (1, 3, h, w), its sides cut to even numbers: the generator halves once."""
    picture = photo(name)
    height, width = (side // 2 * 2 for side in picture.shape[1:])
    return data.to_float(picture[None, :, :height, :width])


class PictureJudge:
    """What is asked of a photo in a style: shares of its crops named as the style, and found again in the photo."""

    def __init__(self, photo_name: str, style_name: str):
        self.network = load_features("styles")
        self.photo = whole_photo(photo_name)
        self.style = style_name

    def of(self, painting: Tensor) -> dict[str, float]:
        """The shares of a painting of the photo, float (1, 3, h, w)."""
        right = styles_named(crops_of(painting), self.network) == STYLES.index(self.style)
        found = found_again(crops_of(painting), crops_of(self.photo))
        return {"named": study.rounded(right.float().mean()), "found": study.rounded(found.float().mean())}

    def controls(self) -> dict[str, dict[str, float]]:
        """The same of the photo as it is, and of the style itself, repeated until it is as large as the photo."""
        height, width = self.photo.shape[2:]
        tile = data.to_float(style(self.style)[None])
        rows = -(-height // tile.shape[2])
        columns = -(-width // tile.shape[3])
        tiled = tile.repeat(1, 1, rows, columns)[..., :height, :width]
        return {"the photo, untouched": self.of(self.photo), "the style itself": self.of(tiled)}
