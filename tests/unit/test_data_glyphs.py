import hashlib
import time

import pytest
import torch

from course_gan.data import CHARACTERS, TYPEFACES, digits, glyphs
from course_gan.data.typefaces import _bank


def pairs(image_set):
    labels = image_set.labels
    return set(zip(labels["character"].tolist(), labels["typeface"].tolist()))


def by_typeface(size=32):
    return glyphs(size, "all").images.view(62, 20, size, size).transpose(0, 1)  # (20, 62, h, w)


def test_every_character_exists_in_every_font():
    import matplotlib
    from matplotlib.ft2font import FT2Font

    for name in TYPEFACES:
        codes = FT2Font(f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf").get_charmap()
        assert all(codes.get(ord(character), 0) for character in CHARACTERS), name


def test_glyphs_of_a_font_all_differ():
    """A missing glyph is drawn as the same box for every character that lacks one."""
    for images in by_typeface():
        assert len(images.flatten(1).unique(dim=0)) == 62


def test_typefaces_differ():
    images = by_typeface().float().flatten(2)  # (20, 62, pixels)
    for i in range(20):
        for j in range(i):
            scale = (images[i].norm(dim=1) + images[j].norm(dim=1)) / 2
            difference = (images[i] - images[j]).norm(dim=1) / scale
            assert difference.mean() > 0.4, (TYPEFACES[i], TYPEFACES[j])


def test_bold_has_more_ink_and_oblique_leans():
    ink = by_typeface().float().mean(dim=(1, 2, 3))
    for regular, bold in [("DejaVuSans", "DejaVuSans-Bold"), ("STIXGeneral", "STIXGeneralBol"), ("cmr10", "cmb10")]:
        assert ink[TYPEFACES.index(bold)] > 1.2 * ink[TYPEFACES.index(regular)]
    stems = by_typeface()[:, CHARACTERS.index("I")].float()  # (20, h, w)
    columns = (stems * torch.arange(32)).sum(dim=2) / stems.sum(dim=2).clamp(min=1)  # (20, h): where each row's ink is
    lean = columns[:, 8] - columns[:, 23]
    slanted = [any(word in name for word in ("Oblique", "Ital", "Ita", "cmti")) for name in TYPEFACES]
    assert (lean > 1).tolist() == slanted


@pytest.mark.parametrize("size", [16, 32, 64])
def test_ink_is_centred_and_clear_of_the_border(size):
    for image in glyphs(size, "all").images[:, 0]:
        rows, columns = (image > 25).any(dim=1).nonzero(), (image > 25).any(dim=0).nonzero()
        for line in (rows, columns):
            assert abs(int(line[0] + line[-1]) - (size - 1)) <= 1
            assert line[0] >= size // 11


def test_augmented_glyphs_are_not_clipped_and_each_has_its_own_map():
    augmented = glyphs(32, "all", copies=3)
    images = augmented.images
    border = torch.cat([images[..., 0, :], images[..., -1, :], images[..., 0], images[..., -1]], dim=-1)
    assert border.max() == 0
    assert torch.equal(images[:1240], glyphs(32, "all").images)
    first, second = images[1240:2480], images[2480:]
    assert (first != second).flatten(1).any(dim=1).all()
    ink = images.float().mean(dim=(1, 2, 3)).view(3, 1240)
    change = (ink[1] / ink[0]).unique()
    assert len(change) > 1000  # one map for the whole bank would scale all ink alike
    assert 0.6 < change.min() < change.max() < 1.1
    assert torch.equal(augmented.labels["character"][1240:2480], augmented.labels["character"][:1240])


def test_augmentation_follows_the_seed_and_leaves_the_global_generator_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first = glyphs(16, "all", copies=2, seed=1).images
    assert torch.equal(torch.rand(3), expected)
    from course_gan.data.typefaces import _augmented_bank

    _augmented_bank.cache_clear()
    assert torch.equal(glyphs(16, "all", copies=2, seed=1).images, first)
    assert not torch.equal(glyphs(16, "all", copies=2, seed=2).images, first)


def test_the_split_is_a_partition_with_both_factors_in_both_parts():
    train, test = glyphs(16), glyphs(16, "test")
    assert (len(train), len(test)) == (992, 248)
    assert not pairs(train) & pairs(test)
    assert len(pairs(train) | pairs(test)) == 1240
    for part, per_character, per_typeface in ((train, {16}, {49, 50}), (test, {4}, {12, 13})):
        assert set(torch.bincount(part.labels["character"]).tolist()) == per_character
        assert set(torch.bincount(part.labels["typeface"]).tolist()) == per_typeface


def test_copies_of_a_pair_stay_on_its_side_of_the_split():
    assert pairs(glyphs(16, "train", copies=2)) == pairs(glyphs(16, "train"))
    assert len(glyphs(16, "test", copies=2)) == 2 * 248


def test_labels_name_the_picture():
    a = glyphs(32, "all").where(character="l", typeface="DejaVuSans")
    assert len(a) == 1
    columns = (a.images[0, 0] > 128).any(dim=0)
    assert columns.sum() <= 4  # a lower-case l without serifs is a thin stroke


def test_rendering_is_fast_and_repeats_to_the_bit():
    _bank.cache_clear()
    start = time.perf_counter()
    first = hashlib.sha256(_bank(32).numpy().tobytes()).hexdigest()
    assert time.perf_counter() - start < 2
    _bank.cache_clear()
    assert hashlib.sha256(_bank(32).numpy().tobytes()).hexdigest() == first


def test_impossible_glyphs_are_refused():
    with pytest.raises(ValueError, match=r"^size 4, copies 1: wanted size >= 8 and copies >= 1$"):
        glyphs(4)
    with pytest.raises(ValueError, match=r"^split is 'valid', wanted train, test or all$"):
        glyphs(16, "valid")


def test_digits_are_all_there_in_full_range_and_split_in_two():
    train, test, everything = digits("train"), digits("test"), digits("all")
    assert (len(train), len(test), len(everything)) == (1437, 360, 1797)
    assert torch.equal(torch.cat([train.images, test.images]), everything.images)
    assert everything.images.shape == (1797, 1, 8, 8)
    assert (everything.images.min(), everything.images.max()) == (0, 255)
    for part in (train, test):
        assert torch.bincount(part.labels["digit"]).min() > 0.08 * len(part)


def test_digits_at_another_size_are_the_same_digits():
    small, large = digits("test"), digits("test", size=32)
    assert large.images.shape == (360, 1, 32, 32)
    assert torch.equal(small.labels["digit"], large.labels["digit"])
    averaged = torch.nn.functional.avg_pool2d(large.images.float(), 4)
    # Interpolating smooths each digit; it must still be nearest to its own original.
    nearest = torch.cdist(averaged.flatten(1), small.images.float().flatten(1)).argmin(dim=1)
    assert (nearest == torch.arange(360)).float().mean() > 0.95
