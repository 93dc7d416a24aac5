"""The items of exercise 08: what is sent, what is right, and how near is near enough."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import Check, Complaint

LESSON = "notebooks/08_cyclegan"


def normal(generator, *shape, scale=1.0):
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


# ── 1 · there and back, 3 · the translators' loss ───────────────────────────────────────────────────────────────────
# Translators are convolutions with tanh, discriminators plain convolutions; all in double precision.


def heaps(whole):
    def inputs(generator):
        cases = []
        for batches, size in (((1, 1), 2), ((3, 3), 5), ((4, 2), 4)):
            names = ("G", "back", "D_a", "D_b") if whole else ("G", "back")
            weights = {name: normal(generator, 1, 1, 3, 3, scale=0.5) for name in names}
            a, b = (normal(generator, n, 1, size, size).tanh() for n in batches)
            more = {}
            if whole:
                more = {"weight": 5 + 10 * torch.rand((), generator=generator).item()}
                more["identity"] = 0.5 + 5 * torch.rand((), generator=generator).item()
            cases.append({"_weights": weights, "a": a, "b": b, **more})
        return cases

    return inputs


def asked(function, case):
    """Values, and the gradients of each with respect to both translators."""

    class Net(nn.Module):
        def __init__(self, weight, is_translator):
            super().__init__()
            self.weight, self.is_translator = nn.Parameter(weight.clone()), is_translator

        def forward(self, x):
            y = F.conv2d(x, self.weight, padding=1)
            return y.tanh() if self.is_translator else y

    nets = {name: Net(weight, name in ("G", "back")) for name, weight in case["_weights"].items()}
    whole = "weight" in case
    rest = [case[name] for name in ("a", "b", "weight", "identity") if name in case]
    answer = function(*nets.values(), *rest)
    answers = [answer] if whole else answer
    if not isinstance(answers, list | tuple) or len(answers) != (1 if whole else 2):
        raise Complaint(f"expected two scalars, cycle and identity, got {type(answer).__name__}")
    found = {}
    for name, value in zip(("loss",) if whole else ("cycle", "identity"), answers):
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            got = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
            raise Complaint(f"expected {name} as a scalar tensor with a gradient, got {got}")
        if not value.requires_grad:
            raise Complaint(f"no gradient comes through {name}: it was cut by detach, item, no_grad or numpy")
        of = [nets["G"].weight, nets["back"].weight]
        slopes = torch.autograd.grad(value.squeeze(), of, retain_graph=True, allow_unused=True)
        found[name] = value.detach().squeeze()
        found |= {f"gradient of {name} at {where}": slope for where, slope in zip(("G", "back"), slopes)}
    return found


def by_hand(weights, a, b, weight=None, identity=None):
    w = {name: value.clone().requires_grad_() for name, value in weights.items()}

    def through(name, x):
        return F.conv2d(x, w[name], padding=1)

    fake_a, fake_b = through("back", b).tanh(), through("G", a).tanh()
    cycle = (through("back", fake_b).tanh() - a).abs().mean() + (through("G", fake_a).tanh() - b).abs().mean()
    alone = (through("back", a).tanh() - a).abs().mean() + (through("G", b).tanh() - b).abs().mean()
    values = {"cycle": cycle, "identity": alone}
    if weight is not None:
        judged = (through("D_a", fake_a) - 1).square().mean() + (through("D_b", fake_b) - 1).square().mean()
        values = {"loss": judged + weight * cycle + identity * alone}
    found = {}
    for name, value in values.items():
        slopes = torch.autograd.grad(value, [w["G"], w["back"]], retain_graph=True)
        found[name] = value.detach()
        found |= {f"gradient of {name} at {where}": slope for where, slope in zip(("G", "back"), slopes)}
    return found


# ── 2 · perfect tables ──────────────────────────────────────────────────────────────────────────────────────────────


def counted_heaps(generator):
    def shuffled(counts):
        return [counts[i] for i in torch.randperm(len(counts), generator=generator).tolist()]

    (n, m, k) = torch.randint(2, 5, (3,), generator=generator).tolist()
    cases = [([n] * 3, [n] * 3), ([n, n + m, n + m + k],) * 2, ([n] * 4 + [n + m] * 3 + [n + m + k],) * 2]
    cases += [([n, n, n + 1, n + m], [n, n + 1, n + 1, n + m]), ([n] * 6 + [n + m] * 2,) * 2]
    cases = [(shuffled(a), shuffled(b)) for a, b in cases]
    a, b = cases[2]
    cases.append((a, [k * count for count in shuffled(b)]))  # the other heap is k times as large: the shares are equal
    cases.append((a, [*b[:-1], b[-1] + 1]))
    return [{"counts_a": a, "counts_b": b} for a, b in cases]


def tables(counts_a, counts_b):
    def shares(counts):
        return sorted(count * math.lcm(sum(counts_a), sum(counts_b)) // sum(counts) for count in counts)

    if shares(counts_a) != shares(counts_b):
        return 0
    return math.prod(math.factorial(counts_a.count(value)) for value in set(counts_a))


# ── 4 · the image pool ──────────────────────────────────────────────────────────────────────────────────────────────


def arrivals(generator):
    sizes = torch.randint(4, 7, (3,), generator=generator).tolist()
    plans = [(2, 1, 4), (sizes[0], 1, 1200), (sizes[1] + 1, 4, 300), (sizes[2] * 2, 3, 3)]
    starts = torch.randint(10, 1000, (len(plans),), generator=generator).tolist()
    return [{"size": s, "batch": b, "batches": n, "_first": f} for (s, b, n), f in zip(plans, starts)]


def queried(make, case):
    """Which pictures come back: each carries its number, and hangs on a graph as G's answers do."""
    pool = make(case["size"])
    if not callable(getattr(pool, "query", None)):
        raise Complaint(f"expected Pool(size) to give an object with a method query, got a {type(pool).__name__}")
    leaf, returned = torch.ones((), requires_grad=True), []
    for i in range(case["batches"]):
        numbers = case["_first"] + case["batch"] * i + torch.arange(case["batch"], dtype=torch.float32)
        sent = numbers.view(-1, 1, 1, 1).expand(-1, 1, 2, 2) * leaf
        images = pool.query(sent)
        if not isinstance(images, torch.Tensor) or images.shape != sent.shape:
            got = f"shape {tuple(images.shape)}" if isinstance(images, torch.Tensor) else type(images).__name__
            raise Complaint(f"expected pictures of shape {tuple(sent.shape)} back, got {got}")
        if images.requires_grad:
            raise Complaint("what comes back still hangs on G's graph: cut the pictures off before you store them")
        if (images != images[:, :, :1, :1]).any():
            raise Complaint("a picture that came back is a mixture of others: exchange whole pictures")
        returned.append(images[:, 0, 0, 0].clone())
    return torch.cat(returned)


def as_published(case, expected, answer):
    if not isinstance(answer, torch.Tensor):
        return f"expected pictures, got {answer!r}"
    stored, ages, is_old = set(), [], []
    for arrival, number in enumerate(answer.tolist()):
        new = case["_first"] + arrival
        is_old.append(number != new)
        if len(stored) < case["size"]:
            if number != new:
                return f"expected picture {arrival + 1} itself while the pool of {case['size']} fills, got another"
            stored.add(new)
        elif number in stored:
            stored = stored - {number} | {new}
            ages.append(new - number)
        elif number != new:
            return "expected the new picture or a stored one, got one that was given back before or never stored"
    if len(answer) < 1000:
        return None
    olds = torch.tensor(is_old).view(-1, case["batch"]).sum(dim=1)
    if case["batch"] > 1 and ((olds > 0) & (olds < case["batch"])).double().mean() < 0.6:
        return "expected a coin for each picture, got batches that are nearly all old or all new"
    share, ages = len(ages) / (len(answer) - case["size"]), torch.tensor(ages or [0.0])
    if abs(share - 0.5) > 0.1:
        return f"expected about half of the pictures from a full pool to be old ones, got {share:.0%}"
    mean, spread = ages.double().mean().item(), ages.double().std().item()
    if not 0.7 < mean / (2 * case["size"]) < 1.4 or spread < 0.6 * mean:
        return (
            f"expected ages of old pictures of about {2 * case['size']} arrivals, with as large a deviation, "
            f"got {mean:.1f} ± {spread:.1f}: is every place equally likely to be drawn?"
        )
    return None


# ── 5 · D's move ────────────────────────────────────────────────────────────────────────────────────────────────────


def moves(generator):
    cases = []
    for batch, size in ((2, 3), (5, 4)):
        g, d = normal(generator, 1, 1, 3, 3), normal(generator, 1, 1, 2, 2)
        source, real, old = normal(generator, 3, batch, 1, size, size).unbind()
        swapped = torch.arange(batch) % 2 == 0  # these the pool exchanges
        sent = {"real": real, "lr": 0.1, "_g": g, "_d": d, "_source": source, "_old": old, "_swapped": swapped}
        cases.append(sent)
    return cases


def move(step, case):
    """A move of a D whose gradients hold leftovers, on pictures that hang on a translator, through a pool that watches."""

    def conv(weight, padding=0):
        layer = nn.Conv2d(1, 1, weight.shape[2], padding=padding, bias=False, dtype=torch.float64)
        layer.weight.data.copy_(weight)
        return layer

    G, D, asked = conv(case["_g"], 1), conv(case["_d"]), []
    D.weight.grad = torch.ones_like(D.weight)
    fake = G(case["_source"]).tanh()

    def pool(images):
        asked.append(images)
        if not isinstance(images, torch.Tensor) or not torch.equal(images, fake):
            raise Complaint("the pool was asked with something else than the translations")
        return torch.where(case["_swapped"].view(-1, 1, 1, 1), case["_old"], images)

    loss = step(D, torch.optim.SGD([D.weight], case["lr"]), case["real"], fake, pool)
    if len(asked) != 1:
        raise Complaint(f"expected the pool to be asked once, it was asked {len(asked)} times")
    if G.weight.grad is not None:
        raise Complaint("the translator received a gradient in D's move: are the translations cut off from it?")
    return {"the loss returned": loss, "D's weights": D.weight}


def d_moved(real, lr, g, d, source, old, swapped):
    fake = torch.where(swapped.view(-1, 1, 1, 1), old, F.conv2d(source, g, padding=1).tanh())
    loss, slope = 0, torch.zeros_like(d)
    for pictures, target in ((real, 1), (fake, 0)):
        patches = pictures.unfold(2, 2, 1).unfold(3, 2, 1)  # (n, 1, h', w', 2, 2)
        miss = (patches * d[0, 0]).sum(dim=(-1, -2), keepdim=True) - target
        loss = loss + miss.square().mean() / 2
        slope = slope + (miss * patches).mean(dim=(0, 1, 2, 3))
    return {"the loss returned": loss, "D's weights": d - lr * slope}


# ── 6 · the noise test, 7 · name the trick ──────────────────────────────────────────────────────────────────────────


def ways_back(generator):
    cases = []
    for n, size in ((1, 2), (4, 6), (3, 8)):
        a, noise = normal(generator, n, 1, size, size).tanh(), normal(generator, n, 1, size, size, scale=0.1)
        there = 0.3 + torch.rand((), generator=generator).item(), 0.4 * torch.rand((), generator=generator).item()
        off = [1.1, 0.9, 1.2][len(cases)]
        cases.append({"a": a, "noise": noise, "_there": there, "_back": (off / there[0], -there[1] / there[0])})
    return cases


def blown_at(function, case):
    """The learner's number, for translators that are stretches and shifts."""
    (stretch, shift), (stretch_back, shift_back) = case["_there"], case["_back"]
    return function(lambda x: stretch * x + shift, lambda x: stretch_back * x + shift_back, case["a"], case["noise"])


def growth(a, noise, there, back):
    errors = [(back[0] * (there[0] * a + there[1] + wind) + back[1] - a).abs().mean() for wind in (noise, 0)]
    return errors[0] / errors[1]


TRICKS = ("honest", "copies", "hides", "loses")
PAIRS = [  # what they are, G and back as text, with a number s from 0.7 to 0.9 and a small one e
    ("honest", "-a", "-x"),
    ("honest", "s * a.flip(-1)", "x.flip(-1) / s"),
    ("honest", "0.1 - s * a.transpose(-1, -2)", "((0.1 - x) / s).transpose(-1, -2)"),
    ("honest", "a.roll(3, -1)", "(x.roll(-3, -1) + e).clamp(-1, 1)"),
    ("copies", "a", "x"),
    ("copies", "a + e", "x - e"),
    ("copies", "(1 - e) * a", "x"),
    ("hides", "e * a - s", "((x + s) / e).clamp(-1, 1)"),
    ("hides", "s * torch.sign(a) + e * a", "((x - s * torch.sign(x)) / e).clamp(-1, 1)"),
    ("hides", "s * a.flip(-1).round() + e * a", "((x - s * (x / s).round()) / e).clamp(-1, 1)"),
    ("loses", "a.mean(dim=(-1, -2), keepdim=True).expand_as(a)", "x"),
    ("loses", "s * torch.sign(a)", "0 * x"),
    ("loses", "-a", "x"),
]


def pairs(generator):
    cases = []
    for i in torch.randperm(len(PAIRS), generator=generator).tolist():
        s, e = torch.rand(2, generator=generator).tolist()
        a = torch.rand(16, 1, 8, 8, generator=generator) * 2 - 1
        numbers = {"_s": round(0.7 + 0.2 * s, 3), "_e": round(0.004 + 0.004 * e, 5)}
        seed = int(torch.randint(2**31, (), generator=generator))
        cases.append({"a": a, "_there": PAIRS[i][1], "_back": PAIRS[i][2], **numbers, "_seed": seed})
    return cases


def put_before(examine, case):
    """Hand both translators over as functions."""
    names = {"torch": torch, "s": case["_s"], "e": case["_e"]}
    there, back = (eval(f"lambda {v}: {case[k]}", names) for v, k in (("a", "_there"), ("x", "_back")))
    torch.manual_seed(case["_seed"])
    return examine(there, back, case["a"])


def trick_of(a, there, back, *numbers):
    return next(name for name, *texts in PAIRS if texts == [there, back])


def named_rightly(case, expected, answer):
    if answer not in TRICKS:
        return f"expected one of {', '.join(map(repr, TRICKS))}, got {answer!r}"
    said = f"G(a) = {case['_there']}, back(x) = {case['_back']} with s = {case['_s']}, e = {case['_e']}"
    return None if answer == expected else f"expected {expected!r}, got {answer!r} for {said}"


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────

BUDGET = 150_000  # points that may be drawn of either heap
NEAR = 0.25
LEAST = {"kept": 0.95, "near": 0.9, "cycle": 0.02}


def camps(generator):
    start, turn, way = torch.rand(3, generator=generator).tolist()
    turn = math.radians(15 + 10 * turn) * (1 if way < 0.5 else -1)
    tests = [torch.randint(6, (1500,), generator=generator), torch.randn(1500, 2, generator=generator)]
    return [{"budget": BUDGET, "_start": start * 2 * math.pi, "_turn": turn, "_which": tests[0], "_where": tests[1]}]


def trained_translators(train, case):
    """Let it train on two counted heaps, then send fresh points of either there and back."""
    angles = case["_start"] + torch.arange(6) * (math.pi / 3)
    a = torch.stack([angles.cos(), angles.sin()], 1)
    b = 1.3 * torch.stack([(angles + case["_turn"]).cos(), (angles + case["_turn"]).sin()], 1)
    drawn = {"a": 0, "b": 0}

    def heap(name, centres):
        def sample(n):
            drawn[name] += n
            if drawn[name] > case["budget"]:
                raise Complaint(f"the budget is spent: more than {case['budget']:,} points of heap {name} were drawn")
            return centres[torch.randint(6, (n,))] + 0.07 * torch.randn(n, 2)

        return sample

    answer = train(heap("a", a), heap("b", b), case["budget"])
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not all(map(callable, answer)):
        raise Complaint(f"expected two translators, G and back, got {type(answer).__name__}")
    found = {}
    with torch.no_grad():
        for way, centres, (there, back) in (("a to b", a, answer), ("b to a", b, answer[::-1])):
            points = centres[case["_which"]] + 0.07 * case["_where"]
            found[way] = there(points.clone())
            if not isinstance(found[way], torch.Tensor) or found[way].shape != points.shape:
                got = getattr(found[way], "shape", type(found[way]).__name__)
                raise Complaint(f"expected translations of shape {tuple(points.shape)}, got {got}")
            found[f"{way} and back"] = back(found[way].clone()) - points
    return found


def good_enough(case, expected, answer):
    if not isinstance(answer, dict) or not all(v.isfinite().all() for v in answer.values()):
        return "expected finite translations, got NaN or inf: did the training blow up?"
    angles = case["_start"] + torch.arange(6) * (math.pi / 3)
    for way, angle, radius in (("a to b", angles + case["_turn"], 1.3), ("b to a", angles, 1.0)):
        centres, points = radius * torch.stack([angle.cos(), angle.sin()], 1), answer[way].double()
        distance, owner = torch.cdist(points, centres.double()).min(dim=1)
        near, kept = (distance < NEAR).double().mean(), (owner == case["_which"]).double().mean()
        if near < LEAST["near"]:
            return f"expected at least {LEAST['near']:.0%} of the translations near a camp ({way}), got {near:.0%}"
        if kept < LEAST["kept"]:
            return f"expected at least {LEAST['kept']:.0%} in the camp turned least ({way}), got {kept:.0%}"
        cycle = answer[f"{way} and back"].double().norm(dim=1).mean()
        if cycle > LEAST["cycle"]:
            return f"expected to come back within {LEAST['cycle']} on average ({way} and back), got {cycle:.3f}"
        spread = torch.stack([points[owner == k].std(0).mean() for k in range(6)])
        if spread.min() < 0.02:
            return f"expected camps with some width (0.07 in the heaps, {way}), got one of {spread.min():.3f}"
    return None


CHECKS = [
    Check("08.cycle_and_identity", f"{LESSON}, section 2, What two heaps can teach", heaps(False), by_hand, asked),
    Check("08.perfect_tables", f"{LESSON}, section 2, What two heaps can teach", counted_heaps, tables, rtol=1e-9),
    Check("08.translators_loss", f"{LESSON}, section 4, One round, in the open", heaps(True), by_hand, asked),
    Check("08.pool", f"{LESSON}, section 4, the image pool", arrivals, probe=queried, verdict=as_published),
    Check("08.discriminator_step", f"{LESSON}, section 4, One round, in the open", moves, d_moved, move),
    Check("08.noise_factor", f"{LESSON}, section 10, What cycles hide", ways_back, growth, blown_at),
    Check(
        "08.name_the_trick",
        f"{LESSON}, section 10, What cycles hide",
        pairs,
        trick_of,
        put_before,
        named_rightly,
    ),
    Check(
        "08.translators",
        f"{LESSON}, section 2, What two heaps can teach",
        camps,
        probe=trained_translators,
        verdict=good_enough,
        seconds=10,
    ),
]
