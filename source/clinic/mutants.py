"""Wrong answers that the clinic's checks must reject, and right ones, written otherwise, that they must accept."""

import copy
import math
from functools import partial
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def returns(value):
    return lambda *_: value


def named(names, **changed):
    table = names | {int(k[1:]): v for k, v in changed.items()}
    return lambda patient: table[patient]


A = {
    1: "loss never back-propagated",
    2: "saturating loss",
    3: "healthy",
    4: "weights clipped before the step",
}
B = {
    5: "missing detach",
    6: "one norm over the batch",
    7: "test data in training",
    8: "softmax before cross-entropy",
}
C = {
    9: "initialisation never applied",
    10: "eps for momentum",
    11: "resume loses the optimiser",
    12: "overpowering discriminator",
}


def names_wrong(table):
    first, *others = table
    everything = sorted({*A.values(), *B.values(), *C.values()})
    return {
        "all healthy": returns("healthy"),
        "the first one's name for all": returns(table[first]),
        "every name at once": returns(" ".join(everything)),
        "a list of all names": returns(everything),
        "one wrong": named(table | {others[-1]: "sigmoid twice"}),
        "two exchanged": named(table | {first: table[others[0]], others[0]: table[first]}),
        "numbers": lambda patient: patient,
        "a guess each time": lambda patient: everything[int(torch.randint(len(everything), ()))],
        "capital letters": lambda patient: table[patient].capitalize(),
    }


def names_right(table):
    def by_steps(patient):
        for number, name in table.items():
            if number == patient:
                return str(name)
        return "healthy"

    return {
        "a table": named(table),
        "one after the other": by_steps,
        "a list": lambda p: list(table.values())[p - min(table)],
    }


# ── steps ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def softplus_loss(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def d_step(
    loss=softplus_loss, gamma=0.05, factor=0.5, whole=None, clear=lambda o, D: o.zero_grad(),
    made=lambda G, z: G(z).detach(),
    square=lambda slope: slope.square().sum(1).mean(),
):  # fmt: skip
    def step(G, D, optimizer, real, z):
        real = real.clone().requires_grad_()
        logits = D(real)
        value = loss(logits, D(made(G, z)))
        (slope,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        penalty = factor * gamma * square(slope)
        clear(optimizer, D)
        (whole(value, penalty) if whole else value + penalty).backward()
        optimizer.step()
        return value.item()

    return step


def d_step_two_backwards(G, D, optimizer, real, z):
    optimizer.zero_grad(set_to_none=True)
    with torch.no_grad():
        fake = G(z)
    value = -F.logsigmoid(D(real)).mean() - F.logsigmoid(-D(fake)).mean()
    value.backward()
    x = real.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    (0.025 * (slope**2).sum(dim=1).mean()).backward()  # gradients add up
    optimizer.step()
    return value.detach()


def d_step_own_penalty_step(G, D, optimizer, real, z):
    d_step(whole=lambda value, penalty: penalty)(G, D, optimizer, real, z)
    return d_step(gamma=0.0)(G, D, optimizer, real, z)


def g_step(loss=lambda f: F.softplus(-f).mean(), clear=lambda o, D: o.zero_grad(), made=lambda G, z: G(z), times=1):
    def step(G, D, optimizer, z):
        value = loss(D(made(G, z)))
        clear(optimizer, D)
        value.backward()
        for _ in range(times):
            optimizer.step()
        return value.item()

    return step


def g_step_frozen(G, D, optimizer, z):
    D.requires_grad_(False)
    value = g_step(loss=lambda f: F.binary_cross_entropy_with_logits(f, torch.ones_like(f)))(G, D, optimizer, z)
    D.requires_grad_(True)
    return value


def g_step_moves_d(G, D, optimizer, z):
    D.zero_grad()
    value = g_step()(G, D, optimizer, z)
    with torch.no_grad():
        for weight in D.parameters():
            weight -= 0.1 * weight.grad
    return value


def clip(D, bound=0.1, low=None):
    with torch.no_grad():
        for weight in D.parameters():
            weight.clamp_(-bound if low is None else low, bound)


def critic_step(
    after=clip, before=lambda D: None, sign=1, made=lambda G, z: G(z).detach(), clear=lambda o: o.zero_grad()
):
    def step(G, D, optimizer, real, z):
        value = sign * (D(made(G, z)).mean() - D(real).mean())
        clear(optimizer)
        value.backward()
        before(D)
        optimizer.step()
        after(D)
        return value.item()

    return step


def clips_gradients(D):
    nn.utils.clip_grad_value_(D.parameters(), 0.1)


def clips_the_norm(D):
    with torch.no_grad():
        for weight in D.parameters():
            weight.mul_(min(1.0, 0.1 / float(weight.norm())))


def clips_numpy(D):
    for weight in D.parameters():
        weight.data = torch.from_numpy(np.clip(weight.detach().numpy(), -0.1, 0.1))


def both(cut=lambda fake: fake.detach(), clear_G=True, clear_D=True, after=clip, sign=-1, old=False):
    def move(G, D, optimizer_G, optimizer_D, real, z):
        fake = G(z)
        if clear_D:
            optimizer_D.zero_grad()
        loss_D = D(cut(fake)).mean() - D(real).mean()
        before = copy.deepcopy(D)
        loss_D.backward(retain_graph=True)
        optimizer_D.step()
        after(D)
        loss_G = sign * (before if old else D)(fake).mean()
        if clear_G is True:
            optimizer_G.zero_grad()
        loss_G.backward()
        optimizer_G.step()
        return loss_D.item(), loss_G.item()

    return move


def both_as_shown(G, D, optimizer_G, optimizer_D, real, z):
    optimizer_G.zero_grad()
    optimizer_D.zero_grad()
    return both(cut=lambda fake: fake, clear_G=False, clear_D=False)(G, D, optimizer_G, optimizer_D, real, z)


def both_cut_too_far(G, D, optimizer_G, optimizer_D, real, z):
    loss = critic_step()(G, D, optimizer_D, real, z)
    value = -D(G(z).detach().requires_grad_()).mean()
    optimizer_G.zero_grad()
    value.backward()
    optimizer_G.step()
    return loss, value.item()


def both_cleared_between(G, D, optimizer_G, optimizer_D, real, z):
    fake = G(z)  # not detached, but G's gradient is emptied before its own move
    optimizer_D.zero_grad()
    loss = D(fake).mean() - D(real).mean()
    loss.backward(retain_graph=True)
    optimizer_D.step()
    clip(D)
    optimizer_G.zero_grad()
    value = -D(fake).mean()
    value.backward()
    optimizer_G.step()
    return loss.item(), value.item()


def both_by_steps(G, D, optimizer_G, optimizer_D, real, z):
    loss = critic_step()(G, D, optimizer_D, real, z)
    return loss, g_step(loss=lambda scores: -scores.mean())(G, D, optimizer_G, z)


# ── the penalty ─────────────────────────────────────────────────────────────────────────────────────────────────────


def penalty(
    norm=lambda s: s.norm(dim=1), of=lambda n: (n - 1).square().mean(), graph=True,
    epsilon=lambda x: torch.rand(len(x), 1, dtype=x.dtype), mix=lambda e, r, f: e * r + (1 - e) * f,
    score=lambda y: y.sum(),
):  # fmt: skip
    def value(D, real, fake):
        x = mix(epsilon(real), real, fake).detach().requires_grad_()
        (slope,) = torch.autograd.grad(score(D(x)), x, create_graph=graph)
        return of(norm(slope))

    return value


def penalty_one_by_one(D, real, fake):
    total = 0.0
    share = torch.rand(len(real), dtype=real.dtype)
    points = torch.stack([f + e * (r - f) for r, f, e in zip(real, fake, share)]).requires_grad_()
    (slope,) = torch.autograd.grad(D(points), points, torch.ones(len(real), dtype=real.dtype), create_graph=True)
    for row in slope:
        total = total + (torch.sqrt((row * row).sum()) - 1) ** 2
    return total / len(real)


# ── the split, the norm, the generator, the checkpoint, the optimisers ──────────────────────────────────────────────


def split_by_numpy(n):
    order = np.random.default_rng(int(torch.randint(2**31, ()))).permutation(n)
    return np.sort(order[: n - n // 5]), np.sort(order[n - n // 5 :])


def split_by_mask(n):
    held = torch.zeros(n, dtype=torch.bool)
    held[torch.randperm(n)[: n // 5]] = True
    return torch.nonzero(~held).squeeze(1), torch.nonzero(held).squeeze(1)


def shuffled(n, cut):
    return cut(torch.randperm(n), n // 5)


class OwnNorm(nn.Module):
    def __init__(self, features, eps=1e-5, keep=0.8, first_variance=1.0):
        super().__init__()
        self.eps, self.keep = eps, keep
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("var", torch.full((features,), first_variance))

    def forward(self, x):
        if not self.training:
            return (x - self.mean) / (self.var + self.eps).sqrt()
        self.mean = self.keep * self.mean + (1 - self.keep) * x.mean(0)
        self.var = self.keep * self.var + (1 - self.keep) * x.var(0)
        return (x - x.mean(0)) / (x.var(0, unbiased=False) + self.eps).sqrt()


def deep(start, depth=8, width=64, only=nn.Module, more=0):
    sizes = [2, *[width] * (depth + more), 2]
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    G = nn.Sequential(*layers[:-1])
    for layer in G:
        if isinstance(layer, nn.Linear) and isinstance(layer, only):
            start(layer)
    return G


def he(layer, scale=1.0):
    with torch.no_grad():
        layer.weight.normal_(0, scale * math.sqrt(2 / layer.in_features))
        layer.bias.zero_()


def he_keeps_biases(layer):
    with torch.no_grad():
        layer.weight.normal_(0, math.sqrt(2 / layer.in_features))


def dcgans(layer):
    nn.init.normal_(layer.weight, 0, 0.02)
    nn.init.zeros_(layer.bias)


def glorot(layer):
    nn.init.xavier_normal_(layer.weight)
    nn.init.zeros_(layer.bias)


def by_the_outputs(layer):
    with torch.no_grad():
        layer.weight.normal_(0, 2 / layer.in_features)  # the variance for the standard deviation
        layer.bias.zero_()


def uniform_he(layer):
    nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    nn.init.constant_(layer.bias, 0.0)


def always_the_same(depth=8, width=64):
    with torch.random.fork_rng([]):
        torch.manual_seed(7)
        return deep(he, depth, width)


class Blocks(nn.Module):
    def __init__(self, depth, width):
        super().__init__()
        self.inputs = nn.Linear(2, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(depth - 1))
        self.out = nn.Linear(width, 2)
        self.apply(lambda layer: he(layer) if isinstance(layer, nn.Linear) else None)

    def forward(self, z):
        x = torch.relu(self.inputs(z))
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.out(x)


def only_first(depth=8, width=64):
    G = deep(lambda layer: None, depth, width)
    he(G[0])
    return G


def carried(*names):
    def resume(old, new):
        for name in names:
            new[name].load_state_dict(copy.deepcopy(old[name].state_dict()))

    return resume


def carries_backwards(old, new):
    carried(*old)(new, old)


def replaces(old, new):
    new.update(old)


def carries_the_rate(old, new):
    carried("G", "D")(old, new)
    for name in ("optimizer_G", "optimizer_D"):
        new[name].param_groups[0]["lr"] = old[name].param_groups[0]["lr"]


def carries_moments_not_the_rate(old, new):
    rates = [new[name].param_groups[0]["lr"] for name in ("optimizer_G", "optimizer_D")]
    carried(*old)(old, new)
    for name, rate in zip(("optimizer_G", "optimizer_D"), rates):
        new[name].param_groups[0]["lr"] = rate


def carries_by_hand(old, new):
    with torch.no_grad():
        for name in ("G", "D"):
            for mine, theirs in zip(new[name].parameters(), old[name].parameters()):
                mine.copy_(theirs)
    for name in ("optimizer_G", "optimizer_D"):
        new[name].load_state_dict(old[name].state_dict())


def adam(g, d, beta=0.0):
    return lambda G, D: (
        torch.optim.Adam(G.parameters(), lr=g, betas=(beta, 0.9)),
        torch.optim.Adam(D.parameters(), lr=d, betas=(beta, 0.9)),
    )


def rmsprop(G, D):
    return torch.optim.RMSprop(G.parameters(), 2e-3, alpha=0.9), torch.optim.RMSprop(D.parameters(), 4e-3, alpha=0.9)


def exchanged(G, D):
    return adam(2e-3, 4e-3)(G, D)[::-1]


WRONG = {
    "clinic.mend_1": {
        "as shown: the penalty alone": d_step(whole=lambda value, penalty: penalty),
        "the loss alone": d_step(gamma=0.0),
        "gamma not halved": d_step(factor=1.0),
        "the penalty subtracted": d_step(whole=lambda value, penalty: value - penalty),
        "a step for each": d_step_own_penalty_step,
        "not detached": d_step(made=lambda G, z: G(z)),
        "never emptied": d_step(clear=lambda o, D: None),
        "labels swapped": d_step(loss=lambda r, f: softplus_loss(f, r)),
        "the norm, not its square": d_step(square=lambda s: s.norm(dim=1).mean()),
        "summed over the batch": d_step(square=lambda s: s.square().sum()),
        "returns only": returns(1.38),
    },
    "clinic.mend_2": {
        "as shown: log(1 - D)": g_step(loss=lambda f: -F.softplus(f).mean()),
        "the sign": g_step(loss=lambda f: F.softplus(f).mean()),
        "scaled up": g_step(loss=lambda f: -100 * F.softplus(f).mean()),
        "Wasserstein": g_step(loss=lambda f: -f.mean()),
        "cut off": g_step(made=lambda G, z: G(z).detach().requires_grad_()),
        "never emptied": g_step(clear=lambda o, D: None),
        "sum": g_step(loss=lambda f: F.softplus(-f).sum()),
        "sigmoid first": g_step(loss=lambda f: F.softplus(-torch.sigmoid(f)).mean()),
        "many steps": g_step(times=10),
        "moves D too": g_step_moves_d,
    },
    "clinic.mend_4": {
        "as shown: clipped before": critic_step(after=lambda D: None, before=clip),
        "never clipped": critic_step(after=lambda D: None),
        "gradients clipped": critic_step(after=lambda D: None, before=clips_gradients),
        "the norm clipped": critic_step(after=clips_the_norm),
        "another bound": critic_step(after=partial(clip, bound=0.01)),
        "only from above": critic_step(after=partial(clip, low=-1e9)),
        "the sign": critic_step(sign=-1),
        "not detached": critic_step(made=lambda G, z: G(z)),
        "never emptied": critic_step(clear=lambda o: None),
        "clips copies": critic_step(after=lambda D: [w.detach().clamp(-0.1, 0.1) for w in D.parameters()]),
    },
    "clinic.ward_a": names_wrong(A),
    "clinic.mend_5": {
        "as shown: not detached": both_as_shown,
        "not detached, nothing emptied": both(cut=lambda fake: fake, clear_G=False),
        "G's gradients never emptied": both(clear_G=False),
        "D's gradients never emptied": both(clear_D=False),
        "cut in G's move too": both_cut_too_far,
        "G's sign": both(sign=1),
        "never clipped": both(after=lambda D: None),
        "G against the old critic": both(old=True),
        "clipped elsewhere": both(after=partial(clip, bound=0.2)),
        "returns only": returns((0.0, 0.0)),
    },
    "clinic.mend_6": {
        "as shown: one norm": penalty(norm=lambda s: s.norm()),
        "one norm, divided by n": penalty(norm=lambda s: s.norm() / len(s)),
        "norm over the batch axis": penalty(norm=lambda s: s.norm(dim=0)),
        "mean before the square": penalty(of=lambda n: (n.mean() - 1).square()),
        "sum": penalty(of=lambda n: (n - 1).square().sum()),
        "not squared": penalty(of=lambda n: (n - 1).abs().mean()),
        "towards 0": penalty(of=lambda n: n.square().mean()),
        "one side only": penalty(of=lambda n: F.relu(n - 1).square().mean()),
        "no create_graph": penalty(graph=False),
        "no graph, asked for a gradient": lambda D, r, f: penalty(graph=False)(D, r, f).requires_grad_(),
        "at the real points": penalty(mix=lambda e, r, f: r + 0 * e),
        "one epsilon for all": penalty(epsilon=lambda x: torch.rand(1, 1, dtype=x.dtype).expand(len(x), 1)),
        "an epsilon a feature": penalty(epsilon=torch.rand_like),
        "normal epsilon": penalty(epsilon=lambda x: 3 * torch.randn(len(x), 1, dtype=x.dtype)),
        "mean of the scores": penalty(score=lambda y: y.mean()),
    },
    "clinic.mend_7": {
        "as shown: shuffled twice": lambda n: (torch.randperm(n)[n // 5 :], torch.randperm(n)[: n // 5]),
        "all in training": lambda n: shuffled(n, lambda o, k: (o, o[:k])),
        "parts exchanged": lambda n: shuffled(n, lambda o, k: (o[:k], o[k:])),
        "one lost between": lambda n: shuffled(n, lambda o, k: (o[k + 1 :], o[:k])),
        "always the first": lambda n: (torch.arange(n // 5, n), torch.arange(n // 5)),
        "one seed": lambda n: (lambda o: (o[n // 5 :], o[: n // 5]))(
            torch.randperm(n, generator=torch.Generator().manual_seed(0))
        ),
        "a tenth": lambda n: shuffled(n, lambda o, k: (o[n // 10 :], o[: n // 10])),
        "drawn with repetition": lambda n: (lambda o: (o[n // 5 :], o[: n // 5]))(torch.randint(n, (n,))),
        "floating point": lambda n: shuffled(n, lambda o, k: (o[k:].float(), o[:k].float())),
        "training part only": lambda n: torch.randperm(n)[n // 5 :],
        "counted from 1": lambda n: shuffled(n, lambda o, k: (o[k:] + 1, o[:k] + 1)),
    },
    "clinic.mend_8": {
        "as shown: softmax twice": lambda l, y: F.cross_entropy(l.softmax(1), y),
        "softmax over the batch": lambda l, y: F.nll_loss(l.log_softmax(0), y),
        "no logarithm": lambda l, y: F.nll_loss(l.softmax(1), y),
        "no softmax": lambda l, y: F.nll_loss(l, y),
        "log of a softmax that underflows": lambda l, y: F.nll_loss(
            (4 * l).exp().div((4 * l).exp().sum(1, True)).log() / 4, y
        ),
        "sum": lambda l, y: F.cross_entropy(l, y, reduction="sum"),
        "one a sample": lambda l, y: F.cross_entropy(l, y, reduction="none"),
        "the sign": lambda l, y: -F.cross_entropy(l, y),
        "smoothed": lambda l, y: F.cross_entropy(l, y, label_smoothing=0.1),
        "a Python number": lambda l, y: F.cross_entropy(l, y).item(),
        "sigmoid a class": lambda l, y: F.binary_cross_entropy_with_logits(l, F.one_hot(y, l.shape[1]).float()),
    },
    "clinic.ward_b": names_wrong(B),
    "clinic.mend_9": {
        "as shown: never applied": partial(deep, lambda layer: None),
        "only the first layer": only_first,
        "DCGAN's": partial(deep, dcgans),
        "Glorot's": partial(deep, glorot),
        "the variance for the deviation": partial(deep, by_the_outputs),
        "biases left": partial(deep, he_keeps_biases),
        "all zero": partial(deep, lambda layer: [nn.init.zeros_(p) for p in layer.parameters()]),
        "all the same": partial(deep, lambda layer: nn.init.constant_(layer.weight, 0.18)),
        "the same each time": always_the_same,
        "shallower": partial(deep, he, more=-5),
        "doubled": partial(deep, partial(he, scale=2.0)),
        "depth ignored": lambda depth, width: deep(he, 8, 64),
    },
    "clinic.mend_10": {
        "as shown: eps 0.8": lambda features: nn.BatchNorm1d(features, 0.8),
        "momentum 0.8": lambda features: nn.BatchNorm1d(features, momentum=0.8),
        "torch's own": nn.BatchNorm1d,
        "eps 0.2": lambda features: nn.BatchNorm1d(features, 0.2),
        "both": lambda features: nn.BatchNorm1d(features, 0.8, 0.2),
        "no running averages": lambda features: nn.BatchNorm1d(features, momentum=0.2, track_running_stats=False),
        "a mean of all batches": lambda features: nn.BatchNorm1d(features, momentum=None),
        "layer norm": nn.LayerNorm,
        "nothing": lambda features: nn.Identity(),
        "starts at variance 0": lambda features: OwnNorm(features, first_variance=0.0),
    },
    "clinic.mend_11": {
        "as shown: players alone": carried("G", "D"),
        "optimisers alone": carried("optimizer_G", "optimizer_D"),
        "one optimiser": carried("G", "D", "optimizer_D"),
        "D forgotten": carried("G", "optimizer_G", "optimizer_D"),
        "the rate, no moments": carries_the_rate,
        "moments, no rate": carries_moments_not_the_rate,
        "backwards": carries_backwards,
        "replaces the objects in the dict": replaces,
        "nothing": returns(None),
    },
    "clinic.mend_12": {
        "as shown": adam(1e-4, 1e-2),
        "both slow": adam(1e-4, 1e-4),
        "D slowed down to G": adam(1e-4, 4e-4),
        "momentum as everywhere": adam(2e-3, 4e-3, beta=0.9),
        "far too fast": adam(0.3, 0.3),
        "exchanged": exchanged,
        "plain SGD": lambda G, D: (torch.optim.SGD(G.parameters(), 1e-3), torch.optim.SGD(D.parameters(), 1e-3)),
        "D never moves": adam(2e-3, 0.0),
        "G never moves": adam(0.0, 4e-3),
        "one of them": lambda G, D: torch.optim.Adam(G.parameters()),
    },
    "clinic.ward_c": names_wrong(C),
}

RIGHT = {
    "clinic.mend_1": {
        "the sum": d_step(),
        "two backwards, one step": d_step_two_backwards,
        "empties both": d_step(clear=lambda o, D: (o.zero_grad(), D.zero_grad())),
    },
    "clinic.mend_2": {
        "softplus": g_step(),
        "cross-entropy, D frozen": g_step_frozen,
        "logsigmoid": g_step(loss=lambda f: -F.logsigmoid(f).mean(), clear=lambda o, D: (o.zero_grad(), D.zero_grad())),
    },
    "clinic.mend_4": {
        "clamped": critic_step(),
        "numpy": critic_step(after=clips_numpy),
        "before and after": critic_step(after=clip, made=lambda G, z: G(z).data),
    },
    "clinic.ward_a": names_right(A),
    "clinic.mend_5": {"cut": both(), "emptied between": both_cleared_between, "two separate steps": both_by_steps},
    "clinic.mend_6": {
        "norm over the features": penalty(),
        "row by row": penalty_one_by_one,
        "flattened, epsilon for the fakes": penalty(
            norm=lambda s: s.flatten(1).square().sum(1).sqrt(), mix=lambda e, r, f: r + e * (f - r)
        ),
    },
    "clinic.mend_7": {
        "one order": lambda n: shuffled(n, lambda o, k: (o[k:], o[:k])),
        "numpy, sorted": split_by_numpy,
        "a mask": split_by_mask,
    },
    "clinic.mend_8": {
        "cross-entropy": F.cross_entropy,
        "log-softmax and nll": lambda l, y: F.nll_loss(F.log_softmax(l, 1), y),
        "by hand, 64 bits": lambda l, y: (l.double().logsumexp(1) - l.double().gather(1, y[:, None])[:, 0]).mean(),
    },
    "clinic.ward_b": names_right(B),
    "clinic.mend_9": {
        "flat": partial(deep, he),
        "uniform": partial(deep, uniform_he),
        "a class, apply": Blocks,
    },
    "clinic.mend_10": {
        "torch's": lambda features: nn.BatchNorm1d(features, momentum=0.2),
        "by hand": OwnNorm,
        "without scale and shift": lambda features: nn.BatchNorm1d(features, 1e-6, 1 - 0.8, affine=False),
    },
    "clinic.mend_11": {
        "all four": lambda old, new: carried(*old)(old, new),
        "by hand": carries_by_hand,
        "optimisers first": carried("optimizer_D", "optimizer_G", "D", "G"),
    },
    "clinic.mend_12": {
        "the healthy script's": adam(2e-3, 4e-3),
        "RMSprop": rmsprop,
        "a little momentum": adam(4e-3, 8e-3, 0.5),
    },
    "clinic.ward_c": names_right(C),
}
