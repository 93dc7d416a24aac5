"""Whose folder a run directory is: nothing of anybody else's is overwritten or dropped there."""

import os
import shutil

import pytest

from course_gan.errors import CourseError
from course_gan.training import RunDirectory, checkpoint, train
from tests.unit.tiny_games import make
from tests.unit.tiny_runs import one_line, restored, trained


def test_a_folder_with_anything_of_somebody_elses_is_refused_and_not_touched(tmp_path):
    (tmp_path / "thesis.tmp").write_text("mine")
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path):
        pass
    assert one_line(error) == (
        f"cannot use {tmp_path}: it holds something else than a training (thesis.tmp); "
        "nothing was touched, choose a new or an empty folder"
    )
    assert os.listdir(tmp_path) == ["thesis.tmp"]


def test_only_what_was_saved_or_restored_here_is_dropped(tmp_path):
    trained(tmp_path)
    (tmp_path / "step-best.pt").write_bytes(b"mine")
    (tmp_path / "step-00000001.pt").write_bytes((tmp_path / "step-00000006.pt").read_bytes())
    (tmp_path / "step-00000003.pt").write_bytes(b"mine")
    trained(tmp_path, steps=12)
    kept = {"step-best.pt", "step-00000001.pt", "step-00000003.pt"}
    assert {path.name for path in tmp_path.glob("*.pt")} == kept | {f"step-{n:08d}.pt" for n in (8, 10, 12)}


def test_what_stands_where_a_checkpoint_is_to_be_saved_is_set_aside(tmp_path):
    trained(tmp_path, steps=2)
    for name in ("step-00000004.pt", "step-00000006.pt"):
        (tmp_path / name).mkdir()
    game, batches = make("GAN")
    with pytest.warns(UserWarning, match=r"is not what was saved here: kept as"), RunDirectory(tmp_path) as run:
        list(train(game, batches, 6, run, 2))
    assert (tmp_path / "step-00000004.pt.1").is_dir()
    assert checkpoint.read(tmp_path / "step-00000006.pt")


def test_a_copy_of_a_run_directory_is_one_too(tmp_path):
    trained(tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "unplugged")
    assert restored(tmp_path / "unplugged")[0].steps == 6


def test_a_directory_that_was_not_entered_saves_in_a_folder_of_ours_alone(tmp_path):
    game, batches = make("GAN")
    RunDirectory(tmp_path / "new").save(game, batches)
    assert restored(tmp_path / "new")[0].steps == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a").write_text("mine")
    with pytest.raises(CourseError, match="nothing was touched"):
        RunDirectory(tmp_path / "mine").save(game, batches)


@pytest.mark.parametrize("number", [99_999_999, 100_000_000])
def test_the_newest_is_the_one_of_the_largest_number(tmp_path, number):
    for step in (number, 12_345_678):
        (tmp_path / f"step-{step:08d}.pt").touch()
    assert RunDirectory(tmp_path).checkpoints()[0].name == f"step-{number}.pt"
