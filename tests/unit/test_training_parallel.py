"""Two processes under torchrun (gloo): each sample once, replicas alike, and the gradients of one process."""

import os
import subprocess
import sys

import pytest
import torch

from course_gan.files import ROOT
from course_gan.training import Backend
from tests.unit.ddp_worker import gradients_and_states, without_norm
from tests.unit.tiny_games import differing, make


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parallel")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    arguments = ["-m", "tests.unit.ddp_worker", folder]
    result = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return [torch.load(folder / f"seen-{rank}.pt", weights_only=True) for rank in range(2)]


def test_each_sample_is_seen_once_an_epoch(seen):
    first, second = seen[0]["shown"], seen[1]["shown"]
    assert len(first) == len(second) == 12  # three steps of two moves on two samples: two epochs
    for epoch in (slice(0, 6), slice(6, 12)):
        assert sorted(first[epoch] + second[epoch]) == list(range(12))


@pytest.mark.parametrize("game", ["alone", "normed", "conditional", "cyclegan", "cut"])
def test_replicas_are_identical_after_every_step_buffers_included(seen, game):
    for (gradients, state), (other_gradients, other) in zip(seen[0][game], seen[1][game], strict=True):
        assert all(torch.equal(a, b) for a, b in zip(gradients, other_gradients))
        assert not differing(state, other)


def test_running_statistics_are_averaged_over_the_processes(seen):
    assert [rank["mean"].item() for rank in seen] == [2.0, 2.0]  # of 1 and 3


def test_without_batch_norm_two_processes_do_what_one_does_with_the_double_batch(seen):
    torch.manual_seed(0)
    alone = gradients_and_states(*without_norm(Backend("cpu", "fp32"), 6), 4)
    for (gradients, state), (wanted, wanted_state) in zip(seen[0]["alone"], alone, strict=True):
        torch.testing.assert_close(gradients, wanted, rtol=1e-4, atol=1e-6)
        for path, value in wanted_state.items():
            if path.startswith("game.players."):
                torch.testing.assert_close(state[path], value, rtol=1e-4, atol=1e-5)


def test_the_image_pools_hold_what_they_would_hold_in_one_process_with_the_double_batch(seen):
    alone = list(gradients_and_states(*make("CycleGAN", backend=Backend("cpu", "fp32")), 5))
    for (gradients, state), (wanted, wanted_state) in zip(seen[0]["cyclegan"], alone, strict=True):
        torch.testing.assert_close(gradients, wanted, rtol=1e-3, atol=1e-6)
        pools = [path for path in wanted_state if path.startswith("game.pools.")]
        assert pools
        for path in pools:
            torch.testing.assert_close(state[path], wanted_state[path], rtol=1e-4, atol=1e-5)


def test_cut_in_two_processes_does_what_one_does_with_the_double_batch(seen):
    """Its features are read beside the forward pass that is parallel: their gradients have to be averaged too."""
    alone = list(gradients_and_states(*make("CUT", backend=Backend("cpu", "fp32")), 3))
    for (gradients, _), (wanted, _) in zip(seen[0]["cut"], alone, strict=True):
        torch.testing.assert_close(gradients, wanted, rtol=1e-3, atol=1e-6)


def test_one_process_saves_and_both_resume(seen):
    for restored, left in (rank["restored"] for rank in seen):
        assert not differing(restored, left)
