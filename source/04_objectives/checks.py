"""The items of exercise 04: what is sent, what is right, and how near is near enough."""

import math
from itertools import combinations, permutations

import torch
from torch import nn

from course_gan.grading import Check, Complaint

LESSON = "notebooks/04_objectives"
OBJECTIVES = ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic")


def normal(generator, *shape, scale=1.0, dtype=torch.float64):
    return scale * torch.randn(*shape, generator=generator, dtype=dtype)


def uniform(generator, *shape, low=0.0, high=1.0):
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


# ── 1 · six objectives ──────────────────────────────────────────────────────────────────────────────────────────────


def named_logits(generator):
    sure = torch.tensor([120.0, -120.0, 25.0, -25.0])
    cases = []
    for name in OBJECTIVES:
        single = normal(generator, 3, dtype=torch.float32), normal(generator, 3, dtype=torch.float32)
        fakes = 5 if name == "relativistic" else 7  # only pairs need batches of one size
        ordinary = normal(generator, 5, scale=3, dtype=torch.float32), normal(generator, fakes, dtype=torch.float32)
        far = sure + normal(generator, 4, dtype=torch.float32), sure.flip(0) + normal(generator, 4, dtype=torch.float32)
        cases += [{"name": name, "real_logits": r, "fake_logits": f} for r, f in (single, ordinary, far)]
    return [cases[i] for i in sorted(range(len(cases)), key=lambda i: i % 3)]


def both_losses(losses, case):
    """Both values, and the slopes that training uses: D's loss by either logits, G's loss by the fake ones."""
    real, fake = (case[k].clone().requires_grad_() for k in ("real_logits", "fake_logits"))
    pair = losses(case["name"], real, fake)
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise Complaint("expected two scalars, D's loss and G's loss")
    answer = {}
    for who, value, leaves in (("D", pair[0], {"real": real, "fake": fake}), ("G", pair[1], {"fake": fake})):
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            raise Complaint(f"expected {who}'s loss to be a scalar tensor: is a mean missing?")
        answer[f"{who}'s loss"] = value.detach().squeeze()
        if not value.requires_grad:
            raise Complaint(f"no gradient comes through {who}'s loss: it was cut by detach, item, no_grad or numpy")
        slopes = torch.autograd.grad(value.squeeze(), list(leaves.values()), allow_unused=True, retain_graph=True)
        for name, slope in zip(leaves, slopes):
            if slope is None:
                raise Complaint(f"{who}'s loss does not depend on the {name} logits")
            answer[f"slope of {who}'s loss by the {name} logits"] = slope
    return answer


def losses_and_slopes(name, real_logits, fake_logits):
    """Values and slopes written down, no autograd."""
    r, f = real_logits.double(), fake_logits.double()

    def s(d):
        return torch.logaddexp(d, torch.zeros_like(d))

    def sigma(d):
        return 1 / (1 + torch.exp(-d))

    if name == "relativistic":
        d, g = s(f - r).mean(), s(r - f).mean()
        by = -sigma(f - r) / len(r), sigma(f - r) / len(r), -sigma(r - f) / len(f)
    else:
        logistic = s(-r), s(f), -sigma(-r), sigma(f)
        score = torch.ones_like(f)
        real, fake, by_real, by_fake = {
            "least_squares": ((r - 1) ** 2, f**2, 2 * (r - 1), 2 * f),
            "wasserstein": (-r, f, -torch.ones_like(r), score),
            "hinge": ((1 - r).clamp_min(0), (1 + f).clamp_min(0), -(r < 1).double(), (f > -1).double()),
        }.get(name, logistic)
        g, by_g = {
            "minimax": (-s(f), -sigma(f)),
            "non_saturating": (s(-f), -sigma(-f)),
            "least_squares": ((f - 1) ** 2, 2 * (f - 1)),
        }.get(name, (-f, -score))
        d, g = real.mean() + fake.mean(), g.mean()
        by = by_real / len(r), by_fake / len(f), by_g / len(f)
    slopes = ("D's loss by the real", "D's loss by the fake", "G's loss by the fake")
    return {"D's loss": d, "G's loss": g, **{f"slope of {what} logits": b for what, b in zip(slopes, by)}}


# ── 2 · the best answers ────────────────────────────────────────────────────────────────────────────────────────────


def places(generator):
    cases = []
    for n, targets, scale in ((3, (1.0, 0.0), 1.0), (4, (1.0, -1.0), 1.0), (50, None, 1e-3)):
        p, q = uniform(generator, 2, n, low=0.1) * scale
        real, fake = targets or uniform(generator, 2, low=-2, high=2).tolist()
        margin = 1.0 if targets == (1.0, 0.0) else float(uniform(generator, 1, low=0.3, high=3))
        cases.append({"p": p, "q": q, "real_target": real, "fake_target": fake, "margin": margin})
    alone = uniform(generator, 3, low=0.1)
    cases.append({"p": alone * torch.tensor([1, 0, 1]), "q": alone * torch.tensor([0, 1, 2]), "real_target": 0.9})
    cases[-1] |= {"fake_target": 0.1, "margin": 2.0}
    return cases


def best_of_many(p, q, real_target, fake_target, margin):
    """Least squares by bisection of the slope; hinge, which consists of straight pieces, by trying its corners."""
    low, high = torch.full_like(p, -10.0), torch.full_like(p, 10.0)
    for _ in range(100):
        middle = (low + high) / 2
        rising = 2 * p * (middle - real_target) + 2 * q * (middle - fake_target) > 0
        low, high = torch.where(rising, low, middle), torch.where(rising, middle, high)
    corners = torch.tensor([-margin, margin], dtype=p.dtype)[:, None]
    cost = p * (margin - corners).clamp_min(0) + q * (margin + corners).clamp_min(0)
    return middle, corners[cost.argmin(dim=0), 0]


# ── 3 · the earth mover on a line ───────────────────────────────────────────────────────────────────────────────────


def two_heaps(generator):
    cases = []
    for n, m, shift in ((3, 3, 2.0), (2, 3, 0.0), (40, 40, 1.0), (12, 30, 0.5)):
        x, y = normal(generator, n), normal(generator, m, scale=1.5) + shift * uniform(generator, 1)
        cases.append({"x": x, "y": y})
    lattice = torch.randint(0, 4, (10,), generator=generator).double()  # many grains at one place
    cases.append({"x": lattice[:4], "y": lattice[4:] + float(torch.randint(0, 2, (), generator=generator))})
    return cases


def carried(x, y):
    """Every grain broken into so many that both heaps have the same number; then smallest to smallest."""
    both = math.lcm(len(x), len(y))
    x, y = (v.sort().values.repeat_interleave(both // len(v)) for v in (x, y))
    return (x - y).abs().mean()


# ── 4 · penalties on the slope ──────────────────────────────────────────────────────────────────────────────────────


def leashed(generator):
    cases = []
    for kind, shape in (("gp", (4, 2)), ("r1", (4, 2)), ("r2", (3, 2)), ("gp", (5, 1, 2, 3)), ("r1", (6, 2, 2, 2))):
        size = math.prod(shape[1:])
        real, fake = normal(generator, *shape), 1 + normal(generator, *shape)
        weights = {
            "_first": normal(generator, 6, size, scale=0.15 if shape == (4, 2) else 1),
            "_second": normal(generator, 6),
        }
        cases.append({"kind": kind, "real": real, "fake": fake, "epsilon": uniform(generator, shape[0]), **weights})
    return cases


def penalised(penalty, case):
    """The value, and what D's weights would be told; the gradient runs through a slope, that is, through a gradient."""
    first, second = case["_first"], case["_second"]
    inner, outer = nn.Linear(first.shape[1], 6, bias=False), nn.Linear(6, 1, bias=False)
    inner.weight.data, outer.weight.data = first.clone(), second.clone()[None]
    D = nn.Sequential(nn.Flatten(), inner, nn.Tanh(), outer, nn.Flatten(0))
    value = penalty(case["kind"], D, case["real"], case["fake"], case["epsilon"])
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        raise Complaint("expected a scalar tensor: one mean over the samples")
    if any(weight.grad is not None for weight in D.parameters()):
        raise Complaint("the penalty left gradients in D's weights: use torch.autograd.grad, not backward")
    if not value.requires_grad:
        raise Complaint("the penalty cannot train D: the slope has to stay differentiable (create_graph)")
    slopes = torch.autograd.grad(value.squeeze(), [inner.weight, outer.weight], allow_unused=True)
    names = ("gradient for D's first weights", "gradient for D's second weights")
    return {"the penalty": value.detach().squeeze(), **dict(zip(names, slopes))}


def penalised_by_hand(kind, real, fake, epsilon, first, second):
    """∇D of D(x) = v · tanh(W x) is Wᵀ(v ⊙ (1 − tanh²)); only its penalty is left to differentiate."""
    first, second = first.clone().requires_grad_(), second.clone().requires_grad_()
    real, fake, ε = real.flatten(1), fake.flatten(1), epsilon[:, None]
    points = {"gp": ε * real + (1 - ε) * fake, "r1": real, "r2": fake}[kind]
    with torch.enable_grad():
        slope = (second * (1 - torch.tanh(points @ first.T) ** 2)) @ first  # (b, d)
        squared = (slope**2).sum(1)
        value = ((squared.sqrt() - 1) ** 2 if kind == "gp" else squared).mean()
        by_first, by_second = torch.autograd.grad(value, (first, second))
    names = ("gradient for D's first weights", "gradient for D's second weights")
    return {"the penalty": value.detach(), **dict(zip(names, (by_first, by_second[None])))}


# ── 5 · a diagnosis ─────────────────────────────────────────────────────────────────────────────────────────────────
# The patient travels as text, so that the same case can be sent to another process.

PATIENT = """
def penalty(D, real, fake):
    epsilon = {epsilon}
    points = {points}
    points = points.detach().requires_grad_()
    (gradient,) = torch.autograd.grad({summed}, points{graph})
    return {value}
"""
HEALTHY = {
    "epsilon": "torch.rand(len(real), 1)",
    "points": "epsilon * real + (1 - epsilon) * fake",
    "summed": "D(points).sum()",
    "graph": ", create_graph=True",
    "value": "(gradient.norm(dim=1) - 1).square().mean()",
}
FAULTS = {
    "healthy": {},
    "one norm a batch": {"value": "(gradient.norm() - 1).square()"},
    "one epsilon a batch": {"epsilon": "torch.rand(1, 1)"},
    "cannot train D": {"graph": ""},
    "only at real": {"points": "real"},
    "target zero": {"value": "gradient.square().sum(1).mean()"},
}
ALSO = {  # the same faults, and health, in other words
    "healthy 2": {
        "points": "torch.lerp(fake, real, epsilon)",
        "value": "((gradient**2).sum(1).sqrt() - 1).pow(2).mean()",
    },
    "healthy 3": {"points": "real + epsilon * (fake - real)"},
    "one norm a batch 2": {"value": "(gradient.square().sum().sqrt() - 1) ** 2"},
    "one epsilon a batch 2": {"epsilon": "torch.rand(()).item()"},
    "cannot train D 2": {"value": "(gradient.detach().norm(dim=1) - 1).square().mean()"},
    "target zero 2": {"value": "gradient.norm(dim=1).square().mean()"},
}


def patients(generator):
    texts = [PATIENT.format(**HEALTHY | fault) for fault in (FAULTS | ALSO).values()]
    order = torch.randperm(len(texts), generator=generator).tolist()
    return [{"_penalty": texts[i], "_seed": int(torch.randint(2**31, (), generator=generator))} for i in order]


def fault_of(text, seed):
    names = {PATIENT.format(**HEALTHY | fault): name for name, fault in (FAULTS | ALSO).items()}
    return names[text].rstrip(" 23")


def put_before(examine, case):
    """Hand the patient over as a function."""
    names = {"torch": torch}
    exec(case["_penalty"], names)
    torch.manual_seed(case["_seed"])
    return examine(names["penalty"])


def named_rightly(case, expected, answer):
    if answer not in FAULTS:
        return f"expected one of {', '.join(map(repr, FAULTS))}, got {answer!r}"
    body = "; ".join(line.strip() for line in case["_penalty"].strip().splitlines()[1:])
    return None if answer == expected else f"expected {expected!r}, got {answer!r} for the penalty: {body}"


# ── 6 · spectral norm ───────────────────────────────────────────────────────────────────────────────────────────────


def matrices(generator):
    cases = []
    for shape, steps in (((3, 2), 1), ((3, 2), 30), ((4, 6), 3), ((5, 2, 3, 3), 2), ((2, 5), 60)):
        weight = normal(generator, *shape) * (1e-2 if steps == 3 else 3)
        cases.append({"weight": weight, "start": normal(generator, shape[0]), "steps": steps})
    return cases


def iterated(estimate, case):
    """The estimate, and its gradient by the weight."""
    weight = case["weight"].clone().requires_grad_()
    value = estimate(weight, case["start"], case["steps"])
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        raise Complaint("expected one number, the largest singular value, as a tensor")
    if not value.requires_grad:
        raise Complaint("no gradient comes through: D's weights are trained through the division by this number")
    return {
        "estimate": value.detach().squeeze(),
        "gradient by the weight": torch.autograd.grad(value.squeeze(), weight)[0],
    }


def power_iteration(weight, start, steps):
    """In closed form: after the steps u is (W Wᵀ)ⁿ u₀ and v is Wᵀ (W Wᵀ)ⁿ⁻¹ u₀, both brought to length 1."""
    W = weight.flatten(1)
    W = W / torch.linalg.matrix_norm(W, 2)  # so that no power over- or underflows; lengths do not matter here
    before = torch.linalg.matrix_power(W @ W.T, steps - 1) @ start
    v, u = W.T @ before, W @ W.T @ before
    v, u = v / v.norm(), u / u.norm()
    return {"estimate": u @ weight.flatten(1) @ v, "gradient by the weight": torch.outer(u, v).reshape(weight.shape)}


# ── 7 · within noise ────────────────────────────────────────────────────────────────────────────────────────────────


def tables(generator):
    """Tables in which each of the usual mistakes tells other pairs apart than the rule does."""
    cases = []
    for rows, seeds in ((2, (3, 3)), (3, (3, 3, 3)), (4, (3, 5, 4, 3)), (6, (3, 3, 6, 3, 4, 5))):
        while True:
            scores = {}
            for name, n in zip(permuted(generator)[:rows], seeds):
                middle, spread = (
                    float(uniform(generator, 1, low=5, high=7.5)),
                    float(uniform(generator, 1, low=0.05, high=0.6)),
                )
                scores[name] = torch.exp(middle + spread * normal(generator, n))
            threshold = 4.3 if rows < 6 else float(uniform(generator, 1, low=2, high=5))
            right = pairs_apart(scores, threshold)
            faults = ["population", "bare", "no_root", "spreads"] + ["three"] * (rows > 3)
            others = [pairs_apart(scores, threshold, **{fault: True}) for fault in faults]
            others += [pairs_apart(scores, 4.3)] * (threshold != 4.3)
            if rows == 2 or (right and all(set(right) != set(other) for other in others)):
                break
        cases.append({"scores": scores, "threshold": threshold})
    return cases


def permuted(generator):
    return [OBJECTIVES[i] for i in torch.randperm(len(OBJECTIVES), generator=generator).tolist()]


def pairs_apart(scores, threshold, population=False, bare=False, no_root=False, spreads=False, three=False):
    """The rule, and on demand the usual mistakes: deviation over n, no logarithm, no division by n, deviations added, n = 3."""
    found = []
    logs = {name: [float(v) if bare else math.log(v) for v in values] for name, values in scores.items()}
    for one, other in permutations(logs, 2):
        (a, s), (b, t) = (moments(logs[name], population) for name in (one, other))
        n, m = (1, 1) if no_root else (len(logs[one]), len(logs[other]))
        n, m = (3, 3) if three else (n, m)
        error = s / math.sqrt(n) + t / math.sqrt(m) if spreads else math.sqrt(s**2 / n + t**2 / m)
        if a < b and b - a > threshold * error:
            found.append((one, other))
    return found


def moments(values, population):
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - (not population)))


def same_pairs(case, expected, answer):
    is_pairs = isinstance(answer, tuple) and all(
        isinstance(p, tuple) and len(p) == 2 and all(isinstance(n, str) for n in p) for p in answer
    )
    if not is_pairs:
        return "expected a list of pairs of names, (better, worse); got something else"
    if len(set(answer)) < len(answer):
        return "expected each pair once, got one twice"
    for one, other in combinations(case["scores"], 2):
        right, got = ({p for p in pairs if set(p) == {one, other}} for pairs in (expected, answer))
        if right != got:
            told = [f"told apart as {sorted(p)[0]}" if p else "not told apart" for p in (right, got)]
            logs = [torch.tensor([math.log(v) for v in case["scores"][n]]) for n in (one, other)]
            found = "; ".join(
                f"{n}: log scores {', '.join(f'{v:.2f}' for v in log)}" for n, log in zip((one, other), logs)
            )
            return f"expected {told[0]}, got {told[1]} ({found}; threshold {case['threshold']:.2f})"
    extra = set(answer) - set(expected)
    return f"expected names of the table, got {sorted(extra)[0]}" if extra else None


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────

BUDGET = 200_000  # pairs that the training may draw
NEAR = 0.10  # how far from W₁ the gap may lie, as a share
STEEPEST = 1.15  # 99 of 100 places between real and fake may not be steeper


def worlds(generator):
    cases = []
    for kind in ("every point moved alike", "every point moved outwards"):
        far, turn, heading = uniform(generator, 3).tolist()
        place = normal(generator, 2, scale=2, dtype=torch.float32)
        cases.append({"budget": BUDGET, "fakes": kind, "_far": 2.8 + 1.2 * far, "_turn": 6.2832 * turn})
        cases[-1] |= {"_heading": 6.2832 * heading, "_place": place}
    return cases


def trained_critic(train, case):
    """Let it train on a counted supply of pairs, then ask the critic about fresh ones and about small steps aside."""
    drawn = 0

    def cloud(n):
        angle = case["_turn"] + torch.randint(8, (n,)) * (math.pi / 4)
        return torch.stack([angle.cos(), angle.sin()], 1) + 0.1 * torch.randn(n, 2)

    def fresh(n):
        real, fake = cloud(n), cloud(n)
        if "alike" in case["fakes"]:
            heading = torch.tensor([math.cos(case["_heading"]), math.sin(case["_heading"])])
            fake = fake + case["_far"] * heading
        else:
            fake = fake * (1 + case["_far"] / fake.norm(dim=1, keepdim=True))
        return real + case["_place"], fake + case["_place"]

    def pairs(n):
        nonlocal drawn
        drawn += n
        if drawn > case["budget"]:
            raise Complaint(f"the budget is spent: more than {case['budget']:,} pairs were drawn")
        return fresh(n)

    D = train(pairs, case["budget"])
    if not callable(D):
        raise Complaint(f"expected the trained critic, a function of points (n, 2), got a {type(D).__name__}")

    def scores(points):
        with torch.no_grad():
            d = D(points.clone())
        if not isinstance(d, torch.Tensor) or d.numel() != len(points):
            raise Complaint(
                f"expected {len(points)} scores for {len(points)} points, got {getattr(d, 'shape', type(d).__name__)}"
            )
        if not d.isfinite().all():
            raise Complaint("the critic's scores are NaN or infinite: did the training blow up?")
        return d.reshape(-1).double()

    real, fake = fresh(4000)
    between = torch.lerp(real, fake, torch.rand(4000, 1))
    aside = torch.eye(2) * 0.01
    rise = torch.stack([(scores(between + step) - scores(between - step)) / 0.02 for step in aside], dim=1)
    own, whole = scores(real[:50]), scores(real)
    return {"real": whole, "fake": scores(fake), "slope": rise.norm(dim=1), "own": own}


def measures(case, expected, answer):
    """W₁ is known here: no plan is cheaper than to move every point the way it was moved."""
    if not torch.allclose(answer["own"], answer["real"][:50], rtol=1e-3, atol=1e-3):
        return "expected a score that depends on its own point only, got others when fewer points came along"
    truth, gap = case["_far"], float(answer["real"].mean() - answer["fake"].mean())
    steep = float(answer["slope"].quantile(0.99))
    told = f"W₁ is {truth:.3f}; 99 of 100 slopes between real and fake lie below {steep:.2f}"
    if abs(gap / truth - 1) > NEAR:
        return f"expected a gap within {NEAR:.0%} of W₁, got {gap:.3f}, which is {gap / truth - 1:+.0%} ({told})"
    if steep > STEEPEST:
        return (
            f"expected a critic whose slopes stay below {STEEPEST}, got steeper ones; its gap is no distance ({told})"
        )
    return None


CHECKS = [
    Check("04.losses", f"{LESSON}, section 1", named_logits, losses_and_slopes, both_losses),
    Check("04.best_answers", f"{LESSON}, section 3", places, best_of_many),
    Check("04.earth_mover", f"{LESSON}, section 3, Wasserstein", two_heaps, carried),
    Check("04.penalty", f"{LESSON}, section 4", leashed, penalised_by_hand, penalised),
    Check("04.name_the_fault", f"{LESSON}, section 4", patients, fault_of, put_before, named_rightly),
    Check("04.largest_singular_value", f"{LESSON}, section 4", matrices, power_iteration, iterated),
    Check("04.told_apart", f"{LESSON}, section 7", tables, pairs_apart, verdict=same_pairs),
    Check("04.critic", f"{LESSON}, section 5", worlds, probe=trained_critic, verdict=measures, seconds=10),
]
