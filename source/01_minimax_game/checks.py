"""The items of exercise 01: what is sent, what is right, and how near is near enough."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import Check, Complaint, value_and_gradients

LESSON = "notebooks/01_minimax_game"


def uniform(generator, *shape, low=0.0, high=1.0):
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


# ── 1 · the best discriminator ──────────────────────────────────────────────────────────────────────────────────────


def densities(generator):
    p, q = uniform(generator, 2, 4, low=0.05)
    holes_p, holes_q = uniform(generator, 2, 6)
    holes_p[:2], holes_q[1:3] = 0, 0  # only fakes, nobody, only real
    many_p, many_q = uniform(generator, 2, 3, 50)
    return [{"p": p, "q": q}, {"p": holes_p, "q": holes_q}, {"p": many_p * 1e-6, "q": many_q * 1e-6}]


def share_of_real(p, q):
    return torch.where(p + q > 0, p / (p + q).clamp_min(1e-300), 0.5)


# ── 2 · the value of the game ───────────────────────────────────────────────────────────────────────────────────────


def games(generator):
    cases = []
    for points, uneven in ((5, False), (201, False), (301, True)):
        x = torch.linspace(-3, 3, points, dtype=torch.float64)
        if uneven:  # denser in the middle: the spacing has to be used
            x = x.abs().pow(1.7) * x.sign()
        x = x + uniform(generator, 1)
        centre, width = uniform(generator, 2, 2, low=0.5, high=1.5).unbind()
        bump = [torch.exp(-(((x - x.mean() - c + 1) / w) ** 2)) for c, w in zip(centre, width)]
        p, q = (b / torch.trapezoid(b, x) for b in bump)
        D = torch.sigmoid(torch.sin(x * uniform(generator, 1, low=0.5, high=2)))
        cases.append({"D": D, "p": p, "q": q, "x": x})
    return cases


def value_by_hand(D, p, q, x):
    under = p * torch.log(D) + q * torch.log1p(-D)
    return ((under[1:] + under[:-1]) / 2 * (x[1:] - x[:-1])).sum()


# ── 3 · the discriminator's loss, 4 · the volume knobs ──────────────────────────────────────────────────────────────


def pairs_of_logits(generator):
    def logits(n, scale=1.0):
        return torch.randn(n, generator=generator) * scale

    sure = torch.tensor([60.0, -60.0, 25.0, -25.0])
    return [
        {"real_logits": logits(3), "fake_logits": logits(3)},
        {"real_logits": logits(2), "fake_logits": logits(5)},  # batches of different sizes
        {"real_logits": sure + logits(4), "fake_logits": sure + logits(4)},  # very sure, and half of it wrong
        {"real_logits": logits(64, 3.0), "fake_logits": logits(32, 3.0)},
    ]


def cross_entropy(real_logits, fake_logits):
    real, fake = real_logits.double(), fake_logits.double()
    value = torch.logaddexp(-real, torch.zeros_like(real)).mean() + torch.logaddexp(fake, torch.zeros_like(fake)).mean()
    gradients = -1 / (1 + real.exp()) / len(real), 1 / (1 + (-fake).exp()) / len(fake)
    return {"value": value, "gradient of real_logits": gradients[0], "gradient of fake_logits": gradients[1]}


def logits_of_fakes(generator):
    few = torch.randn(4, generator=generator, dtype=torch.float64) * 3
    far = torch.tensor([-80.0, 80.0], dtype=torch.float64) + torch.randn(2, generator=generator, dtype=torch.float64)
    return [{"logits": few}, {"logits": few - 4}, {"logits": far}]


def slopes_of_both_losses(logits):
    return -1 / (1 + (-logits).exp()), -1 / (1 + logits.exp())


# ── 5 · D's move, 6 · G's move ──────────────────────────────────────────────────────────────────────────────────────
# Two players of one hidden layer in double precision; the reference moves them by the chain rule, without autograd.


def moves(side):
    def inputs(generator):
        cases = []
        for batch in (4, 16):
            shapes = {"g1": (3, 2), "g2": (2, 3), "d1": (4, 2), "d2": (1, 4)}
            weights = {k: torch.randn(*s, generator=generator, dtype=torch.float64) for k, s in shapes.items()}
            real, z = torch.randn(2, batch, 2, generator=generator, dtype=torch.float64)
            sent = {"real": real + 1, "z": z} if side == "D" else {"z": z}
            cases.append({"_side": side, "_weights": weights, **sent, "lr": 0.1})
        return cases

    return inputs


def move(step, case):
    """A move of fresh players whose gradients hold leftovers of the one before: everything that it may have changed."""

    def player(first, second):
        layers = [nn.Linear(*w.shape[::-1], bias=False, dtype=torch.float64) for w in (first, second)]
        for layer, weight in zip(layers, (first, second)):
            layer.weight.data.copy_(weight)
            layer.weight.grad = torch.ones_like(weight)
        return nn.Sequential(layers[0], nn.Tanh(), layers[1])

    w, side, lr = case["_weights"], case["_side"], case["lr"]
    G, D = player(w["g1"], w["g2"]), nn.Sequential(player(w["d1"], w["d2"]), nn.Flatten(0))
    if side == "D":
        G.zero_grad()
        loss = step(G, D, torch.optim.SGD(D.parameters(), lr), case["real"], case["z"])
        if any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in G.parameters()):
            raise Complaint("G received a gradient in D's move: are the fakes cut off from G?")
    else:
        loss = step(G, D, torch.optim.SGD(G.parameters(), lr), case["z"])
    if not all(weight.requires_grad for weight in [*G.parameters(), *D.parameters()]):
        raise Complaint("after the move some weights no longer require a gradient: give back what you froze")
    weights = {
        f"{n}'s {which} weights": p
        for n, net in (("D", D), ("G", G))
        for which, p in zip(("first", "second"), net.parameters())
    }
    return {"the loss returned": loss, **weights}


def moved(side, weights, *sent):
    loss, new = (d_moved if side == "D" else g_moved)(weights, *sent)
    new = weights | new
    names = {
        "d1": "D's first weights",
        "d2": "D's second weights",
        "g1": "G's first weights",
        "g2": "G's second weights",
    }
    return {"the loss returned": loss, **{names[k]: new[k] for k in names}}


def judged(w, x):
    hidden = torch.tanh(x @ w["d1"].T)  # (b, 4)
    return hidden, (hidden @ w["d2"].T).squeeze(1)  # (b,)


def d_moved(weights, real, z, lr):
    w, n = weights, len(real)
    fake = torch.tanh(z @ w["g1"].T) @ w["g2"].T
    (h_real, l_real), (h_fake, l_fake) = judged(w, real), judged(w, fake)
    loss = torch.log1p(torch.exp(-l_real)).mean() + torch.log1p(torch.exp(l_fake)).mean()
    s_real, s_fake = -torch.sigmoid(-l_real) / n, torch.sigmoid(l_fake) / n  # slopes of the loss at the logits
    d2 = (s_real[:, None] * h_real + s_fake[:, None] * h_fake).sum(0, keepdim=True)
    back = [s[:, None] * w["d2"] * (1 - h**2) for s, h in ((s_real, h_real), (s_fake, h_fake))]
    d1 = back[0].T @ real + back[1].T @ fake
    return loss, {"d1": w["d1"] - lr * d1, "d2": w["d2"] - lr * d2}


def g_moved(weights, z, lr):
    w = weights
    h = torch.tanh(z @ w["g1"].T)  # (b, 3)
    hidden, logits = judged(w, h @ w["g2"].T)
    loss = torch.log1p(torch.exp(-logits)).mean()
    s = -torch.sigmoid(-logits)[:, None] / len(z)
    at_fake = (s * w["d2"] * (1 - hidden**2)) @ w["d1"]  # (b, 2), the message of D's slope
    g2, g1 = at_fake.T @ h, (at_fake @ w["g2"] * (1 - h**2)).T @ z
    return loss, {"g1": w["g1"] - lr * g1, "g2": w["g2"] - lr * g2}


# ── 7 · a diagnosis ─────────────────────────────────────────────────────────────────────────────────────────────────
# The patient travels as text, so that the same case can be sent to another process.

PATIENT = """
def step(G, D, optimizer, real, z):
    fake = {fake}
    loss = {loss}
    {before}
    loss.backward()
    {after}
    return loss.item()
"""
HEALTHY = {
    "fake": "G(z).detach()",
    "loss": "F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()",
    "before": "optimizer.zero_grad()",
    "after": "optimizer.step()",
}
FAULTS = {
    "healthy": {},
    "not detached": {"fake": "G(z)"},
    "gradients pile up": {"before": "pass"},
    "never moves": {"after": "pass"},
    "labels swapped": {"loss": "F.softplus(D(real)).mean() + F.softplus(-D(fake)).mean()"},
}
ALSO_HEALTHY = [
    {"loss": "-F.logsigmoid(D(real)).mean() - F.logsigmoid(-D(fake)).mean()"},
    {"before": "D.zero_grad()"},
    {"fake": "G(z).data"},
]


def patients(generator):
    texts = [(name, PATIENT.format(**HEALTHY | fault)) for name, fault in FAULTS.items()]
    texts += [("healthy", PATIENT.format(**HEALTHY | other)) for other in ALSO_HEALTHY]
    texts += [("not detached", PATIENT.format(**HEALTHY | ALSO_HEALTHY[1] | FAULTS["not detached"]))]
    order = torch.randperm(len(texts), generator=generator).tolist()
    return [{"_step": texts[i][1], "_seed": int(torch.randint(2**31, (), generator=generator))} for i in order]


def put_before(examine, case):
    """Hand the patient over as a function."""
    names = {"F": F, "torch": torch}
    exec(case["_step"], names)
    torch.manual_seed(case["_seed"])
    return examine(names["step"])


def fault_of(text, seed):
    parts = {PATIENT.format(**HEALTHY | fault): name for name, fault in FAULTS.items()}
    return parts.get(text) or ("not detached" if "fake = G(z)\n" in text else "healthy")


def named_rightly(case, expected, answer):
    if answer not in FAULTS:
        return f"expected one of {', '.join(map(repr, FAULTS))}, got {answer!r}"
    body = "; ".join(line.strip() for line in case["_step"].strip().splitlines()[1:])
    return None if answer == expected else f"expected {expected!r}, got {answer!r} for the step: {body}"


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────

BUDGET = 300_000  # real points that the training may draw
NEAR = 0.2  # a sample is good within this distance of a mode: four standard deviations
LEAST = {"precision": 0.80, "rarest": 0.03}


def rings(generator):
    turn = float(uniform(generator, 1, high=6.2832))  # the ring is turned: its eight places cannot be known beforehand
    return [{"budget": BUDGET, "_turn": turn, "_latents": torch.randn(4000, 2, generator=generator)}]


def trained_on_ring(train, case):
    """Let it train on a counted supply of points, then ask the generator for samples of latents it has not seen."""
    angles = case["_turn"] + torch.arange(8) * (math.pi / 4)
    centres, drawn = torch.stack([angles.cos(), angles.sin()], 1), []

    def sample(n):
        drawn.append(centres[torch.randint(8, (n,))] + 0.05 * torch.randn(n, 2))
        if sum(map(len, drawn)) > case["budget"]:
            raise Complaint(f"the budget is spent: more than {case['budget']:,} real points were drawn")
        return drawn[-1].clone()

    def key(points):  # two float32 as one int64, to find copies
        a, b = points.float().contiguous().view(torch.int32).long().unbind(1)
        return a * 2**32 + b

    G = train(sample, case["budget"])
    if not callable(G):
        raise Complaint(f"expected the trained generator, a function of latents (n, 2), got a {type(G).__name__}")
    with torch.no_grad():
        z = case["_latents"]
        first, again, shuffled = G(z.clone()), G(z.clone()), G(z.flip(0).clone())
    is_plane = isinstance(first, torch.Tensor) and first.shape == (len(z), 2)
    copies = torch.isin(key(first), key(torch.cat(drawn))).double().mean() if is_plane and drawn else 0.0
    return {"samples": first, "again": again, "shuffled": shuffled, "copies": copies}


def good_enough(case, expected, answer):
    points = answer["samples"]
    if not isinstance(points, torch.Tensor) or points.shape != (4000, 2):
        return f"expected samples of shape (4000, 2) for 4000 latents, got {getattr(points, 'shape', points)}"
    if not points.isfinite().all():
        return "expected finite samples, got NaN or inf: did the training blow up?"
    if not torch.allclose(points, answer["again"]):
        return "expected the same samples for the same latents, got others: a generator draws no random numbers itself"
    if not torch.allclose(points.flip(0), answer["shuffled"], atol=1e-4):
        return (
            "expected each sample to depend on its own latent only, got others when the latents came in another order"
        )
    if answer["copies"] > 0.01:
        return f"expected new samples, got {float(answer['copies']):.0%} exact copies of points that were drawn"
    angles = case["_turn"] + torch.arange(8) * (torch.pi / 4)
    distance, owner = torch.cdist(points.double(), torch.stack([angles.cos(), angles.sin()], 1).double()).min(dim=1)
    near = distance < NEAR
    shares = torch.bincount(owner[near], minlength=8) / len(points)
    found = int((shares >= LEAST["rarest"]).sum())
    if found < 8:
        return f"expected all 8 modes, each with {LEAST['rarest']:.0%} of the samples, got {found}"
    if near.double().mean() < LEAST["precision"]:
        return f"expected precision of at least {LEAST['precision']:.2f}, got {near.double().mean():.2f}"
    spread = torch.stack([points[near & (owner == i)].double().std(0).mean() for i in range(8)])
    if spread.min() < 0.003:
        return f"expected modes with some width (0.05 in the data), got one of standard deviation {spread.min():.1g}"
    return None


CHECKS = [
    Check("01.optimal_discriminator", f"{LESSON}, section 2", densities, share_of_real),
    Check("01.game_value", f"{LESSON}, section 1, The rule of the game", games, value_by_hand, rtol=1e-6),
    Check("01.discriminator_loss", f"{LESSON}, section 4", pairs_of_logits, cross_entropy, value_and_gradients),
    Check(
        "01.volume_knobs", f"{LESSON}, section 5, The volume knob", logits_of_fakes, slopes_of_both_losses, atol=1e-9
    ),
    Check("01.discriminator_step", f"{LESSON}, section 6, D's move", moves("D"), moved, move),
    Check("01.generator_step", f"{LESSON}, section 6, G's move", moves("G"), moved, move),
    Check("01.name_the_fault", f"{LESSON}, section 6", patients, fault_of, put_before, named_rightly),
    Check("01.ring", f"{LESSON}, section 7", rings, probe=trained_on_ring, verdict=good_enough, seconds=30),
]
