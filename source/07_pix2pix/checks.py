"""The items of exercise 07: what is sent, what is right, and how near is near enough."""

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import Check, Complaint

LESSON = "notebooks/07_pix2pix"


def normal(generator, *shape, scale=1.0):
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def integers(generator, low, high, n=1):
    return torch.randint(low, high + 1, (n,), generator=generator).tolist()


# ── 1 · what a patch judge sees ─────────────────────────────────────────────────────────────────────────────────────


def stacks_of_layers(generator):
    (side,) = integers(generator, 20, 60)
    published = [(4, 2, 1)] * 3 + [(4, 1, 1)] * 2
    cases = [{"layers": [(4, 2, 1), (4, 1, 1)], "side": side}, {"layers": published, "side": 256}]
    for depth in (3, 4, 6):
        kernels, strides = integers(generator, 2, 5, depth), integers(generator, 1, 3 if depth < 5 else 2, depth)
        layers = [(k, s, p) for k, s, p in zip(kernels, strides, integers(generator, 0, 2, depth))]
        cases.append({"layers": layers, "side": integers(generator, 1200, 1500)[0]})
    return [*cases, {"layers": [(1, 1, 0)] * 3, "side": side}]


def seen_and_given(layers, side):
    first, last, step = 0, 0, 1  # of the pixels that output 0 sees, the step to those of output 1
    for kernel, stride, padding in layers:
        first, last, step = first - padding * step, last + (kernel - 1 - padding) * step, step * stride
        side = len(range(0, side + 2 * padding - kernel + 1, stride))
    return last - first + 1, side


# ── 2 · the best tones, 3 · the price of honesty ────────────────────────────────────────────────────────────────────


def tones(generator):
    two = torch.rand(2, generator=generator, dtype=torch.float64) * 0.8 + torch.tensor([0.0, 1.0])
    share = 0.15 + 0.25 * torch.rand(1, generator=generator, dtype=torch.float64)
    cases = [{"values": two, "shares": torch.cat([share, 1 - share])}]
    cases.append({"values": two, "shares": torch.cat([1 - share, share])})
    for n in (6, 40):
        shares = torch.rand(n, generator=generator, dtype=torch.float64).square() + 1e-3
        cases.append({"values": normal(generator, n), "shares": shares / shares.sum()})
    return cases


def median_and_mean(values, shares):
    order = values.argsort()
    median = values[order][shares[order].cumsum(0) >= 0.5][0]
    return median, (values * shares).sum()


def four_prices(values, shares):
    median, mean = median_and_mean(values, shares)
    gaps, both = values[:, None] - values, shares[:, None] * shares
    flat = ((values - median).abs() * shares).sum(), ((values - mean).square() * shares).sum()
    return {
        "flat, L1": flat[0],
        "flat, L2": flat[1],
        "honest, L1": (gaps.abs() * both).sum(),
        "honest, L2": (gaps.square() * both).sum(),
    }


def priced(function, case):
    """Four numbers, under their names."""
    answer = function(case["values"], case["shares"])
    names = ["flat, L1", "flat, L2", "honest, L1", "honest, L2"]
    if not isinstance(answer, tuple | list) and getattr(answer, "shape", None) != (4,):
        raise Complaint(f"expected four numbers, got {type(answer).__name__}")
    if len(answer) != 4:
        raise Complaint(f"expected four numbers (flat L1, flat L2, honest L1, honest L2), got {len(answer)}")
    return dict(zip(names, answer))


# ── 4 · down, up, and across ────────────────────────────────────────────────────────────────────────────────────────


def unets(generator):
    cases = []
    for depth, height, width in ((2, 4, 4), (1, 2, 6), (3, 8, 16), (4, 16, 16)):
        widths = [1, *integers(generator, 2, 4, depth)]
        downs = [normal(generator, widths[k + 1], widths[k], 2, 2, scale=0.7) for k in range(depth)]
        ups = []
        for k in reversed(range(depth)):  # transposed convolutions: (inputs, outputs, 2, 2)
            inputs = widths[k + 1] * (1 if k == depth - 1 else 2)
            ups.append(normal(generator, inputs, widths[k], 2, 2, scale=0.7))
        x = normal(generator, 1 + (depth > 1), 1, height, width)
        cases.append({"x": x, "depth": depth, "_downs": downs, "_ups": ups})
    return cases


def through(forward, case):
    """The U-Net's answer, and how it depends on the picture and on the outermost down-step."""

    class Step(nn.Module):
        def __init__(self, weight, is_down):
            super().__init__()
            self.weight, self.is_down = nn.Parameter(weight.clone()), is_down

        def forward(self, x):
            inputs = self.weight.shape[1 if self.is_down else 0]
            if x.shape[1] != inputs:
                way = "a down-step" if self.is_down else "an up-step"
                raise Complaint(f"{way} that takes {inputs} channels was given {x.shape[1]}: what is stacked where?")
            move = F.conv2d if self.is_down else F.conv_transpose2d
            return torch.tanh(move(x, self.weight, stride=2))

    downs, ups = [Step(w, True) for w in case["_downs"]], [Step(w, False) for w in case["_ups"]]
    x = case["x"].clone().requires_grad_()
    picture = forward(nn.ModuleList(downs), nn.ModuleList(ups), x)
    if not isinstance(picture, torch.Tensor) or picture.shape != x.shape:
        got = tuple(picture.shape) if isinstance(picture, torch.Tensor) else type(picture).__name__
        raise Complaint(f"expected a picture of shape {tuple(x.shape)}, got {got}")
    if not picture.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, no_grad or numpy")
    gradients = torch.autograd.grad(picture.square().sum(), [x, downs[0].weight], allow_unused=True)
    at = ("gradient at the map x", "gradient at the first down-step")
    return {"picture": picture, **dict(zip(at, gradients))}


def unet_by_hand(x, depth, downs, ups):
    x, first = x.clone().requires_grad_(), downs[0].clone().requires_grad_()
    levels = [x]
    for weight in (first, *downs[1:]):
        levels.append(F.conv2d(levels[-1], weight, stride=2).tanh())
    y = levels[depth]
    for k, weight in zip(range(depth - 1, -1, -1), ups):
        y = F.conv_transpose2d(y, weight, stride=2).tanh()
        y = torch.cat([levels[k], y], 1) if k else y
    at = torch.autograd.grad(y.square().sum(), [x, first])
    return {"picture": y.detach(), "gradient at the map x": at[0], "gradient at the first down-step": at[1]}


# ── 5 · D's move, 6 · G's move ──────────────────────────────────────────────────────────────────────────────────────
# G: two channels to one; D: three channels (map and picture, in this order) to a map of logits, in double precision.


def moves(side):
    def inputs(generator):
        cases = []
        for batch, size in ((1, 4), (3, 6)):
            weights = {"g": normal(generator, 1, 2, 3, 3, scale=0.5), "d1": normal(generator, 4, 3, 2, 2, scale=0.5)}
            weights["d2"] = normal(generator, 1, 4, 2, 2, scale=0.5)
            a, b = normal(generator, batch, 2, size, size), normal(generator, batch, 1, size, size).tanh()
            more = {"weight": float(5 + 5 * torch.rand(1, generator=generator))} if side == "G" else {}
            cases.append({"_side": side, "_weights": weights, "a": a, "b": b, **more, "lr": 0.1})
        return cases

    return inputs


def move(step, case):
    """A move of fresh players whose gradients hold leftovers of the one before: everything that it may have changed."""

    def conv(weight, padding=0):
        layer = nn.Conv2d(*weight.shape[1::-1], weight.shape[2], padding=padding, bias=False, dtype=torch.float64)
        layer.weight.data.copy_(weight)
        layer.weight.grad = torch.ones_like(weight)
        return layer

    class Judge(nn.Sequential):
        def forward(self, pair):
            if pair.ndim != 4 or pair.shape[1] != 3:
                raise Complaint(
                    f"D takes map and picture on top of each other, 2 + 1 channels, got {tuple(pair.shape)}"
                )
            return super().forward(pair)

    w, lr = case["_weights"], case["lr"]
    G, D = nn.Sequential(conv(w["g"], 1), nn.Tanh()), Judge(conv(w["d1"]), nn.LeakyReLU(0.2), conv(w["d2"]))
    if case["_side"] == "D":
        G.zero_grad()
        loss = step(G, D, torch.optim.SGD(D.parameters(), lr), case["a"], case["b"])
        if any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in G.parameters()):
            raise Complaint("G received a gradient in D's move: are the fakes cut off from G?")
    else:
        loss = step(G, D, torch.optim.SGD(G.parameters(), lr), case["a"], case["b"], case["weight"])
    if not all(weight.requires_grad for weight in [*G.parameters(), *D.parameters()]):
        raise Complaint("after the move some weights no longer require a gradient: give back what you froze")
    weights = {"G's weights": G[0].weight, "D's first weights": D[0].weight, "D's second weights": D[2].weight}
    return {"the loss returned": loss, **weights}


def moved(side, weights, a, b, *rest):
    w = {k: v.clone().requires_grad_(k.startswith("g") == (side == "G")) for k, v in weights.items()}

    def logits(picture):
        hidden = F.conv2d(torch.cat([a, picture], 1), w["d1"])
        return F.conv2d(torch.where(hidden > 0, hidden, 0.2 * hidden), w["d2"])

    fake = torch.tanh(F.conv2d(a, w["g"], padding=1))
    if side == "D":
        loss = (torch.log1p(torch.exp(-logits(b))).mean() + torch.log1p(torch.exp(logits(fake))).mean()) / 2
    else:
        loss = torch.log1p(torch.exp(-logits(fake))).mean() + rest[0] * (fake - b).abs().mean()
    moving = [k for k in w if w[k].requires_grad]
    gradients = dict(zip(moving, torch.autograd.grad(loss, [w[k] for k in moving])))
    new = {k: weights[k] - rest[-1] * gradients[k] if k in gradients else weights[k] for k in weights}
    names = {"g": "G's weights", "d1": "D's first weights", "d2": "D's second weights"}
    return {"the loss returned": loss.detach(), **{names[k]: new[k] for k in names}}


# ── 7 · a diagnosis ─────────────────────────────────────────────────────────────────────────────────────────────────
# The patient travels as text, so that the same case can be sent to another process.

PATIENT = """
def step(G, D, optimizer, a, b):
    fake = {fake}
    real_logits, fake_logits = D(torch.cat([{real_map}, b], 1)), D(torch.cat([{fake_map}, fake], 1))
    loss = {loss}
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
"""
HEALTHY = {
    "fake": "G(a).detach()",
    "real_map": "a",
    "fake_map": "a",
    "loss": "(F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2",
}
AT_ONCE = """
def step(G, D, optimizer, a, b):
    with torch.no_grad():
        fake = G(a)
    logits = D(torch.cat([torch.cat([a, b], 1), torch.cat([a, fake], 1)]))
    labels = torch.ones_like(logits)
    labels[len(a):] = 0
    loss = F.binary_cross_entropy_with_logits(logits, labels)
    D.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
"""
BLIND = {"real_map": "torch.zeros_like(a)", "fake_map": "torch.zeros_like(a)"}
ILL = [
    ("healthy", {}),
    ("healthy", {"fake": "G(a).data", "loss": "-(F.logsigmoid(real_logits) + F.logsigmoid(-fake_logits)).mean() / 2"}),
    ("map missing", BLIND),
    ("map missing", {"real_map": "a * 0", "fake_map": "a * 0"}),
    ("wrong map", {"fake_map": "a.roll(1, 0)"}),
    ("wrong map", {"real_map": "a.flip(0)"}),
    ("wrong map", {"real_map": "a.roll(1, 0)", "fake_map": "a.roll(1, 0)"}),
    ("not detached", {"fake": "G(a)"}),
    ("not halved", {"loss": HEALTHY["loss"].removesuffix(" / 2")}),
]
DIAGNOSES = ("healthy", "map missing", "wrong map", "not detached", "not halved")


def patients(generator):
    texts = [(name, PATIENT.format(**HEALTHY | fault)) for name, fault in ILL] + [("healthy", AT_ONCE)]
    order = torch.randperm(len(texts), generator=generator).tolist()
    return [{"_step": texts[i][1], "_seed": int(torch.randint(2**31, (), generator=generator))} for i in order]


def put_before(examine, case):
    """Hand the patient over as a function."""
    names = {"F": F, "torch": torch}
    exec(case["_step"], names)
    torch.manual_seed(case["_seed"])
    return examine(names["step"])


def fault_of(text, seed):
    return next((name for name, fault in ILL if PATIENT.format(**HEALTHY | fault) == text), "healthy")


def named_rightly(case, expected, answer):
    if answer not in DIAGNOSES:
        return f"expected one of {', '.join(map(repr, DIAGNOSES))}, got {answer!r}"
    body = "; ".join(line.strip() for line in case["_step"].strip().splitlines()[1:-4])
    return None if answer == expected else f"expected {expected!r}, got {answer!r} for the step: {body}"


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────

SIDE, BUDGET, LEAST = 16, 4000, 0.8
CLASSES = ("night", "planks", "fence")


def maps(n, generator=None):
    """n maps int64 (n, 16, 16) of classes 0 to 2: the cells of five random points, each of a random class."""
    axis = (torch.arange(SIDE) + 0.5) / SIDE
    nearest = torch.cdist(torch.cartesian_prod(axis, axis).expand(n, -1, -1), torch.rand(n, 5, 2, generator=generator))
    kinds = torch.randint(3, (n, 5), generator=generator)
    return kinds.gather(1, nearest.argmin(dim=2)).view(n, SIDE, SIDE)


def villages(generator):
    low, high, night = torch.rand(3, generator=generator).tolist()
    look = {"dark": -0.6 + 0.3 * low, "bright": 0.4 + 0.3 * high, "night": -0.9 + 0.3 * night}
    asked = F.one_hot(maps(100, generator), 3).permute(0, 3, 1, 2).float()
    return [{"budget": BUDGET, "_look": look, "_asked": asked}]


def trained_painter(train, case):
    """Let it train on a counted supply of pairs, then ask for pictures of maps that it has not seen."""
    look, side, drawn = case["_look"], case["_asked"].shape[-1], [0]

    def sample(n):
        drawn[0] += n
        if drawn[0] > case["budget"]:
            raise Complaint(f"the budget is spent: more than {case['budget']:,} pairs were drawn")
        axis = (torch.arange(side) + 0.5) / side
        pixels = torch.cartesian_prod(axis, axis).expand(n, -1, -1)
        nearest = torch.cdist(pixels, torch.rand(n, 5, 2)).argmin(dim=2)
        labels = torch.randint(3, (n, 5)).gather(1, nearest).view(n, 1, side, side)
        row, column = torch.arange(side).view(-1, 1), torch.arange(side)
        starts = torch.randint(2, (2, n, 1, 1, 1))  # nobody can know on which row the planks begin
        planks, fence = ((line + start) % 2 == 0 for line, start in zip((row, column), starts))
        is_bright = torch.where(labels == 1, planks, fence)
        picture = torch.where(is_bright, look["bright"], look["dark"])
        picture = torch.where(labels == 0, look["night"], picture)
        return F.one_hot(labels[:, 0], 3).permute(0, 3, 1, 2).float(), picture + 0.05 * torch.randn(picture.shape)

    G = train(sample, case["budget"])
    if not callable(G):
        raise Complaint(f"expected the trained generator, a function of maps (n, 3, 16, 16), got a {type(G).__name__}")
    with torch.no_grad():
        return G(case["_asked"].clone())


def painted_well(case, expected, answer):
    """Windows of 4 × 4 that lie in one class: how much do neighbours differ along either axis, and how bright is it?"""
    wanted = (len(case["_asked"]), 1, SIDE, SIDE)
    if not isinstance(answer, torch.Tensor) or answer.shape != wanted:
        return f"expected pictures of shape {wanted}, got {getattr(answer, 'shape', type(answer).__name__)}"
    if not answer.isfinite().all():
        return "expected finite pictures, got NaN or inf: did the training blow up?"
    look, windows = case["_look"], answer[:, 0].double().unfold(1, 4, 1).unfold(2, 4, 1)
    down = windows.diff(dim=-2).abs().mean(dim=(-1, -2))
    along = windows.diff(dim=-1).abs().mean(dim=(-1, -2))
    half = 0.5 * (look["bright"] - look["dark"])
    right = {
        "night": (down < half / 2) & (along < half / 2) & ((windows.mean(dim=(-1, -2)) - look["night"]).abs() < 0.25),
        "planks": (down > half) & (along < half),
        "fence": (along > half) & (down < half),
    }
    inside = F.avg_pool2d(case["_asked"], 4, 1) > 0.999  # (n, 3, 13, 13)
    shares = {name: float(right[name][inside[:, k]].double().mean()) for k, name in enumerate(CLASSES)}
    if min(shares.values()) < LEAST:
        said = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
        return f"expected at least {LEAST:.2f} of the windows of every class painted as that class, got {said}"
    return None


CHECKS = [
    Check("07.field_and_side", f"{LESSON}, section 4, PatchGAN", stacks_of_layers, seen_and_given),
    Check("07.best_tones", f"{LESSON}, section 3, What L1 and L2 ask for", tones, median_and_mean, rtol=1e-6),
    Check("07.price_of_honesty", f"{LESSON}, section 3, What L1 and L2 ask for", tones, four_prices, priced, rtol=1e-6),
    Check("07.unet_forward", f"{LESSON}, section 2, The generator", unets, unet_by_hand, through),
    Check("07.discriminator_step", f"{LESSON}, section 5, One step of each player", moves("D"), moved, move),
    Check("07.generator_step", f"{LESSON}, section 5, One step of each player", moves("G"), moved, move),
    Check(
        "07.name_the_fault",
        f"{LESSON}, section 5, One step of each player",
        patients,
        fault_of,
        put_before,
        named_rightly,
    ),
    Check(
        "07.painter",
        f"{LESSON}, section 6, Two short games",
        villages,
        probe=trained_painter,
        verdict=painted_well,
        seconds=10,
    ),
]
