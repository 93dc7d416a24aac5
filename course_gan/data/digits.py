"""Handwritten digits, the 8×8 ones that come with scikit-learn."""

import torch

from course_gan.data.base import ImageSet, check_split, resize


def digits(split: str = "train", size: int = 8) -> ImageSet:
    """1,797 handwritten digits, white on black, one channel, with the factor "digit".

    split: "train" (the first four fifths, 1,437), "test" (the last fifth: the file is ordered by writer, so that
        most of its writers are not in training) or "all".
    size: height and width in pixels; 8 is the original, other sizes are interpolated.
    Raises ValueError for an unknown split.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (UCI Machine Learning Repository,
    1998), its test set as shipped with scikit-learn. Licence: see NOTICE.
    """
    from sklearn.datasets import load_digits

    check_split(split)
    data = load_digits()
    images = torch.from_numpy(data.images * (255 / 16)).round().to(torch.uint8).unsqueeze(1)  # (1797, 1, 8, 8)
    everything = ImageSet(
        name="digits",
        images=resize(images, size),
        labels={"digit": torch.from_numpy(data.target).long()},
        classes={"digit": tuple("0123456789")},
        licence="CC BY 4.0",
        source="Alpaydin and Kaynak, UCI Machine Learning Repository, as shipped with scikit-learn",
    )
    cut = len(everything) * 4 // 5
    return everything.subset({"train": slice(cut), "test": slice(cut, None), "all": slice(None)}[split])
