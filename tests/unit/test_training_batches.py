"""Batches that cannot be trained on are named in one line, before the first step where that can be known."""

import types
import warnings

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from course_gan.data import Batches, UnpairedBatches
from course_gan.errors import CourseError
from course_gan.training import RunDirectory, train
from course_gan.training.backend import native_bf16
from tests.unit.tiny_games import differing, images, make, whole_state

ENDLESS = "use course_gan.data.Batches, which begins anew"
CANNOT_BE_SAVED = (
    "batches is a generator, whose place a run cannot save (it has no state_dict and load_state_dict): "
    "use course_gan.data.Batches, or train without a RunDirectory"
)


def endless():
    while True:
        yield images(4)


def test_a_data_loader_or_a_list_is_no_endless_iterator():
    for batches in (DataLoader(TensorDataset(images()), 4), [images(4)]):
        game, own = make("GAN")
        before = whole_state(game, own)
        with pytest.raises(CourseError) as error:
            next(train(game, batches, 3))
        assert str(error.value) == (
            f"batches is a {type(batches).__name__}, but has to be an endless iterator: {ENDLESS}"
        )
        assert not differing(whole_state(game, own), before)


def test_batches_that_cannot_be_saved_are_refused_before_the_first_step(tmp_path):
    game, _ = make("GAN")
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path) as run:
        next(train(game, endless(), 3, run))
    assert str(error.value) == CANNOT_BE_SAVED
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path) as run:
        run.restore(game, endless())
    assert str(error.value) == CANNOT_BE_SAVED
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path) as run:
        run.save(game, endless())
    assert str(error.value) == CANNOT_BE_SAVED
    assert game.steps == 0
    assert not list(tmp_path.glob("*.pt"))
    assert len(list(train(game, endless(), 3))) == 3  # without a run they will do


class OneEpoch(Batches):
    """Ends where Batches begin anew."""

    def __next__(self):
        if (self.position + 1) * self.batch_size > self.length:
            raise StopIteration
        return super().__next__()


def test_batches_that_end_are_one_line_and_the_steps_made_are_kept_and_saved(tmp_path):
    game, _ = make("GAN")  # two batches a step
    batches = OneEpoch(images(), 4)  # three of them
    made, weights = [], []

    def run_out():
        with RunDirectory(tmp_path) as run:
            for record in train(game, batches, 5, run):
                made.append(record.step)
                weights.append(game.discriminator[0].weight.detach().clone())

    with pytest.raises(CourseError) as error:
        run_out()
    assert str(error.value) == f"the batches ended after step 1 of 5: {ENDLESS}"
    assert made == [1]
    assert torch.equal(game.discriminator[0].weight, weights[0])  # the second step was not begun
    assert [path.name for path in tmp_path.glob("*.pt")] == ["step-00000001.pt"]
    other, their_batches = make("GAN", seed=7)
    with RunDirectory(tmp_path) as run:
        assert run.restore(other, their_batches) == 1


BRIGHT = "the images of the first batch lie between 0 and 1, but a generator that ends in tanh paints in [-1, 1]"


def _said(game, batches, steps=2):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        list(train(game, batches, steps))
    return [str(warning.message) for warning in seen]


def _bright(n=20):
    pictures = images(n, seed=3) / 2 + 0.5
    pictures[:, :, 0, 0] = 0.0
    pictures[:, :, 0, 1] = 1.0
    return pictures


def test_images_that_are_never_negative_are_warned_of_once():
    (line,) = _said(make("GAN")[0], Batches(_bright(), 20))
    assert line == f"{BRIGHT}: scale them, from [0, 1] as images * 2 - 1"
    assert len(_said(make("CycleGAN", pool=0)[0], UnpairedBatches(_bright(), images(20), 20))) == 1
    assert len(_said(make("AdaIN")[0], UnpairedBatches(_bright(), _bright(), 20))) == 2
    assert len(_said(make("Pix2Pix")[0], Batches((images(20), _bright()), 20))) == 1


def test_nothing_is_said_of_what_may_be_so():
    assert _said(make("GAN")[0], Batches(images(20), 20)) == []
    assert _said(make("GAN")[0], Batches(_bright(15), 15)) == []  # 960 pixels may all be bright by chance
    assert _said(make("Pix2Pix")[0], Batches((_bright(), images(20)), 20)) == []  # a map of labels may be an input
    assert _said(make("Autoencoder")[0], Batches(_bright(), 20)) == []  # nobody said what it ends in


def test_a_torch_that_cannot_say_whether_it_has_bf16_has_none(monkeypatch):
    monkeypatch.setattr(torch.ops, "mkldnn", types.SimpleNamespace())
    assert native_bf16(torch.device("cpu")) is False
