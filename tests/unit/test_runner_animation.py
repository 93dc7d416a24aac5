"""The animation of a training: its pictures in their order, small enough to be sent to somebody."""

import numpy as np
import pytest
from PIL import Image

from course_gan.runner import animation, training


def pictures(folder, count, size=(300, 200)):
    random = np.random.default_rng(0)
    paths = []
    for k in range(count):
        pixels = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        pixels[:20, :20] = 12 * k  # which frame it is
        paths.append(folder / f"step-{k:08d}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


def test_the_frames_are_the_pictures_in_their_order(tmp_path):
    path = tmp_path / "a.webp"
    path.write_bytes(animation.animated(pictures(tmp_path, 5)))
    with Image.open(path) as shown:
        assert (shown.n_frames, shown.size, shown.info["loop"]) == (5, (300, 200), 0)
        for k in range(5):
            shown.seek(k)
            corner = np.asarray(shown.convert("RGB"))[5:15, 5:15].mean()
            assert corner == pytest.approx(12 * k, abs=10)


def test_noise_of_many_frames_still_fits(tmp_path):
    content = animation.animated(pictures(tmp_path, 21, size=(720, 540)))
    assert len(content) <= animation.LARGEST


def test_a_wide_picture_is_shrunk_and_keeps_its_shape(tmp_path):
    path = tmp_path / "a.webp"
    path.write_bytes(animation.animated(pictures(tmp_path, 2, size=(1440, 600))))
    with Image.open(path) as shown:
        assert shown.size == (720, 300)


def test_a_training_ends_with_an_animation_of_all_its_pictures(tmp_path):
    out = tmp_path / "run"
    training.run("03", "smoke", out, overrides={"steps": 30}, progress=False)
    frames = len(list((out / "samples").glob("step-*.png")))
    assert frames == 3
    with Image.open(out / "samples" / "animation.webp") as shown:
        assert shown.n_frames >= 2  # frames that are alike may be one
    training.run("03", None, out, resume=True, overrides={"steps": 40}, progress=False)
    with Image.open(out / "samples" / "animation.webp") as shown:
        assert shown.n_frames >= 3


def test_a_picture_that_somebody_damaged_is_said_and_the_training_ends_well(tmp_path, capsys):
    out = tmp_path / "run"
    training.run("03", "smoke", out, overrides={"steps": 20}, progress=False)
    (out / "samples" / "step-00000010.png").write_bytes(b"no picture")
    training.run("03", None, out, resume=True, overrides={"steps": 30}, progress=False)
    assert "no animation was made of samples/" in capsys.readouterr().err
    assert (out / "samples" / "step-00000030.png").exists()
