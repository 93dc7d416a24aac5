"""What each of two processes under torchrun does for test_training_parallel: train, and write down what it saw."""

import sys
from pathlib import Path

import torch

from course_gan.data import Batches, UnpairedBatches
from course_gan.training import GAN, Backend, RunDirectory, train
from tests.unit.tiny_games import TinyGenerator, images, make, tiny_discriminator, whole_state


class WithoutNorm(TinyGenerator):
    """Each sample alone, so that half of a batch in each process is the whole batch."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.Identity()


def without_norm(backend, batch_size):
    torch.manual_seed(backend.rank)  # DDP brings the replicas to rank 0's weights
    game = GAN(WithoutNorm(), tiny_discriminator(norm=False, dropout=False), ema=0.9, r1=1.0, r2=1.0, backend=backend)
    return game, Batches(images(), batch_size, 0, backend.rank, backend.world_size)


def gradients_and_states(game, batches, steps):
    """After each step: the gradients of both players, and the whole state."""
    for _ in train(game, batches, steps):
        yield [p.grad.clone() for p in game.players.parameters()], whole_state(game, batches)


def main(folder):
    torch.set_num_threads(1)
    backend = Backend("cpu", "fp32")
    assert backend.world_size == 2
    seen = {"alone": list(gradients_and_states(*without_norm(backend, 3), 4))}
    game, _ = make("GAN", backend=backend)  # batch norm and dropout
    batches = Batches(torch.arange(12.0).view(12, 1, 1, 1).expand(-1, 1, 8, 8) / 12, 2, 0, backend.rank, 2)
    shown, step = [], game.discriminator_step
    game.discriminator_step = lambda real: (shown.extend((real[:, 0, 0, 0] * 12).round().int().tolist()), step(real))[1]
    seen["normed"], seen["shown"] = list(gradients_and_states(game, batches, 3)), shown[:]
    norm = torch.nn.BatchNorm1d(1)
    norm.running_mean.fill_(1.0 + 2 * backend.rank)
    backend.average_buffers([norm])
    seen["mean"] = norm.running_mean
    cyclegan, _ = make("CycleGAN", backend=backend)
    unpaired = UnpairedBatches(images(), images(10, seed=1), 1, 0, rank=backend.rank, world_size=2)
    seen["cyclegan"] = list(gradients_and_states(cyclegan, unpaired, 5))
    cut, _ = make("CUT", backend=backend)
    unpaired = UnpairedBatches(images(), images(10, seed=1), 1, 0, rank=backend.rank, world_size=2)
    seen["cut"] = list(gradients_and_states(cut, unpaired, 3))
    conditional, _ = make("ConditionalGAN", backend=backend, discriminator_steps=2)
    labelled = Batches((images(), torch.arange(12) % 3), 2, 0, backend.rank, 2)
    seen["conditional"] = list(gradients_and_states(conditional, labelled, 3))
    with RunDirectory(folder / "run", writer=backend.rank == 0) as run:
        list(train(game, batches, 2, run))
    torch.distributed.barrier()
    again, _ = make("GAN", seed=7, backend=backend)
    conditional, _ = make("ConditionalGAN", backend=backend, discriminator_steps=2)
    labelled = Batches((images(), torch.arange(12) % 3), 2, 0, backend.rank, 2)
    seen["conditional"] = list(gradients_and_states(conditional, labelled, 3))
    with RunDirectory(folder / "run", writer=False) as run:
        run.restore(again, batches)
    seen["restored"] = whole_state(again, batches), whole_state(game, batches)
    torch.save(seen, folder / f"seen-{backend.rank}.pt")
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
