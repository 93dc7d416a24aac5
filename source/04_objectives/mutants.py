"""Wrong answers that the checks of exercise 04 must reject, and right ones, written otherwise, that they must accept."""

import math
import statistics

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

s = F.softplus


def returns(value):
    return lambda *_: value


# ── six objectives, with one entry wrong or written otherwise ───────────────────────────────────────────────────────

TABLE = {
    "minimax": (lambda r, f: s(-r).mean() + s(f).mean(), lambda r, f: -s(f).mean()),
    "non_saturating": (lambda r, f: s(-r).mean() + s(f).mean(), lambda r, f: s(-f).mean()),
    "least_squares": (lambda r, f: ((r - 1) ** 2).mean() + (f**2).mean(), lambda r, f: ((f - 1) ** 2).mean()),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
    "hinge": (lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean(), lambda r, f: -f.mean()),
    "relativistic": (lambda r, f: s(f - r).mean(), lambda r, f: s(r - f).mean()),
}


def but(name=None, d=None, g=None, after=lambda d, g: (d, g), before=lambda x: x):
    def losses(which, real, fake):
        pay_d, pay_g = TABLE[which]
        pay_d, pay_g = (d or pay_d, g or pay_g) if which == name else (pay_d, pay_g)
        return after(pay_d(before(real), before(fake)), pay_g(before(real), before(fake)))

    return losses


def by_cross_entropy(name, real, fake):
    if name == "relativistic":
        lead = real.double() - fake.double()
        return F.soft_margin_loss(lead, torch.ones_like(lead)), F.soft_margin_loss(-lead, torch.ones_like(lead))
    one, nought, ones = torch.ones_like(real), torch.zeros_like(fake), torch.ones_like(fake)
    bce, mse = F.binary_cross_entropy_with_logits, F.mse_loss
    return {
        "minimax": lambda: (bce(real, one) + bce(fake, nought), -bce(fake, nought)),
        "non_saturating": lambda: (bce(real, one) + bce(fake, nought), bce(fake, ones)),
        "least_squares": lambda: (mse(real, one) + mse(fake, nought), mse(fake, ones)),
        "wasserstein": lambda: (-(real.mean() - fake.mean()), fake.neg().mean()),
        "hinge": lambda: ((1 - real).clamp(min=0).mean() + (fake + 1).clamp(min=0).mean(), -fake.mean()),
    }[name]()


# ── penalties ───────────────────────────────────────────────────────────────────────────────────────────────────────


def penalty(kind, D, real, fake, epsilon, *, graph=True, value=None, points=None, one=1.0, mix=None, reduce=torch.mean):
    mixed = epsilon.reshape(-1, *[1] * (real.dim() - 1)) if mix is None else mix(epsilon)
    at = {"gp": mixed * real + (1 - mixed) * fake, "r1": real, "r2": fake} | (points or {})
    at = at[kind].detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(at).sum(), at, create_graph=graph)
    if value:
        return value(kind, slope)
    length = slope.flatten(1).norm(dim=1)
    return reduce((length - one) ** 2 if kind == "gp" else length**2)


def but_penalty(**changed):
    return lambda *sent: penalty(*sent, **changed)


def whole_batch(kind, slope):
    return (slope.norm() - 1) ** 2 if kind == "gp" else slope.square().sum() / len(slope)


def last_axis(kind, slope):
    length = slope.norm(dim=-1)
    return ((length - 1) ** 2 if kind == "gp" else length**2).mean()


def first_only(kind, D, real, fake, epsilon):
    return penalty(kind, D, real[:1], fake[:1], epsilon[:1])


def by_backward(kind, D, real, fake, epsilon):
    at = {"gp": None, "r1": real, "r2": fake}[kind]
    if at is None:
        mix = epsilon.reshape(-1, *[1] * (real.dim() - 1))
        at = mix * real + (1 - mix) * fake
    at = at.clone().requires_grad_()
    D(at).sum().backward()
    length = at.grad.flatten(1).norm(dim=1)
    return ((length - 1) ** 2 if kind == "gp" else length**2).mean()


def sample_by_sample(kind, D, real, fake, epsilon):
    paid = []
    for r, f, e in zip(real, fake, epsilon):
        x = {"gp": torch.lerp(f, r, e), "r1": r, "r2": f}[kind].clone().requires_grad_()
        (slope,) = torch.autograd.grad(D(x[None]), x, torch.ones(1, dtype=x.dtype), create_graph=True)
        squared = (slope**2).sum()
        paid.append((squared.sqrt() - 1) ** 2 if kind == "gp" else squared)
    return sum(paid) / len(paid)


def by_functional(kind, D, real, fake, epsilon):
    mix = epsilon.reshape(-1, *[1] * (real.dim() - 1))
    x = {"gp": fake + mix * (real - fake), "r1": real, "r2": fake}[kind]
    slope = torch.func.vmap(torch.func.grad(lambda point: D(point[None]).squeeze()))(x)
    squared = slope.flatten(1).square().sum(1)
    return (squared.sqrt() - 1).square().mean() if kind == "gp" else squared.mean()


# ── the examiner ────────────────────────────────────────────────────────────────────────────────────────────────────


def examined(penalty, graph=True, epsilon=True, real=True, norm=True, target=True):
    """Another examiner: two moves of a trainable D and a parabola; parts of it can be left out."""
    D = nn.Linear(2, 1)
    with torch.no_grad():
        D.weight.copy_(torch.tensor([[0.6, 0.8]]))
    a, b = torch.randn(9, 2), torch.randn(9, 2)
    value = penalty(lambda x: D(x)[:, 0], a, b)
    if graph and (value.grad_fn is None or not value.requires_grad):
        return "cannot train D"
    if real:
        torch.manual_seed(5)
        one = penalty(lambda x: (x**2).sum(1) * D.weight.sum(), a, b)
        torch.manual_seed(5)
        if torch.equal(one, penalty(lambda x: (x**2).sum(1) * D.weight.sum(), a, b + 9)):
            return "only at real"
    if epsilon:
        seen = []
        penalty(lambda x: (seen.append(x.detach()), D(x)[:, 0])[1], a, b)
        share = ((seen[0] - b) / (a - b)).mean(1)
        if share.max() - share.min() < 1e-3:
            return "one epsilon a batch"
    if norm and value > 1.5:
        return "one norm a batch"  # √9 − 1 = 2, squared 4
    return "target zero" if target and value > 0.5 else "healthy"


def by_exceptions(penalty):
    """And one that tries to train, and varies one thing at a time."""
    w = nn.Parameter(torch.tensor([0.0, 3.0]))
    try:
        penalty(lambda x: x @ w, torch.randn(4, 2), torch.randn(4, 2)).backward()
        assert w.grad.any()
    except (RuntimeError, AssertionError, AttributeError):
        return "cannot train D"
    w = torch.tensor([0.0, 3.0], requires_grad=True)
    small, large = (penalty(lambda x: x @ w, torch.randn(n, 2), torch.randn(n, 2)).item() for n in (4, 400))
    if abs(small - large) > 1:
        return "one norm a batch"
    if abs(small - 9) < 0.1:
        return "target zero"
    real, fake = torch.zeros(5000, 2), torch.tensor([[0.0, 1.0]]).expand(5000, 2)
    tried = []
    scale = torch.ones((), requires_grad=True)
    for _ in range(4):  # D = y² / 2 has the slope y: the penalty is the mean of (y − 1)², ⅓ over all ε
        tried.append(penalty(lambda x: scale * x[:, 1] ** 2 / 2, real, fake).item())
    if all(abs(t - 1) < 1e-6 for t in tried):
        return "only at real"
    return "healthy" if all(abs(t - 1 / 3) < 0.05 for t in tried) else "one epsilon a batch"


# ── power iteration ─────────────────────────────────────────────────────────────────────────────────────────────────


def iterate(weight, start, steps, *, constant=True, more=0, flat=lambda w: w.flatten(1), unit=True, last="both"):
    W, u = flat(weight), start.clone()
    with torch.set_grad_enabled(not constant):
        for _ in range(steps + more):
            v = W.T @ u
            v = v / v.norm() if unit else v
            u = W @ v
            u = u / u.norm() if unit else u
    return {"both": lambda: u @ W @ v, "norm": lambda: (W @ v).norm(), "squared": lambda: (W @ v).square().sum()}[
        last
    ]()


def but_iterate(**changed):
    return lambda *sent: iterate(*sent, **changed)


def transposed(weight, start, steps):
    W = weight.flatten(1)
    v = torch.ones(W.shape[1], dtype=W.dtype)
    with torch.no_grad():
        for _ in range(steps):
            u = F.normalize(W @ v, dim=0)
            v = F.normalize(W.T @ u, dim=0)
    return u @ W @ v


def in_place(weight, start, steps):
    W = weight.flatten(1)
    with torch.no_grad():
        for _ in range(steps):
            v = F.normalize(W.T @ start, dim=0)
            start.copy_(F.normalize(W @ v, dim=0))
    return start @ W @ v


def with_columns(weight, start, steps):
    W, u = weight.reshape(len(weight), -1), start[:, None]
    for _ in range(steps):
        v = (W.detach().T @ u) / torch.linalg.vector_norm(W.detach().T @ u)
        u = (W.detach() @ v) / torch.linalg.vector_norm(W.detach() @ v)
    return (u.T @ W @ v).sum()


def in_numpy(weight, start, steps):
    W, u = weight.detach().numpy().reshape(len(weight), -1), start.numpy()
    for _ in range(steps):
        v = W.T @ u
        v = v / np.linalg.norm(v)
        u = W @ v
        u = u / np.linalg.norm(u)
    return (weight * torch.tensor(np.outer(u, v)).reshape(weight.shape)).sum()


# ── the table of scores ─────────────────────────────────────────────────────────────────────────────────────────────


def apart(scores, threshold, *, log=torch.log, var=torch.var, error=None, order=lambda a, b: (a, b), both=False):
    found, names = [], list(scores)
    error = error or (lambda a, b: (var(a) / len(a) + var(b) / len(b)) ** 0.5)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            a, b = log(scores[one]), log(scores[other])
            if abs(a.mean() - b.mean()) > threshold * error(a, b):
                found.append(order(one, other) if a.mean() < b.mean() else order(other, one))
                found += [found[-1][::-1]] * both
    return found


def but_apart(**changed):
    return lambda *sent: apart(*sent, **changed)


def by_statistics(scores, threshold):
    logs = {n: [math.log(v) for v in values.tolist()] for n, values in scores.items()}
    ranked = sorted(logs, key=lambda n: statistics.fmean(logs[n]))
    found = set()
    for i, better in enumerate(ranked):
        for worse in ranked[i + 1 :]:
            a, b = logs[better], logs[worse]
            error = math.hypot(statistics.stdev(a) / len(a) ** 0.5, statistics.stdev(b) / len(b) ** 0.5)
            if (statistics.fmean(b) - statistics.fmean(a)) / error > threshold:
                found.add((better, worse))
    return sorted(found)


def in_base_ten(scores, threshold):
    return [list(p) for p in apart(scores, threshold, log=lambda v: np.log10(v.numpy()), var=lambda a: a.var(ddof=1))]


# ── critics ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def critic(width=64, bend=nn.LeakyReLU):
    return nn.Sequential(nn.Linear(2, width), bend(), nn.Linear(width, width), bend(), nn.Linear(width, 1))


def trained(leash=50.0, steps=400, value=lambda r, f: f.mean() - r.mean(), norm=None, clip=None, bend=nn.ReLU, at="gp"):
    """A training of another make than the solution's: another network, scores (n, 1), another schedule."""

    def train(pairs, budget):
        D = critic(bend=bend)
        adam = torch.optim.Adam(D.parameters(), lr=5e-3, betas=(0.5, 0.9))
        for step in range(steps):
            adam.param_groups[0]["lr"] = 5e-3 * 0.5 * (1 + math.cos(math.pi * step / steps))
            real, fake = pairs(128)
            loss = value(D(real), D(fake))
            if leash:
                loss = loss + leash * penalty(at, D, real, fake, torch.rand(128), value=norm)
            adam.zero_grad()
            loss.backward()
            adam.step()
            for weight in D.parameters() if clip else ():
                weight.data.clamp_(-clip, clip)
        return D

    return train


def corrected(pairs, budget):
    """λ = 10 as in the lesson; then the formula is solved for W₁ and the critic divided by its slope."""
    D = trained(leash=10.0, bend=nn.LeakyReLU)(pairs, budget)
    with torch.no_grad():
        real, fake = pairs(5000)
        gap = (D(real).mean() - D(fake).mean()).item()
    distance = 10 * (math.sqrt(1 + 2 * gap / 10) - 1)
    return lambda x: D(x)[:, 0] * distance / gap


def right_gap_by_accident(pairs, budget):
    """A classifier, scaled until its gap is the way that was moved, which the points themselves give away here."""
    D = trained(leash=None, steps=150, value=lambda r, f: s(-r).mean() + s(f).mean())(pairs, budget)
    with torch.no_grad():
        real, fake = pairs(5000)
        middle = real.mean(0)
        alike = (fake.mean(0) - middle).norm()
        outwards = (fake - middle).norm(dim=1).mean() - (real - middle).norm(dim=1).mean()
        gap = D(real).mean() - D(fake).mean()
    return lambda x: D(x) * (alike if alike > 1 else outwards) / gap


def straight(pairs, budget):
    """The critic of the first world, for both: the difference of the means."""
    real, fake = pairs(5000)
    way = real.mean(0) - fake.mean(0)
    return lambda x: x @ (way / way.norm())


def greedy(pairs, budget):
    pairs(budget)
    return trained(steps=5)(pairs, budget)


def of_the_batch(pairs, budget):
    D = trained(steps=5)(pairs, budget)
    return lambda x: (D(x) - D(x).mean()) / D(x).std()


WRONG = {
    "04.losses": {
        "sigmoid, then log": but("non_saturating", g=lambda r, f: -torch.sigmoid(f).log().mean()),
        "D with sigmoid and log": but("minimax", d=lambda r, f: -torch.sigmoid(r).log().mean() + s(f).mean()),
        "least squares on probabilities": but("least_squares", g=lambda r, f: ((torch.sigmoid(f) - 1) ** 2).mean()),
        "least squares with target −1": but(
            "least_squares", d=lambda r, f: ((r - 1) ** 2).mean() + ((f + 1) ** 2).mean()
        ),
        "least squares halved": but("least_squares", d=lambda r, f: (((r - 1) ** 2).mean() + (f**2).mean()) / 2),
        "Wasserstein's sign": but("wasserstein", d=lambda r, f: r.mean() - f.mean()),
        "hinge without the margin": but("hinge", d=lambda r, f: F.relu(-r).mean() + F.relu(f).mean()),
        "hinge for G too": but("hinge", g=lambda r, f: F.relu(1 - f).mean()),
        "hinge's sign": but("hinge", d=lambda r, f: F.relu(1 + r).mean() + F.relu(1 - f).mean()),
        "minimax as non-saturating": but("minimax", g=lambda r, f: s(-f).mean()),
        "relativistic G as D": but("relativistic", g=lambda r, f: s(f - r).mean()),
        "relativistic G overwritten by the ordinary one": but("relativistic", g=lambda r, f: s(-f).mean()),
        "relativistic against the mean": but("relativistic", d=lambda r, f: s(f - r.mean()).mean()),
        "fakes detached in D's loss": but("wasserstein", d=lambda r, f: f.detach().mean() - r.mean()),
        "all halved": but(after=lambda d, g: (d / 2, g)),
        "exchanged": but(after=lambda d, g: (g, d)),
        "only D's": but(after=lambda d, g: d),
        "Python numbers": but(after=lambda d, g: (d.item(), g.item())),
        "sigmoid first": but(before=torch.sigmoid),
        "clamped logits": but(before=lambda x: x.clamp(-20, 20)),
    },
    "04.best_answers": {
        "targets 1 and 0 always": lambda p, q, a, b, m: (p / (p + q), m * torch.sign(p - q)),
        "weights exchanged": lambda p, q, a, b, m: ((q * a + p * b) / (p + q), m * torch.sign(p - q)),
        "margin 1 always": lambda p, q, a, b, m: ((p * a + q * b) / (p + q), torch.sign(p - q)),
        "signs of hinge": lambda p, q, a, b, m: ((p * a + q * b) / (p + q), m * torch.sign(q - p)),
        "the log ratio": lambda p, q, a, b, m: ((p * a + q * b) / (p + q), (p / q).log()),
        "not divided": lambda p, q, a, b, m: (p * a + q * b, m * torch.sign(p - q)),
        "a difference instead of a sign": lambda p, q, a, b, m: ((p * a + q * b) / (p + q), m * (p - q) / (p + q)),
        "hinge at real or nothing": lambda p, q, a, b, m: ((p * a + q * b) / (p + q), m * (p > q).double()),
        "the middle of the targets": lambda p, q, a, b, m: (torch.full_like(p, (a + b) / 2), m * torch.sign(p - q)),
        "only one": lambda p, q, a, b, m: (p * a + q * b) / (p + q),
        "an epsilon that bends small densities": lambda p, q, a, b, m: (
            (p * a + q * b) / (p + q + 1e-4),
            m * torch.sign(p - q),
        ),
    },
    "04.earth_mover": {
        "difference of the means": lambda x, y: (x.mean() - y.mean()).abs(),
        "pairs as they come": lambda x, y: (x[: min(len(x), len(y))] - y[: min(len(x), len(y))]).abs().mean(),
        "sorted, the rest cut off": lambda x, y: (
            (x.sort().values[: min(len(x), len(y))] - y.sort().values[: min(len(x), len(y))]).abs().mean()
        ),
        "squared": lambda x, y: (np.quantile(x, np.linspace(0, 1, 999)) - np.quantile(y, np.linspace(0, 1, 999))).std(),
        "all pairs": lambda x, y: torch.cdist(x[:, None], y[:, None]).mean(),
        "nearest neighbours": lambda x, y: torch.cdist(x[:, None], y[:, None]).min(dim=1).values.mean(),
        "largest difference of the staircases": lambda x, y: (
            lambda z: ((x[:, None] <= z).double().mean(0) - (y[:, None] <= z).double().mean(0)).abs().max()
        )(torch.cat([x, y])),
        "staircases without widths": lambda x, y: (
            lambda z: ((x[:, None] <= z).double().mean(0) - (y[:, None] <= z).double().mean(0)).abs().mean()
        )(torch.cat([x, y])),
        "counts instead of shares": lambda x, y: (
            lambda z: (((x[:, None] <= z).sum(0) - (y[:, None] <= z).sum(0)).abs()[:-1] * z.diff()).sum()
        )(torch.cat([x, y]).sort().values),
        "no absolute value": lambda x, y: (
            lambda z: (((x[:, None] <= z).double().mean(0) - (y[:, None] <= z).double().mean(0))[:-1] * z.diff()).sum()
        )(torch.cat([x, y]).sort().values),
        "quantiles interpolated": lambda x, y: (
            (x.quantile(torch.linspace(0, 1, 50).double()) - y.quantile(torch.linspace(0, 1, 50).double())).abs().mean()
        ),
        "sorts in place": lambda x, y: x.copy_(x.sort().values).mean() - y.mean(),
    },
    "04.penalty": {
        "one norm over the batch": but_penalty(value=whole_batch),
        "norm over the last axis": but_penalty(value=last_axis),
        "a mean over the elements": but_penalty(
            value=lambda k, g: ((g.square().mean() - 1) if k == "gp" else g).square().mean()
        ),
        "not differentiable": but_penalty(graph=False),
        "slope detached": but_penalty(value=lambda k, g: (g.detach().flatten(1).norm(dim=1) - 1).square().mean()),
        "target 0 for gp": but_penalty(one=0.0),
        "target 1 for all": but_penalty(value=lambda k, g: (g.flatten(1).norm(dim=1) - 1).square().mean()),
        "R1 not squared": but_penalty(
            value=lambda k, g: (
                (g.flatten(1).norm(dim=1) - 1).square() if k == "gp" else g.flatten(1).norm(dim=1)
            ).mean()
        ),
        "one ε for all": but_penalty(mix=lambda e: e[0]),
        "its own ε": but_penalty(mix=lambda e: torch.rand(1, dtype=e.dtype)),
        "ε the other way round": but_penalty(
            mix=lambda e: 1 - e.reshape(-1, *[1] * 3) if len(e) == 5 else 1 - e[:, None]
        ),
        "R1 at the fakes": lambda kind, *rest: penalty({"r1": "r2"}.get(kind, kind), *rest),
        "between, for all": lambda kind, D, r, f, e: penalty(kind, D, *([penalty_points(r, f, e)] * 2), e),
        "sum over the batch": but_penalty(reduce=torch.sum),
        "first sample only": first_only,
        "with backward": by_backward,
        "times γ / 2": lambda kind, *rest: penalty(kind, *rest) / (1 if kind == "gp" else 2),
        "one-sided": but_penalty(
            value=lambda k, g: (
                (F.relu(g.flatten(1).norm(dim=1) - 1) if k == "gp" else g.flatten(1).norm(dim=1)).square().mean()
            )
        ),
    },
    "04.name_the_fault": {
        "always healthy": returns("healthy"),
        "overlooks one norm": lambda p: examined(p, norm=False),
        "overlooks one ε": lambda p: examined(p, epsilon=False),
        "overlooks a missing graph": lambda p: examined(p, graph=False),
        "overlooks the real samples": lambda p: examined(p, real=False),
        "overlooks the target": lambda p: examined(p, target=False),
        "another word": lambda p: {"healthy": "fine"}.get(examined(p), examined(p)),
        "true or false": lambda p: examined(p) == "healthy",
        "returns nothing": returns(None),
    },
    "04.largest_singular_value": {
        "one step too many": but_iterate(more=1),
        "gradient through the iteration": but_iterate(constant=False),
        "not brought to length 1": but_iterate(unit=False),
        "σ²": but_iterate(last="squared"),
        "by SVD": lambda w, u, n: torch.linalg.matrix_norm(w.flatten(1), 2),
        "Frobenius": lambda w, u, n: w.norm(),
        "detached": lambda *sent: iterate(*sent).detach(),
        "a Python number": lambda *sent: iterate(*sent).item(),
        "its own start": transposed,
        "kernel reshaped by its last axis": lambda w, u, n: iterate(
            w, torch.ones(w.numel() // w.shape[-1]).double(), n, flat=lambda w: w.reshape(-1, w.shape[-1])
        ),
        "changes the start": in_place,
        "the largest entry": lambda w, u, n: w.abs().max(),
    },
    "04.told_apart": {
        "deviation over n": but_apart(var=lambda a: a.var(correction=0)),
        "no logarithm": but_apart(log=lambda v: v),
        "deviations, not errors": but_apart(error=lambda a, b: (a.var() + b.var()).sqrt()),
        "errors added": but_apart(error=lambda a, b: a.std() / len(a) ** 0.5 + b.std() / len(b) ** 0.5),
        "worse first": but_apart(order=lambda a, b: (b, a)),
        "both orders": but_apart(both=True),
        "every difference": but_apart(error=lambda a, b: 0),
        "none": returns([]),
        "4.3 always": lambda scores, threshold: apart(scores, 4.3),
        "always three seeds": but_apart(error=lambda a, b: ((a.var() + b.var()) / 3).sqrt()),
        "names only": lambda *sent: [name for pair in apart(*sent) for name in pair],
        "a number": lambda *sent: len(apart(*sent)),
    },
    "04.critic": {
        "λ = 10 as it is": trained(leash=10.0),
        "λ = 1": trained(leash=1.0, steps=150),
        "no leash": trained(leash=None, steps=100),
        "weights clipped": trained(leash=None, steps=150, clip=0.1),
        "one norm a batch": trained(norm=whole_batch, steps=150),
        "R1 instead": trained(at="r1", leash=1.0, steps=150),
        "hardly trained": trained(steps=5),
        "a classifier, scaled": right_gap_by_accident,
        "a plane": straight,
        "sign": trained(value=lambda r, f: r.mean() - f.mean(), steps=150),
        "spends too much": greedy,
        "sees the batch": of_the_batch,
        "returns nothing": returns(None),
        "a number": returns(3.0),
        "NaN": lambda pairs, budget: lambda x: x[:, 0] * math.nan,
    },
}


def penalty_points(real, fake, epsilon):
    return torch.stack([e * r + (1 - e) * f for r, f, e in zip(real, fake, epsilon)])


RIGHT = {
    "04.losses": {
        "functions of PyTorch, partly 64 bits": by_cross_entropy,
        "a table of functions": but(),
        "64 bits": but(before=lambda x: x.double()),
        "a list of shape (1,)": but(after=lambda d, g: [d.reshape(1), g.reshape(1)]),
    },
    "04.best_answers": {
        "numpy": lambda p, q, a, b, m: (
            np.average([[a] * len(p), [b] * len(p)], axis=0, weights=np.stack([p, q])),
            np.where(p.numpy() > q.numpy(), m, -m),
        ),
        "from D*": lambda p, q, a, b, m: (b + (a - b) * p / (p + q), torch.where(p > q, m, -m).double()),
        "32 bits": lambda p, q, a, b, m: (
            ((p * a + q * b) / (p + q)).float(),
            (m * ((p > q).float() - (q > p).float())),
        ),
    },
    "04.earth_mover": {
        "scipy": lambda x, y: __import__("scipy.stats").stats.wasserstein_distance(x.numpy(), y.numpy()),
        "staircases by comparison": lambda x, y: (
            lambda z: (
                ((x[:, None] <= z[:-1]).double().mean(0) - (y[:, None] <= z[:-1]).double().mean(0)).abs() * z.diff()
            ).sum()
        )(torch.cat([x, y]).sort().values),
        "grains broken": lambda x, y: np.abs(np.repeat(np.sort(x), len(y)) - np.repeat(np.sort(y), len(x))).mean(),
    },
    "04.penalty": {
        "lerp, another order": but_penalty(),
        "sample by sample": sample_by_sample,
        "vmap of grad": by_functional,
        "shape (1,)": lambda *sent: penalty(*sent).reshape(1),
    },
    "04.name_the_fault": {"another D for each question": examined, "by trying to train": by_exceptions},
    "04.largest_singular_value": {
        "the length of W v": lambda w, u, n: iterate(w, u, n),
        "columns and detach": with_columns,
        "numpy inside": in_numpy,
        "the norm, with v constant": but_iterate(last="norm"),
    },
    "04.told_apart": {
        "pairs in order": but_apart(),
        "the statistics module": by_statistics,
        "logarithms to base 10, lists": in_base_ten,
    },
    "04.critic": {"another network and schedule, scores (n, 1)": trained(), "λ = 10 and the formula": corrected},
}
