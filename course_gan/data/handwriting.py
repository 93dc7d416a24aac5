"""Handwritten digits, the 8×8 ones that come with scikit-learn."""

import torch

from course_gan.data.base import ImageSet, choose, resize


def digits(split: str = "train", size: int = 8) -> ImageSet:
    """1,797 handwritten digits, white on black, one channel, with the factor "digit".

    split: "train" (the first four fifths of the file, 1,437), "test" (the last fifth) or "all". The file is not
        shuffled: digits of one hand tend to stand together, so a cut shares fewer writers than a random choice would.
    size: height and width in pixels; 8 is the original, other sizes are interpolated.
    Raises ValueError for an unknown split.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (UCI Machine Learning Repository,
    1998), its test set as shipped with scikit-learn. Licence: CC BY 4.0, as that repository states.
    """
    from sklearn.datasets import load_digits

    data = load_digits()
    images = torch.from_numpy(data.images * (255 / 16)).round().to(torch.uint8).unsqueeze(1)  # (1797, 1, 8, 8)
    labels = {"digit": torch.from_numpy(data.target).long()}
    classes = {"digit": tuple("0123456789")}
    source = "Alpaydin and Kaynak, UCI Machine Learning Repository, as shipped with scikit-learn"
    cut = len(images) * 4 // 5
    part = choose(split, slice(cut), slice(cut, None), slice(None))
    return ImageSet("digits", resize(images, size), labels, classes, "CC BY 4.0", source).subset(part)
