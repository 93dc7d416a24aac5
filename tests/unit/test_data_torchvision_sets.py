import hashlib
import pickle
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from course_gan.data import celeba, cifar10, fashion_mnist, mnist
from course_gan.errors import CourseError


def write_idx(folder, train, test):
    """Files in the format of MNIST: image k has all pixels k and class k % 10."""
    folder.mkdir(parents=True)
    for name, n in (("train", train), ("t10k", test)):
        values = np.arange(n, dtype=np.uint8)
        pixels = np.repeat(values, 28 * 28).tobytes()
        (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, n, 28, 28) + pixels)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, n) + (values % 10).tobytes())


def write_cifar(folder, monkeypatch):
    """Three training images and one test image, with the checksums torchvision will ask for."""
    from torchvision.datasets import CIFAR10

    folder.mkdir()
    sums = {}
    for name, n in (("data_batch_1", 3), ("test_batch", 1)):
        data = np.repeat(np.arange(n, dtype=np.uint8)[:, None], 3072, axis=1)
        (folder / name).write_bytes(pickle.dumps({"data": data, "labels": list(range(n))}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": ["plane", "car", "bird"]}))
    for file in folder.iterdir():
        sums[file.name] = hashlib.md5(file.read_bytes()).hexdigest()
    monkeypatch.setattr(CIFAR10, "train_list", [["data_batch_1", sums["data_batch_1"]]])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": sums["batches.meta"]}
    monkeypatch.setattr(CIFAR10, "meta", meta)


def write_celeba(folder, monkeypatch):
    """Five faces, the last two of the test split, two attributes; the real files' checksums are not asked for."""
    from torchvision.datasets import CelebA

    monkeypatch.setattr(CelebA, "_check_integrity", lambda self: True)
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{k:06}.jpg" for k in range(1, 6)]
    for k, name in enumerate(names):
        Image.new("RGB", (178, 218), (50 * k,) * 3).save(folder / "img_align_celeba" / name)
    tables = {
        "list_eval_partition.txt": ("", ["0", "0", "0", "2", "2"]),
        "identity_CelebA.txt": ("", ["1", "2", "3", "4", "5"]),
        "list_bbox_celeba.txt": ("5\nimage_id x_1 y_1 width height\n", ["0 0 1 1"] * 5),
        "list_landmarks_align_celeba.txt": ("5\nlefteye_x\n", ["0"] * 5),
        "list_attr_celeba.txt": ("5\nSmiling Young \n", ["1 -1", "-1 -1", "1 1", "1 1", "1 1"]),
    }
    for file, (header, rows) in tables.items():
        body = "".join(f"{name} {row}\n" for name, row in zip(names, rows))
        (folder / file).write_text(header + body)


def problem(function, *arguments, **options):
    with pytest.raises(CourseError) as error:
        function(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("function", "name"), [(mnist, "MNIST"), (fashion_mnist, "FashionMNIST")])
def test_mnist_files_that_are_there_are_read(tmp_path, function, name):
    write_idx(tmp_path / name / "raw", train=12, test=5)
    train, test, everything = (function(tmp_path, split) for split in ("train", "test", "all"))
    assert train.images.shape == (12, 1, 32, 32)
    assert train.images[:, 0, 16, 16].tolist() == list(range(12))
    assert next(iter(train.labels.values())).tolist() == [*range(10), 0, 1]
    assert (len(test), len(everything)) == (5, 17)
    assert function(tmp_path, size=28).images.shape[2:] == (28, 28)
    assert len(next(iter(train.classes.values()))) == 10


def test_cifar_is_read(tmp_path, monkeypatch):
    write_cifar(tmp_path / "cifar-10-batches-py", monkeypatch)
    images = cifar10(tmp_path, "all")
    assert images.images.shape == (4, 3, 32, 32)
    assert images.images[:, 2, 5, 5].tolist() == [0, 1, 2, 0]
    assert images.where(object="bird").images[0, 0, 0, 0] == 2


def test_celeba_is_read_with_attributes_as_factors(tmp_path, monkeypatch):
    write_celeba(tmp_path / "celeba", monkeypatch)
    faces = celeba(tmp_path, size=16)
    assert faces.images.shape == (3, 3, 16, 16)
    assert faces.images[:, 0, 8, 8].tolist() == pytest.approx([0, 50, 100], abs=1)
    assert faces.where(Smiling="yes", Young="no").images[0, 0, 8, 8] <= 1
    assert set(faces.labels) == {"Smiling", "Young"}
    assert (len(celeba(tmp_path, "test", 16)), len(celeba(tmp_path, "all", 16, limit=2))) == (2, 2)


def test_a_face_missing_from_celeba_is_named(tmp_path, monkeypatch):
    write_celeba(tmp_path / "celeba", monkeypatch)
    file = tmp_path / "celeba/img_align_celeba/000002.jpg"
    file.unlink()
    assert problem(celeba, tmp_path, size=16) == f"{file}: missing or broken; unpack img_align_celeba.zip again"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (mnist, "MNIST: Dataset not found; put train-images-idx3-ubyte, {idx} into {root}/MNIST/raw"),
        (
            fashion_mnist,
            "FashionMNIST: Dataset not found; put train-images-idx3-ubyte, {idx} into {root}/FashionMNIST/raw",
        ),
        (
            cifar10,
            "CIFAR10: Dataset not found or corrupted; put cifar-10-batches-py (from {archive}) into {root}",
        ),
        (celeba, "CelebA: Dataset not found or corrupted; put the folder img_align_celeba, {lists} into {root}/celeba"),
    ],
)
def test_a_missing_set_is_one_line_that_says_what_to_put_where(tmp_path, function, expected):
    idx = "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte (unpacked)"
    lists = "identity_CelebA.txt, list_attr_celeba.txt, list_bbox_celeba.txt, list_landmarks_align_celeba.txt"
    lists += ", list_eval_partition.txt"
    line = problem(function, tmp_path / "datasets")
    wanted = expected.format(archive="cifar-10-python.tar.gz", idx=idx, lists=lists, root=tmp_path / "datasets")
    assert line == f"{wanted}, or pass download=True"
    assert not (tmp_path / "datasets").exists()


def test_damaged_files_are_one_line(tmp_path):
    write_idx(tmp_path / "MNIST/raw", 3, 3)
    (tmp_path / "MNIST/raw/train-images-idx3-ubyte").write_bytes(b"\0" * 40)
    assert problem(mnist, tmp_path).startswith("MNIST: its files are damaged; put train-images-idx3-ubyte, ")


def test_a_download_that_fails_is_one_line(tmp_path, monkeypatch):
    from torchvision.datasets import mnist as module

    def no_network(*_, **__):
        raise OSError("no route to host. Try later")

    monkeypatch.setattr(module, "download_and_extract_archive", no_network)
    line = problem(mnist, tmp_path, download=True)
    assert line.startswith("MNIST: no route to host; put train-images-idx3-ubyte, ")
    assert line.endswith(f" into {tmp_path}/MNIST/raw")


@pytest.mark.parametrize("function", [mnist, fashion_mnist, cifar10, celeba])
def test_an_unknown_split_is_refused_before_anything_is_read(function):
    with pytest.raises(ValueError, match=r"^split is 'valid', wanted train, test or all$"):
        function("nowhere", "valid")


@pytest.mark.parametrize("function", [mnist, fashion_mnist, cifar10, celeba])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": (32, 32)}, r"^size is \(32, 32\), wanted one whole number of pixels from 1 to 4096$"),
        ({"size": 0}, "^size is 0, wanted"),
        ({"root": None}, "^root is None, wanted the path of the folder that holds the data set$"),
        ({"root": ""}, "^root is '', wanted the path"),
    ],
)
def test_a_wrong_argument_is_named_and_no_file_is_blamed(tmp_path, function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(**{"root": tmp_path} | arguments)


def test_a_limit_of_no_faces_is_refused(tmp_path):
    with pytest.raises(ValueError, match="^limit is 0, wanted one whole number of images from 1 up$"):
        celeba(tmp_path, limit=0)


def test_labels_are_int64(tmp_path):
    write_idx(tmp_path / "MNIST/raw", 3, 3)
    assert mnist(tmp_path).labels["digit"].dtype == torch.int64
