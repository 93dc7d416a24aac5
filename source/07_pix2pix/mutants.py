"""Wrong answers that the checks of exercise 07 must reject, and right ones, written otherwise, that they must accept."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def returns(value):
    return lambda *_: value


# ── fields ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def fields(backwards=True, kernel=0, padded=0, sides=2, floor=math.floor):
    def answer(layers, side):
        field = 1
        for k, s, p in reversed(layers) if backwards else layers:
            field = (field - 1) * s + k + kernel + 2 * p * padded
        for k, s, p in layers:
            side = floor((side + sides * p - k) / s) + 1
        return field, side

    return answer


def by_ones(layers, side):
    """Convolutions of ones: whatever has a gradient was seen."""
    x = torch.zeros(1, 1, 4000, dtype=torch.float64, requires_grad=True)
    y = x
    for k, s, _ in layers:
        y = F.conv1d(y, torch.ones(1, 1, k, dtype=torch.float64) / k, stride=s)
    y[0, 0, y.shape[2] // 2].backward()
    place = torch.zeros(1, 1, side, device="meta")
    for k, s, p in layers:
        place = F.conv1d(place, torch.zeros(1, 1, k, device="meta"), stride=s, padding=p)
    seen = x.grad.flatten().nonzero()
    return torch.tensor([int(seen.max() - seen.min()) + 1, place.shape[2]]).tolist()


def forwards(layers, side):
    field, step = 1, 1
    for k, s, p in layers:
        field, step, side = field + (k - 1) * step, step * s, (side - k + 2 * p + s) // s
    return field, side


# ── tones ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def median(values, shares):
    order = values.argsort()
    return values[order][(shares[order].cumsum(0) < 0.5).sum()]


def mean(values, shares):
    return (values * shares).sum()


def by_trying(values, shares):
    cost = ((values[:, None] - values).abs() * shares[:, None]).sum(0)
    return values[cost.argmin()].item(), float(values @ shares)


def by_numpy(values, shares):
    v, s = values.numpy(), shares.numpy()
    order = np.argsort(v)
    return v[order][np.searchsorted(np.cumsum(s[order]), 0.5)], np.average(v, weights=s)


def prices(c1=median, c2=mean, twice=None, scale=(1, 1, 1, 1)):
    def answer(values, shares):
        gaps, both = values[:, None] - values, shares[:, None] * shares
        if twice is not None:
            gaps, both = twice(values, shares)
        a = ((values - c1(values, shares)).abs() * shares).sum()
        b = ((values - c2(values, shares)).square() * shares).sum()
        found = a, b, (gaps.abs() * both).sum(), (gaps.square() * both).sum()
        return tuple(f * s for f, s in zip(found, scale))

    return answer


def by_variance(values, shares):
    (flat, _, honest, _), var = prices()(values, shares), (values**2) @ shares - (values @ shares) ** 2
    return torch.stack([flat, var, honest, 2 * var])


def by_double_loop(values, shares):
    pairs = [(v, p * q, w) for v, p in zip(values.tolist(), shares.tolist()) for w, q in zip(values, shares)]
    honest = [sum(q * abs(v - w) ** power for v, q, w in pairs) for power in (1, 2)]
    costs = [[sum(p * abs(v - c) for v, p in zip(values, shares)) for c in values]]
    return min(costs[0]), prices()(values, shares)[1], *honest


# ── the U-Net ───────────────────────────────────────────────────────────────────────────────────────────────────────


def unet(stack=lambda skip, x: torch.cat([skip, x], 1), keep=lambda x: x, last=True):
    def forward(downs, ups, x):
        kept = []
        for down in downs:
            x = down(x)
            kept.append(keep(x))
        kept.pop()
        for up in ups:
            x = up(x)
            if kept:
                x = stack(kept.pop(), x)
        return x

    return forward


def unet_recursive(downs, ups, x):
    inside = downs[0](x)
    if len(downs) > 1:
        inside = unet_block(list(downs[1:]), list(ups[:-1]), inside)
    return ups[-1](inside)


def unet_block(downs, ups, x):
    inside = downs[0](x)
    if len(downs) > 1:
        inside = unet_block(downs[1:], ups[:-1], inside)
    return torch.cat((x, ups[-1](inside)), dim=1)


def unet_by_index(downs, ups, x):
    maps = [x]
    for down in downs:
        maps += [down(maps[-1])]
    y = ups[0](maps[-1])
    for k in range(1, len(ups)):
        skip = maps[len(downs) - k]
        wide = torch.empty(len(y), skip.shape[1] + y.shape[1], *y.shape[2:], dtype=y.dtype)
        wide[:, : skip.shape[1]], wide[:, skip.shape[1] :] = skip, y
        y = ups[k](wide)
    return y


def unet_wrong_order(downs, ups, x):
    kept = []
    for down in downs:
        x = down(x)
        kept.append(x)
    kept.pop()
    for up in ups:
        x = up(x)
        if kept:
            x = torch.cat([kept.pop(0), x], 1)
    return x


def unet_innermost_too(downs, ups, x):
    kept = []
    for down in downs:
        x = down(x)
        kept.append(x)
    for up in ups:
        x = up(torch.cat([kept.pop(), x], 1))
    return x


def unet_skips_only_once(downs, ups, x):
    kept = []
    for down in downs:
        x = down(x)
        kept.append(x)
    kept.pop()
    for up in ups:
        x = up(x)
        if kept:
            skip = kept.pop()
            x = torch.cat([skip if len(kept) == 0 else torch.zeros_like(skip), x], 1)
    return x


# ── the moves ───────────────────────────────────────────────────────────────────────────────────────────────────────


def halved(real, fake):
    return (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2


def d_step(pair=lambda a, p: torch.cat([a, p], 1), loss=halved, fake=lambda G, a: G(a).detach(), clear=True):
    def step(G, D, optimizer, a, b):
        value = loss(D(pair(a, b)), D(pair(a, fake(G, a))))
        if clear:
            optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value.item()

    return step


def d_step_at_once(G, D, optimizer, a, b):
    with torch.no_grad():
        fake = G(a)
    logits = D(torch.cat([torch.cat([a, b], 1), torch.cat([a, fake], 1)]))
    labels = torch.ones_like(logits)
    labels[len(a) :] = 0
    value = F.binary_cross_entropy_with_logits(logits, labels)  # the mean over both halves is the halved sum
    D.zero_grad()
    value.backward()
    optimizer.step()
    return value.detach()


def d_step_frozen(G, D, optimizer, a, b):
    G.requires_grad_(False)
    value = d_step(fake=lambda G, a: G(a))(G, D, optimizer, a, b)
    G.requires_grad_(True)
    return value


def d_step_stays_frozen(G, D, optimizer, a, b):
    G.requires_grad_(False)
    return d_step()(G, D, optimizer, a, b)


def g_step(
    pair=lambda a, p: torch.cat([a, p], 1),
    adversarial=lambda s: F.softplus(-s).mean(),
    distance=lambda f, a, b: (f - b).abs().mean(),
    fake=lambda G, a: G(a),
    clear=True,
    share=lambda w: (1.0, w),
):
    def step(G, D, optimizer, a, b, weight):
        made, (one, other) = fake(G, a), share(weight)
        value = one * adversarial(D(pair(a, made))) + other * distance(made, a, b)
        if clear:
            optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value.item()

    return step


def g_step_frozen(G, D, optimizer, a, b, weight):
    D.requires_grad_(False)
    made = G(a)
    logits = D(torch.cat((a, made), dim=1))
    value = F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits)) + weight * F.l1_loss(made, b)
    for w, gradient in zip(G.parameters(), torch.autograd.grad(value, list(G.parameters()))):
        w.grad = gradient
    optimizer.step()
    D.requires_grad_(True)
    return value


def g_step_moves_d(G, D, optimizer, a, b, weight):
    D.zero_grad()
    value = g_step()(G, D, optimizer, a, b, weight)
    with torch.no_grad():
        for w in D.parameters():
            w += 0.1 * w.grad
    return value


def g_step_stays_frozen(G, D, optimizer, a, b, weight):
    D.requires_grad_(False)
    return g_step()(G, D, optimizer, a, b, weight)


# ── the examiner ────────────────────────────────────────────────────────────────────────────────────────────────────


class Spy(nn.Module):
    """A discriminator that remembers what it was shown."""

    def __init__(self):
        super().__init__()
        self.layer, self.shown = nn.Conv2d(3, 1, 1), []

    def forward(self, pair):
        self.shown += list(pair.detach())
        return self.layer(pair)


def examined(step, maps=True, others=True, detach=True, half=True):
    """It looks at what D was shown; parts of it can be left out."""
    a, b = torch.rand(4, 2, 3, 3) + 1, torch.randn(4, 1, 3, 3)
    G, D = nn.Conv2d(2, 1, 1), Spy()
    before = D.layer.bias.item()
    real, fake = D.layer(torch.cat([a, b], 1)), D.layer(torch.cat([a, G(a)], 1))
    slope = torch.autograd.grad(halved(real, fake), D.layer.bias)[0].item()
    step(G, D, torch.optim.SGD(D.parameters(), 1.0), a, b)
    if maps and any(not pair[:2].any() for pair in D.shown):
        return "map missing"
    pictures = {picture.numpy().tobytes(): i for p in (b, G(a).detach()) for i, picture in enumerate(p)}
    owners = [pictures.get(pair[2:].numpy().tobytes()) for pair in D.shown]
    if others and any(not torch.equal(pair[:2], a[i]) for pair, i in zip(D.shown, owners) if i is not None):
        return "wrong map"
    if detach and G.weight.grad is not None:
        return "not detached"
    return "not halved" if half and abs(before - D.layer.bias.item() - slope) > 1e-5 else "healthy"


def by_suspects(step):
    """It makes each suspect's step itself, and compares where D ends up."""
    a, b = torch.randn(3, 2, 5, 5), torch.randn(3, 1, 5, 5)
    G, first = nn.Conv2d(2, 1, 3, padding=1), nn.Sequential(nn.Conv2d(3, 5, 2), nn.Tanh(), nn.Conv2d(5, 1, 2))

    def arrives(move):
        D = nn.Sequential(nn.Conv2d(3, 5, 2), nn.Tanh(), nn.Conv2d(5, 1, 2))
        D.load_state_dict(first.state_dict())
        move(G, D, torch.optim.SGD(D.parameters(), 1.0), a, b)
        return torch.cat([p.detach().flatten() for p in D.parameters()])

    end = arrives(step)
    if G.weight.grad is not None:
        return "not detached"
    suspects = {
        "healthy": d_step(),
        "map missing": d_step(pair=lambda a, p: torch.cat([0 * a, p], 1)),
        "not halved": d_step(loss=lambda r, f: 2 * halved(r, f)),
    }
    found = [name for name, suspect in suspects.items() if torch.allclose(arrives(suspect), end, atol=1e-5)]
    return found[0] if found else "wrong map"


# ── the painter ─────────────────────────────────────────────────────────────────────────────────────────────────────


class UNet(nn.Module):
    def __init__(self, w=16):
        super().__init__()
        self.down = nn.ModuleList([nn.Conv2d(3, w, 4, 2, 1), nn.Conv2d(w, 2 * w, 4, 2, 1)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(2 * w, w, 4, 2, 1), nn.ConvTranspose2d(2 * w, w, 4, 2, 1)])
        self.last = nn.Conv2d(w + 3, 1, 3, padding=1)

    def forward(self, a):
        first = F.leaky_relu(self.down[0](a), 0.2)
        x = F.relu(self.up[0](F.leaky_relu(self.down[1](first), 0.2)))
        x = F.relu(self.up[1](torch.cat([first, x], 1)))
        return self.last(torch.cat([a, x], 1)).tanh()


def painter(steps=300, adversarial=1.0, l1=10.0, conditional=True, bce=False, lr=2e-3):
    """A training of another make than the solution's: other networks, another loss; parts can be left out."""

    def train(sample, budget):
        G, w = UNet(), 16
        D = nn.Sequential(
            *(nn.Conv2d(4, w, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(w, 2 * w, 3, 1, 1), nn.LeakyReLU(0.2)),
            nn.Conv2d(2 * w, 1, 3, 1, 1),
        )
        optimizers = [torch.optim.Adam(net.parameters(), lr, betas=(0.5, 0.99)) for net in (D, G)]
        for step in range(steps):
            for optimizer, rate in zip(optimizers, (2 * lr, lr)):
                optimizer.param_groups[0]["lr"] = rate * min(1, 2 * (1 - step / steps))
            a, b = sample(8)
            shown, fake = (a if conditional else torch.zeros_like(a)), G(a)
            if adversarial:
                real_logits, fake_logits = (D(torch.cat([shown, p], 1)) for p in (b, fake.detach()))
                if bce:
                    loss = halved(real_logits, fake_logits)
                else:
                    loss = (real_logits - 1).square().mean() + fake_logits.square().mean()
                optimizers[0].zero_grad()
                loss.backward()
                optimizers[0].step()
            loss = l1 * (fake - b).abs().mean()
            if adversarial:
                logits = D(torch.cat([shown, fake], 1))
                loss = loss + adversarial * (F.softplus(-logits).mean() if bce else (logits - 1).square().mean())
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
        return G

    return train


def one_of_the_shown(sample, budget):
    _, pictures = sample(200)
    return lambda a: pictures[: len(a)]


def greedy(sample, budget):
    sample(budget + 1)


def blew_up(sample, budget):
    return lambda a: a[:, :1] * math.nan


def three_channels(sample, budget):
    return nn.Conv2d(3, 3, 3, padding=1)


def as_function(sample, budget):
    G = painter(bce=True, l1=20.0)(sample, budget)
    return lambda a: torch.cat([G(part).double() for part in a.split(7)])


WRONG = {
    "07.field_and_side": {
        "walks forwards with the backward rule": fields(backwards=False),
        "kernel one too small": fields(kernel=-1),
        "padding widens the field": fields(padded=1),
        "padding on one side only": fields(sides=1),
        "rounds up": fields(floor=math.ceil),
        "the published numbers": returns((70, 30)),
        "strides multiplied": lambda l, n: (math.prod(s for _, s, _ in l), fields()(l, n)[1]),
        "side without kernels": lambda l, n: (fields()(l, n)[0], n // math.prod(s for _, s, _ in l)),
        "field alone": lambda l, n: fields()(l, n)[0],
        "exchanged": lambda l, n: fields()(l, n)[::-1],
        "sum of kernels": lambda l, n: (sum(k for k, _, _ in l), fields()(l, n)[1]),
    },
    "07.best_tones": {
        "exchanged": lambda v, s: (mean(v, s), median(v, s)),
        "shares overlooked": lambda v, s: (v.median(), v.mean()),
        "mean for both": lambda v, s: (mean(v, s), mean(v, s)),
        "median for both": lambda v, s: (median(v, s), median(v, s)),
        "the most frequent": lambda v, s: (v[s.argmax()], mean(v, s)),
        "not sorted": lambda v, s: (v[(s.cumsum(0) < 0.5).sum()], mean(v, s)),
        "half way between": lambda v, s: ((v.min() + v.max()) / 2, mean(v, s)),
        "mean of value times share": lambda v, s: (median(v, s), (v * s).mean()),
        "only one": lambda v, s: median(v, s),
        "in place": lambda v, s: (median(v, s), v.mul_(s).sum()),
    },
    "07.price_of_honesty": {
        "honest pays nothing": prices(twice=lambda v, s: (v - v, s)),
        "honest pays as the flat": lambda v, s: prices()(v, s)[:2] * 2,
        "twice for both": lambda v, s: (*prices()(v, s)[:2], *(2 * p for p in prices()(v, s)[:2])),
        "not weighted": prices(twice=lambda v, s: (v[:, None] - v, torch.full((len(v),) * 2, 1 / len(v) ** 2))),
        "one share only": prices(twice=lambda v, s: (v[:, None] - v, s.expand(len(v), -1) / len(v))),
        "pairs of different ones": prices(scale=(1, 1, 1.25, 1.25)),
        "L1 of the mean": prices(c1=mean),
        "L2 of the median": prices(c2=median),
        "deviation for variance": lambda v, s: tuple(p**0.5 if i % 2 else p for i, p in enumerate(prices()(v, s))),
        "two numbers": lambda v, s: prices()(v, s)[2:],
    },
    "07.unet_forward": {
        "no skips": unet(stack=lambda skip, x: x),
        "added": unet(stack=lambda skip, x: skip + x),
        "the other order": unet(stack=lambda skip, x: torch.cat([x, skip], 1)),
        "skips doubled": unet(stack=lambda skip, x: torch.cat([skip, skip], 1)),
        "x doubled": unet(stack=lambda skip, x: torch.cat([x, x], 1)),
        "skips cut off from the gradient": unet(keep=lambda x: x.detach()),
        "outermost first": unet_wrong_order,
        "innermost stacked with itself": unet_innermost_too,
        "only the outermost skip": unet_skips_only_once,
        "zeros for skips": unet(keep=torch.zeros_like),
        "stacked along the rows": unet(stack=lambda skip, x: torch.cat([skip, x], 2)),
        "gives the map back": lambda downs, ups, x: x,
    },
    "07.discriminator_step": {
        "picture before map": d_step(pair=lambda a, p: torch.cat([p, a], 1)),
        "no map": d_step(pair=lambda a, p: torch.cat([a * 0, p], 1)),
        "picture alone": d_step(pair=lambda a, p: p),
        "not detached": d_step(fake=lambda G, a: G(a)),
        "not halved": d_step(loss=lambda r, f: 2 * halved(r, f)),
        "labels swapped": d_step(loss=lambda r, f: halved(-r, -f)),
        "sums": d_step(loss=lambda r, f: (F.softplus(-r).sum() + F.softplus(f).sum()) / 2),
        "sigmoid twice": d_step(loss=lambda r, f: halved(r.sigmoid(), f.sigmoid())),
        "mean of logits first": d_step(loss=lambda r, f: halved(r.mean(), f.mean())),
        "gradients never emptied": d_step(clear=False),
        "real pair alone": d_step(loss=lambda r, f: F.softplus(-r).mean() / 2),
        "least squares": d_step(loss=lambda r, f: ((r - 1).square().mean() + f.square().mean()) / 2),
        "G left frozen": d_step_stays_frozen,
        "a map for a fake": d_step(fake=lambda G, a: a[:, :1]),
    },
    "07.generator_step": {
        "L1 to the map": g_step(distance=lambda f, a, b: (f - a[:, :1]).abs().mean()),
        "L2": g_step(distance=lambda f, a, b: (f - b).square().mean()),
        "L1 alone": g_step(share=lambda w: (0.0, w)),
        "adversarial alone": g_step(share=lambda w: (1.0, 0.0)),
        "weight on the other term": g_step(share=lambda w: (w, 1.0)),
        "weight 100 whatever is asked": g_step(share=lambda w: (1.0, 100.0)),
        "summed L1": g_step(distance=lambda f, a, b: (f - b).abs().sum()),
        "saturating": g_step(adversarial=lambda s: -F.softplus(s).mean()),
        "for D's side": g_step(adversarial=lambda s: F.softplus(s).mean()),
        "halved too": g_step(adversarial=lambda s: F.softplus(-s).mean() / 2),
        "fake cut off from G": g_step(pair=lambda a, p: torch.cat([a, p.detach()], 1)),
        "picture before map": g_step(pair=lambda a, p: torch.cat([p, a], 1)),
        "gradients never emptied": g_step(clear=False),
        "moves D too": g_step_moves_d,
        "D left frozen": g_step_stays_frozen,
    },
    "07.name_the_fault": {
        "always healthy": returns("healthy"),
        "overlooks a missing map": lambda step: examined(step, maps=False),
        "overlooks wrong maps": lambda step: examined(step, others=False),
        "overlooks missing detach": lambda step: examined(step, detach=False),
        "overlooks the half": lambda step: examined(step, half=False),
        "another word": lambda step: {"healthy": "fine"}.get(examined(step), examined(step)),
        "returns nothing": returns(None),
        "true or false": lambda step: examined(step) == "healthy",
    },
    "07.painter": {
        "untrained": painter(steps=1),
        "L1 alone": painter(steps=150, adversarial=0.0),
        "trained for a moment": painter(steps=30),
        "D never sees the map": painter(steps=150, conditional=False),
        "pictures that were shown": one_of_the_shown,
        "spends too much": greedy,
        "blew up": blew_up,
        "as many channels as the map": three_channels,
        "returns nothing": returns(None),
        "returns pictures": lambda sample, budget: sample(100)[1],
    },
}

RIGHT = {
    "07.field_and_side": {
        "backwards": fields(),
        "forwards, with the step": forwards,
        "by convolutions of ones": by_ones,
    },
    "07.best_tones": {
        "sorted and summed": lambda v, s: (median(v, s), mean(v, s)),
        "tried": by_trying,
        "numpy": by_numpy,
    },
    "07.price_of_honesty": {"all pairs": prices(), "by the variance": by_variance, "loops": by_double_loop},
    "07.unet_forward": {"a stack": unet(), "recursive": unet_recursive, "by index": unet_by_index},
    "07.discriminator_step": {
        "one batch, cross-entropy": d_step_at_once,
        "G frozen for the while": d_step_frozen,
        "logsigmoid": d_step(loss=lambda r, f: -0.5 * (F.logsigmoid(r).mean() + F.logsigmoid(-f).mean())),
    },
    "07.generator_step": {
        "cross-entropy, D frozen": g_step_frozen,
        "logsigmoid": g_step(adversarial=lambda s: -F.logsigmoid(s).mean()),
    },
    "07.name_the_fault": {"by a spy": examined, "by trying the suspects": by_suspects},
    "07.painter": {
        "another U-Net": painter(steps=490, l1=20.0, bce=True),  # six of six seeds; by least squares four of six
        "a function that answers in 64 bits": as_function,
    },
}
