"""The items of exercise 05: what is sent, what is right, and how near is near enough."""

import numpy as np
import torch
from scipy.spatial.distance import cdist as distances  # (n, d), (m, d) -> (n, m)

from course_gan.grading import Check

LESSON = "notebooks/05_measuring_gans"


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def uniform(generator, *shape, low=0.0, high=1.0):
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


# ── 1 · the Fréchet distance ────────────────────────────────────────────────────────────────────────────────────────


def two_clouds(generator):
    cases = []
    for n, m, d in (
        (3, 3, 2),
        (40, 60, 3),
        (30, 25, 1),
        (200, 150, 8),
        (6, 9, 20),
    ):  # the last: fewer samples than features
        x, y = (normal(generator, k, d) @ normal(generator, d, d) + 2 * normal(generator, d) for k in (n, m))
        cases.append({"real": x, "fake": y})
    constant = {k: v.clone() for k, v in cases[1].items()}
    constant["real"][:, 1], constant["fake"][:, 1] = uniform(generator, 2).tolist()  # a feature that never varies
    far = {k: v + 1e4 for k, v in cases[3].items()}
    return [*cases, constant, far]


def frechet(real, fake):
    """No root of a matrix: with Σ = AᵀA the sum of the singular values of A₁ A₂ᵀ is the trace of the root."""
    real, fake = (np.asarray(x, dtype=np.float64) for x in (real, fake))
    first, second = (np.linalg.qr((x - x.mean(0)) / np.sqrt(len(x) - 1), mode="r") for x in (real, fake))
    overlap = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    return ((real.mean(0) - fake.mean(0)) ** 2).sum() + (first**2).sum() + (second**2).sum() - 2 * overlap


# ── 2 · the kernel distance ─────────────────────────────────────────────────────────────────────────────────────────


def small_sets(generator):
    cases = []
    for n, m, d in ((3, 3, 1), (2, 3, 2), (12, 9, 5), (8, 15, 3)):
        cases.append({"real": normal(generator, n, d), "fake": normal(generator, m, d) + uniform(generator, d)})
    return cases


def pair_by_pair(real, fake):
    x, y = real.tolist(), fake.tolist()

    def kernel(a, b):
        return (sum(s * t for s, t in zip(a, b)) / len(a) + 1) ** 3

    def mean(pairs):
        return sum(pairs) / len(pairs)

    within = [mean([kernel(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]) for z in (x, y)]
    return sum(within) - 2 * mean([kernel(a, b) for a in x for b in y])


# ── 3 · precision and recall ────────────────────────────────────────────────────────────────────────────────────────


def overlapping(generator):
    plain = {"real": normal(generator, 20, 2), "fake": normal(generator, 20, 2) + 0.7, "k": 3}
    uneven = {"real": normal(generator, 60, 3), "fake": 0.5 * normal(generator, 35, 3), "k": 1}
    some = normal(generator, 8, 2)
    collapsed = {"real": normal(generator, 40, 2), "fake": some.repeat(5, 1), "k": 3}  # balls without size
    copied = normal(generator, 50, 4)
    copies = {"real": copied, "fake": torch.cat([copied[:20], normal(generator, 20, 4) * 2]), "k": 5}
    stray = {"real": normal(generator, 30, 2), "fake": 0.3 * normal(generator, 40, 2), "k": 2}
    stray["fake"][0] = 25.0  # one point far out has a ball that covers all
    return [plain, uneven, collapsed, copies, stray]


def brute_force(real, fake, k):
    real, fake = real.numpy(), fake.numpy()

    def among(points, others):
        own = distances(others, others)
        np.fill_diagonal(own, np.inf)
        return float((distances(points, others) <= np.partition(own, k - 1, axis=1)[:, k - 1]).any(axis=1).mean())

    return among(fake, real), among(real, fake)


# ── 4 · modes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def scattered(generator):
    """Samples of which some lie at modes, some far from all; modes that have few or none; no usual mistake is right."""
    return [scattered_until(generator, *sizes) for sizes in ((3, 2, 30), (8, 2, 400), (10, 3, 500), (6, 2, 300))]


def scattered_until(generator, modes, d, n):
    centres = 4 * normal(generator, modes, d)
    while torch.pdist(centres).min() < 1.2:  # nearer than six deviations: some balls overlap
        centres = 4 * normal(generator, modes, d)
    while True:
        std, some = float(uniform(generator, 1, low=0.2, high=0.3)), int(torch.randint(modes, (), generator=generator))
        weights = torch.linspace(0.08, 0.6, modes)
        if modes > 3:
            weights[-1] = 0  # a count has to know how many there might be
        owner, lost = torch.multinomial(weights, n, replacement=True, generator=generator), n // 3
        away = normal(generator, n, d)
        away[:lost] *= 4 / away[:lost].norm(dim=1, keepdim=True)  # at four deviations
        # The limit lies a little above what one mode has, so that a count with another fair portion comes out otherwise.
        share = float((owner[lost:] == some).sum() + 0.5) * modes / n
        case = {"samples": centres[owner] + std * away, "centres": centres, "std": std, "share": share}
        others = counted(**case, of_near=True), counted(**case, known=modes - 1)
        if 0.1 < share < 1 and (modes == 3 or counted(**case) not in others):
            return case


def counted(samples, centres, std, share, of_near=False, known=None):
    """A count for each mode; on demand with a fair portion of the near samples only, or of fewer modes."""
    away = distances(samples, centres)
    near = away.min(axis=1) <= 3 * std
    counts = [int((near & (away.argmin(axis=1) == mode)).sum()) for mode in range(len(centres))]
    fair = (near.sum() if of_near else len(samples)) / (known or len(centres))
    return sum(c >= share * fair for c in counts), float(near.mean())


# ── 5 · copies ──────────────────────────────────────────────────────────────────────────────────────────────────────


def painters(generator):
    """Five kinds of pictures, one of them much narrower than the others; in each case another unit of measure."""
    cases = []
    for share, collapsed, size in ((0.2, False, -2), (0.0, False, 0), (1.0, False, 1), (0.3, True, -1)):
        d, unit = 16, float(10 ** (size + uniform(generator, 1)))
        centres, widths = 3 * normal(generator, 5, d), torch.tensor([1.0, 1, 1, 0.7, 0.25])

        def draw(n, kinds=5, centres=centres, widths=widths, d=d):
            kind = torch.randint(0, kinds, (n,), generator=generator)
            return centres[kind] + widths[kind, None] * normal(generator, n, d)

        training, held_back = draw(300), draw(200)
        samples = draw(250, kinds=1 if collapsed else 5)
        planted = torch.rand(250, generator=generator) < share
        which = torch.randint(0, 300, (250,), generator=generator)
        samples[planted] = (training[which] + 0.01 * normal(generator, 250, d))[planted]
        sent = {"samples": samples, "training": training, "held_back": held_back}
        cases.append({k: unit * v for k, v in sent.items()})
    return cases


def copies_of(samples, training, held_back):
    """A copy was made with noise of 0.01 in a unit in which honest neighbours are more than ten times as far."""
    unit = distances(held_back, training).min(axis=1)
    return torch.tensor(distances(samples, training).min(axis=1) < 0.12 * np.median(unit))


def accused_rightly(case, expected, answer):
    try:
        answer = torch.as_tensor(answer).reshape(-1)
    except (TypeError, ValueError, RuntimeError):
        return f"expected a tensor of True and False, one for each sample, got {type(answer).__name__}"
    if len(answer) != len(expected):
        return f"expected {len(expected)} values, True where a sample is accused, got {len(answer)}"
    if answer.dtype != torch.bool and not ((answer == 0) | (answer == 1)).all():
        return "expected True or False for each sample, got other numbers"
    answer, copies = answer.bool(), int(expected.sum())
    found, wrongly = int((answer & expected).sum()), int((answer & ~expected).sum())
    if found < 0.95 * copies:
        return f"expected at least 95 % of the {copies} copies accused, got {found} of them"
    if wrongly > 0.03 * len(expected):
        return f"expected at most 3 % of the {len(expected)} samples accused though innocent, got {wrongly}"
    return None


# ── 6 · without bias, by extrapolation ──────────────────────────────────────────────────────────────────────────────


def ladders(generator):
    cases = []
    for sizes in (((100, 200, 400), (100, 200, 400)), ((50, 100, 200, 400), None), ((250, 250, 1000, 3000, 500), None)):
        n = torch.tensor(sizes[0], dtype=torch.float64)
        m = (
            torch.tensor(sizes[1], dtype=torch.float64)
            if sizes[1]
            else (n * 10 ** uniform(generator, len(n), low=-0.7, high=0.7)).round()
        )
        limit, rate = uniform(generator, 2, low=1, high=5).tolist()
        scores = limit + 200 * rate * (1 / n + 1 / m) * (1 + 0.1 * normal(generator, len(n)))
        cases.append({"real_sizes": n, "fake_sizes": m, "scores": scores})
    return cases


def where_the_line_ends(real_sizes, fake_sizes, scores):
    x, y = (1 / real_sizes + 1 / fake_sizes).tolist(), scores.tolist()
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
    return mean_y - slope * mean_x


# ── 7 · a diagnosis, 8 · the open experiment ────────────────────────────────────────────────────────────────────────
# Eight kinds of pictures as points with four features; real sets hold equally many of each.

KINDS, FEATURES, SAMPLES, WIDTH = 8, 4, 400, 0.7
FAULTS = ("healthy", "copies", "poor samples", "missing kinds", "wrong frequencies")


def kinds_of_pictures(generator):
    while True:
        centres = normal(generator, KINDS, FEATURES)
        if torch.pdist(centres).min() > 1.2:
            return 4 * centres


def drawn(centres, generator, weights=None, n=SAMPLES):
    kind = torch.arange(n) % KINDS
    if weights is not None:
        kind = torch.multinomial(torch.tensor(weights, dtype=torch.float64), n, replacement=True, generator=generator)
    return (centres[kind] + WIDTH * normal(generator, n, FEATURES))[torch.randperm(n, generator=generator)]


def clinic(generator):
    cases = []
    for fault in (
        "healthy",
        "copies",
        "half copies",
        "noise",
        "chimeras",
        "four of eight",
        "five of eight",
        "eightfold",
        "two preferred",
    ):
        centres = kinds_of_pictures(generator)
        training, held_back, fake = (drawn(centres, generator) for _ in range(3))
        few, half = {"four of eight": 4, "five of eight": 5}.get(fault), SAMPLES // 2
        if "copies" in fault:
            part = SAMPLES if fault == "copies" else half
            which = torch.randint(0, SAMPLES, (part,), generator=generator)
            fake[:part] = training[which] + 0.01 * normal(generator, part, FEATURES)
        elif fault == "noise":
            fake[:half] += 3 * normal(generator, half, FEATURES)
        elif fault == "chimeras":
            fake[:, :2] = fake[torch.randperm(SAMPLES, generator=generator), :2]
        elif few:
            fake = drawn(centres, generator, [1.0] * few + [0.0] * (KINDS - few))
        elif fault != "healthy":
            fake = drawn(
                centres,
                generator,
                [8.0] * (4 if fault == "eightfold" else 2) + [1.0] * (4 if fault == "eightfold" else 6),
            )
        unit = float(10 ** uniform(generator, 1, low=-1, high=1))
        cases.append({k: unit * v for k, v in (("training", training), ("held_back", held_back), ("fake", fake))})
    return [cases[i] for i in torch.randperm(len(cases), generator=generator).tolist()]


def symptoms(training, held_back, fake):
    """Fréchet distance over its floor, precision, recall, and the share that lies suspiciously near to training."""
    innocent, near = (distances(x, training).min(axis=1) for x in (held_back, fake))
    copied = float((near < np.quantile(innocent, 0.01) / 2).mean())
    return frechet(held_back, fake) / frechet(held_back, training), *brute_force(held_back, fake, 3), copied


def fault_of(training, held_back, fake):
    distance, precision, recall, copied = symptoms(training, held_back, fake)
    signs = (copied > 0.2, precision < 0.75, recall < 0.72, distance > 30)
    return next((name for name, sign in zip(FAULTS[1:], signs) if sign), "healthy")


def named_rightly(case, expected, answer):
    if answer not in FAULTS:
        return f"expected one of {', '.join(map(repr, FAULTS))}, got {answer!r}"
    distance, precision, recall, copied = symptoms(**case)
    return (
        None
        if answer == expected
        else (
            f"expected {expected!r}, got {answer!r} (FD {distance:.1f} times its floor, precision {precision:.2f}, "
            f"recall {recall:.2f}, {copied:.0%} nearer to training than half of what innocents keep)"
        )
    )


LIMITS = {"near": 3, "among": 0.06, "far": 30, "precision": 0.8, "recall": 0.7, "copies": 0.1}


def given(generator):
    cases = []
    for _ in range(2):
        centres = kinds_of_pictures(generator) * 0.8
        cases.append({"real": drawn(centres, generator), "_held_back": drawn(centres, generator)})
    return cases


def fooled(fool, case):
    """Two sets made from real features; those held back stay with the judge."""
    return fool(case["real"])


def really_fooled(case, expected, answer):
    real, held_back = case["real"], case["_held_back"]
    if not isinstance(answer, tuple) or len(answer) != 2:
        return "expected two sets of fakes, A and B"
    for name, x in zip("AB", answer):
        if not isinstance(x, torch.Tensor) or x.shape != real.shape or not x.is_floating_point():
            got = f"shape {tuple(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
            return f"expected {name} to be features of shape {tuple(real.shape)}, got {got}"
        if not x.isfinite().all():
            return f"expected finite features in {name}, got NaN or inf"
    (a, pa, _, _), (b, pb, rb, copied) = (symptoms(real, held_back, x.double()) for x in answer)
    told = (
        f"A: FD {a:.1f} times its floor, precision {pa:.3f}; B: FD {b:.1f} times, precision {pb:.2f}, recall {rb:.2f}"
    )
    if a > LIMITS["near"]:
        return f"expected the FD of A below {LIMITS['near']} times its floor, got {a:.1f} times ({told})"
    if pa > LIMITS["among"]:
        return f"expected a precision of A of at most {LIMITS['among']}, got {pa:.3f} ({told})"
    if b < LIMITS["far"]:
        return f"expected the FD of B above {LIMITS['far']} times its floor, got {b:.1f} times ({told})"
    if pb < LIMITS["precision"] or rb < LIMITS["recall"]:
        return f"expected precision and recall of B of at least {LIMITS['precision']} and {LIMITS['recall']} ({told})"
    if copied > LIMITS["copies"]:
        return f"expected new samples in B, got {copied:.0%} suspiciously near to those given, as in item 5 ({told})"
    return None


CHECKS = [
    Check("05.frechet_distance", f"{LESSON}, section 3", two_clouds, frechet, atol=1e-4),
    Check("05.kernel_distance", f"{LESSON}, section 5", small_sets, pair_by_pair),
    Check("05.precision_recall", f"{LESSON}, section 6", overlapping, brute_force),
    Check("05.mode_count", f"{LESSON}, section 7", scattered, counted),
    Check("05.find_copies", f"{LESSON}, section 8", painters, copies_of, verdict=accused_rightly),
    Check("05.at_infinity", f"{LESSON}, section 4", ladders, where_the_line_ends, rtol=1e-3),
    Check("05.name_the_fault", f"{LESSON}, sections 6, 8 and 9", clinic, fault_of, verdict=named_rightly),
    Check("05.fool_the_metrics", f"{LESSON}, section 9", given, probe=fooled, verdict=really_fooled, seconds=10),
]
