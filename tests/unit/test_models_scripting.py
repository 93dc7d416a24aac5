"""Every network compiles to TorchScript and computes the same there: what a program without Python would load."""

import pytest
import torch

from course_gan.models import (
    AdaINDecoder,
    AdaINEncoder,
    DCGANDiscriminator,
    DCGANGenerator,
    EncoderDecoder,
    MLPDiscriminator,
    MLPGenerator,
    PairDiscriminator,
    PatchDiscriminator,
    ResNetGenerator,
    UNetGenerator,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated")

IMAGES = (2, 3, 16, 16)
NETWORKS = {
    "unet": (lambda: UNetGenerator(width=4, depth=4), IMAGES),
    "residual unet": (lambda: UNetGenerator(width=4, depth=3, norm="instance", residual=True), IMAGES),
    "encoder-decoder": (lambda: EncoderDecoder(width=4, depth=3), IMAGES),
    "noisy unet": (lambda: UNetGenerator(width=4, depth=3, norm="none", noise=1), IMAGES),
    "pair": (lambda: PairDiscriminator(2, 1, 4, 2, contrast=0.5, detail=2.0), IMAGES),
    "patch": (lambda: PatchDiscriminator(width=4, layers=2), IMAGES),
    "resnet": (lambda: ResNetGenerator(width=4, blocks=1), IMAGES),
    "dcgan generator": (lambda: DCGANGenerator(10, 1, 4, 16), (2, 10)),
    "dcgan discriminator": (lambda: DCGANDiscriminator(3, 4, 16), IMAGES),
    "mlp generator": (MLPGenerator, (2, 2)),
    "mlp discriminator": (MLPDiscriminator, (2, 2)),
    "adain encoder": (lambda: AdaINEncoder(3, (4, 8), (2,)), IMAGES),
    "adain encoder, imagenet": (lambda: AdaINEncoder(3, (4, 8), (2,), imagenet=True), IMAGES),
    "adain decoder": (lambda: AdaINDecoder(3, (4, 8), (2,)), (2, 8, 8, 8)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_scripted_network_computes_the_same(name):
    build, shape = NETWORKS[name]
    network, x = build(), torch.randn(shape)
    scripted = torch.jit.script(network)
    torch.manual_seed(0)  # of the dropout
    expected = network(x)
    torch.manual_seed(0)
    torch.testing.assert_close(scripted(x), expected)


@pytest.mark.parametrize(("name", "by"), [("unet", 16), ("resnet", 4)])
def test_a_scripted_translator_refuses_the_same_sides(name, by):
    scripted = torch.jit.script(NETWORKS[name][0]())
    message = f"images are 18×16, but this generator wants sides divisible by {by}: crop or pad"
    with pytest.raises(torch.jit.Error, match=message):
        scripted(torch.zeros(1, 3, 18, 16))
