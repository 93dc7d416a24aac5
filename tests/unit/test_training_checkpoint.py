"""Checkpoints: whatever is wrong with a file is seen before anything is loaded from it, and is one line."""

import hashlib
import io
import os
import pickle
import re
import zipfile

import pytest
import torch

from course_gan.errors import CourseError
from course_gan.training import RunDirectory, checkpoint, train
from tests.unit.tiny_games import differing, leaves, make, whole_state
from tests.unit.tiny_runs import one_line, restored, trained


def _truncated(data):
    return data[:-7]


def _longer(data):
    return data + b"more"


def _shifted(data):
    return data[7:]


def _flipped(data):
    return data[:-5000] + bytes([data[-5000] ^ 4]) + data[-4999:]


def _foreign(_):
    return b"PK\x03\x04 not ours"


def _pickled(_):
    return pickle.dumps({"game": 1})


BAD = [
    (_truncated, r"is not a whole checkpoint of course_gan: nothing was loaded from it"),
    (_longer, r"is not a whole checkpoint of course_gan: nothing was loaded from it"),
    (_shifted, r"is damaged: it has \d+ of \d+ bytes"),
    (_flipped, r"is damaged: its SHA-256 is not the one recorded when it was saved"),
    (_foreign, r"is not a whole checkpoint of course_gan: nothing was loaded from it"),
    (_pickled, r"is not a whole checkpoint of course_gan: nothing was loaded from it"),
    (lambda _: b"", r"is not a whole checkpoint of course_gan: nothing was loaded from it"),
]


@pytest.mark.parametrize(("damage", "message"), BAD)
def test_a_damaged_checkpoint_is_named_and_passed_over(damage, message, tmp_path):
    trained(tmp_path)
    newest, older = tmp_path / "step-00000006.pt", tmp_path / "step-00000004.pt"
    newest.write_bytes(damage(newest.read_bytes()))
    game, batches, seen = restored(tmp_path)
    assert game.steps == 4
    (warning,) = seen
    assert re.fullmatch(f"passed over: {re.escape(str(newest))} {message}", warning)
    list(train(game, batches, 2))
    assert not differing(whole_state(game, batches), whole_state(*trained(tmp_path / "again")))
    for path in (older, tmp_path / "step-00000002.pt"):
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CourseError) as error:
        restored(tmp_path)
    assert one_line(error).startswith(f"no valid checkpoint among 3 in {tmp_path}: {newest} is ")


def test_no_flipped_bit_goes_unnoticed(tmp_path):
    path = tmp_path / "a.pt"
    checkpoint.write(path, {"x": torch.arange(4)})
    data = path.read_bytes()
    seal = data.rindex(b"course_gan") - 22  # from the end of the zip archive's directory on
    for place in [*range(0, seal, 97), *range(seal, len(data))]:
        for bit in (1, 128):
            path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
            with pytest.raises(CourseError):
                checkpoint.read(path)


class _Bomb:
    def __reduce__(self):
        return os.system, ("touch exploded",)


def test_a_forged_file_with_code_in_it_is_refused_and_the_code_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint.write(tmp_path / "step-00000009.pt", {"game": _Bomb()})  # hash and all
    with pytest.raises(checkpoint.DamagedError) as error:
        checkpoint.read(tmp_path / "step-00000009.pt")
    assert one_line(error) == f"{tmp_path}/step-00000009.pt holds more than plain tensors: nothing was loaded from it"
    assert not (tmp_path / "exploded").exists()


def test_a_checkpoint_of_a_newer_version_is_not_passed_over(tmp_path):
    trained(tmp_path)
    newest = tmp_path / "step-00000006.pt"
    newest.write_bytes(newest.read_bytes().replace(b"version 2", b"version 3", 1))
    with pytest.raises(CourseError) as error:
        restored(tmp_path)
    assert one_line(error) == f"{newest} has version 3, this course_gan reads 2: update course_gan"


def test_a_checkpoint_that_cannot_be_read_is_one_line(tmp_path):
    with RunDirectory(tmp_path):
        pass
    (tmp_path / "step-00000006.pt").mkdir()
    with pytest.raises(CourseError) as error:
        restored(tmp_path)
    assert one_line(error) == f"cannot read {tmp_path}/step-00000006.pt: Is a directory"


def test_another_game_architecture_or_data_set_is_refused_before_anything_is_loaded(tmp_path):
    trained(tmp_path)
    start = f"{tmp_path}/step-00000006.pt does not fit: "
    end = "; use the settings it was saved with"
    game, batches = make("CycleGAN")
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path) as run:
        run.restore(game, make("GAN")[1])
    assert one_line(error) == f"{start}it was saved from a GAN, this is a CycleGAN{end}"

    game, batches = make("GAN")
    game.players["generator"].paint = torch.nn.ConvTranspose2d(3, 1, 4, 2, 1)
    before = whole_state(game, batches)
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path) as run:
        run.restore(game, batches)
    assert one_line(error) == f"{start}generator.paint.weight is (2, 1, 4, 4) there and (3, 1, 4, 4) here{end}"
    assert all(path.startswith("batches") for path in differing(whole_state(game, batches), before))

    game, _ = make("GAN")
    _, batches = make("Pix2Pix")
    with pytest.raises(CourseError) as error, RunDirectory(tmp_path) as run:
        run.restore(game, batches)
    assert one_line(error) == f"{start}the saved batches have global_batch 4, these have 2{end}"

    checkpoint.write(tmp_path / "step-00000007.pt", {"weights": torch.ones(1)})
    with pytest.raises(CourseError, match=r"step-00000007\.pt does not fit: 'batches'; use the settings"):
        restored(tmp_path)


def test_a_checkpoint_from_cuda_loads_on_a_cpu(tmp_path, monkeypatch):
    """What torch.save writes of a CUDA tensor says "cuda:0"; so does this file, made without a GPU."""
    game, _ = trained(tmp_path)
    monkeypatch.setattr("torch.serialization.location_tag", lambda storage: "cuda:0")
    trained(tmp_path, steps=8)
    monkeypatch.undo()
    assert b"cuda:0" in (tmp_path / "step-00000008.pt").read_bytes()
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(tmp_path / "step-00000008.pt", weights_only=True)
    game, _, _ = restored(tmp_path)
    assert game.steps == 8
    assert {p.device.type for p in game.players.parameters()} == {"cpu"}


def test_torch_and_any_zip_reader_open_a_checkpoint_as_it_is(tmp_path):
    game, batches = trained(tmp_path)
    path = tmp_path / "step-00000006.pt"
    for options in ({}, {"map_location": "cpu"}, {"mmap": True}):
        state = torch.load(path, weights_only=True, **options)
        assert not differing(dict(leaves(state)), whole_state(game, batches))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.comment.startswith(b"course_gan checkpoint, version 2, sha256 ")


def test_a_checkpoint_of_version_1_is_still_read(tmp_path):
    """Its line stood in front of what torch.save wrote."""
    path, buffer = tmp_path / "a.pt", io.BytesIO()
    torch.save({"x": torch.arange(4)}, buffer)
    payload = buffer.getvalue()
    digest = hashlib.sha256(payload).hexdigest()
    header = f"course_gan checkpoint, version 1, sha256 {digest}, {len(payload)} bytes\n".encode()
    path.write_bytes(header + payload)
    assert torch.equal(checkpoint.read(path)["x"], torch.arange(4))
    path.write_bytes(header + payload[:-7])
    with pytest.raises(
        checkpoint.DamagedError, match=rf"is damaged: it has {len(payload) - 7} of {len(payload)} bytes"
    ):
        checkpoint.read(path)
    path.write_bytes(header + payload[:-1] + b"x")
    with pytest.raises(checkpoint.DamagedError, match="its SHA-256 is not the one recorded when it was saved"):
        checkpoint.read(path)
