"""MNIST, FashionMNIST, CIFAR-10 and CelebA by torchvision, for learners who have them or ask for the download."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch

from course_gan.data.base import ImageSet, check_size, check_whole, choose, resize
from course_gan.errors import CourseError

_IDX = "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (unpacked)"
_LISTS = "list_attr_celeba.txt, list_bbox_celeba.txt, list_landmarks_align_celeba.txt, list_eval_partition.txt"


def mnist(root: str | Path = "datasets", split: str = "train", size: int = 32, download: bool = False) -> ImageSet:
    """MNIST: 60,000 and 10,000 handwritten digits, one channel, with the factor "digit".

    root: folder that holds MNIST/raw. split: "train", "test" or "all". size: height and width in pixels (28 is the
    original). download: fetch it where it is missing; never done unasked.
    Raises CourseError, one line that says which files to put where, when it is not there.

    Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database. Licence: torchvision states none; see its home page.
    """
    return _in_memory("MNIST", "digit", f"{_IDX} into {root}/MNIST/raw", root, split, size, download)


def fashion_mnist(
    root: str | Path = "datasets", split: str = "train", size: int = 32, download: bool = False
) -> ImageSet:
    """FashionMNIST (arXiv:1708.07747): 60,000 and 10,000 pictures of clothes, one channel, with the factor "article".

    Arguments and errors are those of mnist; the files are in FashionMNIST/raw. Licence: MIT (Zalando SE).
    """
    return _in_memory("FashionMNIST", "article", f"{_IDX} into {root}/FashionMNIST/raw", root, split, size, download)


def cifar10(root: str | Path = "datasets", split: str = "train", size: int = 32, download: bool = False) -> ImageSet:
    """CIFAR-10: 50,000 and 10,000 pictures in colour, with the factor "object".

    Arguments and errors are those of mnist; the unpacked archive is the folder cifar-10-batches-py in root.
    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009. Licence: none stated.
    """
    wanted = f"cifar-10-batches-py (from cifar-10-python.tar.gz) into {root}"
    return _in_memory("CIFAR10", "object", wanted, root, split, size, download)


def celeba(
    root: str | Path = "datasets",
    split: str = "train",
    size: int = 64,
    download: bool = False,
    limit: int | None = None,
) -> ImageSet:
    """CelebA (arXiv:1411.7766): 162,770 and 19,962 aligned faces, with each of 40 attributes as a no/yes factor.

    Arguments and errors are those of mnist; the files are in root/celeba. limit: take only the first so many; all
    training images at 64×64 fill 2 GB.
    Licence: for non-commercial research only (mmlab.ie.cuhk.edu.hk/projects/CelebA.html).
    """
    choose(split, None, None, None)
    _check(root, size)
    if limit is not None:
        check_whole("limit", limit, 1, "images")
    wanted = f"the folder img_align_celeba, identity_CelebA.txt, {_LISTS} into {root}/celeba"
    faces = _opened("CelebA", wanted, root=root, split=split, download=download)
    count = min(limit or len(faces), len(faces))
    images = torch.empty(count, 3, size, size, dtype=torch.uint8)
    for i in range(count):
        try:
            face, _ = faces[i]
            pixels = torch.from_numpy(np.array(face))  # (218, 178, 3)
        except OSError as error:
            file = f"{root}/celeba/img_align_celeba/{faces.filename[i]}"
            raise CourseError(f"{file}: missing or broken; unpack img_align_celeba.zip again") from error
        images[i] = resize(pixels.permute(2, 0, 1)[None], size)[0]
    labels = {name: faces.attr[:count, k] for k, name in enumerate(faces.attr_names) if name}
    classes = dict.fromkeys(labels, ("no", "yes"))
    return ImageSet("CelebA", images, labels, classes, "non-commercial research only", "CelebA by torchvision")


def _in_memory(
    name: str, factor: str, wanted: str, root: str | Path, split: str, size: int, download: bool
) -> ImageSet:
    """A torchvision set that keeps all its images in .data and their classes in .targets."""
    parts = choose(split, [True], [False], [True, False])
    _check(root, size)
    sets = [_opened(name, wanted, root=root, train=train, download=download) for train in parts]
    images = torch.cat([torch.as_tensor(part.data) for part in sets])  # (n, h, w) or (n, h, w, 3)
    images = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
    labels = {factor: torch.cat([torch.as_tensor(part.targets) for part in sets])}
    classes = {factor: tuple(sets[0].classes)}
    licence = "MIT" if name == "FashionMNIST" else "none stated"
    return ImageSet(name, resize(images, size), labels, classes, licence, f"{name} by torchvision")


def _check(root: str | Path, size: int) -> None:
    """Raise ValueError for an argument that no file is to blame for."""
    if not isinstance(root, str | os.PathLike) or not str(root).strip():
        raise ValueError(f"root is {root!r:.60}, wanted the path of the folder that holds the data set")
    check_size(size)


def _opened(name: str, wanted: str, **arguments: Any) -> Any:
    """The torchvision set of this name, or one line that says what to put where; arguments: the set's own."""
    from torchvision import datasets

    try:
        return getattr(datasets, name)(**arguments)
    except Exception as error:  # damaged files and failed downloads raise many kinds, some without a word
        reason = " ".join(str(error).split()).partition(". ")[0] or "its files are damaged"
        remedy = "" if arguments["download"] else ", or pass download=True"
        raise CourseError(f"{name}: {reason}; put {wanted}{remedy}") from error
