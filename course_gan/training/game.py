"""A game: players, their optimisers, and who moves when. Subclasses say what each side minimises."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from course_gan.training.average import Average
from course_gan.training.backend import Backend
from course_gan.training.batch import Batch, in_pieces, look_at_range
from course_gan.training.finite import FiniteWatch
from course_gan.training.freeze import frozen
from course_gan.training.pool import ImagePool
from course_gan.training.schedules import linear_decay

Values = dict[str, Tensor]
PARTS = ("players", "optimizers", "schedules", "averages", "pools", "extras")  # by name, each with its state_dict


class Game:
    """What all games share: a side's turn, its descent, and the whole state as plain tensors.

    players: name -> network, moved to the backend's device.
    sides: name -> the players that move together, by Adam, in the order of their moves. A subclass has a method
        <side>_step(batch) for each, which moves it once and returns named scalars.
    averaged: names of the players that `ema` follows; ema: decay in [0, 1) of an `Average`, or None.
    lr: learning rate of all sides, or one for each; betas: Adam's.
    decay: (constant, decay) steps of `linear_decay`, or None. clip: largest norm of a side's gradient, or None.
    seed: all randomness of training (latents, dropout, image pools) comes from `self.random`, a CPU generator.

    A game may have two sides, or one that nobody plays against (an autoencoder, diffusion, a flow).
    A turn freezes the players of all other sides, so that D's move changes D alone and G's move G alone.
    A game can be copied and pickled between two steps, as far as what was passed to it can: lambdas cannot.
    """

    def __init__(
        self,
        players: dict[str, nn.Module],
        sides: dict[str, tuple[str, ...]],
        averaged: tuple[str, ...] = (),
        lr: float | dict[str, float] = 2e-4,
        betas: tuple[float, float] = (0.5, 0.999),
        decay: tuple[int, int] | None = None,
        ema: float | None = None,
        clip: float | None = None,
        seed: int = 0,
        backend: Backend | None = None,
    ):
        self.backend = backend or Backend()
        self.clip = clip
        self.sides = sides
        self.decay = decay
        self.steps = 0
        self.random = torch.Generator().manual_seed(seed)
        self.players = nn.ModuleDict({name: self.backend.prepare(player) for name, player in players.items()})
        self.dtype = _dtype(self.players)
        self._callable = {name: self.backend.parallel(player) for name, player in self.players.items()}
        rates = lr if isinstance(lr, dict) else dict.fromkeys(sides, lr)
        self.optimizers = {s: torch.optim.Adam(self._weights(s), rates[s], betas, fused=True) for s in sides}
        self.schedules = {s: linear_decay(o, *decay) for s, o in self.optimizers.items()} if decay else {}
        self.averages = {name: Average(self.players[name], ema) for name in averaged if ema is not None}
        self.pools: dict[str, ImagePool] = {}
        self.extras: dict[str, Any] = {}  # whatever else has a state_dict
        self.tensors: Values = {}  # whatever else belongs to the state
        self.watch = FiniteWatch(self.backend.device)
        self._handed: Any = None  # from one move to the next of the same step; no state
        self._looked = False  # at the range of the first batch

    def _weights(self, side: str) -> list[Tensor]:
        return [p for name in self.sides[side] for p in self.players[name].parameters() if p.requires_grad]

    def place(self, batch: Batch) -> Batch:
        """A batch on the device, its real numbers in the players' format."""
        return self.backend.to_device(batch, self.dtype)

    def next_batch(self, batches: Iterator) -> Batch:
        """The next batch, placed; of the very first it is asked whether its images are in [-1, 1]."""
        batch = self.place(next(batches))
        if not self._looked:
            look_at_range(self.painted(batch))
            self._looked = True
        return batch

    def painted(self, batch: Batch) -> tuple[Tensor, ...]:
        """The images of a batch that a generator ending in tanh is to reach; () where any range is right."""
        return ()

    @contextmanager
    def turn(self, side: str) -> Iterator[list[nn.Module]]:
        """The forward half of a move: yields the side's players, the others frozen, in the backend's number format.

        Inside, torch's global random state is the move's own, drawn from `self.random`.
        """
        seed = int(torch.randint(2**62, (), generator=self.random)) + self.backend.rank
        with ExitStack() as stack:
            stack.enter_context(frozen(p for name, p in self.players.items() if name not in self.sides[side]))
            stack.enter_context(self.backend.randomness(seed))
            stack.enter_context(self.backend.autocast(self.players))
            yield [self._callable[name] for name in self.sides[side]]

    def descend(self, side: str, loss: Tensor, **values: Tensor) -> Values:
        """The backward half of a move: one step of the side's optimiser, with an eye on NaN and inf.

        Returns the loss as "<side>_loss", and the values, all detached.
        """
        step = self.steps + 1
        optimizer = self.optimizers[side]
        named = [(f"{n}.{k}", p) for n in self.sides[side] for k, p in self.players[n].named_parameters()]
        self.watch.look([(f"the {side}'s loss", loss)], step)
        optimizer.zero_grad()
        loss.backward()
        self.watch.look([(f"the gradient of {name}", p.grad) for name, p in named if p.grad is not None], step)
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self._weights(side), self.clip)
        optimizer.step()
        self.watch.look([(f"the weight {name}", p) for name, p in named], step)
        self.backend.average_buffers(self.players[name] for name in self.sides[side])
        values = {f"{side}_loss": loss, **values}
        return {name: value.detach() for name, value in values.items()}

    def moves(self, batches: Iterator) -> Values:
        """One round: each side moves once on the same batch, in the order of `sides`; named scalars."""
        batch = self.next_batch(batches)
        values: Values = {}
        for side in self.sides:
            values |= getattr(self, f"{side}_step")(batch)
        return values

    def step(self, batches: Iterator) -> Values:
        """One step of training: a round of moves, then schedules and averages."""
        values = self.moves(batches)
        for side, schedule in self.schedules.items():
            if self.optimizers[side].state:  # a side that has not moved yet does not age
                schedule.step()
        # average
        for name, average in self.averages.items():
            average.update_parameters(self.players[name])
        self.steps += 1
        return values

    @contextmanager
    def evaluating(self, name: str, ema: bool = True) -> Iterator[nn.Module]:
        """A player, averaged where it is and ema is true, in evaluation mode; its dropout falls alike every time."""
        network = self.averages[name].module if ema and name in self.averages else self.players[name]
        mode = network.training
        try:
            with torch.no_grad(), self.backend.randomness(0):
                yield network.eval()
        finally:
            network.train(mode)

    def answer(self, name: str, inputs: Batch, ema: bool = True) -> Tensor:
        """What a player makes of inputs (n, ...), or of a tuple of them: float32 on the CPU, without gradient."""
        with self.evaluating(name, ema) as network:
            return torch.cat([network(*self.place(piece)).float().cpu() for piece in in_pieces(inputs, 64)])

    def state_dict(self) -> dict[str, Any]:
        """The whole state in plain tensors, numbers and names: what comes next depends on it and on the data alone."""
        state = {kind: {n: part.state_dict() for n, part in getattr(self, kind).items()} for kind in PARTS}
        numbers = {"game": type(self).__name__, "steps": self.steps, "random": self.random.get_state()}
        return state | numbers | {"tensors": dict(self.tensors)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where state_dict was taken, on whichever device this game is.

        Raises ValueError, before anything is loaded, when the state is of another game or its players of other shapes.
        """
        if state["game"] != type(self).__name__:
            raise ValueError(f"it was saved from a {state['game']}, this is a {type(self).__name__}")
        saved = _shapes(state["players"])
        mine = _shapes(self.state_dict()["players"])
        for name in saved | mine:
            if saved.get(name) != mine.get(name):
                raise ValueError(f"{name} is {saved.get(name)} there and {mine.get(name)} here")
        for kind in PARTS:
            for name, part in getattr(self, kind).items():
                part.load_state_dict(state[kind][name])
        for name, tensor in self.tensors.items():
            tensor.copy_(state["tensors"][name])
        self.random.set_state(state["random"])
        self.steps = state["steps"]
        self._handed = None

    def __getstate__(self) -> dict[str, Any]:
        schedules = {side: schedule.state_dict() for side, schedule in self.schedules.items()}
        return self.__dict__ | {"schedules": schedules, "_handed": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a copied or unpickled state; an optimiser has to be told of its schedule anew."""
        self.__dict__.update(state)
        schedules = self.schedules
        self.schedules = {}
        for side, saved in schedules.items():
            optimizer = self.optimizers[side]
            rates = [group["lr"] for group in optimizer.param_groups]
            self.schedules[side] = linear_decay(optimizer, *self.decay)
            self.schedules[side].load_state_dict(saved)
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate


def _dtype(players: nn.Module) -> torch.dtype:
    """The number format of the first parameter that has a real one; torch's default where none has."""
    return next((p.dtype for p in players.parameters() if p.is_floating_point()), torch.get_default_dtype())


def _shapes(players: dict[str, dict[str, Tensor]]) -> dict[str, tuple[int, ...]]:
    return {f"{name}.{key}": tuple(value.shape) for name, part in players.items() for key, value in part.items()}
