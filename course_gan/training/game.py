"""A game: players, their optimisers, and who moves when. Subclasses say what each side minimises."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from course_gan.training.average import Average
from course_gan.training.backend import Backend
from course_gan.training.finite import FiniteWatch
from course_gan.training.freeze import frozen
from course_gan.training.schedules import linear_decay

Values = dict[str, Tensor]


class Game:
    """What all games share: a side's turn, its descent, and the whole state as plain tensors.

    players: name -> network; they are moved to the backend's device.
    seed: all randomness of training (latents, dropout, image pool) comes from `self.random`, a CPU generator.

    A turn freezes the players of the other side, so that D's move changes D alone and G's move G alone.
    """

    def __init__(self, players: dict[str, nn.Module], seed: int = 0, backend: Backend | None = None):
        self.backend = backend or Backend()
        self.players = nn.ModuleDict({name: self.backend.prepare(player) for name, player in players.items()})
        self._callable = {name: self.backend.parallel(player) for name, player in self.players.items()}
        self.random = torch.Generator().manual_seed(seed)
        self.sides: dict[str, tuple[str, ...]] = {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        self.schedules: dict[str, torch.optim.lr_scheduler.LRScheduler] = {}
        self.averages: dict[str, Average] = {}
        self.watch = FiniteWatch(self.backend.device)
        self.clip: float | None = None
        self.steps = 0

    def add_side(self, side: str, names: tuple[str, ...], lr: float, betas: tuple[float, float], decay=None) -> None:
        """Let the named players move together, with Adam; decay: (constant, decay) steps of `linear_decay`, or None."""
        self.sides[side] = names
        parameters = [p for name in names for p in self.players[name].parameters() if p.requires_grad]
        self.optimizers[side] = torch.optim.Adam(parameters, lr, betas, fused=True)
        if decay is not None:
            self.schedules[side] = linear_decay(self.optimizers[side], *decay)

    def add_average(self, name: str, decay: float | None) -> None:
        """Follow a player with an exponential moving average, unless decay is None."""
        if decay is not None:
            self.averages[name] = Average(self.players[name], decay)

    @contextmanager
    def turn(self, side: str) -> Iterator[list[nn.Module]]:
        """The forward half of a move: yields the side's players, the others frozen, in the backend's number format."""
        mine = self.sides[side]
        seed = int(torch.randint(2**62, (), generator=self.random)) + self.backend.rank
        with ExitStack() as stack:
            stack.enter_context(frozen(player for name, player in self.players.items() if name not in mine))
            stack.enter_context(self.backend.randomness(seed))
            stack.enter_context(self.backend.autocast(self.players))
            yield [self._callable[name] for name in mine]

    def descend(self, side: str, loss: Tensor) -> None:
        """The backward half of a move: one optimiser step of the side, with an eye on NaN and inf."""
        mine, step = [self.players[name] for name in self.sides[side]], self.steps + 1
        parameters = [(f"{n}.{k}", p) for n in self.sides[side] for k, p in self.players[n].named_parameters()]
        self.watch.look("loss", [(f"the {side}'s loss", loss)], step)
        self.optimizers[side].zero_grad()
        loss.backward()
        gradients = [(f"the gradient of {name}", p.grad) for name, p in parameters if p.grad is not None]
        self.watch.look("gradient", gradients, step)
        if self.clip is not None:
            nn.utils.clip_grad_norm_((p for _, p in parameters), self.clip)
        self.optimizers[side].step()
        self.watch.look("weight", [(f"the weight {name}", p) for name, p in parameters], step)
        self.backend.average_buffers(mine)

    def discriminator_step(self, batch: Tensor | tuple) -> Values:
        """Move the discriminator side once; returns named scalars."""
        raise NotImplementedError

    def generator_step(self, batch: Tensor | tuple) -> Values:
        """Move the generator side once; returns named scalars."""
        raise NotImplementedError

    def moves(self, batches: Iterator) -> Values:
        """One round of moves in the published order; the default is D, then G, on one batch."""
        batch = self.backend.to_device(next(batches))
        return self.discriminator_step(batch) | self.generator_step(batch)

    def step(self, batches: Iterator) -> Values:
        """One step of training: a round of moves, then schedules and averages."""
        values = self.moves(batches)
        for schedule in self.schedules.values():
            schedule.step()
        for name, average in self.averages.items():
            average.update_parameters(self.players[name])
        self.steps += 1
        return values

    def network(self, name: str, ema: bool = True) -> nn.Module:
        """The averaged player where there is one and it is wanted, else the player itself."""
        return self.averages[name].module if ema and name in self.averages else self.players[name]

    def _parts(self) -> dict[str, dict[str, Any]]:
        """Everything with a state_dict of its own, by kind and name; subclasses add to it."""
        return {
            "players": dict(self.players),
            "optimizers": self.optimizers,
            "schedules": self.schedules,
            "averages": self.averages,
        }

    def _tensors(self) -> dict[str, Tensor]:
        """Fixed tensors that belong to the state; subclasses add to it."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """The whole state in plain tensors, numbers and names: what comes next depends on it and the data alone."""
        state = {kind: {n: part.state_dict() for n, part in parts.items()} for kind, parts in self._parts().items()}
        scalars = {"game": type(self).__name__, "steps": self.steps, "random": self.random.get_state()}
        return state | scalars | {"tensors": {name: tensor.clone() for name, tensor in self._tensors().items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where state_dict was taken, on whichever device this game is."""
        for kind, parts in self._parts().items():
            for name, part in parts.items():
                part.load_state_dict(state[kind][name])
        for name, tensor in self._tensors().items():
            tensor.copy_(state["tensors"][name])
        self.random.set_state(state["random"].cpu())
        self.steps = state["steps"]
