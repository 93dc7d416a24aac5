"""The style network, its norm and its critic; painting at any size, in mixtures and by mask."""

import pytest
import torch
import torch.nn.functional as F

from course_gan.models import ConditionalInstanceNorm, StyleCritic, StyleNetwork, in_styles, load_style_network
from course_gan.models.style_network import STRETCH

NAMES = ("brick", "mosaic", "woodcut")


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = StyleNetwork(NAMES, width=4, blocks=1)
    for name, weight in made.named_parameters():
        if name.endswith(("scale", "shift")):
            torch.nn.init.normal_(weight, std=0.1)
    return made.eval().requires_grad_(False)


def test_the_norm_begins_as_instance_norm_and_mixes_its_rows():
    norm = ConditionalInstanceNorm(5, 3)
    x = 2 * torch.randn(2, 5, 6, 7) + 1
    shares = torch.tensor([[1.0, 0, 0], [0.2, 0.3, 0.5]])
    torch.testing.assert_close(norm(x, shares[:, :, None, None]), F.instance_norm(x))
    torch.nn.init.normal_(norm.scale)
    torch.nn.init.normal_(norm.shift)
    scale = 1 + STRETCH * shares @ norm.scale
    shift = STRETCH * shares @ norm.shift
    expected = F.instance_norm(x) * scale[:, :, None, None] + shift[:, :, None, None]
    torch.testing.assert_close(norm(x, shares[:, :, None, None]), expected)


def test_shares_by_place_are_each_places_own():
    norm = ConditionalInstanceNorm(2, 2)
    torch.nn.init.normal_(norm.shift)
    left = torch.zeros(1, 2, 8, 8)
    left[:, 0, :, :4] = 1
    left[:, 1, :, 4:] = 1
    x = torch.randn(1, 2, 4, 4)  # at half the size
    first, second = (norm(x, F.one_hot(torch.tensor([k]), 2).float()[:, :, None, None]) for k in (0, 1))
    torch.testing.assert_close(norm(x, left), torch.cat([first[..., :2], second[..., 2:]], dim=3))


def test_only_norms_know_of_styles(network):
    of_styles = [weight for name, weight in network.named_parameters() if name.endswith(("scale", "shift"))]
    assert all(weight.shape[0] == len(NAMES) for weight in of_styles)
    larger = StyleNetwork((*NAMES, "gravel"), width=4, blocks=1)
    shared = sum(p.numel() for p in network.parameters()) - sum(w.numel() for w in of_styles)
    again = [p.numel() for n, p in larger.named_parameters() if not n.endswith(("scale", "shift"))]
    assert sum(again) == shared


def test_what_cannot_be_built_or_painted_is_refused(network):
    with pytest.raises(ValueError, match="styles is 0, but has to be an integer of at least 1"):
        StyleNetwork(())
    with pytest.raises(ValueError, match="layers is 0"):
        StyleCritic(3, layers=0)
    with pytest.raises(ValueError, match="photos are 30×32, but this network wants sides divisible by 4"):
        network(torch.zeros(1, 3, 30, 32), torch.ones(1, 3))
    photo = torch.zeros(1, 3, 32, 32)
    for arguments, said in (
        ((photo, ["brik"]), "style is 'brik', but this network knows brick, mosaic, woodcut"),
        ((photo[..., :12], ["brick"]), "photo has 32×12 pixels, wanted at least 16 a side"),
        ((photo, []), "wanted at least one style"),
    ):
        with pytest.raises(ValueError, match=said):
            in_styles(network, *arguments)
    with pytest.raises(ValueError, match=r"strength is 1\.5, but has to be from 0 to 1"):
        in_styles(network, photo, ["brick"], strength=1.5)


@pytest.mark.parametrize("size", [(16, 16), (64, 64), (67, 131), (131, 66)])
def test_any_size_comes_back_as_it_was(size, network):
    painted = in_styles(network, torch.rand(1, 3, *size) * 2 - 1, ["brick"])
    assert painted.shape == (1, 3, *size)
    assert painted.abs().max() <= 1


def test_strength_is_an_opacity_and_mixtures_are_none(network):
    photo = torch.rand(1, 3, 40, 44) * 2 - 1
    whole = in_styles(network, photo, ["mosaic"])
    assert torch.equal(in_styles(network, photo, ["mosaic"], strength=0.0), photo)
    torch.testing.assert_close(in_styles(network, photo, ["mosaic"], strength=0.25), photo + 0.25 * (whole - photo))
    other = in_styles(network, photo, ["brick"])
    mixed = in_styles(network, photo, ["mosaic", "brick"])
    assert (mixed - (whole + other) / 2).abs().mean() > 1e-3
    alone = in_styles(network, photo, ["mosaic", "brick"], weights=[1, 0])
    torch.testing.assert_close(alone, whole, atol=1e-3, rtol=0)


def test_a_mask_leaves_the_photo_where_it_is_zero(network):
    photo = torch.rand(1, 3, 64, 64) * 2 - 1
    left = torch.zeros(64, 64)
    left[:, :32] = 1
    painted = in_styles(network, photo, ["brick"], mask=left)
    torch.testing.assert_close(painted[..., 32:], photo[..., 32:])
    assert (painted[..., :32] - photo[..., :32]).abs().mean() > 0.05
    two = in_styles(network, photo, ["brick", "mosaic"], mask=torch.stack([left, 1 - left]))
    assert (two[..., 32:] - painted[..., 32:]).abs().mean() > 0.05


def test_noise_is_the_seeds(network):
    photo = torch.zeros(1, 3, 32, 32)
    first, again, other = (in_styles(network, photo, ["brick"], seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_critic_judges_patches_by_the_style_that_is_claimed():
    torch.manual_seed(0)
    critic = StyleCritic(3, width=4, layers=2)
    images = torch.rand(2, 3, 36, 36) * 2 - 1
    assert critic(images, torch.tensor([0, 1])).shape == (2, 1, 9, 9)
    assert not torch.allclose(critic(images, torch.tensor([0, 1])), critic(images, torch.tensor([1, 1]))[[0, 1]])
    for module in (critic.logit, critic.style, *(m for m in critic.features if hasattr(m, "weight"))):
        assert torch.linalg.matrix_norm(module.weight.flatten(1), 2) < 1.6  # the power iteration has just begun


def test_the_shipped_network_paints_flat_sky_without_flecks():
    shipped = load_style_network()
    flat = torch.full((1, 3, 96, 96), 0.8)
    painted = in_styles(shipped, flat, ["mosaic"])
    light = F.avg_pool2d(painted.mean(dim=1, keepdim=True), 24)
    assert light.std() < 0.2  # nothing grows in one place and not in another
    assert painted.std() > 0.05  # but there is texture
