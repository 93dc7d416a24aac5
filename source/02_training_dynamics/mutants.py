"""Wrong answers that the checks of exercise 02 must reject, and right ones, written otherwise, that they must accept."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def returns(value):
    return lambda *_: value


# ── steps and factors ───────────────────────────────────────────────────────────────────────────────────────────────


def growth_by_eigenvalues(h):
    simultaneous = np.array([[1, -h], [h, 1]])
    alternating = np.array([[1, -h], [0, 1]]) @ np.array([[1, 0], [h, 1]])
    return tuple(np.abs(np.linalg.eigvals(m)).max() for m in (simultaneous, alternating))


def growth_other_player_first(h):
    A = torch.tensor([[1.0, -h], [h, 1 - h * h]], dtype=torch.float64)
    return torch.tensor(1 + h * h).double().sqrt(), torch.linalg.eigvals(A).abs().max()


def dirac(
    d=lambda l: torch.sigmoid(l), g=lambda l: torch.sigmoid(-l), pull=1.0, both=False, together=False, first="D", sign=1
):
    """The step with one thing changed: D's and G's slopes, the pull of R1, who has the ratio, who moves when."""

    def step(theta, psi, h, gamma, ratio):
        old_psi, rate = psi, h * ratio if both else h
        if first == "G":
            theta = theta + rate * psi * g(psi * theta)
        psi = psi - sign * h * ratio * (theta * d(psi * theta) + pull * gamma * psi)
        if first == "D":
            seen = old_psi if together else psi
            theta = theta + rate * seen * g(seen * theta)
        return theta, psi

    return step


def dirac_in_place(theta, psi, h, gamma, ratio):
    psi -= h * ratio * (theta * torch.sigmoid(psi * theta) + gamma * psi)
    theta += h * psi * torch.sigmoid(-psi * theta)
    return theta, psi


def dirac_r1_on_fakes(theta, psi, h, gamma, ratio):
    psi = psi - h * ratio * (theta * torch.sigmoid(psi * theta) + gamma * psi * theta**2)
    return theta + h * psi * torch.sigmoid(-psi * theta), psi


def dirac_by_autograd(theta, psi, h, gamma, ratio):
    leaf = psi.clone().requires_grad_()
    loss = F.softplus(-leaf * 0) + F.softplus(leaf * theta) + gamma / 2 * leaf.square()
    psi = psi - h * ratio * torch.autograd.grad(loss.sum(), leaf)[0]
    leaf = theta.clone().requires_grad_()
    return theta - h * torch.autograd.grad(F.softplus(-psi * leaf).sum(), leaf)[0], psi


def dirac_in_numpy(theta, psi, h, gamma, ratio):
    theta, psi = theta.numpy().copy(), psi.numpy().copy()
    psi = psi - h * ratio * (theta / (1 + np.exp(-psi * theta)) + gamma * psi)
    return theta + h * psi / (1 + np.exp(psi * theta)), psi


def of_matrix(number, at=lambda rest: rest):
    return lambda step, rest: number(torch.autograd.functional.jacobian(step, at(rest)))


def by_differences(step, rest):
    columns = [(step(rest + e) - step(rest - e)) / 2e-5 for e in 1e-5 * torch.eye(len(rest), dtype=rest.dtype)]
    return np.abs(np.linalg.eigvals(torch.stack(columns, 1).numpy())).max()


def by_one_walk(step, rest):
    place = rest + 1e-3
    return (step(place) - rest).norm() / (place - rest).norm()


def by_rows(step, rest):
    leaf = rest.clone().requires_grad_()
    rows = [torch.autograd.grad(value, leaf, retain_graph=True)[0] for value in step(leaf)]
    return max(abs(e) for e in torch.linalg.eigvals(torch.stack(rows)).tolist())


def by_search(h, ratio):
    """No formula: a golden section search on |λ| for the friction."""

    def size(gamma):
        A = np.array([[1, h / 2], [0, 1]]) @ np.array([[1, 0], [-h * ratio / 2, 1 - h * ratio * gamma]])
        return np.abs(np.linalg.eigvals(A)).max()

    low, high, golden = 0.0, 1 / (h * ratio), (math.sqrt(5) - 1) / 2
    for _ in range(80):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if size(a) < size(b) else (a, high)
    return low, size(low)


# ── the average ─────────────────────────────────────────────────────────────────────────────────────────────────────


def ema(past=lambda b: b, buffers=True, counts=True, weights=True):
    def follow(average, model, beta):
        keep = past(beta)
        with torch.no_grad():
            if weights:
                for old, new in zip(average.parameters(), model.parameters()):
                    old.copy_(keep * old + (1 - keep) * new)
            for old, new in zip(average.buffers(), model.buffers()):
                if old.is_floating_point() and buffers:
                    old.copy_(keep * old + (1 - keep) * new)
                elif not old.is_floating_point() and counts:
                    old.copy_(new)

    return follow


def ema_moves_the_model(average, model, beta):
    with torch.no_grad():
        for old, new in zip(average.parameters(), model.parameters()):
            old.mul_(beta).add_(new.mul_(1 - beta))
    ema(weights=False)(average, model, beta)


def ema_of_copies(average, model, beta):
    return {k: beta * v + (1 - beta) * model.state_dict()[k] for k, v in average.state_dict().items()}


def ema_with_gradient(average, model, beta):
    for layer, other in zip(average, model):
        for name, weight in list(other.named_parameters()):
            mixed = beta * getattr(layer, name) + (1 - beta) * weight
            delattr(layer, name)
            setattr(layer, name, mixed)
            layer._parameters[name] = mixed
    ema(weights=False)(average, model, beta)


def ema_same_tensors(average, model, beta):
    for old, new in zip(average.parameters(), model.parameters()):
        new.data.mul_(1 - beta).add_(old.data, alpha=beta)
        old.data = new.data
    ema(weights=False)(average, model, beta)


def ema_by_state_dict(average, model, beta):
    new = model.state_dict()
    mixed = {
        k: beta * v + (1 - beta) * new[k] if v.is_floating_point() else new[k] for k, v in average.state_dict().items()
    }
    average.load_state_dict(mixed)


def ema_by_data(average, model, beta):
    for old, new in zip(average.parameters(), model.parameters()):
        old.data = old.data + (1 - beta) * (new.data - old.data)
    ema(weights=False)(average, model, beta)
    return average


# ── counting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def counted(
    enough=lambda n, k, near: 0.2 * n / k,
    share=lambda near, n, found, k: near / n,
    reach=lambda r: r,
    dim=1,
    owner=True,
):
    def count(points, centres, radius):
        n, k = len(points), len(centres)
        table = torch.cdist(points, centres)
        if owner:
            distance, mine = table.min(dim=dim)
            near = distance <= reach(radius)
            owned = torch.bincount(mine[near], minlength=k)
        else:
            near = table <= reach(radius)
            owned = near.sum(0)
        found = int((owned >= enough(n, k, int(near.sum()))).sum())
        return found, share(int(near.sum()), n, found, k)

    return count


def count_in_numpy(points, centres, radius):
    points, centres = points.numpy(), centres.numpy()
    squared = ((points[:, None] - centres[None]) ** 2).sum(-1)
    near = squared.min(1) <= radius**2
    owned = np.bincount(squared.argmin(1)[near], minlength=len(centres))
    return (owned / len(points) >= 0.2 / len(centres)).sum(), near.mean()


def count_by_mode(points, centres, radius):
    nearest = torch.cdist(points, centres).argmin(1)
    inside = [((points[nearest == i] - c).norm(dim=1) <= radius).sum().item() for i, c in enumerate(centres)]
    return torch.tensor(sum(m * len(centres) * 5 >= len(points) for m in inside)), sum(inside) / len(points)


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(column=0, size=lambda d: (d[: len(d) // 4].mean(), d[-(len(d) // 4) :].mean()), low=2 / 3, high=1.5, flips=2):
    def answer(path):
        x = path[:, column]
        if ((x[1:] > 0) != (x[:-1] > 0)).sum() < flips:
            return "crawling"
        first, last = size(path.norm(dim=1))
        return "growing" if last > high * first else "settling" if last < low * first else "circling"

    return answer


def read_by_slope(path):
    """By a straight line through the logarithm of the distance."""
    theta, log = path[:, 0].numpy(), path.norm(dim=1).clamp_min(1e-300).log().numpy()
    if np.abs(np.diff(np.sign(theta))).sum() < 4:
        return "crawling"
    change = np.polyfit(np.linspace(0, 1, len(log)), log, 1)[0]
    return "growing" if change > math.log(1.7) else "settling" if change < -math.log(1.7) else "circling"


# ── rates ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def falling(g, d, end=0.02):
    return lambda progress: (g * (1 - (1 - end) * progress), d * (1 - (1 - end) * progress))


WRONG = {
    "02.growth": {
        "alternating always 1": lambda h: (math.sqrt(1 + h * h), 1.0),
        "exchanged": lambda h: growth_by_eigenvalues(h)[::-1],
        "determinants": lambda h: (1 + h * h, 1.0),
        "no square root": lambda h: (1 + h * h, growth_by_eigenvalues(h)[1]),
        "real part": lambda h: (1.0, growth_by_eigenvalues(h)[1]),
        "smallest": lambda h: (math.sqrt(1 + h * h), 1 / growth_by_eigenvalues(h)[1]),
        "the Dirac-GAN's h/2": lambda h: growth_by_eigenvalues(h / 2),
        "singular value": lambda h: (math.sqrt(1 + h * h), np.linalg.norm([[1 - h * h, -h], [h, 1]], 2)),
        "sign of the turn lost": lambda h: (1 + h, growth_by_eigenvalues(h)[1]),
        "of the example": returns((1.0198, 1.0)),
    },
    "02.dirac_step": {
        "simultaneous": dirac(together=True),
        "G first": dirac(first="G"),
        "saturating": dirac(g=torch.sigmoid),
        "D's slope with the other sign": dirac(d=lambda l: torch.sigmoid(-l)),
        "D climbs its loss": dirac(sign=-1),
        "R1 not halved": dirac(pull=2.0),
        "R1 halved twice": dirac(pull=0.5),
        "no R1": dirac(pull=0.0),
        "R1 pushes": dirac(pull=-1.0),
        "R1 on the fakes": dirac_r1_on_fakes,
        "both with D's rate": dirac(both=True),
        "linear game": dirac(d=lambda l: 0.5, g=lambda l: 0.5),
        "in place": dirac_in_place,
        "exchanged": lambda *sent: dirac()(*sent)[::-1],
        "mean over the games": lambda theta, psi, *rest: tuple(x.mean() for x in dirac()(theta, psi, *rest)),
    },
    "02.largest_factor": {
        "at 0 instead of at rest": of_matrix(lambda J: torch.linalg.eigvals(J).abs().max(), torch.zeros_like),
        "largest real part": of_matrix(lambda J: torch.linalg.eigvals(J).real.max()),
        "root of the determinant": of_matrix(lambda J: torch.det(J).abs().sqrt()),
        "singular value": of_matrix(lambda J: torch.linalg.matrix_norm(J, 2)),
        "as if symmetric": of_matrix(lambda J: torch.linalg.eigvalsh(J).abs().max()),
        "smallest": of_matrix(lambda J: torch.linalg.eigvals(J).abs().min()),
        "all of them": of_matrix(lambda J: torch.linalg.eigvals(J).abs()),
        "complex": of_matrix(lambda J: torch.linalg.eigvals(J)[0]),
        "one step": by_one_walk,
        "sum": of_matrix(lambda J: torch.linalg.eigvals(J).abs().sum()),
        "trace": of_matrix(lambda J: J.trace().abs()),
    },
    "02.best_friction": {
        "forgets − h/4": lambda h, a: (1 / math.sqrt(a), 1 - h * math.sqrt(a) / 2),
        "a for √a": lambda h, a: (1 / a - h / 4, 1 - h * a / 2),
        "without a": lambda h, a: (1 - h / 4, 1 - h / 2),
        "γ alone": lambda h, a: 1 / math.sqrt(a) - h / 4,
        "root of the determinant, then the root again": lambda h, a: (
            1 / math.sqrt(a) - h / 4,
            math.sqrt(1 - h * math.sqrt(a) / 2),
        ),
        "determinant for factor": lambda h, a: (1 / math.sqrt(a) - h / 4, (1 - h * math.sqrt(a) / 2) ** 2),
        "the lesson's 0.9": returns((0.9, 0.8)),
        "as much as possible": lambda h, a: (1 / (h * a), 0.0),
        "the other root": lambda h, a: (1 / math.sqrt(a) + h / 4, 1 + h * math.sqrt(a) / 2),
        "bilinear game": lambda h, a: (2 / math.sqrt(a) - h, 1 - h * math.sqrt(a)),
    },
    "02.follow": {
        "β on the wrong side": ema(past=lambda b: 1 - b),
        "buffers forgotten": ema(buffers=False, counts=False),
        "statistics forgotten": ema(buffers=False),
        "count of batches forgotten": ema(counts=False),
        "only buffers": ema(weights=False),
        "a copy": ema(past=lambda b: 0.0),
        "changes the model": ema_moves_the_model,
        "returns a dict, moves nothing": ema_of_copies,
        "same tensors afterwards": ema_same_tensors,
        "part of a gradient": ema_with_gradient,
        "a plain mean": ema(past=lambda b: 0.5),
        "average and model exchanged": lambda average, model, beta: ema()(model, average, beta),
    },
    "02.count_modes": {
        "one sample is enough": counted(enough=lambda n, k, near: 1),
        "fair share of the near ones": counted(enough=lambda n, k, near: 0.2 * near / k),
        "a whole fair share": counted(enough=lambda n, k, near: n / k),
        "a fifth of all": counted(enough=lambda n, k, near: 0.2 * n),
        "share of modes found": counted(share=lambda near, n, found, k: found / k),
        "number, not share": counted(share=lambda near, n, found, k: float(near)),
        "squared radius": counted(reach=lambda r: r**2),
        "root of the radius": counted(reach=lambda r: r**0.5),
        "wrong axis": counted(dim=0),
        "a sample may belong to two": counted(owner=False),
        "radius ignored": counted(reach=lambda r: math.inf),
        "percent": counted(share=lambda near, n, found, k: 100 * near / n),
        "always all": lambda points, centres, radius: (len(centres), 1.0),
    },
    "02.read_the_path": {
        "always circling": returns("circling"),
        "looks at ψ": read(column=1),
        "first and last place": read(size=lambda d: (d[0], d[-1])),
        "never crawling": read(flips=-1),
        "growing and settling exchanged": lambda path: {"growing": "settling", "settling": "growing"}.get(
            read()(path), read()(path)
        ),
        "no tolerance": read(low=1.0, high=1.0),
        "blind to growth": read(high=1e9),
        "blind to shrinking": read(low=0.0),
        "other words": lambda path: read()(path).upper(),
        "an index": lambda path: ["growing", "circling", "settling", "crawling"].index(read()(path)),
    },
    "02.rates": {
        "of the lesson": lambda progress: (1e-3, 4e-3),
        "G 16 times as fast": lambda progress: (4e-3, 2.5e-4),
        "far too fast a D": falling(1e-3, 1e-1),
        "falls too soon": lambda progress: (8e-3 * 0.001**progress, 16e-3 * 0.001**progress),
        "huge": lambda progress: (0.5, 1.0),
        "negative at the end": lambda progress: (8e-3 * (1 - 1.1 * progress), 16e-3 * (1 - 1.1 * progress)),
        "falls to nothing": lambda progress: (8e-3 * max(0.0, 1 - 2 * progress), 16e-3),
        "one rate": lambda progress: 4e-3,
        "NaN": lambda progress: (math.nan, math.nan),
    },
}

RIGHT = {
    "02.growth": {
        "numpy's eigenvalues": growth_by_eigenvalues,
        "the other player first": growth_other_player_first,
        "acosh": lambda h: (math.hypot(1, h), math.exp(math.acosh(max(1.0, h * h / 2 - 1)))),
    },
    "02.dirac_step": {
        "autograd": dirac_by_autograd,
        "numpy": dirac_in_numpy,
        "tanh for sigmoid": dirac(d=lambda l: (1 + torch.tanh(l / 2)) / 2, g=lambda l: 1 - torch.sigmoid(l)),
    },
    "02.largest_factor": {
        "differences and numpy": by_differences,
        "row by row": by_rows,
        "torch.func": lambda step, rest: torch.linalg.eigvals(torch.func.jacrev(step)(rest)).abs().max(),
    },
    "02.best_friction": {
        "by the two equations": lambda h, a: (
            (1 - (1 - math.sqrt(h * h * a / 4)) ** 2) / (h * a),
            torch.tensor(1 - math.sqrt(h * h * a / 4)),
        ),
        "search": by_search,
        "by h√a": lambda h, a: [(4 - h * a**0.5) / (4 * a**0.5), 1 - h * a**0.5 / 2],
    },
    "02.follow": {"state dict": ema_by_state_dict, "data": ema_by_data, "copy": ema()},
    "02.count_modes": {"numpy": count_in_numpy, "mode by mode": count_by_mode},
    "02.read_the_path": {
        "a line through the logarithm": read_by_slope,
        "largest of each third": read(size=lambda d: (d[: len(d) // 3].max(), d[-(len(d) // 3) :].max())),
    },
    "02.rates": {
        "6 and 12 thousandths": falling(6e-3, 12e-3),
        "tensors, down a curve": lambda progress: torch.tensor([8e-3, 16e-3]) * (1 - progress + 0.01) ** 0.8,
    },
}
