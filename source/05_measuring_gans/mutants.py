"""Wrong answers that the checks of exercise 05 must reject, and right ones, written otherwise, that they must accept."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy import linalg, spatial, stats


def returns(value):
    return lambda *_: value


# ── the Fréchet distance ────────────────────────────────────────────────────────────────────────────────────────────


def root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp_min(0).sqrt() @ vectors.T


def frechet(real, fake, *, cov=lambda x: torch.atleast_2d(x.T.cov()), overlap=None, means=True, factor=2, squared=True):
    first, second = cov(real), cov(fake)
    shared = (overlap or (lambda a, b: torch.linalg.svdvals(root(b) @ root(a)).sum()))(first, second)
    gap = (real.mean(0) - fake.mean(0)).square().sum() if means else 0
    value = gap + first.trace() + second.trace() - factor * shared
    return value if squared else value.clamp_min(0).sqrt()


def but_frechet(**changed):
    return lambda *sent: frechet(*sent, **changed)


def by_eigenvalues_of_the_product(real, fake):
    first, second = (np.atleast_2d(np.cov(x.numpy(), rowvar=False)) for x in (real, fake))
    shared = np.sqrt(np.clip(np.linalg.eigvals(first @ second).real, 0, None)).sum()
    return np.sum((real.mean(0) - fake.mean(0)).numpy() ** 2) + np.trace(first) + np.trace(second) - 2 * shared


def by_textbook(real, fake):
    first, second = (np.atleast_2d(np.cov(x.numpy(), rowvar=False)) for x in (real, fake))
    product = linalg.sqrtm(first @ second)
    return np.sum((real.mean(0) - fake.mean(0)).numpy() ** 2) + np.trace(first + second - 2 * product)


def uncentred(x):
    return x.T @ x / (len(x) - 1)


# ── kernel distance, precision and recall ───────────────────────────────────────────────────────────────────────────


def kernel_distance(x, y, *, selves=False, kernel=lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3, cross=2, of=None):
    def within(a):
        k, n = kernel(a, a), len(a)
        return k.mean() if selves else (k.sum() - k.trace()) / (of(n) if of else n * (n - 1))

    return within(x) + within(y) - cross * kernel(x, y).mean()


def but_kernel(**changed):
    return lambda *sent: kernel_distance(*sent, **changed)


def by_pairs(x, y):
    def kernel(a, b):
        return ((a * b).mean() + 1) ** 3

    def mean(values):
        return torch.stack(values).mean()

    within = [mean([kernel(a[i], a[j]) for i in range(len(a)) for j in range(i)]) for a in (x, y)]
    return (sum(within) - 2 * mean([kernel(a, b) for a in x for b in y])).item()


def among(points, others, k, offset=0, reduce="any", each=True):
    radius = torch.cdist(others, others).sort(dim=1).values[:, k + offset]
    inside = torch.cdist(points, others) <= (radius if each else radius.mean())
    return getattr(inside.double(), {"any": "amax", "all": "amin"}[reduce])(dim=1).mean()


def but_among(**changed):
    return lambda real, fake, k: (among(fake, real, k, **changed), among(real, fake, k, **changed))


def radius_of_the_point(real, fake, k):
    def share(points, others):
        radius = torch.cdist(points, points).sort(dim=1).values[:, k]
        return (torch.cdist(points, others) <= radius[:, None]).any(dim=1).double().mean()

    return share(fake, real), share(real, fake)


def distances_above_nought(real, fake, k):
    def share(points, others):
        own = torch.cdist(others, others, compute_mode="donot_use_mm_for_euclid_dist")
        radius = own.masked_fill(own == 0, torch.inf).sort(dim=1).values[:, k - 1]
        return (torch.cdist(points, others) <= radius).any(dim=1).double().mean()

    return share(fake, real), share(real, fake)


def by_trees(real, fake, k):
    def share(points, others):
        tree = spatial.cKDTree(others)
        radius = tree.query(others, k + 1)[0][:, -1]
        held = [any(np.linalg.norm(p - others[i]) <= radius[i] for i in range(len(others))) for p in points]
        return float(np.mean(held))

    return share(fake.numpy(), real.numpy()), share(real.numpy(), fake.numpy())


def by_topk(real, fake, k):
    answers = []
    for points, others in ((fake, real), (real, fake)):
        own = torch.cdist(others, others).fill_diagonal_(torch.inf)
        radius = own.topk(k, largest=False).values[:, -1]
        nearest = (torch.cdist(points, others) - radius[None]).amin(dim=1)
        answers.append(float((nearest <= 0).double().mean()))
    return answers


# ── modes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def modes(samples, centres, std, share, *, near=3, of_all=True, minlength=True, portion=None, every=False):
    distance = torch.cdist(samples, centres)
    close = distance.amin(dim=1) <= near * std
    counts = torch.bincount(distance.argmin(dim=1)[close], minlength=len(centres) if minlength else 0)
    if every:
        counts = (distance <= near * std).sum(0)
    total = len(samples) if of_all else int(close.sum())
    fair = total / (len(centres) if minlength else len(counts))
    return (counts >= (portion if portion is not None else share * fair)).sum(), close.double().mean()


def but_modes(**changed):
    return lambda *sent: modes(*sent, **changed)


def modes_in_numpy(samples, centres, std, share):
    owner = np.full(len(samples), -1)
    for i, x in enumerate(samples.numpy()):
        away = np.linalg.norm(centres.numpy() - x, axis=1)
        if away.min() < 3 * std:
            owner[i] = away.argmin()
    portions = [(owner == mode).mean() * len(centres) for mode in range(len(centres))]
    return int(sum(p >= share for p in portions)), float((owner >= 0).mean())


# ── copies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def near(x, y):
    return torch.cdist(x, y).amin(dim=1)


def accuse(limit):
    return lambda samples, training, held_back: near(samples, training) < limit(samples, training, held_back)


def by_own_neighbourhood(samples, training, held_back):
    """Another rule: nearer to a training picture than a fifth of what its own nearest fellow is."""
    fellow = torch.cdist(training, training).fill_diagonal_(torch.inf).amin(dim=1)
    distance, whose = torch.cdist(samples, training).min(dim=1)
    return (distance < fellow[whose] / 5).int()


def by_ratio(samples, training, held_back):
    tree = spatial.cKDTree(training.numpy())
    distance, _ = tree.query(samples.numpy(), 2)
    return [bool(first < 0.25 * second) for first, second in distance]


# ── extrapolation ───────────────────────────────────────────────────────────────────────────────────────────────────


def line(quantity):
    return lambda n, m, y: np.polyfit(quantity(n, m).numpy(), y.numpy(), 1)[1]


def first_and_last(n, m, y):
    t = 1 / n + 1 / m
    return y[0] - (y[-1] - y[0]) / (t[-1] - t[0]) * t[0]


def weighted(n, m, y):
    t = 1 / n + 1 / m
    return np.polyfit(t.numpy(), y.numpy(), 1, w=(1 / t).numpy())[1]


# ── the diagnosis ───────────────────────────────────────────────────────────────────────────────────────────────────


def examined(training, held_back, fake, copies=True, precision=True, recall=True, distance=True, limit=8.0):
    """An examiner of another make: it compares every number with that of the training set; parts can be left out."""
    p, r = (float(v) for v in but_among()(held_back, fake, 3))
    if copies and stats.rankdata(torch.cat([near(held_back, training), near(fake, training)]))[400:].mean() < 330:
        return "copies"
    if precision and p < 0.7:
        return "poor samples"
    if recall and r < 0.7:
        return "missing kinds"
    if distance and frechet(held_back, fake) > limit * frechet(held_back, training):
        return "wrong frequencies"
    return "healthy"


def by_fd_alone(training, held_back, fake):
    return "healthy" if frechet(held_back, fake) < 5 * frechet(held_back, training) else "poor samples"


def by_clusters(training, held_back, fake):
    """And one that finds the kinds, by k-means, and counts them."""
    from sklearn.cluster import KMeans

    found = KMeans(8, n_init=5, random_state=0).fit(torch.cat([training, held_back]).numpy())
    if (near(fake, training) < near(held_back, training).quantile(0.01) / 2).double().mean() > 0.25:
        return "copies"
    if among(fake, torch.cat([training, held_back]), 3) < 0.8:
        return "poor samples"
    shares = np.bincount(found.predict(fake.numpy()), minlength=8) / len(fake)
    if (shares < 0.005).sum() >= 2:
        return "missing kinds"
    return "wrong frequencies" if shares.max() > 3 * shares.min() else "healthy"


# ── fooled ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def fitted(x, real):
    x = x - x.mean(0)
    return x @ torch.linalg.inv(root(x.T.cov())) @ root(real.T.cov()) + real.mean(0)


def normal_cloud(real, fit=True):
    x = torch.randn_like(real)
    return fitted(x, real) if fit else x @ root(real.T.cov()) + real.mean(0)


def shuffled(real):
    return fitted(torch.stack([column[torch.randperm(len(real))] for column in real.T], dim=1), real)


def pushed(real, steps=120):
    """Instead of a linear map: points driven off the real ones, the moments held by a penalty, and mapped at the end."""
    radius = torch.cdist(real, real).sort(dim=1).values[:, 3]
    x = normal_cloud(real).requires_grad_()
    adam = torch.optim.Adam([x], lr=0.1)
    for _ in range(steps):
        lack = (2.2 - torch.cdist(x, real) / radius).clamp_min(0).amax(dim=1).mean()
        moments = (x.mean(0) - real.mean(0)).square().sum() + (x.T.cov() - real.T.cov()).square().mean()
        adam.zero_grad()
        (lack + moments).backward()
        adam.step()
    return fitted(x.detach(), real)


def mostly_left(real, reach=0.6, weight=8.0, axis=0):
    weights = torch.where(real[:, axis] > real[:, axis].median(), 1.0, weight)
    chosen = torch.multinomial(weights, len(real), replacement=True)
    step = torch.cdist(real, real).sort(dim=1).values[chosen, 1:2]
    return real[chosen] + reach * step * F.normalize(torch.randn_like(real), dim=1)


_A = {}  # the dear half of an answer, kept for the many that differ in B only


def with_a(B):
    def fool(real):
        key = real.sum().item()
        if key not in _A:
            _A[key] = pushed(real)
        return _A[key], B(real)

    return fool


WRONG = {
    "05.frechet_distance": {
        "the root of it": but_frechet(squared=False),
        "no means": but_frechet(means=False),
        "no root": but_frechet(overlap=lambda a, b: (a @ b).trace()),
        "roots of the entries": but_frechet(overlap=lambda a, b: (a @ b).clamp_min(0).sqrt().trace()),
        "the last term once": but_frechet(factor=1),
        "variances alone": but_frechet(overlap=lambda a, b: (a.diagonal() * b.diagonal()).sqrt().sum()),
        "divisor n": but_frechet(cov=lambda x: torch.atleast_2d(x.T.cov(correction=0))),
        "covariance of the rows": but_frechet(cov=lambda x: x.cov()),
        "lost for one feature": but_frechet(cov=lambda x: x.T.cov()),
        "Cholesky, which wants full rank": but_frechet(
            overlap=lambda a, b: torch.linalg.svdvals(torch.linalg.cholesky(b).T @ torch.linalg.cholesky(a)).sum()
        ),
        "negative eigenvalues not caught": but_frechet(
            overlap=lambda a, b: torch.linalg.eigvalsh(root(a) @ b @ root(a)).sqrt().sum()
        ),
        "roots of the difference": lambda x, y: (
            (x.mean(0) - y.mean(0)).square().sum()
            + (torch.atleast_2d(x.T.cov()) - torch.atleast_2d(y.T.cov())).square().sum()
        ),
        "second moments, not covariances": but_frechet(cov=uncentred),
        "centres in place": lambda x, y: frechet(x.sub_(x.mean(0)), y),
        "nought": returns(0.0),
    },
    "05.kernel_distance": {
        "self-pairs counted": but_kernel(selves=True),
        "self-pairs left out, but divided by n²": but_kernel(of=lambda n: n * n),
        "halved pairs": but_kernel(of=lambda n: n * (n - 1) / 2),
        "cross term once": but_kernel(cross=1),
        "sign of the cross term": but_kernel(cross=-2),
        "not divided by d": but_kernel(kernel=lambda a, b: (a @ b.T + 1) ** 3),
        "divided by n": but_kernel(kernel=lambda a, b: (a @ b.T / len(a) + 1) ** 3),
        "square instead of cube": but_kernel(kernel=lambda a, b: (a @ b.T / a.shape[1] + 1) ** 2),
        "without the 1": but_kernel(kernel=lambda a, b: (a @ b.T / a.shape[1]) ** 3),
        "cross term without a diagonal": lambda x, y: (
            kernel_distance(x, y, cross=0)
            - 2 * (lambda k: (k.sum() - k.trace()) / (k.numel() - min(k.shape)))((x @ y.T / x.shape[1] + 1) ** 3)
        ),
        "clamped at 0": lambda x, y: torch.stack([kernel_distance(x, y), kernel_distance(x, y) * 0]).max() + 1e-3,
        "the means alone": lambda x, y: (x.mean(0) - y.mean(0)).square().sum(),
    },
    "05.precision_recall": {
        "exchanged": lambda real, fake, k: (among(real, fake, k), among(fake, real, k)),
        "itself counted as a neighbour": but_among(offset=-1),
        "one neighbour further": lambda real, fake, k: (among(fake, real, k, offset=1), among(real, fake, k, offset=1)),
        "in all balls": but_among(reduce="all"),
        "one radius for all": but_among(each=False),
        "the radius of the point": radius_of_the_point,
        "repeated points are no neighbours": distances_above_nought,
        "k = 3 always": lambda real, fake, k: but_among()(real, fake, 3),
        "the same twice": lambda real, fake, k: (among(fake, real, k),) * 2,
        "counts": lambda real, fake, k: (among(fake, real, k) * len(fake), among(real, fake, k) * len(real)),
        "squared radii": lambda real, fake, k: (among(fake, real, k) ** 2, among(real, fake, k) ** 2),
        "ones": returns((1.0, 1.0)),
    },
    "05.mode_count": {
        "a classifier that always answers": but_modes(near=1e9),
        "fair portion of the near ones": but_modes(of_all=False),
        "modes without samples forgotten": but_modes(minlength=False),
        "one sample is enough": but_modes(portion=1),
        "within one deviation": but_modes(near=1),
        "a share of all": lambda s, c, std, share: modes(s, c, std, share, portion=share * len(s)),
        "exchanged": lambda *sent: modes(*sent)[::-1],
        "counts the near ones": lambda *sent: (modes(*sent)[0], modes(*sent)[1] * len(sent[0])),
        "only the count": lambda *sent: modes(*sent)[0],
        "all of them": lambda s, c, std, share: (len(c), modes(s, c, std, share)[1]),
        "a fair portion in full": lambda s, c, std, share: modes(s, c, std, 1.0),
    },
    "05.find_copies": {
        "nobody": lambda s, t, h: torch.zeros(len(s), dtype=torch.bool),
        "everybody": lambda s, t, h: torch.ones(len(s), dtype=torch.bool),
        "a fixed limit": accuse(lambda s, t, h: 0.5),
        "exact copies only": accuse(lambda s, t, h: 1e-9),
        "the nearest fifth of the samples": accuse(lambda s, t, h: near(s, t).quantile(0.2)),
        "half the samples' own median": accuse(lambda s, t, h: near(s, t).median() / 2),
        "half the innocents' median": accuse(lambda s, t, h: near(h, t).median() / 2),
        "nearest held-back picture": lambda s, t, h: near(s, h) < near(t, h).quantile(0.01) / 2,
        "samples near each other": lambda s, t, h: (
            torch.cdist(s, s).fill_diagonal_(torch.inf).amin(1) < near(h, t).quantile(0.01) / 2
        ),
        "a limit far too large": accuse(lambda s, t, h: near(h, t).quantile(0.01) / 2 * 1e6),
        "turned round": lambda s, t, h: near(s, t) >= near(h, t).quantile(0.01) / 2,
        "of the training pictures": lambda s, t, h: near(t, s) < near(h, t).quantile(0.01) / 2,
        "distances": lambda s, t, h: near(s, t),
        "how many": lambda s, t, h: int((near(s, t) < near(h, t).quantile(0.01) / 2).sum()),
    },
    "05.at_infinity": {
        "in 1 / n": line(lambda n, m: 1 / n),
        "in 1 / m": line(lambda n, m: 1 / m),
        "in n": line(lambda n, m: n),
        "in 1 / (n + m)": line(lambda n, m: 1 / (n + m)),
        "in 1 / smaller": line(lambda n, m: 1 / torch.minimum(n, m)),
        "in 1 / √n + 1 / √m": line(lambda n, m: n**-0.5 + m**-0.5),
        "the slope": lambda n, m, y: np.polyfit((1 / n + 1 / m).numpy(), y.numpy(), 1)[0],
        "first and last point": first_and_last,
        "the largest set's score": lambda n, m, y: y[(n + m).argmax()],
        "the smallest score": lambda n, m, y: y.min(),
        "the mean": lambda n, m, y: y.mean(),
        "weighted": weighted,
    },
    "05.name_the_fault": {
        "always healthy": returns("healthy"),
        "by FD alone": by_fd_alone,
        "overlooks copies": lambda *sent: examined(*sent, copies=False),
        "overlooks poor samples": lambda *sent: examined(*sent, precision=False),
        "overlooks missing kinds": lambda *sent: examined(*sent, recall=False),
        "overlooks frequencies": lambda *sent: examined(*sent, distance=False),
        "a fixed limit for FD": lambda t, h, f: examined(t, h, f, limit=1.0 / frechet(h, t)),
        "training and held-back exchanged": lambda t, h, f: examined(h, t, f),
        "another word": lambda *sent: {"healthy": "fine"}.get(examined(*sent), examined(*sent)),
        "returns nothing": returns(None),
    },
    "05.fool_the_metrics": {
        "what was given": lambda real: (real.clone(), real.clone()),
        "a normal cloud, not fitted": lambda real: (normal_cloud(real, fit=False), mostly_left(real)),
        "a normal cloud": lambda real: (normal_cloud(real), mostly_left(real)),
        "columns shuffled": lambda real: (shuffled(real), mostly_left(real)),
        "far away": lambda real: (real + 100, mostly_left(real)),
        "B is copies": with_a(lambda real: mostly_left(real, reach=1e-3)),
        "B is nearly copies": with_a(lambda real: mostly_left(real, reach=0.05)),
        "B has the right frequencies": with_a(lambda real: mostly_left(real, weight=1.0)),
        "B misses the right half": with_a(lambda real: mostly_left(real, weight=1e6)),
        "B is blurred": with_a(lambda real: mostly_left(real, reach=6.0)),
        "B is another size": with_a(lambda real: mostly_left(real)[:100]),
        "exchanged": lambda real: with_a(mostly_left)(real)[::-1],
        "only A": lambda real: with_a(mostly_left)(real)[0],
        "NaN": lambda real: (real * torch.nan, real),
        "returns nothing": returns(None),
    },
}

RIGHT = {
    "05.frechet_distance": {
        "singular values": but_frechet(),
        "eigenvalues of the product, numpy": by_eigenvalues_of_the_product,
        "from the centred features": lambda x, y: (
            (x.mean(0) - y.mean(0)).square().sum()
            + x.var(0).sum()
            + y.var(0).sum()
            - 2
            * torch.linalg.matrix_norm((x - x.mean(0)) @ (y - y.mean(0)).T, "nuc")
            / ((len(x) - 1) * (len(y) - 1)) ** 0.5
        ).item(),
    },
    "05.kernel_distance": {
        "with the trace": but_kernel(),
        "pair by pair": by_pairs,
        "numpy": lambda x, y: (
            lambda x, y, k: (
                k(x, x)[~np.eye(len(x), dtype=bool)].mean()
                + k(y, y)[~np.eye(len(y), dtype=bool)].mean()
                - 2 * k(x, y).mean()
            )
        )(x.numpy(), y.numpy(), lambda a, b: (1 + a @ b.T / a.shape[-1]) ** 3),
    },
    "05.precision_recall": {
        "sorted": but_among(),
        "topk, a list": by_topk,
        "a tree and loops": by_trees,
    },
    "05.mode_count": {
        "bincount": but_modes(),
        "numpy, one by one": modes_in_numpy,
    },
    "05.find_copies": {
        "as in the lesson": accuse(lambda s, t, h: near(h, t).quantile(0.01) / 2),
        "a third of the nearest innocent": accuse(lambda s, t, h: near(h, t).min() / 3),
        "by the training pictures' own neighbours": by_own_neighbourhood,
        "first against second neighbour, a list": by_ratio,
    },
    "05.at_infinity": {
        "polyfit": line(lambda n, m: 1 / n + 1 / m),
        "lstsq": lambda n, m, y: torch.linalg.lstsq(
            torch.stack([torch.ones_like(n), (n + m) / (n * m)], dim=1), y[:, None]
        ).solution[0, 0],
        "linregress": lambda n, m, y: float(stats.linregress((1 / n + 1 / m).numpy(), y.numpy()).intercept),
    },
    "05.name_the_fault": {"another order of signs": examined, "finds the kinds and counts": by_clusters},
    "05.fool_the_metrics": {
        "pushed, with a penalty on the moments": with_a(mostly_left),
        "another axis, 32 bits": lambda real: [
            x.float() for x in with_a(lambda r: mostly_left(r, weight=6.0, axis=2))(real)
        ],
    },
}
