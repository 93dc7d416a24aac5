"""Wrong answers that the checks of exercise 01 must reject, and right ones, written otherwise, that they must accept."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def returns(value):
    return lambda *_: value


# ── the moves, with one thing wrong or written otherwise ────────────────────────────────────────────────────────────


def d_step(fake=lambda G, z: G(z).detach(), loss=None, clear=lambda D, o, G: o.zero_grad(), move=lambda o: o.step()):
    def step(G, D, optimizer, real, z):
        made = fake(G, z)
        value = (loss or (lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean()))(D(real), D(made))
        clear(D, optimizer, G)
        value.backward()
        move(optimizer)
        return value.item()

    return step


def d_step_before_backward(G, D, optimizer, real, z):
    value = F.softplus(-D(real)).mean() + F.softplus(D(G(z).detach())).mean()
    value.backward()
    optimizer.zero_grad()
    optimizer.step()
    return value.item()


def d_step_moves_both(G, D, optimizer, real, z):
    value = F.softplus(-D(real)).mean() + F.softplus(D(G(z))).mean()
    optimizer.zero_grad()
    value.backward()
    optimizer.step()
    with torch.no_grad():
        for weight in G.parameters():
            weight -= 0.1 * weight.grad
    G.zero_grad()
    return value.item()


def d_step_returns_nothing(G, D, optimizer, real, z):
    d_step()(G, D, optimizer, real, z)


def d_step_no_grad(G, D, optimizer, real, z):
    with torch.no_grad():
        fake = G(z)
    value = F.binary_cross_entropy_with_logits(D(real), torch.ones(len(real), dtype=real.dtype))
    value = value + F.binary_cross_entropy_with_logits(D(fake), torch.zeros(len(z), dtype=z.dtype))
    D.zero_grad(set_to_none=True)
    value.backward()
    optimizer.step()
    return value.detach()


def d_step_frozen(G, D, optimizer, real, z):
    G.requires_grad_(False)
    value = -F.logsigmoid(D(real)).mean() - F.logsigmoid(-D(G(z))).mean()
    G.requires_grad_(True)
    for weight, gradient in zip(D.parameters(), torch.autograd.grad(value, list(D.parameters()))):
        weight.grad = gradient
    optimizer.step()
    return float(value.detach())


def d_step_stays_frozen(G, D, optimizer, real, z):
    G.requires_grad_(False)
    return d_step()(G, D, optimizer, real, z)


def g_step(loss=lambda f: F.softplus(-f).mean(), fake=lambda G, z: G(z), clear=lambda o, G, D: o.zero_grad()):
    def step(G, D, optimizer, z):
        value = loss(D(fake(G, z)))
        clear(optimizer, G, D)
        value.backward()
        optimizer.step()
        return value.item()

    return step


def g_step_moves_d(G, D, optimizer, z):
    D.zero_grad()
    value = g_step()(G, D, optimizer, z)
    with torch.no_grad():
        for weight in D.parameters():
            weight += 0.1 * weight.grad
    return value


def g_step_frozen(G, D, optimizer, z):
    D.requires_grad_(False)
    value = g_step()(G, D, optimizer, z)
    D.requires_grad_(True)
    return value


def g_step_stays_frozen(G, D, optimizer, z):
    D.requires_grad_(False)
    return g_step()(G, D, optimizer, z)


# ── the examiner ────────────────────────────────────────────────────────────────────────────────────────────────────


def examined(step, detach=True, leftovers=True, moves=True, labels=True):
    """Another examiner: it compares one step with the gradient written down by hand; parts of it can be left out."""
    real, z = torch.randn(64, 3, dtype=torch.float64) + 2, torch.randn(64, 3, dtype=torch.float64)
    G, D = nn.Linear(3, 3, dtype=torch.float64), nn.Sequential(nn.Linear(3, 1, dtype=torch.float64), nn.Flatten(0))
    before = D[0].weight.detach().clone()
    value = F.softplus(-D(real)).mean() + F.softplus(D(G(z).detach())).mean()
    (slope,) = torch.autograd.grad(value, D[0].weight)
    for weight in D.parameters():
        weight.grad = torch.full_like(weight, 7.0)
    step(G, D, torch.optim.SGD(D.parameters(), lr=1.0), real, z)
    moved = before - D[0].weight.detach()
    if detach and any(weight.grad is not None for weight in G.parameters()):
        return "not detached"
    if moves and not moved.any():
        return "never moves"
    if leftovers and torch.allclose(moved, slope + 7):
        return "gradients pile up"
    return "labels swapped" if labels and not torch.allclose(moved, slope) else "healthy"


def by_cosine(step):
    """And one that looks at the direction of a tiny step, the leftovers sown in two ways."""
    moves = []
    for leftover in (None, 5.0):
        torch.manual_seed(1)
        real, z = torch.randn(64, 2) + 2, torch.randn(64, 2)
        G, D = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
        before = D[0].weight.detach().clone()
        gap = (D(real).mean() - D(G(z)).mean()).item()
        for weight in D.parameters():
            weight.grad = None if leftover is None else torch.full_like(weight, leftover)
        step(G, D, torch.optim.SGD(D.parameters(), lr=1e-2), real, z)
        if G.weight.grad is not None:
            return "not detached"
        moves.append((D[0].weight.detach() - before, (D(real).mean() - D(G(z)).mean()).item() - gap))
    (first, gain), (second, _) = moves
    if not first.any():
        return "never moves"
    if not torch.allclose(first, second, atol=1e-6):
        return "gradients pile up"
    return "healthy" if gain > 0 else "labels swapped"


# ── the ring ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Memory(nn.Module):
    """Not a generator: it looks up a point that it was shown."""

    def __init__(self, points):
        super().__init__()
        self.points = points

    def forward(self, z):
        return self.points[(z[:, 0] * 1e4).long().abs() % len(self.points)]


def relativistic(real, fake):
    return F.softplus(fake - real).mean(), F.softplus(real - fake).mean()


def hinge(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean(), -fake.mean()


def trained(steps=2000, losses=relativistic, bend=nn.ReLU, batch=128):
    """A training of another make than the solution's: other losses, other networks, one set of fakes for both moves."""

    def train(sample, budget):
        G = nn.Sequential(nn.Linear(2, 64), bend(), nn.Linear(64, 64), bend(), nn.Linear(64, 2))
        D = nn.Sequential(nn.Linear(2, 96), bend(), nn.Linear(96, 96), bend(), nn.Linear(96, 1))
        optimizers = [torch.optim.Adam(net.parameters(), betas=(0.0, 0.9)) for net in (D, G)]
        for step in range(steps):
            for optimizer, rate in zip(optimizers, (4e-3, 2e-3)):
                optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
            real = sample(batch).requires_grad_()
            scores, fake = D(real), G(torch.randn(batch, 2))
            (slope,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
            loss = losses(scores, D(fake.detach()))[0] + 0.025 * slope.square().sum(1).mean()
            optimizers[0].zero_grad()
            loss.backward()
            optimizers[0].step()
            loss = losses(D(real.detach()), D(fake))[1]
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
        return G

    return train


def as_function(sample, budget):
    G = trained(losses=hinge, bend=nn.LeakyReLU, batch=120)(sample, budget)
    return lambda z: G(z).double()


def greedy(sample, budget):
    sample(budget)
    return trained(steps=1)(sample, budget)


def one_mode(sample, budget):
    point = sample(1)[0]
    return lambda z: point + 0.05 * z


def returns_points(sample, budget):
    return sample(4000)


def noisy(sample, budget):
    angles = torch.arange(8) * (math.pi / 4) + torch.atan2(*sample(1)[0].flip(0))

    def generator(z):
        angle = angles[torch.randint(8, (len(z),))]
        return torch.stack([angle.cos(), angle.sin()], 1) + 0.05 * z

    return generator


WRONG = {
    "01.optimal_discriminator": {
        "p and q exchanged": lambda p, q: torch.where(p + q > 0, q / (p + q), 0.5),
        "NaN where nobody is": lambda p, q: p / (p + q),
        "zero where nobody is": lambda p, q: torch.nan_to_num(p / (p + q)),
        "an epsilon that bends small densities": lambda p, q: (p + 1e-8) / (p + q + 2e-8),
        "yes or no": lambda p, q: torch.where(p == q, 0.5, (p > q).double()),
        "the ratio p / q": lambda p, q: p / q,
        "always one half": lambda p, q: torch.full_like(p, 0.5),
        "changes p": lambda p, q: p.div_(p + q).nan_to_num_(0.5),
        "rounded to integers": lambda p, q: torch.where(p + q > 0, p / (p + q), 0.5).round().long(),
        "one number for all": lambda p, q: p.sum() / (p + q).sum(),
    },
    "01.game_value": {
        "a sum without dx": lambda D, p, q, x: (p * D.log() + q * (1 - D).log()).sum(),
        "a mean": lambda D, p, q, x: (p * D.log() + q * (1 - D).log()).mean(),
        "even spacing assumed": lambda D, p, q, x: torch.trapezoid(
            p * D.log() + q * (1 - D).log(), dx=float(x[1] - x[0])
        ),
        "p and q exchanged": lambda D, p, q, x: torch.trapezoid(q * D.log() + p * (1 - D).log(), x),
        "log of D in both": lambda D, p, q, x: torch.trapezoid((p + q) * D.log(), x),
        "sign: the loss": lambda D, p, q, x: -torch.trapezoid(p * D.log() + q * (1 - D).log(), x),
        "log to base 2": lambda D, p, q, x: torch.trapezoid(p * D.log2() + q * (1 - D).log2(), x),
        "rectangles from the left": lambda D, p, q, x: ((p * D.log() + q * (1 - D).log())[:-1] * x.diff()).sum(),
        "only the real term": lambda D, p, q, x: torch.trapezoid(p * D.log(), x),
        "the value at the optimum": lambda D, p, q, x: torch.tensor(-math.log(4)),
    },
    "01.discriminator_loss": {
        "sigmoid, then log": lambda r, f: -torch.sigmoid(r).log().mean() - (1 - torch.sigmoid(f)).log().mean(),
        "sigmoid, then log, with an epsilon": lambda r, f: (
            -(torch.sigmoid(r) + 1e-8).log().mean() - (1 - torch.sigmoid(f) + 1e-8).log().mean()
        ),
        "sigmoid twice": lambda r, f: F.softplus(-torch.sigmoid(r)).mean() + F.softplus(torch.sigmoid(f)).mean(),
        "halved": lambda r, f: (F.softplus(-r).mean() + F.softplus(f).mean()) / 2,
        "labels swapped": lambda r, f: F.softplus(r).mean() + F.softplus(-f).mean(),
        "sign of the fakes": lambda r, f: F.softplus(-r).mean() + F.softplus(-f).mean(),
        "a mean over both together": lambda r, f: torch.cat([F.softplus(-r), F.softplus(f)]).mean() * 2,
        "sums": lambda r, f: F.softplus(-r).sum() + F.softplus(f).sum(),
        "not reduced": lambda r, f: F.softplus(-r) + F.softplus(f[: len(r)]),
        "cut off": lambda r, f: (F.softplus(-r).mean() + F.softplus(f).mean()).detach(),
        "a Python number": lambda r, f: (F.softplus(-r).mean() + F.softplus(f).mean()).item(),
        "fakes detached": lambda r, f: F.softplus(-r).mean() + F.softplus(f.detach()).mean(),
        "NaN": lambda r, f: (r.sum() + f.sum()) * math.nan,
        "minimax value, not loss": lambda r, f: F.logsigmoid(r).mean() + F.logsigmoid(-f).mean(),
    },
    "01.volume_knobs": {
        "exchanged": lambda l: (-torch.sigmoid(-l), -torch.sigmoid(l)),
        "signs": lambda l: (torch.sigmoid(l), torch.sigmoid(-l)),
        "slope of the sigmoid": lambda l: (-torch.sigmoid(l) * torch.sigmoid(-l),) * 2,
        "the losses themselves": lambda l: (F.logsigmoid(-l), -F.logsigmoid(l)),
        "the same twice": lambda l: (-torch.sigmoid(l),) * 2,
        "only one": lambda l: -torch.sigmoid(l),
        "means": lambda l: (-torch.sigmoid(l).mean(), -torch.sigmoid(-l).mean()),
        "divided by n": lambda l: (-torch.sigmoid(l) / len(l), -torch.sigmoid(-l) / len(l)),
        "overflows": lambda l: (
            -l.float().exp().pow(2) / (l.float().exp().pow(2) + l.float().exp()),
            -torch.sigmoid(-l),
        ),
        "constants of the example": returns((torch.tensor([-0.018]), torch.tensor([-0.982]))),
    },
    "01.discriminator_step": {
        "not detached": d_step(fake=lambda G, z: G(z)),
        "gradients never emptied": d_step(clear=lambda D, o, G: None),
        "emptied after backward": d_step_before_backward,
        "G's gradients emptied instead": d_step(clear=lambda D, o, G: G.zero_grad()),
        "optimiser never steps": d_step(move=lambda o: None),
        "two steps": d_step(move=lambda o: (o.step(), o.step())),
        "halved": d_step(loss=lambda r, f: (F.softplus(-r).mean() + F.softplus(f).mean()) / 2),
        "labels swapped": d_step(loss=lambda r, f: F.softplus(r).mean() + F.softplus(-f).mean()),
        "real term alone": d_step(loss=lambda r, f: F.softplus(-r).mean()),
        "sums": d_step(loss=lambda r, f: F.softplus(-r).sum() + F.softplus(f).sum()),
        "moves G too": d_step_moves_both,
        "returns nothing": d_step_returns_nothing,
        "G left frozen": d_step_stays_frozen,
        "noise for fakes": d_step(fake=lambda G, z: torch.randn_like(z)),
    },
    "01.generator_step": {
        "saturating": g_step(loss=lambda f: -F.softplus(f).mean()),
        "sign": g_step(loss=lambda f: F.softplus(f).mean()),
        "detached": g_step(fake=lambda G, z: G(z).detach().requires_grad_()),
        "gradients never emptied": g_step(clear=lambda o, G, D: None),
        "only D's gradients emptied": g_step(clear=lambda o, G, D: D.zero_grad()),
        "sum": g_step(loss=lambda f: F.softplus(-f).sum()),
        "Wasserstein": g_step(loss=lambda f: -f.mean()),
        "moves D too": g_step_moves_d,
        "D left frozen": g_step_stays_frozen,
        "other latents": g_step(fake=lambda G, z: G(torch.randn_like(z))),
    },
    "01.name_the_fault": {
        "always healthy": returns("healthy"),
        "overlooks missing detach": lambda step: examined(step, detach=False),
        "overlooks leftovers": lambda step: examined(step, leftovers=False),
        "overlooks a still D": lambda step: examined(step, moves=False),
        "overlooks labels": lambda step: examined(step, labels=False),
        "another word": lambda step: {"healthy": "fine"}.get(examined(step), examined(step)),
        "returns nothing": returns(None),
        "true or false": lambda step: examined(step) == "healthy",
    },
    "01.ring": {
        "untrained": trained(steps=1),
        "trained for a moment": trained(steps=60),
        "one mode": one_mode,
        "spends too much": greedy,
        "points instead of a generator": returns_points,
        "returns what it was shown": lambda sample, budget: Memory(sample(10_000)),
        "draws its own noise": noisy,
        "the ring of the lesson": lambda sample, budget: trained(steps=1)(lambda n: torch.randn(n, 2), budget),
        "returns nothing": returns(None),
        "blew up": lambda sample, budget: lambda z: z * math.nan,
    },
}

RIGHT = {
    "01.optimal_discriminator": {
        "numpy": lambda p, q: np.divide(
            p.numpy(), (p + q).numpy(), out=np.full(p.shape, 0.5), where=(p + q).numpy() > 0
        ),
        "from 1 − q share": lambda p, q: torch.where(p + q == 0, 0.5, 1 - q / (p + q)),
        "sigmoid of the log ratio": lambda p, q: torch.sigmoid(p.log() - q.log()).nan_to_num(0.5),
        "32 bits": lambda p, q: torch.nan_to_num(p.float() / (p.float() + q.float()), nan=0.5),
    },
    "01.game_value": {
        "numpy": lambda D, p, q, x: np.trapezoid((p * D.log() + q * torch.log1p(-D)).numpy(), x.numpy()),
        "two integrals": lambda D, p, q, x: (
            torch.trapezoid(p * D.log(), x) + torch.trapezoid(q * (1 - D).log(), x)
        ).item(),
        "rectangles of mean height": lambda D, p, q, x: (
            x.diff() * (lambda u: (u[1:] + u[:-1]) / 2)(p * D.log() + q * (1 - D).log())
        ).sum(),
    },
    "01.discriminator_loss": {
        "cross-entropy with logits": lambda r, f: (
            F.binary_cross_entropy_with_logits(r, torch.ones_like(r))
            + F.binary_cross_entropy_with_logits(f, torch.zeros_like(f))
        ),
        "logsigmoid": lambda r, f: -F.logsigmoid(r).mean() - F.logsigmoid(-f).mean(),
        "64 bits": lambda r, f: F.softplus(-r.double()).mean() + F.softplus(f.double()).mean(),
        "logaddexp, shape (1,)": lambda r, f: (
            torch.logaddexp(-r, torch.zeros(())).mean() + torch.logaddexp(f, torch.zeros(())).mean()
        ).reshape(1),
    },
    "01.volume_knobs": {
        "autograd": lambda l: tuple(
            torch.autograd.grad(loss(leaf).sum(), leaf)[0]
            for leaf in [l.clone().requires_grad_()]
            for loss in (lambda x: F.logsigmoid(-x), lambda x: -F.logsigmoid(x))
        ),
        "a stacked tensor's rows": lambda l: list(torch.stack([-torch.sigmoid(l), torch.sigmoid(l) - 1])),
        "numpy": lambda l: (-1 / (1 + np.exp(-l.numpy())), -1 / (1 + np.exp(l.numpy()))),
    },
    "01.discriminator_step": {
        "no_grad and cross-entropy": d_step_no_grad,
        "G frozen for the while": d_step_frozen,
        "empties first": d_step(clear=lambda D, o, G: (o.zero_grad(), G.zero_grad())),
        "one batch of both": lambda G, D, o, real, z: d_step(
            loss=lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean()
        )(G, D, o, real, z),
    },
    "01.generator_step": {
        "D frozen for the while": g_step_frozen,
        "flipped labels": g_step(loss=lambda f: F.binary_cross_entropy_with_logits(f, torch.ones_like(f))),
        "empties both": g_step(clear=lambda o, G, D: (o.zero_grad(), D.zero_grad())),
    },
    "01.name_the_fault": {"one step against a formula": examined, "two steps and a direction": by_cosine},
    "01.ring": {"relativistic": trained(), "hinge, a function that answers in 64 bits": as_function},
}
