"""A person's own pictures: which files are taken, how pairs find each other, what is held out and what is said."""

import os
import shutil

import pytest
import torch
from PIL import Image

from course_gan.data import own_domains, own_pairs, own_pictures, pictures_in
from course_gan.errors import CourseError
from course_gan.marker import TRAINING
from tests.unit.odd_pictures import animated, bomb, encoded
from tests.unit.own_folders import halves, heap, picture, two_sides
from tests.unit.tiny_folders import owned


def line(function, *arguments) -> str:
    """The one line that refuses."""
    with pytest.raises(CourseError) as error:
        function(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


# which files


def test_folders_in_the_folder_are_read_in_order_of_name(tmp_path):
    listing = pictures_in(heap(tmp_path, 4), "pictures")
    assert list(listing.sizes) == ["00.png", "01.png", "03.png", "more/02.png"]
    assert listing.sizes["more/02.png"] == (tmp_path / "more" / "02.png").stat().st_size
    images = own_pictures(listing, 8)
    assert images.shape == (4, 3, 8, 8)
    assert images[:, 0, 4, 6].tolist() == [5, 10, 20, 15]


def test_hidden_files_and_our_own_trainings_are_no_photographs(tmp_path):
    heap(tmp_path, 3)
    picture(tmp_path / ".thumbnails" / "a.png")
    picture(tmp_path / "._00.png")
    owned(tmp_path / "runs" / "03", TRAINING)
    picture(tmp_path / "runs" / "03" / "samples" / "step-00000010.png")
    assert len(pictures_in(tmp_path, "pictures").sizes) == 3


@pytest.mark.skipif(os.name == "nt", reason="needs links")
def test_a_link_is_followed_once_and_one_that_leads_back_does_no_harm(tmp_path):
    heap(tmp_path / "mine", 2)
    heap(tmp_path / "elsewhere", 2, first=3)
    (tmp_path / "mine" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "mine" / "again").symlink_to(tmp_path / "mine")
    assert len(pictures_in(tmp_path / "mine", "pictures").sizes) == 4


def test_of_a_data_set_in_parts_the_training_part_alone_is_read(tmp_path):
    heap(tmp_path / "train", 3)
    heap(tmp_path / "cars", 3)
    assert len(pictures_in(tmp_path, "pictures").sizes) == 6  # trains and cars
    heap(tmp_path / "test", 3)
    listing = pictures_in(tmp_path, "pictures")
    assert (listing.path, len(listing.sizes)) == (tmp_path / "train", 3)


@pytest.mark.parametrize("layout", ["pictures", "pairs", "domains"])
def test_what_is_no_folder_is_one_line(tmp_path, layout):
    (tmp_path / "a.zip").touch()
    wanted = "wanted a folder of images; check the path"
    assert line(pictures_in, tmp_path / "no", layout) == f"{tmp_path / 'no'}: No such file or directory, {wanted}"
    assert line(pictures_in, tmp_path / "a.zip", layout) == f"{tmp_path / 'a.zip'}: Not a directory, {wanted}"


def test_a_folder_without_pictures_says_what_to_do(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").touch()
    assert (
        line(pictures_in, tmp_path, "pictures") == f"{tmp_path}: no image among 1 files; put .png or .jpg files in it"
    )
    (tmp_path / "in" / "a.heic").touch()
    found = "1 file(s) of kinds that are not read: a.heic"
    expected = f"{tmp_path}: no image among 2 files, but {found}; convert them to PNG or JPEG"
    assert line(pictures_in, tmp_path, "pictures") == expected


def test_a_folder_that_lacks_a_side_is_one_line(tmp_path):
    heap(tmp_path / "trainA", 3)
    expected = f"{tmp_path}: there is a folder trainA, but no trainB; make both, or neither"
    assert line(pictures_in, tmp_path, "domains") == expected
    assert line(pictures_in, tmp_path, "pairs") == expected
    (tmp_path / "trainA").rename(tmp_path / "cats")
    assert line(pictures_in, tmp_path, "domains").startswith(
        f"{tmp_path}: it holds no two domains; make two folders in"
    )
    with pytest.raises(ValueError, match=r"^layout is 'triples', wanted one of pictures, pairs, domains$"):
        pictures_in(tmp_path, "triples")


def test_the_digest_knows_names_and_sizes_and_not_the_place(tmp_path):
    listing = pictures_in(heap(tmp_path / "a", 3), "pictures")
    moved = pictures_in(shutil.copytree(tmp_path / "a", tmp_path / "b"), "pictures")
    assert listing.digest == moved.digest
    (tmp_path / "b" / "00.png").unlink()
    picture(tmp_path / "b" / "01.png", size=(40, 40))
    picture(tmp_path / "b" / "new.png")
    changed = pictures_in(tmp_path / "b", "pictures")
    assert changed.digest != listing.digest
    assert changed.differences(listing.sizes) == "new: new.png; missing: 00.png; changed: 01.png"
    assert moved.differences(listing.sizes) == ""


# pairs


def test_left_is_a_and_right_is_b(tmp_path):
    pairs = own_pairs(pictures_in(halves(tmp_path, 12), "pairs"), 8, 3, seed=0)
    assert (pairs.learned.shape, pairs.held_out.shape) == ((11, 2, 3, 8, 8), (1, 2, 3, 8, 8))
    inputs, targets = pairs.learned.unbind(1)
    assert torch.equal(inputs[:, 0], targets[:, 2])
    assert inputs[:, 1:].max() == targets[:, :2].max() == 0


@pytest.mark.parametrize("names", [("A", "B"), ("trainA", "trainB")])
def test_files_of_two_folders_are_pairs_by_name_whatever_their_suffix(tmp_path, names):
    pairs = own_pairs(pictures_in(two_sides(tmp_path, 12, names), "pairs"), 8, 3, seed=0)
    inputs, targets = pairs.learned.unbind(1)
    assert (inputs[:, 0, 4, 6].int() - targets[:, 1, 4, 6].int()).abs().max() <= 3  # JPEG
    assert len(inputs) == 11


def test_a_file_without_a_partner_is_named(tmp_path):
    two_sides(tmp_path, 4)
    (tmp_path / "A" / "01.png").unlink()
    picture(tmp_path / "A" / "x.png")
    listing = pictures_in(tmp_path, "pairs")
    found = "2 of the files in A and B have no partner of the same name: A/x.png, B/01.jpg"
    assert line(own_pairs, listing, 8, 3, 0) == f"{tmp_path}: {found}; add it or take them away"


def test_two_files_of_one_name_are_told(tmp_path):
    two_sides(tmp_path, 3)
    picture(tmp_path / "A" / "01.bmp")
    found = "several files have one name but for the suffix: A/01.bmp, A/01.png, B/01.jpg"
    assert line(own_pairs, pictures_in(tmp_path, "pairs"), 8, 3, 0) == f"{tmp_path}: {found}; keep one of them"


# held out


def test_what_is_held_out_is_chosen_by_the_seed_and_never_learned(tmp_path):
    listing = pictures_in(two_sides(tmp_path, 40), "domains")
    a, b = own_domains(listing, 4, 3, seed=3)
    for split, channel in ((a, 0), (b, 1)):
        strengths = split.learned[:, channel, 2, 3].tolist()
        shown = split.held_out[:, channel, 2, 3].tolist()
        assert (len(strengths), len(shown)) == (36, 4)
        assert set(strengths).isdisjoint(shown)
    again, _ = own_domains(listing, 4, 3, seed=3)
    other, _ = own_domains(listing, 4, 3, seed=4)
    assert torch.equal(a.held_out, again.held_out)
    assert not torch.equal(a.held_out, other.held_out)


@pytest.mark.parametrize(("n", "kept"), [(2, 1), (19, 1), (20, 2), (100, 8)])
def test_one_in_ten_is_held_out_at_least_one_and_at_most_eight(tmp_path, n, kept):
    listing = pictures_in(halves(tmp_path, n), "pairs")
    assert len(own_pairs(listing, 2, 3, seed=0).held_out) == kept


def test_domains_may_have_different_lengths(tmp_path):
    heap(tmp_path / "trainA", 5)
    heap(tmp_path / "trainB", 30)
    a, b = own_domains(pictures_in(tmp_path, "domains"), 4, 1, seed=0)
    assert (a.learned.shape, b.learned.shape) == ((4, 1, 4, 4), (29, 1, 4, 4))


def test_one_pair_alone_is_too_few(tmp_path):
    listing = pictures_in(halves(tmp_path, 1), "pairs")
    found = "nothing to learn from, 1 picture(s), 0 of them unusable, and 1 of each kind held out"
    assert line(own_pairs, listing, 4, 3, 0) == f"{tmp_path}: {found}; add pictures"


# odd and broken files


def test_every_odd_kind_is_read(tmp_path):
    for mode in ("L", "LA", "RGBA", "P", "I;16", "1"):
        (tmp_path / f"{mode.replace(';', '')}.png").write_bytes(encoded("PNG", mode))
    (tmp_path / "CMYK.jpg").write_bytes(encoded("JPEG", "CMYK"))
    (tmp_path / "animated.gif").write_bytes(animated())
    turned = Image.Exif()
    turned[0x0112] = 6
    (tmp_path / "turned.jpg").write_bytes(encoded("JPEG", exif=turned.tobytes()))
    for channels in (3, 1):
        assert own_pictures(pictures_in(tmp_path, "pictures"), 8, channels).shape == (9, channels, 8, 8)


def test_broken_files_are_named_once_at_the_end_and_the_others_are_learned(tmp_path):
    heap(tmp_path, 8)
    (tmp_path / "cut.jpg").write_bytes(encoded("JPEG")[:-1000])
    (tmp_path / "more" / "empty.png").touch()
    (tmp_path / "bomb.png").write_bytes(bomb(12_000, 12_000))
    (tmp_path / "notes.txt").touch()
    with pytest.warns(UserWarning, match="not read|cannot be used") as told:
        images = own_pictures(pictures_in(tmp_path, "pictures"), 8)
    assert len(images) == 8
    first, second = (str(warning.message) for warning in told)
    assert first == f"{tmp_path}: 1 file(s) not read: notes.txt; convert to PNG or JPEG what is a picture"
    start = (
        f"{tmp_path}: 3 of 11 picture(s) cannot be used and are left out: bomb.png (12000×12000, over 120 megapixels)"
    )
    assert second.startswith(f"{start}, cut.jpg (")
    assert ", more/empty.png (" in second


def test_a_pair_of_which_a_half_is_broken_is_left_out_whole(tmp_path):
    two_sides(tmp_path, 6)
    for number in range(3):
        (tmp_path / "B" / f"{number:02d}.jpg").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=r"3 of 12 picture\(s\) cannot be used and are left out: B/0"):
        pairs = own_pairs(pictures_in(tmp_path, "pairs"), 4, 3, seed=0)
    assert len(pairs.learned) + len(pairs.held_out) == 3
    inputs, targets = pairs.learned.unbind(1)
    assert (inputs[:, 0, 2, 3].int() - targets[:, 1, 2, 3].int()).abs().max() <= 3


def test_odd_widths_and_nothing_that_can_be_used_are_one_line(tmp_path):
    picture(tmp_path / "a.png", size=(15, 8))
    picture(tmp_path / "b.png", size=(17, 8))
    found = line(own_pairs, pictures_in(tmp_path, "pairs"), 4, 3, 0)
    assert found.startswith(f"{tmp_path}: nothing to learn from, 2 picture(s), 2 of them unusable: ")
    assert "a.png (odd width, cannot hold two images side by side)" in found
