"""AdaIN: the statistics it exchanges, the encoder in VGG's layout, the decoder that mirrors it."""

import os

import numpy as np
import pytest
import torch
from torch import nn

from course_gan.errors import CourseError
from course_gan.models import AdaINDecoder, AdaINEncoder, adain, channel_statistics, vgg19_encoder

VGG = {"widths": (64, 128, 256, 512), "repeats": (2, 2, 4)}
SMALL = {"widths": (2, 3, 4), "repeats": (1, 3)}


def parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_adain_is_the_papers_equation_8():
    rng = np.random.default_rng(0)
    x, y = rng.normal(2, 3, (2, 4, 5, 6)), rng.normal(-1, 0.5, (2, 4, 3, 7))
    want = np.empty_like(x)
    for i in range(2):
        for c in range(4):
            sigma_x, sigma_y = (np.sqrt(np.mean((v - v.mean()) ** 2) + 1e-5) for v in (x[i, c], y[i, c]))
            want[i, c] = sigma_y * (x[i, c] - x[i, c].mean()) / sigma_x + y[i, c].mean()
    got = adain(torch.tensor(x), torch.tensor(y))
    torch.testing.assert_close(got, torch.tensor(want), rtol=1e-10, atol=1e-10)


def test_the_result_has_the_styles_statistics_and_the_contents_pattern():
    content, style = torch.randn(2, 3, 8, 8).double(), 4 * torch.randn(1, 3, 16, 4).double() + 7
    result = adain(content, style)
    for got, want in zip(channel_statistics(result), channel_statistics(style)):
        torch.testing.assert_close(got, want.expand_as(got), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        nn.functional.instance_norm(result), nn.functional.instance_norm(content), atol=1e-4, rtol=0
    )


def test_a_style_of_its_own_changes_nothing():
    content = torch.randn(2, 3, 5, 5).double()
    torch.testing.assert_close(adain(content, content), content)


def test_eps_is_1e_5_inside_the_root_so_that_a_flat_channel_stays_finite():
    flat = torch.ones(1, 1, 4, 4, requires_grad=True)
    mean, std = channel_statistics(flat)
    assert (mean.item(), std.item()) == (1.0, pytest.approx(1e-5**0.5))
    result = adain(flat, torch.full((1, 1, 4, 4), -3.0))
    assert torch.equal(result, torch.full((1, 1, 4, 4), -3.0))
    result.square().sum().backward()
    assert flat.grad.isfinite().all()


def test_statistics_divide_by_the_number_of_pixels():
    mean, std = channel_statistics(torch.tensor([[[[0.0, 2.0]]]]), eps=0.0)
    assert (mean.item(), std.item()) == (1.0, 1.0)
    assert mean.shape == std.shape == (1, 1, 1, 1)


def test_half_precision_features_have_statistics_in_float32():
    features = torch.randn(1, 2, 64, 64) + 100
    mean, std = channel_statistics(features.bfloat16())
    assert mean.dtype == std.dtype == torch.float32
    torch.testing.assert_close(mean, features.bfloat16().double().mean((2, 3), keepdim=True).float())
    assert adain(features.bfloat16(), features.bfloat16()).dtype == torch.bfloat16


def test_content_and_style_have_to_agree_in_channels():
    with pytest.raises(ValueError, match=r"^content has 3 channels and style 4, but they have to agree$"):
        adain(torch.zeros(1, 3, 2, 2), torch.zeros(1, 4, 2, 2))


def test_the_encoder_gives_one_map_a_level_each_behind_its_first_relu():
    encoder = AdaINEncoder(3, **SMALL)
    x = torch.randn(2, 3, 16, 24)
    features = encoder(x)
    assert [tuple(f.shape) for f in features] == [(2, 2, 16, 24), (2, 3, 8, 12), (2, 4, 4, 6)]
    assert all(f.min() == 0 < f.max() for f in features)
    torch.testing.assert_close(features[0], encoder.features[:2](x))
    torch.testing.assert_close(features[1], encoder.features[:5](x))  # conv relu | pool conv relu, conv relu, conv relu
    torch.testing.assert_close(features[2], encoder.features(x))


@pytest.mark.parametrize("layout", [{}, SMALL, VGG])
def test_the_decoder_mirrors_the_encoder(layout):
    encoder, decoder = AdaINEncoder(1, **layout), AdaINDecoder(1, **layout)
    there = [m.weight.shape[:2] for m in encoder.modules() if isinstance(m, nn.Conv2d)]
    back = [m.weight.shape[:2] for m in decoder.modules() if isinstance(m, nn.Conv2d)]
    assert [(b, a) for a, b in back[::-1]] == there
    assert (encoder.widths, encoder.repeats) == tuple(layout.values()) if layout else len(encoder.widths) == 4
    x = torch.randn(1, 1, 16, 32)
    images = decoder(encoder(x)[-1])
    assert images.shape == x.shape
    assert images.abs().max() <= 1


def test_counts_of_vgg19_to_relu4_1_and_of_its_mirror():
    assert parameters(AdaINEncoder(**VGG)) == 3_505_728
    assert parameters(AdaINDecoder(**VGG)) == 3_505_219


def test_padding_by_reflection_leaves_no_border_on_a_flat_image():
    encoder, decoder = AdaINEncoder(3, (8, 8, 8), (1, 2)), AdaINDecoder(3, (8, 8, 8), (1, 2))
    features = encoder(torch.full((1, 3, 16, 16), 0.7))
    for maps in (*features, decoder(features[-1])):
        assert maps.abs().max() > 0.01
        torch.testing.assert_close(maps, maps[:, :, :1, :1].expand_as(maps))


@pytest.mark.parametrize("player", [AdaINEncoder, AdaINDecoder])
def test_the_assembled_network_has_hes_weights_and_keeps_the_scale_of_its_signal(player):
    network = player(**VGG)
    for layer in (m for m in network.modules() if isinstance(m, nn.Conv2d)):
        n, std = layer.weight.numel(), (2 / (9 * layer.in_channels)) ** 0.5
        assert abs(layer.weight.std() - std) < 5 * std / (2 * n) ** 0.5
        assert not layer.bias.any()


def test_training_as_an_autoencoder_reaches_every_parameter():
    encoder, decoder = AdaINEncoder(3, (8, 8, 8), (2, 1)), AdaINDecoder(3, (8, 8, 8), (2, 1))
    x = torch.randn(4, 3, 16, 16)
    (decoder(encoder(x)[-1]) - x).square().mean().backward()
    assert all(p.grad.abs().max() > 0 for p in (*encoder.parameters(), *decoder.parameters()))


@pytest.mark.parametrize("imagenet", [False, True])
@pytest.mark.parametrize("assign", [False, True])
def test_an_encoder_built_without_memory_computes_the_same_once_its_weights_are_loaded(imagenet, assign):
    original = AdaINEncoder(3, (4, 8), (2,), imagenet)
    with torch.device("meta"):
        encoder = AdaINEncoder(3, (4, 8), (2,), imagenet)
    if not assign:
        encoder = encoder.to_empty(device="cpu")
        for tensor in encoder.buffers():
            tensor.fill_(1e27)  # as the memory may be found
    encoder.load_state_dict(original.state_dict(), assign=assign)
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    for got, want in zip(encoder(images), original(images), strict=True):
        assert torch.equal(got, want)


def test_half_images_are_widened_to_the_encoders_weights():
    images = torch.randn(1, 3, 16, 16).bfloat16()
    for imagenet in (False, True):
        encoder = AdaINEncoder(3, (4, 8), (2,), imagenet)
        for got, want in zip(encoder(images), encoder(images.float()), strict=True):
            assert got.dtype == torch.float32
            assert torch.equal(got, want)


def test_imagenets_scale_is_for_three_channels():
    with pytest.raises(ValueError, match=r"^channels is 1, but ImageNet's images have 3$"):
        AdaINEncoder(1, imagenet=True)


def write_vgg(path, changes=None):
    """A file in torchvision's layout (its classifier stands for the rest), with random weights."""
    state = AdaINEncoder(**VGG).state_dict() | {"classifier.6.bias": torch.zeros(1000)} | (changes or {})
    torch.save({k: v for k, v in state.items() if v is not None}, path)
    return state


def test_the_encoder_is_torchvisions_vgg19_to_relu4_1_on_imagenets_scale(tmp_path):
    from torchvision.models import VGG19_Weights, vgg19

    state = write_vgg(tmp_path / "vgg19.pth")
    encoder = vgg19_encoder(tmp_path / "vgg19.pth")
    with torch.device("meta"):
        theirs = vgg19(weights=None).features[:21]
    theirs.load_state_dict({k[9:]: v for k, v in state.items() if k.startswith("features")}, assign=True)
    for layer in theirs:
        if isinstance(layer, nn.Conv2d):
            layer.padding_mode = "reflect"  # the one difference, and the paper's
        if isinstance(layer, nn.ReLU):
            layer.inplace = False
    images = torch.rand(1, 3, 32, 32)
    x = VGG19_Weights.IMAGENET1K_V1.transforms(crop_size=32, resize_size=32)(images)
    want = []
    for index, layer in enumerate(theirs):
        x = layer(x)
        if index in (1, 6, 11, 20):  # relu1_1, relu2_1, relu3_1, relu4_1
            want.append(x)
    for got, feature in zip(encoder(images * 2 - 1), want, strict=True):
        torch.testing.assert_close(got, feature, rtol=1e-4, atol=1e-4)


def test_the_vgg19_encoder_is_frozen_and_saves_no_more_than_its_weights(tmp_path):
    write_vgg(tmp_path / "vgg19.pth")
    encoder = vgg19_encoder(str(tmp_path / "vgg19.pth"))
    assert not encoder.training
    assert not any(p.requires_grad for p in encoder.parameters())
    assert all(k.startswith("features.") for k in encoder.state_dict())


def test_missing_weights_are_one_line_that_says_what_to_do(tmp_path):
    with pytest.raises(CourseError) as caught:
        vgg19_encoder(tmp_path / "no.pth")
    assert str(caught.value) == (
        f"no VGG-19 weights at {tmp_path / 'no.pth'}: "
        "put https://download.pytorch.org/models/vgg19-dcbb9e9d.pth there, "
        "or use AdaINEncoder, which is trained here"
    )


def test_without_a_path_torchvisions_own_place_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(CourseError, match=r"checkpoints/vgg19-dcbb9e9d\.pth: put "):
        vgg19_encoder()
    place = tmp_path / "hub" / "checkpoints"
    place.mkdir(parents=True)
    state = write_vgg(place / "vgg19-dcbb9e9d.pth")
    assert torch.equal(vgg19_encoder().features[0].weight, state["features.0.weight"])


class Foreign:
    """Something whose unpickling runs what it likes."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("damage", ["empty", "text", "truncated", "pickled", "list", "missing", "shape"])
def test_another_file_is_one_line_too(damage, tmp_path):
    path = tmp_path / "vgg19.pth"
    if damage == "empty":
        path.touch()
    elif damage == "text":
        path.write_text("<html>moved</html>")
    elif damage == "truncated":
        write_vgg(path)
        path.write_bytes(path.read_bytes()[:100_000])
    elif damage in ("pickled", "list"):
        torch.save(Foreign(tmp_path / "ran") if damage == "pickled" else [1, 2], path)
    else:
        changes = {"features.5.weight": None if damage == "missing" else torch.zeros(3)}
        write_vgg(path, changes)
    with pytest.raises(CourseError) as caught:
        vgg19_encoder(path)
    assert str(caught.value) == f"{path} is not torchvision's vgg19-dcbb9e9d.pth: fetch it again or use AdaINEncoder"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("player", [AdaINEncoder, AdaINDecoder])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"channels": 0}, "channels is 0, but has to be an integer of at least 1"),
        ({"widths": (8, 0), "repeats": (1,)}, r"widths\[1\] is 0, but has to be an integer of at least 1"),
        ({"widths": (8, 8), "repeats": (0,)}, r"repeats\[0\] is 0, but has to be an integer of at least 1"),
        ({"widths": (8, 8)}, "repeats has 3 entries, but 2 widths want 1"),
    ],
)
def test_what_cannot_be_built_is_refused(player, arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        player(**arguments)
