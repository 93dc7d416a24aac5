import pickle
import subprocess
import sys

import pytest
import torch
from torch.utils.data import DataLoader, StackDataset

from course_gan.data import Batches, ImageSet, Pairs, to_float, to_uint8
from course_gan.data.base import choose, resize


def small_set():
    images = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 3, 4, 4).contiguous()
    labels = {"letter": torch.tensor([0, 0, 1, 1, 2, 2]), "style": torch.tensor([0, 1, 0, 1, 0, 1])}
    return ImageSet("small", images, labels, {"letter": ("a", "b", "c"), "style": ("thin", "bold")}, "CC0", "here")


def test_importing_the_data_package_leaves_heavy_libraries_alone():
    code = "import sys, course_gan.data as d; d.ring(3); print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for library in ("torchvision", "matplotlib", "sklearn", "skimage", "IPython", "scipy"):
        assert f"'{library}'" not in loaded


def test_every_grey_value_survives_the_way_to_float_and_back():
    values = torch.arange(256, dtype=torch.uint8)
    floats = to_float(values)
    assert floats.min() == -1
    assert floats.max() == 1
    assert torch.equal(to_uint8(floats), values)


def test_to_uint8_clips_and_leaves_its_argument_alone():
    images = torch.tensor([-3.0, 0.0, 3.0])
    assert to_uint8(images).tolist() == [0, 128, 255]
    assert images.tolist() == [-3.0, 0.0, 3.0]


def test_where_combines_factors_and_keeps_labels_and_images_together():
    chosen = small_set().where(letter=["a", "c"], style="bold")
    assert chosen.images[:, 0, 0, 0].tolist() == [1, 5]
    assert chosen.labels["letter"].tolist() == [0, 2]
    assert (chosen.licence, chosen.source, chosen.channels, chosen.size) == ("CC0", "here", 3, 4)


def test_where_names_what_it_does_not_know():
    with pytest.raises(ValueError, match=r"^small has no letter \['z'\]; choose from \('a', 'b', 'c'\)$"):
        small_set().where(letter=["a", "z"])
    with pytest.raises(ValueError, match=r"^small has no colour \['red'\]; choose from \['letter', 'style'\]$"):
        small_set().where(colour="red")


def test_subset_takes_slices_masks_and_indices():
    for index in (slice(1, 3), torch.tensor([1, 2]), torch.tensor([0, 1, 1, 0, 0, 0]).bool()):
        assert small_set().subset(index).images[:, 0, 0, 0].tolist() == [1, 2]


def test_to_moves_images_and_labels():
    moved = small_set().to("meta")
    assert {moved.images.device.type, *(label.device.type for label in moved.labels.values())} == {"meta"}


def test_an_item_is_one_image_in_minus_one_to_one():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1, 1)
    image_set = ImageSet("x", images)
    assert [image_set[k].item() for k in (0, 1, 2, -1)] == pytest.approx([-1, -0.6, 1, 1])
    assert image_set[0].shape == (1, 1, 1)
    assert image_set[0].dtype == torch.float32
    assert torch.equal(image_set[1:], to_float(images[1:]))
    assert torch.equal(images.flatten(), torch.tensor([0, 51, 255], dtype=torch.uint8))  # the set is left alone
    assert len(list(image_set)) == 3
    for outside in (3, -4):
        with pytest.raises(IndexError):
            image_set[outside]


@pytest.mark.parametrize("batch_size", [1, 4, 6])
def test_a_dataloader_draws_what_batches_draws(batch_size):
    loader = DataLoader(small_set(), batch_size, shuffle=True, generator=torch.Generator().manual_seed(0))
    batches = list(loader)
    example = next(Batches(small_set(), batch_size))
    assert batches[0].shape == example.shape
    assert batches[0].dtype == example.dtype
    drawn = torch.cat(batches)
    assert len(drawn) == len(loader.dataset) == 6
    assert not torch.equal(drawn, to_float(small_set().images))  # shuffled
    assert torch.equal(drawn[drawn[:, 0, 0, 0].argsort()], to_float(small_set().images))  # each once
    again = torch.cat(list(loader))
    assert not torch.equal(again, drawn)


def test_a_dataloader_draws_labels_and_pairs_that_are_stacked():
    letters = small_set()
    for images, labels in DataLoader(StackDataset(letters, letters.labels["letter"]), 4, shuffle=True):
        numbers = ((images[:, 0, 0, 0] + 1) * 127.5).round().long()
        assert torch.equal(numbers // 2, labels)
    for inputs, targets in DataLoader(StackDataset(*Pairs(letters, letters.subset(slice(None)))), 4, shuffle=True):
        assert torch.equal(inputs, targets)
        assert len(inputs.unique()) == len(inputs)


def test_a_set_reaches_the_workers_of_a_dataloader():
    sent = pickle.loads(pickle.dumps(small_set()))
    assert torch.equal(sent[5], small_set()[5])
    assert sent.where(style="bold").labels["letter"].tolist() == [0, 1, 2]


def test_float_images_are_refused():
    message = r"^x: images are torch.float32 \(2, 3, 4, 4\), wanted torch.uint8 \(n, c, h, w\); see to_uint8$"
    with pytest.raises(ValueError, match=message):
        ImageSet("x", torch.zeros(2, 3, 4, 4))


@pytest.mark.parametrize("labels", [{"letter": torch.zeros(3)}, {"colour": torch.zeros(2)}, {}])
def test_labels_that_do_not_fit_are_refused(labels):
    with pytest.raises(ValueError, match=r"wanted 2 for each of \['letter'\]$"):
        ImageSet("x", torch.zeros(2, 3, 4, 4, dtype=torch.uint8), labels, {"letter": ("a",)})


def test_resize_takes_the_central_square():
    images = torch.zeros(1, 1, 4, 10, dtype=torch.uint8)
    images[..., 3:7] = 200  # the central square of 4
    assert torch.equal(resize(images, 2), torch.full((1, 1, 2, 2), 200, dtype=torch.uint8))
    assert torch.equal(resize(images, 4), images[..., 3:7])


def test_resize_averages_when_it_shrinks():
    stripes = torch.zeros(1, 1, 32, 32, dtype=torch.uint8)
    stripes[..., ::2] = 200  # sampling without antialiasing would give stripes or one of the two values
    assert (resize(stripes, 4).float() - 100).abs().max() <= 10


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match=r"^split is 'valid', wanted train, test or all$"):
        choose("valid", 1, 2, 3)
