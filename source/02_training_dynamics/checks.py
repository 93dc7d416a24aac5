"""The items of exercise 02: what is sent, what is right, and how near is near enough."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import Check, Complaint, close

LESSON = "notebooks/02_training_dynamics"


def uniform(generator, *shape, low=0.0, high=1.0):
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


def number(generator, low, high):
    return round(uniform(generator, (), low=low, high=high).item(), 3)


def named(*names, **tolerances):
    """A verdict on an answer of several values that calls them by these names; a tensor may hold them as well."""

    def verdict(case, expected, answer):
        values = answer.unbind() if isinstance(answer, torch.Tensor) and answer.ndim else answer
        if not isinstance(values, list | tuple) or len(values) != len(names):
            return close(expected, answer)
        return close(dict(zip(names, expected)), dict(zip(names, values)), **tolerances)

    return verdict


# ── 1 · growth ──────────────────────────────────────────────────────────────────────────────────────────────────────


def step_sizes(generator):
    return [{"h": number(generator, *between)} for between in ((0.1, 0.5), (0.6, 1.9), (2.2, 2.8), (3.2, 5.0))]


def growth_by_powers(h):
    """Not by eigenvalues: the matrix is raised to a high power, and its size tells the factor (Gelfand's formula)."""
    factors = []
    for step in ([[1, -h], [h, 1]], [[1 - h * h, -h], [h, 1]]):
        matrix, log_size = torch.tensor(step, dtype=torch.float64), 0.0
        for i in range(40):  # A^(2^40), its size kept at 1
            size = matrix.norm()
            log_size += size.log() / 2**i
            matrix = (matrix / size) @ (matrix / size)
        factors.append(math.exp(log_size))
    return tuple(factors)


# ── 2 · a step of the Dirac-GAN ─────────────────────────────────────────────────────────────────────────────────────


def dirac_games(generator):
    cases = []
    for n, spread in ((1, 1.0), (3, 1.0), (50, 2.0)):
        theta, psi = uniform(generator, 2, n, low=-spread, high=spread)
        levers = {"gamma": number(generator, 0.1, 1.0), "ratio": number(generator, 1.5, 4.0)}
        cases.append({"theta": theta, "psi": psi, "h": number(generator, 0.2, 0.6)} | levers)
    return [*cases, cases[1] | {"gamma": 0.0}, cases[1] | {"ratio": 1.0}]


def dirac_by_hand(theta, psi, h, gamma, ratio):
    new = psi - h * ratio * (theta / (1 + torch.exp(-psi * theta)) + gamma * psi)
    return theta + h * new / (1 + torch.exp(new * theta)), new


# ── 3 · the instrument ──────────────────────────────────────────────────────────────────────────────────────────────


def steps(generator):
    def rotation(size):
        angle = uniform(generator, (), low=0.5, high=1.2)
        return size * torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]).reshape(2, 2)

    real = torch.diag(torch.tensor([0.4, -1.0], dtype=torch.float64) * uniform(generator, (), low=0.8, high=1.3))
    real[0, 1] = uniform(generator, (), low=1, high=2)  # leaning: stretches more at first than in the long run
    four = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    cases = []
    for matrix in (rotation(0.9), rotation(1.05), real, four / 3):
        rest = uniform(generator, len(matrix), low=0.5, high=1.5)
        bend = uniform(generator, len(matrix), low=0.1, high=0.3)
        cases.append({"rest": rest, "derivative there": matrix, "_bend": bend})
    return cases


def handed_a_step(instrument, case):
    rest, matrix, bend = case["rest"], case["derivative there"], case["_bend"]

    def step(place):
        away = place - rest
        return rest + matrix.to(place.dtype) @ away + bend * away**2

    return instrument(step, rest.clone())


def spectral_radius(rest, matrix, bend):
    """From the coefficients of the characteristic polynomial (Faddeev and LeVerrier), not from the matrix itself."""
    n = len(matrix)
    helper, coefficients = torch.zeros_like(matrix), [1.0]
    for k in range(1, n + 1):
        helper = matrix @ helper + coefficients[-1] * torch.eye(n, dtype=matrix.dtype)
        coefficients.append(-(matrix @ helper).trace().item() / k)
    companion = torch.diag(torch.ones(n - 1, dtype=matrix.dtype), -1)
    companion[0] = -torch.tensor(coefficients[1:], dtype=matrix.dtype)
    return torch.linalg.eigvals(companion).abs().max()


# ── 4 · the best friction ───────────────────────────────────────────────────────────────────────────────────────────


def learning_rates(generator):
    cases = [{"h": number(generator, 0.1, 0.5), "ratio": 1.0}]
    return cases + [{"h": number(generator, 0.1, 0.8), "ratio": number(generator, 1.5, 4.0)} for _ in range(4)]


def just_stops_turning(h, ratio):
    return 1 / math.sqrt(ratio) - h / 4, 1 - h * math.sqrt(ratio) / 2


# ── 5 · the average ─────────────────────────────────────────────────────────────────────────────────────────────────
# A linear layer, a batch norm, a linear layer: 34 weights, then the 8 running statistics, in one vector.


def averages(generator):
    cases = []
    for low, high in ((0.5, 0.8), (0.9, 0.99), (0.1, 0.3)):
        was, first, second = uniform(generator, 3, 42, low=0.5, high=2.0)
        counts = {"_counts": torch.randint(5, 90, (3,), generator=generator).tolist()}
        cases.append({"beta": number(generator, low, high), "_was": was, "_first": first, "_second": second} | counts)
    return cases


def followed(follow, case):
    """Two updates, the model changing in between and afterwards; what both modules hold then."""

    def module():
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()

    def parts(net):
        return [*net.parameters(), *(b for b in net.buffers() if b.is_floating_point())]

    def fill(net, values, count):
        with torch.no_grad():
            for part, new in zip(parts(net), values.split([p.numel() for p in parts(net)])):
                part.copy_(new.reshape(part.shape))
            net[1].num_batches_tracked.fill_(count)

    average, model = module(), module()
    fill(average, case["_was"], case["_counts"][0])
    for name, count in (("_first", case["_counts"][1]), ("_second", case["_counts"][2])):
        fill(model, case[name], count)
        follow(average, model, case["beta"])
    if any(not weight.is_leaf for weight in average.parameters()):
        raise Complaint("the average's weights have become part of a gradient: change them under torch.no_grad()")
    model_after = torch.cat([part.detach().flatten() for part in parts(model)])
    fill(model, torch.zeros(42, dtype=torch.float64), 0)  # from here on nothing may reach the average
    values = torch.cat([part.detach().flatten() for part in parts(average)])
    return {
        "the average's weights": values[:34],
        "the average's running statistics of batch norm": values[34:],
        "the average's count of batches": int(average[1].num_batches_tracked),
        "the model's weights and statistics": model_after,
    }


def averaged_by_hand(beta, was, first, second, counts):
    values = beta * (beta * was + (1 - beta) * first) + (1 - beta) * second
    return {
        "the average's weights": values[:34],
        "the average's running statistics of batch norm": values[34:],
        "the average's count of batches": counts[2],
        "the model's weights and statistics": second,
    }


# ── 6 · counting modes ──────────────────────────────────────────────────────────────────────────────────────────────


def clouds(generator):
    def around(centres, counts, radius, strays):
        which = torch.repeat_interleave(torch.arange(len(centres)), torch.tensor(counts))
        angle = uniform(generator, len(which), high=2 * math.pi)
        length = radius * uniform(generator, len(which), low=0.05, high=0.9)
        points = centres[which] + length[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
        points = torch.cat([points, uniform(generator, strays, 2, low=4, high=6)])
        return points[torch.randperm(len(points), generator=generator)]

    turn = uniform(generator, ())
    angles = turn + torch.arange(8).double() * (math.pi / 4)
    ring = torch.stack([angles.cos(), angles.sin()], 1)  # modes 0.77 apart
    row = torch.tensor([[0.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    crowd = uniform(generator, 5, 2, low=-0.5, high=0.5)  # closer to each other than two radii
    counts = [60, 12, 8, 1, 0, 100, 90, 30]  # of 400 samples: a fifth of the fair share is 10
    counts = [counts[i] for i in torch.randperm(8, generator=generator).tolist()]
    return [
        {"points": around(row, [2, 0], 0.3, 1), "centres": row, "radius": 0.3},
        {"points": around(ring, counts, 0.15, 99), "centres": ring, "radius": 0.15},
        {"points": around(ring, [6] * 8, 0.15, 352), "centres": ring, "radius": 0.15},
        {"points": uniform(generator, 300, 2, low=-1, high=1), "centres": crowd, "radius": 0.7},
    ]


def counted_one_by_one(points, centres, radius):
    belong = [0] * len(centres)
    for point in points.tolist():
        distances = [math.dist(point, centre) for centre in centres.tolist()]
        if min(distances) <= radius:
            belong[distances.index(min(distances))] += 1
    found = sum(mine * 5 * len(centres) >= len(points) for mine in belong)
    return found, sum(belong) / len(points)


# ── 7 · a diagnosis ─────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = ("growing", "circling", "settling", "crawling")


def walked(generator, h, steps, gamma=0.0, together=False, memory=0.0):
    """A path of the linear game θψ/2 with the levers of lesson 02, from a random start, either way round."""
    start = uniform(generator, 2, low=0.4, high=1.0) * torch.randint(0, 2, (2,), generator=generator).mul(2).sub(1)
    (theta, psi), way = start.tolist(), float(torch.randint(0, 2, (), generator=generator) * 2 - 1)
    places, old = [(theta, psi)], (theta, psi)
    for _ in range(steps):
        new_psi = psi + memory * (psi - old[1]) + (1 - memory) * h * (-way * theta / 2 - gamma * psi)
        seen = psi if together else new_psi
        new_theta = theta + memory * (theta - old[0]) + (1 - memory) * h * way * seen / 2
        old, theta, psi = (theta, psi), new_theta, new_psi
        places.append((theta, psi))
    return torch.tensor(places, dtype=torch.float64)


def is_plain(path):
    """Whether a path is far from every border between two answers, and makes a turn or more in each quarter."""
    theta, distance, quarter = path[:, 0], path.norm(dim=1), len(path) // 4
    flips = (theta[1:].sign() != theta[:-1].sign()).double()
    ratio = (distance[-quarter:].mean() / distance[:quarter].mean()).item()
    swings = min(flips[i * quarter : (i + 1) * quarter].sum() for i in range(4))
    if what(path) == "crawling":
        return flips.sum() == 0
    return swings >= 3 and (ratio > 2.5 or ratio < 0.4 or 0.9 < ratio < 1.1)


def paths(generator):
    def draw(ends=(0.0, math.inf), **levers):  # ends: between which the last place's distance over the first's lies
        while True:
            settings = {k: number(generator, *v) if isinstance(v, tuple) else v for k, v in levers.items()}
            if settings.get("gamma") == "stiff":  # beyond the best friction, up to where D only trembles
                settings["gamma"] = number(generator, 1.3, 1.8 / settings["h"] - 0.2)
            path = walked(generator, **settings)
            if is_plain(path) and ends[0] < path[-1].norm() / path[0].norm() < ends[1]:
                return path

    drawn = [
        draw(h=(0.5, 0.8), steps=120, together=True),
        draw(h=(0.4, 0.8), steps=200, memory=(0.5, 0.7)),
        draw(h=(0.4, 0.7), steps=200),
        draw(h=(2.4, 3.0), steps=100, ends=(1.7, 9.0)),  # long ellipses, whose ends mislead
        draw(h=(2.4, 3.0), steps=100, ends=(0.0, 0.6)),
        draw(h=(0.4, 0.8), steps=150, gamma=(0.05, 0.15)),
        draw(h=(1.4, 1.8), steps=60, gamma=(0.04, 0.1)),
        draw(h=(0.3, 0.45), steps=60, gamma="stiff"),
        draw(h=(0.35, 0.45), steps=40, gamma=(3.7, 4.0)),  # D trembles
    ]
    return [{"path": drawn[i]} for i in torch.randperm(len(drawn), generator=generator).tolist()]


def what(path):
    theta = path[:, 0].tolist()
    if sum((a > 0) != (b > 0) for a, b in pairwise(theta)) < 2:
        return "crawling"
    sizes = [math.hypot(*place) for place in path.tolist()]
    quarter = len(sizes) // 4
    ratio = sum(sizes[-quarter:]) / sum(sizes[:quarter])
    return "growing" if ratio > 1.5 else "settling" if ratio < 0.67 else "circling"


def read_rightly(case, expected, answer):
    if answer not in WORDS:
        return f"expected one of {', '.join(map(repr, WORDS))}, got {answer!r}"
    if answer == expected:
        return None
    path = case["path"]
    flips = int((path[1:, 0].sign() != path[:-1, 0].sign()).sum())
    seen = f"begins at distance {path[0].norm():.2g}, ends at {path[-1].norm():.2g}, its θ changes sign {flips} times"
    return f"expected {expected!r}, got {answer!r}, for a path that {seen}"


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────
# The learner's object is asked for numbers only; the games are played here, by the code that the exercise shows.

LEAST = 0.75  # of the samples at the end, in the mean of both games, within 0.15 of a mode


def two_games(generator):
    return [{"steps": 800, "_seeds": torch.randint(2**31, (2,), generator=generator).tolist()}]


def table_of_rates(rates, case):
    rows = []
    for step in range(case["steps"]):
        pair = rates(step / case["steps"])
        if not isinstance(pair, list | tuple | torch.Tensor) or len(pair) != 2:
            raise Complaint(f"expected two numbers, G's rate and D's, got {pair!r:.60}")
        rows.append([float(rate) for rate in pair])
    return torch.tensor(rows, dtype=torch.float64)


def play(table, seed):
    """A game on the ring; ten counts: modes found, share of samples within 0.15 of one."""
    torch.manual_seed(seed)
    angle = torch.arange(8) * (math.pi / 4)
    centres = torch.stack([angle.cos(), angle.sin()], 1)
    G = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    optimizers = [torch.optim.Adam(net.parameters(), betas=(0.0, 0.9), fused=True) for net in (G, D)]
    counts = []
    for step, both in enumerate(table.tolist(), 1):
        for optimizer, rate in zip(optimizers, both):
            optimizer.param_groups[0]["lr"] = rate
        real = centres[torch.randint(8, (128,))] + 0.05 * torch.randn(128, 2)
        fake = G(torch.randn(128, 2))
        loss = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        loss = F.softplus(-D(fake)).mean()
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
        if step % (len(table) // 10) == 0:
            with torch.no_grad():
                distance, owner = torch.cdist(G(torch.randn(2000, 2)), centres).min(dim=1)
            owned = torch.bincount(owner[distance <= 0.15], minlength=8)
            counts.append((int((owned >= 0.2 * 2000 / 8).sum()), owned.sum().item() / 2000))
            if len(counts) == 5 and counts[-1][0] <= 2:
                break  # half-time, and nearly nothing found: no use in playing on
    return counts


def modes_kept(case, expected, table):
    if not isinstance(table, torch.Tensor) or table.shape != (case["steps"], 2):
        return "expected two rates for each step"
    if not table.isfinite().all() or (table <= 0).any():
        return f"expected positive numbers as rates, got {table.min().item():.3g}"
    shares = []
    for game, seed in enumerate(case["_seeds"], 1):
        with torch.random.fork_rng([]):
            counts = play(table, seed)
        found = [modes for modes, _ in counts]
        if len(found) < 10 or min(found[-4:]) < 8:
            all_ten = ", ".join(map(str, found)) + (", and given up at half-time" if len(found) < 10 else "")
            return f"expected all 8 modes at each of the last four counts, got {all_ten} (all counts of game {game})"
        shares.append(counts[-1][1])
        if shares[0] < LEAST - 0.08:
            break  # a second game would hardly save the mean
    mean = sum(shares) / len(shares)
    if mean < LEAST:
        return f"expected a share of at least {LEAST:.2f} near a mode at the end, got {mean:.3f}; all 8 modes are there"
    return None


GROWTH = named("simultaneous", "alternating", rtol=1e-5)
FRICTION = named("γ", "the factor with it", rtol=2e-3)
COUNT = named("modes found", "share of the samples")
CHECKS = [
    Check("02.growth", f"{LESSON}, section 2, From streams to steps", step_sizes, growth_by_powers, verdict=GROWTH),
    Check("02.dirac_step", f"{LESSON}, sections 3 and 4", dirac_games, dirac_by_hand, verdict=named("θ", "ψ")),
    Check(
        "02.largest_factor", f"{LESSON}, section 1, Eigenvalues in one paragraph", steps, spectral_radius, handed_a_step
    ),
    Check(
        "02.best_friction", f"{LESSON}, section 4, Friction: R1", learning_rates, just_stops_turning, verdict=FRICTION
    ),
    Check("02.follow", f"{LESSON}, section 6, Averaging and momentum", averages, averaged_by_hand, followed),
    Check("02.count_modes", f"{LESSON}, section 8, Mode collapse", clouds, counted_one_by_one, verdict=COUNT),
    Check("02.read_the_path", f"{LESSON}, section 7, the table at its end", paths, what, verdict=read_rightly),
    Check("02.rates", f"{LESSON}, sections 5 and 8", two_games, probe=table_of_rates, verdict=modes_kept, seconds=6),
]
