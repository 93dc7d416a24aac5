"""PatchNCE and the heads: what a guess pays, where gradients go, and what cannot be compared."""

import math
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_gan.contrast import patch_nce
from course_gan.models import PatchHeads


def described(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(*shape, generator=generator, dtype=torch.float64), dim=-1)


def test_it_is_the_formula_written_out_in_a_loop():
    queries, keys = described(2, 7, 5), described(2, 7, 5, seed=1)
    losses = []
    for picture in range(2):
        for place in range(7):
            powers = [math.exp(float(queries[picture, place] @ key) / 0.2) for key in keys[picture]]
            losses.append(-math.log(powers[place] / sum(powers)))
    assert patch_nce(queries, keys, 0.2).item() == pytest.approx(sum(losses) / 14, rel=1e-5)


def test_who_guesses_pays_log_n_and_who_is_sure_and_right_nothing():
    alike = F.normalize(torch.ones(3, 64, 8), dim=2)
    assert patch_nce(alike, alike).item() == pytest.approx(math.log(64), rel=1e-6)
    right_angles = torch.eye(64)[None]
    assert patch_nce(right_angles, right_angles).item() == pytest.approx(math.log1p(63 * math.exp(-1 / 0.07)), rel=0.05)
    opposite = patch_nce(-right_angles, right_angles).item()
    assert opposite > math.log(64)


def test_places_in_another_order_make_no_difference_if_both_are():
    queries, keys = described(1, 9, 4), described(1, 9, 4, seed=1)
    order = torch.randperm(9)
    torch.testing.assert_close(patch_nce(queries[:, order], keys[:, order]), patch_nce(queries, keys))
    assert not torch.isclose(patch_nce(queries[:, order], keys), patch_nce(queries, keys))


def test_other_pictures_are_no_negatives():
    queries, keys = described(3, 6, 4), described(3, 6, 4, seed=1)
    each = torch.stack([patch_nce(queries[[k]], keys[[k]]) for k in range(3)])
    torch.testing.assert_close(patch_nce(queries, keys), each.mean())


def test_no_gradient_goes_into_the_keys():
    queries, keys = described(1, 6, 4).requires_grad_(), described(1, 6, 4, seed=1).requires_grad_()
    patch_nce(queries, keys).backward()
    assert queries.grad.abs().max() > 0
    assert keys.grad is None


def test_half_precision_is_widened_before_the_temperature():
    queries = described(2, 64, 16).to(torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        found = patch_nce(queries, queries)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, patch_nce(queries.float(), queries.float()))


def test_descriptions_that_do_not_belong_together_are_refused():
    with pytest.raises(
        ValueError, match=r"queries are \(1, 5, 4\) and keys \(1, 6, 4\), but they must be of one shape"
    ):
        patch_nce(described(1, 5, 4), described(1, 6, 4))


def test_heads_describe_the_places_that_were_asked_for_by_vectors_of_length_1():
    heads = PatchHeads([3, 5], 8)
    features = [torch.randn(2, 3, 4, 6), torch.randn(2, 5, 2, 3)]
    places = [torch.tensor([0, 7, 23]), torch.tensor([5])]
    first, second = heads(features, places)
    assert first.shape == (2, 3, 8)
    assert second.shape == (2, 1, 8)
    torch.testing.assert_close(first.norm(dim=2), torch.ones(2, 3))
    row, column = divmod(7, 6)
    alone = F.normalize(heads.heads[0](features[0][1, :, row, column]), dim=0)
    torch.testing.assert_close(first[1, 1], alone)


def test_each_layer_has_a_head_of_its_own_of_two_maps():
    heads = PatchHeads([3, 5], 8)
    wanted = (3 * 8 + 8) + (8 * 8 + 8) + (5 * 8 + 8) + (8 * 8 + 8)
    assert sum(p.numel() for p in heads.parameters()) == wanted
    assert all(isinstance(layer, nn.Linear | nn.ReLU) for head in heads.heads for layer in head)


def test_a_place_that_says_nothing_is_no_nan():
    heads = PatchHeads([3], 8)
    nn.init.zeros_(heads.heads[0][2].weight)
    nn.init.zeros_(heads.heads[0][2].bias)
    (found,) = heads([torch.zeros(1, 3, 2, 2)], [torch.tensor([0])])
    assert found.isfinite().all()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PatchHeads([], 8), "layers is 0, but has to be an integer of at least 1"),
        (lambda: PatchHeads([3, 0], 8), "channels is 0, but has to be an integer of at least 1"),
        (lambda: PatchHeads([3], 0), "width is 0, but has to be an integer of at least 1"),
        (
            lambda: PatchHeads([3, 5])([torch.zeros(1, 3, 2, 2)], [torch.tensor([0])]),
            "1 features and 1 places, but there are heads for 2 layers: one of each per layer",
        ),
    ],
)
def test_what_cannot_be_built_or_does_not_belong_is_one_line(make, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        make()
