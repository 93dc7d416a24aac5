import itertools
import json

import pytest
import torch

from course_gan.data import Batches, ImageSet, UnpairedBatches, derived_generator

N, BATCH = 23, 4  # 5 batches an epoch, 3 samples left out


def numbers(n=N):
    return torch.arange(n, dtype=torch.float32)


def take(batches, k):
    return list(itertools.islice(batches, k))


@pytest.mark.parametrize("n", [20, 23])
def test_an_epoch_shows_each_sample_at_most_once_and_drops_only_the_incomplete_batch(n):
    seen = torch.cat(take(Batches(numbers(n), BATCH), n // BATCH))
    assert len(seen.unique()) == len(seen) == n // BATCH * BATCH


def test_every_sample_has_its_turn_within_some_epochs():
    seen = torch.cat(take(Batches(numbers(), BATCH), 50))
    assert len(seen.unique()) == N


def test_each_epoch_and_each_seed_has_an_order_of_its_own():
    orders = [torch.cat(take(Batches(numbers(), BATCH, seed=seed), 15)).view(3, -1) for seed in (0, 1)]
    rows = [tuple(row.tolist()) for row in torch.cat(orders)]
    assert len(set(rows)) == 6


def test_the_same_seed_gives_the_same_batches_whatever_else_draws_random_numbers():
    first = take(Batches(numbers(), BATCH, seed=3), 12)
    torch.manual_seed(99)
    batches, second = Batches(numbers(), BATCH, seed=3), []
    for _ in range(12):
        torch.rand(5)
        second.append(next(batches))
    assert all(torch.equal(a, b) for a, b in zip(first, second))


@pytest.mark.parametrize("stop", range(13))
def test_resume_is_exact_from_every_position(stop):
    def noisy(batch, generator):
        return batch + torch.rand(len(batch), generator=generator)

    whole = take(Batches(numbers(), BATCH, seed=5, transform=noisy), 20)
    interrupted = Batches(numbers(), BATCH, seed=5, transform=noisy)
    take(interrupted, stop)
    state = json.loads(json.dumps(interrupted.state_dict()))  # plain integers
    resumed = Batches(numbers(), BATCH, seed=0, transform=noisy)
    take(resumed, 7)
    resumed.load_state_dict(state)
    assert all(torch.equal(a, b) for a, b in zip(whole[stop:], take(resumed, 20 - stop), strict=True))


def test_saving_does_not_disturb_the_order():
    undisturbed, watched = take(Batches(numbers(), BATCH), 12), Batches(numbers(), BATCH)
    for expected in undisturbed:
        watched.state_dict()
        assert torch.equal(next(watched), expected)


@pytest.mark.parametrize("world_size", [1, 2, 3, 5])
def test_processes_together_see_what_one_process_with_their_whole_batch_sees(world_size):
    one = take(Batches(numbers(), 2 * world_size, seed=1), 12)
    ranks = [take(Batches(numbers(), 2, 1, rank, world_size), 12) for rank in range(world_size)]
    for k, whole in enumerate(one):
        assert torch.equal(torch.cat([rank[k] for rank in ranks]), whole)


def test_a_run_of_one_process_resumes_on_two():
    one, whole = Batches(numbers(), BATCH, seed=1), take(Batches(numbers(), BATCH, seed=1), 9)
    take(one, 7)
    halves = [Batches(numbers(), BATCH // 2, rank=rank, world_size=2) for rank in (0, 1)]
    for half in halves:
        half.load_state_dict(one.state_dict())
    assert torch.equal(torch.cat([next(half) for half in halves]), whole[7])


def test_uint8_becomes_float_in_minus_one_to_one_and_other_types_stay():
    images = torch.tensor([0, 255, 0, 255], dtype=torch.uint8).view(4, 1, 1, 1)
    batch = next(Batches(ImageSet("x", images), 4))
    assert batch.dtype == torch.float32
    assert sorted(batch.flatten().tolist()) == [-1, -1, 1, 1]
    assert next(Batches(torch.arange(4), 4)).dtype == torch.int64
    assert next(Batches(torch.rand(4, 2, dtype=torch.float64), 4)).dtype == torch.float64


def test_drawing_does_not_change_the_source():
    images = torch.randint(256, (8, 1, 2, 2), dtype=torch.uint8)
    before = images.clone()
    for batch in take(Batches(images, 4), 4):
        batch.zero_()
    assert torch.equal(images, before)


def test_pairs_stay_pairs():
    images = torch.arange(N, dtype=torch.uint8).view(N, 1, 1, 1)
    for picture, label in take(Batches((ImageSet("x", images), torch.arange(N)), BATCH), 12):
        assert torch.equal(((picture.flatten() + 1) * 127.5).round().long(), label)


def test_the_transform_gets_a_generator_of_its_own_at_each_position_and_rank():
    def draw(batch, generator):
        return torch.rand((), generator=generator).item()

    draws = [x for rank in (0, 1) for x in take(Batches(numbers(), BATCH, 0, rank, 2, transform=draw), 10)]
    assert len(set(draws)) == 20


def test_unpaired_sides_of_equal_length_are_not_drawn_in_the_same_order():
    batches = UnpairedBatches(numbers(), numbers(), BATCH)
    assert sum(torch.equal(a, b) for a, b in take(batches, 10)) == 0


def test_unpaired_sides_have_epochs_of_their_own():
    batches = take(UnpairedBatches(numbers(8), numbers(20), BATCH), 10)
    for side, n in ((0, 8), (1, 20)):
        epochs = torch.cat([batch[side] for batch in batches]).view(-1, n)
        assert all(len(epoch.unique()) == n for epoch in epochs)


@pytest.mark.parametrize("stop", [0, 1, 2, 5, 9])
def test_unpaired_resume_is_exact(stop):
    whole = take(UnpairedBatches(numbers(), numbers(9), BATCH, seed=2), 14)
    interrupted, resumed = (UnpairedBatches(numbers(), numbers(9), BATCH, seed=seed) for seed in (2, 0))
    take(interrupted, stop)
    resumed.load_state_dict(json.loads(json.dumps(interrupted.state_dict())))
    for (a, b), (x, y) in zip(whole[stop:], resumed):
        assert torch.equal(a, x)
        assert torch.equal(b, y)


def test_a_source_shorter_than_a_batch_is_refused():
    with pytest.raises(ValueError, match=r"^3 samples, but a batch needs 4; use a smaller batch_size$"):
        Batches(numbers(3), 4)
    with pytest.raises(ValueError, match=r"^5 samples, but a batch needs 6; use a smaller batch_size$"):
        Batches(numbers(5), 3, world_size=2)


def test_parts_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match=r"^the parts of the source have lengths \[4, 5\], wanted equal ones$"):
        Batches((numbers(4), numbers(5)), 2)


@pytest.mark.parametrize(("batch_size", "rank", "world_size"), [(0, 0, 1), (2, 2, 2), (2, -1, 2)])
def test_impossible_arguments_are_refused(batch_size, rank, world_size):
    with pytest.raises(ValueError, match=r"wanted batch_size >= 1 and 0 <= rank < world_size$"):
        Batches(numbers(), batch_size, rank=rank, world_size=world_size)


def test_the_state_of_another_source_or_batch_size_is_refused():
    state = Batches(numbers(), BATCH).state_dict()
    with pytest.raises(ValueError, match=r"^the saved batches have length 23, these have 24$"):
        Batches(numbers(24), BATCH).load_state_dict(state)
    with pytest.raises(ValueError, match=r"^the saved batches have global_batch 4, these have 5$"):
        Batches(numbers(), 5).load_state_dict(state)


def test_a_derived_generator_depends_on_every_number_and_on_their_order():
    draws = [torch.rand((), generator=derived_generator(*key)).item() for key in [(1, 2), (2, 1), (1,), (1, 2, 0)]]
    assert len(set(draws)) == 4
    assert torch.rand((), generator=derived_generator(1, 2)).item() == draws[0]
