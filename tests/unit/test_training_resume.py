"""A resumed run is the uninterrupted run: bit for bit, from every step, and it needs every item of the state."""

import copy

import pytest
import torch

from course_gan.training import RunDirectory, checkpoint, train
from tests.unit.tiny_games import NAMES, differing, make, whole_state

STEPS = 40


@pytest.mark.parametrize("name", NAMES)
def test_resuming_from_every_step_of_a_run_gives_the_uninterrupted_run(name, tmp_path):
    game, batches = make(name)
    with RunDirectory(tmp_path, keep=STEPS) as run:
        run.save(game, batches)
        for _ in train(game, batches, STEPS, run, save_every=1):
            torch.rand(3)  # whatever the caller draws must not matter
    final, paths = whole_state(game, batches), sorted(tmp_path.glob("*.pt"))
    assert len(paths) == STEPS  # of 41, the newest 40
    for path in paths:
        state = checkpoint.read(path)
        resumed, their_batches = make(name, seed=7)
        their_batches.load_state_dict(state["batches"])
        resumed.load_state_dict(state["game"])
        for _ in train(resumed, their_batches, STEPS - resumed.steps):
            pass
        assert not differing(whole_state(resumed, their_batches), final), path.name


def _items(state):
    """The items of the state, each as the keys that lead to it."""
    for kind, value in state["game"].items():
        if kind == "game":  # the name of the game
            continue
        yield from ((("game", kind, part) for part in value) if isinstance(value, dict) else [("game", kind)])
    for name, value in state["batches"].items():
        for part in value if isinstance(value, dict) else [None]:
            if (part or name) not in ("length", "global_batch"):  # facts about the source, only checked
                yield ("batches", name) if part is None else ("batches", name, part)


def _state(game, batches):
    return copy.deepcopy({"game": game.state_dict(), "batches": batches.state_dict()})


@pytest.mark.parametrize("name", NAMES)
def test_leaving_out_any_item_of_the_state_is_detected(name):
    game, batches = make(name)
    for _ in train(game, batches, 14):
        pass
    saved = _state(game, batches)
    for _ in train(game, batches, 2):
        pass
    final = whole_state(game, batches)
    missed, items = [], list(_items(saved))
    for item in [None, *items]:
        other, their_batches = make(name, seed=7)
        for _ in train(other, their_batches, 3):
            pass
        state, own = copy.deepcopy(saved), _state(other, their_batches)
        if item is not None:  # the resumed run keeps its own
            *way, last = item
            target, source = state, own
            for key in way:
                target, source = target[key], source[key]
            target[last] = source[last]
        their_batches.load_state_dict(state["batches"])
        other.load_state_dict(state["game"])
        for _ in train(other, their_batches, 2):
            pass
        if bool(differing(whole_state(other, their_batches), final)) != (item is not None):
            missed.append(item)
    assert not missed
    kinds = {item[1] for item in items}
    assert {"players", "optimizers", "schedules", "averages", "random", "steps"} <= kinds
    assert {"GAN": "tensors", "ConditionalGAN": "extras", "CycleGAN": "pools"}.get(name, "players") in kinds


@pytest.mark.parametrize("name", NAMES)
def test_every_leaf_of_the_state_comes_back(name):
    game, batches = make(name)
    for _ in train(game, batches, 12):
        pass
    wanted = whole_state(game, batches)
    other, their_batches = make(name, seed=7)
    for _ in train(other, their_batches, 11):
        pass
    before = differing(whole_state(other, their_batches), wanted)
    constant = {path for path in wanted if path not in before and isinstance(wanted[path], torch.Tensor)}
    assert all("num_batches" in path or "n_averaged" in path or ".step" in path for path in constant), constant
    their_batches.load_state_dict(copy.deepcopy(batches.state_dict()))
    other.load_state_dict(copy.deepcopy(game.state_dict()))
    assert not differing(whole_state(other, their_batches), wanted)


def test_samples_of_a_resumed_game_are_the_same():
    game, batches = make("GAN")
    for _ in train(game, batches, 3):
        pass
    other, _ = make("GAN", seed=7)
    other.load_state_dict(game.state_dict())
    assert torch.equal(other.sample(n=70), game.sample(n=70))
    assert not torch.equal(game.sample(ema=True), game.sample(ema=False))
