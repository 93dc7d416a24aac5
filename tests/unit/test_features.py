"""The shipped feature networks: what they know, that they are the recorded ones, and that they order generators."""

import json
import shutil

import pytest
import torch
import torch.nn.functional as F

from course_gan.data import earth, glyphs, random_affine, textures, to_float
from course_gan.errors import CourseError
from course_gan.files import ROOT
from course_gan.metrics import frechet_distance, kernel_distance
from course_gan.models import features, shipped
from course_gan.models.features import FeatureNetwork, load_features

RESULTS = json.loads((ROOT / "results" / "05_features.json").read_text(encoding="utf-8"))
RESULTS["styles"] = json.loads((ROOT / "results" / "style_features.json").read_text(encoding="utf-8"))
RESULTS["earth"] = json.loads((ROOT / "results" / "earth_features.json").read_text(encoding="utf-8"))


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of checkpoints of our own, with a copy of the shipped glyph network."""
    for file in shipped.CHECKPOINTS.glob("features_glyphs.pt*"):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(shipped, "CHECKPOINTS", tmp_path)
    return tmp_path


def test_the_glyph_network_is_as_accurate_as_recorded():
    test = glyphs(split="test")
    guess = load_features("glyphs").classify(test.images)
    for factor, label in test.labels.items():
        accuracy = (guess[factor] == label).float().mean().item()
        # Half precision and the processor may tip one of 248 glyphs.
        assert accuracy == pytest.approx(RESULTS["glyphs"]["test_accuracy"][factor], abs=1.5 / len(test))
    assert RESULTS["glyphs"]["test_accuracy"]["character"] > 0.95
    assert RESULTS["glyphs"]["test_accuracy"]["typeface"] > 0.7


def test_the_reader_reads_soft_and_turned_letters_better_than_the_network_that_names_typefaces():
    test, expected = glyphs(split="test"), RESULTS["letters"]["test_accuracy"]
    labels, blur = test.labels["character"], torch.tensor([0.25, 0.5, 0.25])
    turned = random_affine(to_float(test.images), 8, 6, (0.82, 1.05), generator=torch.Generator().manual_seed(0))
    soft = F.conv2d(turned, blur.outer(blur)[None, None], padding=1).clamp(-1, 1)

    def share_read(name, images):
        return (load_features(name).classify(images)["character"] == labels).float().mean().item()

    assert share_read("letters", test.images) == pytest.approx(expected["character"], abs=1.5 / len(test))
    assert min(expected.values()) > 0.95
    assert share_read("letters", soft) > max(0.95, share_read("glyphs", soft) + 0.02)


def test_the_texture_network_is_as_accurate_as_recorded():
    test = textures().patches(64, 600, 0, "test")
    accuracy = (load_features("textures").classify(test.images)["texture"] == test.labels["texture"]).float().mean()
    assert accuracy.item() == pytest.approx(RESULTS["textures"]["test_accuracy"]["texture"], abs=2.5 / len(test))
    assert RESULTS["textures"]["test_accuracy"]["texture"] > 0.9


def test_the_earth_network_names_the_surfaces_of_the_americas_as_recorded():
    """It has seen none of them; what it is sure of is about as much as has one surface."""
    recorded = RESULTS["earth"]["test"]["scale 1"]
    crops = earth.satellite(600, seed=11, split="test")
    network = load_features("earth")
    shares = network.logits(to_float(crops.images))["surface"].softmax(dim=1)
    clear = crops.labels["surface"] != earth.SURFACES.index("mixed")
    right = (shares.argmax(dim=1) == crops.labels["surface"])[clear].float().mean().item()
    assert right == pytest.approx(recorded["right"], abs=0.03)
    assert recorded["right"] > 0.95
    for name, share in recorded["right_per_surface"].items():
        assert share > 0.9 or recorded["n_per_surface"][name] < 30, name  # the Americas hold 19 crops of desert
    sure = (shares.amax(dim=1) >= 0.6).float().mean()
    assert abs(sure - clear.float().mean()) < 0.06
    assert (shares - crops.covers).abs().mean() < 0.05


def test_worse_copies_of_the_americas_are_farther_away():
    network = load_features("earth")
    real = network.extract(earth.satellite(600, seed=12, split="test").images)
    images = to_float(earth.satellite(600, seed=13, split="test").images)
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    blurred = [F.interpolate(F.avg_pool2d(images, factor), 64, mode="bilinear") for factor in (1, 2, 4, 8)]
    noisy = [images + amount * noise for amount in (0, 0.05, 0.1, 0.2)]
    for worse in (blurred, noisy):
        distances = [frechet_distance(real, network.extract(copies)) for copies in worse]
        assert distances == sorted(distances)
        assert distances[1] > 2 * distances[0], distances


@pytest.mark.parametrize("name", features.NAMES)
def test_the_shipped_weights_are_the_recorded_ones_small_and_frozen(name):
    network = load_features(name)
    path = shipped.CHECKPOINTS / f"features_{name}.pt"
    assert path.with_suffix(".pt.sha256").read_text().split() == [RESULTS[name]["sha256"], path.name]
    assert path.stat().st_size <= 2 * 2**20
    assert sum(parameter.numel() for parameter in network.parameters()) == RESULTS[name]["parameters"]
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert all(parameter.dtype == torch.float32 for parameter in network.parameters())


def test_features_do_not_depend_on_the_batch_nor_on_the_pixel_type():
    network, images = load_features("glyphs"), glyphs(split="test").images[:50]
    whole = network.extract(images)
    assert whole.shape == (50, 64)
    torch.testing.assert_close(network.extract(images, batch_size=7), whole, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(network.extract(to_float(images)), whole)


@pytest.mark.parametrize("metric", [frechet_distance, lambda a, b: kernel_distance(a, b).value])
def test_worse_copies_of_the_glyphs_are_farther_away(metric):
    network, images = load_features("glyphs"), to_float(glyphs(split="test").images)
    real = network.extract(glyphs(split="train").images)
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    distances = [metric(real, network.extract(images + amount * noise)) for amount in (0, 0.3, 0.6, 0.9)]
    assert distances == sorted(distances)
    letters = network.extract(glyphs(split="all").where(character="a").images)
    assert metric(real, letters) > 5 * distances[0]


def test_worse_copies_of_the_textures_are_farther_away():
    network = load_features("textures")
    real = network.extract(textures().patches(64, 300, 1, "test").images)
    images = to_float(textures().patches(64, 300, 2, "test").images)
    distances = [frechet_distance(real, network.extract(images))]
    for factor in (2, 4, 8):
        blurred = F.interpolate(F.avg_pool2d(images, factor), 64, mode="bilinear")
        distances.append(frechet_distance(real, network.extract(blurred)))
    assert distances == sorted(distances)


def test_what_was_saved_is_what_is_loaded(shelf):
    network = FeatureNetwork(1, 16, {"letter": 3}, width=4, features=8).eval()
    digest = shipped.save_weights("features_glyphs", network, network.settings)
    images = torch.rand(5, 1, 16, 16)
    loaded = load_features("glyphs")
    torch.testing.assert_close(loaded.extract(images), network.extract(images), rtol=1e-2, atol=1e-3)
    assert (shelf / "features_glyphs.pt.sha256").read_text() == f"{digest}  features_glyphs.pt\n"


def test_damaged_weights_are_refused_in_one_line(shelf):
    path = shelf / "features_glyphs.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1  # one bit
    path.write_bytes(content)
    advice = "restore it: git checkout -- checkpoints"
    with pytest.raises(CourseError, match=rf"^.*features_glyphs\.pt: damaged, SHA-256 is .*…, wanted .*…; {advice}$"):
        load_features("glyphs")
    path.unlink()
    with pytest.raises(CourseError, match=rf"^.*features_glyphs\.pt: missing; {advice}$"):
        load_features("glyphs")


def test_an_unknown_network_and_images_of_another_size_are_refused():
    with pytest.raises(
        ValueError, match=r"^name: got 'faces', wanted one of glyphs, letters, textures, earth, styles$"
    ):
        load_features("faces")
    network = FeatureNetwork(1, 16, {"letter": 3}, width=4)
    for shape in ((2, 3, 16, 16), (2, 1, 32, 32), (0, 1, 16, 16), (1, 16, 16)):
        with pytest.raises(ValueError, match=r"^images: got shape \(.*\), wanted \(n > 0, 1, 16, 16\)$"):
            network.extract(torch.zeros(shape))
