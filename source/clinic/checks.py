"""The items of the clinic: names of faults, and mended parts, judged by what they do to small players of our own."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import Check, Complaint, close, value_and_gradients

PAGE = "notebooks/clinic"


def uniform(generator, *shape, low=0.0, high=1.0):
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────────
# What would be seen if a name were right: this is told where it is wrong.

SIGNS = {
    "healthy": "the samples would be where the data are, and every promise of the code would be kept",
    "eps for momentum": "a layer that should bring features to variance 1 would not",
    "gradients pile up": "a step would end elsewhere when run after another one",
    "initialisation never applied": "the weights before the first step would not be as the author says",
    "labels swapped": "D would call the fakes real",
    "loss never back-propagated": "D would not learn what it is asked, however easy",
    "missing detach": "G would find D's gradient among its own",
    "one norm over the batch": "the slope at a point would depend on the size of the batch",
    "overpowering discriminator": "D would be very sure of both kinds while G's gradient is large",
    "resume loses the optimiser": "something would change at an interruption",
    "samples in training mode": "a latent's sample would depend on its company",
    "saturating loss": "G's gradient would be silent where D is sure",
    "sigmoid twice": "D's loss could not fall below 1.006",
    "softmax before cross-entropy": "a classifier's loss would stop near 1.46",
    "test data in training": "held-out pictures would have twins among the training pictures",
    "weights clipped before the step": "after a step, a weight would lie outside its bound",
}
FAULT = dict(
    zip(
        range(1, 13),
        (
            *("loss never back-propagated", "saturating loss", "healthy", "weights clipped before the step"),
            *("missing detach", "one norm over the batch", "test data in training", "softmax before cross-entropy"),
            *("initialisation never applied", "eps for momentum"),
            *("resume loses the optimiser", "overpowering discriminator"),
        ),
    )
)


def ward(first):
    def inputs(generator):
        order = torch.randperm(4, generator=generator) + first
        again = torch.randint(4, (4,), generator=generator) + first  # the same patients have the same names
        return [{"patients": [*order.tolist(), *again.tolist()]}]

    return inputs


def names_given(name, case):
    return {patient: name(patient) for patient in case["patients"]}


def named_rightly(case, expected, answer):
    for patient in case["patients"]:
        given = answer.get(str(patient))
        if not isinstance(given, str) or given not in SIGNS:
            return f"expected one of NAMES for patient {patient}, got {given!r}"
    wrong = [patient for patient in sorted(set(case["patients"])) if answer[str(patient)] != FAULT[patient]]
    if not wrong:
        return None
    given = answer[str(wrong[0])]
    return f"expected another name for patient {wrong[0]}, got {given!r}: if that were so, {SIGNS[given]}"


# ── moves ───────────────────────────────────────────────────────────────────────────────────────────────────────────
# Linear players in double precision: where a move ends can be written down. D(x) = w·x + b, G(z) = A z + c.


def moves(kind, *sent, lr, scale=1.0):
    def inputs(generator):
        cases = []
        for batch, far in ((4, 0.0), (16, 0.0), (8, 6.0)):
            players = {
                "w": uniform(generator, 1, 2, low=-1, high=1) * scale,
                "b": uniform(generator, 1, low=-1, high=1) * scale - far,  # far: D is sure that fakes are fakes
                "A": normal(generator, 2, 3),
                "c": normal(generator, 2),
            }
            data = {"real": normal(generator, batch, 2) + 1, "z": normal(generator, batch, 3)}
            cases.append({"_kind": kind, "_players": players, **{k: data[k] for k in sent}, "lr": lr})
        return cases

    return inputs


def moved(step, case):
    """One move of players whose gradients hold leftovers of the one before: everything it may have changed."""
    p, lr, kind = case["_players"], case["lr"], case["_kind"]
    G, D = nn.Linear(3, 2, dtype=torch.float64), nn.Sequential(nn.Linear(2, 1, dtype=torch.float64), nn.Flatten(0))
    for tensor, value in zip((*D.parameters(), *G.parameters()), (p["w"], p["b"], p["A"], p["c"])):
        tensor.data.copy_(value)
        tensor.grad = torch.ones_like(value)
    of_G, of_D = torch.optim.SGD(G.parameters(), lr), torch.optim.SGD(D.parameters(), lr)
    if kind == "D":
        G.zero_grad()
        losses = [step(G, D, of_D, case["real"], case["z"])]
        if any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in G.parameters()):
            raise Complaint("G received a gradient in D's move: are the fakes cut off from G?")
    elif kind == "G":
        losses = [step(G, D, of_G, case["z"])]
    else:
        losses = step(G, D, of_G, of_D, case["real"], case["z"])
        if not isinstance(losses, tuple | list) or len(losses) != 2:
            raise Complaint(f"expected both losses, got a {type(losses).__name__}: is the return missing?")
    if any(isinstance(loss, bool) or not isinstance(loss, float | int | torch.Tensor) for loss in losses):
        raise Complaint(f"expected the loss as a number, got a {type(losses[0]).__name__}: is the return missing?")
    if not all(math.isfinite(float(loss)) for loss in losses):
        raise Complaint("expected a finite loss, got NaN or inf")
    if not all(weight.requires_grad for weight in [*G.parameters(), *D.parameters()]):
        raise Complaint("after the move some weights no longer require a gradient: give back what you froze")
    names = ("D's weights", "D's bias", "G's weights", "G's bias")
    return dict(zip(names, (*D.parameters(), *G.parameters())))


def arrived(p, **changed):
    p = p | changed
    return {"D's weights": p["w"], "D's bias": p["b"], "G's weights": p["A"], "G's bias": p["c"]}


def fakes(p, z):
    return z @ p["A"].T + p["c"]


def penalised_d(kind, p, real, z, lr):
    fake = fakes(p, z)
    s_real = -torch.sigmoid(-(real @ p["w"].T + p["b"])) / len(real)  # (n, 1), slopes of the loss at the logits
    s_fake = torch.sigmoid(fake @ p["w"].T + p["b"]) / len(fake)
    w = (s_real * real + s_fake * fake).sum(0, keepdim=True) + 0.05 * p["w"]  # d/dw of 0.05/2·|w|², D's slope being w
    return arrived(p, w=p["w"] - lr * w, b=p["b"] - lr * (s_real.sum(0) + s_fake.sum(0)))


def loud_g(kind, p, z, lr):
    s = -torch.sigmoid(-(fakes(p, z) @ p["w"].T + p["b"])) / len(z)  # (n, 1)
    at_fake = s * p["w"]
    return arrived(p, A=p["A"] - lr * at_fake.T @ z, c=p["c"] - lr * at_fake.sum(0))


def clipped_d(kind, p, real, z, lr):
    w = p["w"] - lr * (fakes(p, z).mean(0) - real.mean(0))
    return arrived(p, w=w.clamp(-0.1, 0.1), b=p["b"].clamp(-0.1, 0.1))


def both_of_critic(kind, p, real, z, lr):
    now = clipped_d(kind, p, real, z, lr)
    w = now["D's weights"]
    return arrived(p, w=w, b=now["D's bias"], A=p["A"] + lr * w.T @ z.mean(0, keepdim=True), c=p["c"] + lr * w[0])


def at_the_place(case, expected, answer):
    """The comparison, and for two common reasons what it looks like."""
    complaint = close(expected, answer, 1e-4, 1e-6)
    if complaint is None:
        return None
    before, alike = arrived(case["_players"]), torch.allclose
    changing = [name for name in expected if not alike(expected[name], before[name])]
    if all(alike(answer[name].double(), before[name]) for name in changing):
        return f"{complaint}: nothing that should move has moved"
    if any(alike(answer[name].double(), expected[name] - case["lr"], atol=1e-5) for name in changing):
        return f"{complaint}: as if gradients that lay there before this move counted"
    return complaint


# ── the penalty ─────────────────────────────────────────────────────────────────────────────────────────────────────
# D(x) = w·x + ½ Σ v x², whose slope is w + v x. Where real and fake are the same, so is every point between them.


def critics(generator):
    cases = []
    for batch, curved, apart in ((3, 0, 1), (5, 0, 1), (6, 1, 0), (64, 0, 1)):
        real, fake = normal(generator, batch, 2), normal(generator, batch, 2) + 1
        w, v = normal(generator, 2), normal(generator, 2) * curved
        cases.append({"_w": w, "_v": v, "real": real, "fake": fake if apart else real.clone()})
    return cases


def penalty_of(penalty, case):
    """Its value, its gradient at D's weights, and where it looked."""
    seen = []

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.w, self.v = nn.Parameter(case["_w"].clone()), nn.Parameter(case["_v"].clone())

        def forward(self, x):
            seen.append(x.detach().clone())
            return x @ self.w + (x**2 / 2) @ self.v

    D = Critic()
    value = penalty(D, case["real"], case["fake"])
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        shape = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise Complaint(f"expected a scalar tensor, got {shape}")
    if not value.requires_grad:
        raise Complaint("no gradient reaches D's weights: the slope needs create_graph=True, and no detach after it")
    gradient = torch.autograd.grad(value.squeeze(), D.w, allow_unused=True)[0]
    if gradient is None:
        raise Complaint("no gradient reaches D's weights: the slope needs create_graph=True, and no detach after it")
    if any(x.shape != case["real"].shape for x in seen):
        raise Complaint(f"expected D to be asked at {len(case['real'])} points, got {[tuple(x.shape) for x in seen]}")
    return {"penalty": value.detach().squeeze(), "gradient at D's weights": gradient, "_points": seen[-1]}


def penalty_by_hand(w, v, real, fake):
    slope = w + v * real  # where v is not 0, real and fake are the same
    norm = slope.norm(dim=1, keepdim=True)
    return {
        "penalty": (norm - 1).square().mean(),
        "gradient at D's weights": (2 * (norm - 1) * slope / norm).mean(0),
    }


def penalised_between(case, expected, answer):
    points = answer.pop("_points", None) if isinstance(answer, dict) else None
    if complaint := close(expected, answer, 1e-4, 1e-6):
        return complaint
    along = case["real"] - case["fake"]
    if not along.any() or points is None:
        return None
    share = (points.double() - case["fake"]) / along  # ε, for each sample and feature
    if (share[:, 0] - share[:, 1]).abs().max() > 1e-3:
        return "expected points on the lines between real and fake, got others: is ε one number per sample?"
    if share.min() < -1e-3 or share.max() > 1.001:
        return f"expected ε between 0 and 1, got {share.min():.3g} to {share.max():.3g}"
    if share[:, 0].std() < 1e-3:
        return "expected an ε of its own for each sample, got one for the whole batch"
    return None


# ── the split, the classifier ───────────────────────────────────────────────────────────────────────────────────────


def sizes(generator):
    return [{"n": n} for n in (10, *torch.randint(40, 400, (3,), generator=generator).tolist())]


def both_parts(split, case):
    parts = split(case["n"])
    if not isinstance(parts, tuple | list) or len(parts) != 2:
        raise Complaint(f"expected two parts, got a {type(parts).__name__}: is the return missing?")
    parts = [torch.as_tensor(part) for part in parts]
    again = [torch.as_tensor(part) for part in split(case["n"])]
    return {"train": parts[0], "test": parts[1], "again": again[1]}


def apart(case, expected, answer):
    n, train, test = case["n"], answer["train"], answer["test"]
    for name, part, size in (("training", train, n - n // 5), ("held-out", test, n // 5)):
        if part.ndim != 1 or part.is_floating_point() or part.dtype == torch.bool:
            return f"expected {size} integers as the {name} part, got {str(part.dtype)[6:]} {tuple(part.shape)}"
        if len(part) != size:
            return f"expected {size} pictures in the {name} part, got {len(part)}"
    both = len(set(train.tolist()) & set(test.tolist()))
    if both:
        return f"expected no picture in both parts, got {both} of {len(test)} held-out ones among the training pictures"
    if sorted(train.tolist() + test.tolist()) != list(range(n)):
        return f"expected every index from 0 to {n - 1} once, got others, or some twice"
    if n > 30 and sorted(test.tolist()) == sorted(answer["again"].tolist()):
        return "expected a part held out by chance, got the same one twice"
    return None


def classified(generator):
    cases = []
    for n, classes, scale in ((2, 3, 1), (5, 10, 3), (8, 10, 30), (64, 4, 2)):
        labels = torch.randint(classes, (n,), generator=generator)
        cases.append({"logits": torch.randn(n, classes, generator=generator) * scale, "labels": labels})
    return cases


def surprise(logits, labels):
    logits, at = logits.double(), torch.arange(len(logits))
    shifted = logits - logits.amax(1, keepdim=True)
    probability = shifted.exp() / shifted.exp().sum(1, keepdim=True)
    value = (shifted.exp().sum(1).log() - shifted[at, labels]).mean()
    gradient = probability.clone()
    gradient[at, labels] -= 1
    return {"value": value, "gradient of logits": gradient / len(logits)}


# ── the generator, the norm ─────────────────────────────────────────────────────────────────────────────────────────


def depths(generator):
    width = int(torch.randint(40, 80, (), generator=generator))
    return [{"depth": 8, "width": 64, "_seed": width}, {"depth": 12, "width": width, "_seed": width + 1}]


def first_weights(build, case):
    """Sizes and spreads of a network's tensors before the first step, in their order, and of what it makes."""
    torch.manual_seed(case["_seed"])
    G, other = build(case["depth"], case["width"]), build(case["depth"], case["width"])
    if not isinstance(G, nn.Module):
        raise Complaint(f"expected the generator, a module, got a {type(G).__name__}: is the return missing?")
    matrices = [p for p in G.parameters() if p.ndim == 2]
    biases = [p for p in G.parameters() if p.ndim == 1]
    with torch.no_grad():
        points = G(torch.randn(500, 2))
    if not isinstance(points, torch.Tensor) or points.shape != (500, 2):
        raise Complaint(f"expected points of shape (500, 2), got {getattr(points, 'shape', type(points).__name__)}")
    return {
        "shapes": [tuple(p.shape) for p in matrices],
        "relative": [float(p.detach().std() * (p.shape[1] / 2) ** 0.5) for p in matrices],
        "mean": [float(p.detach().mean() * (p.shape[1] / 2) ** 0.5) for p in matrices],
        "bias": max((float(p.detach().abs().max()) for p in biases), default=0.0),
        "spread": points.double().std(0).mean(),
        "alike": all(torch.equal(a, b) for a, b in zip(G.parameters(), other.parameters())),
    }


def signal_kept(case, expected, answer):
    depth, width = case["depth"], case["width"]
    wanted = ((width, 2), *[(width, width)] * (depth - 1), (2, width))
    if answer["shapes"] != wanted:
        return (
            f"expected {depth + 1} linear layers of {width} features, as the patient has, got {len(answer['shapes'])}"
        )
    for i, (spread, mean, shape) in enumerate(zip(answer["relative"], answer["mean"], answer["shapes"]), 1):
        slack = 0.08 if min(shape) > 2 else 0.35  # small layers differ more by chance
        if abs(spread - 1) > slack or abs(mean) > slack:
            size = spread / (shape[1] / 2) ** 0.5
            return f"expected weights of standard deviation {(2 / shape[1]) ** 0.5:.3g} in layer {i}, got {size:.3g}"
    if answer["bias"] > 1e-6:
        return f"expected every bias to be 0, got one of {answer['bias']:.3g}"
    if not float(answer["spread"]) > 0.02:
        return f"expected fakes that differ before the first step, got a spread of {float(answer['spread']):.2g}"
    return "expected other random weights each time, got the same twice" if answer["alike"] else None


def batches(generator):
    cases = []
    for n, features, size in ((8, 2, 1.0), (64, 5, 0.1), (32, 3, 20.0)):
        first, second = normal(generator, 2, n, features) * size + normal(generator, features) * size
        cases.append({"first": first.float(), "second": second.float()})
    return cases


def normalised(build, case):
    """What a fresh layer makes of a batch in training, and then of another in evaluation."""
    layer = build(case["first"].shape[1])
    if not isinstance(layer, nn.Module):
        raise Complaint(f"expected a layer, a module, got a {type(layer).__name__}: is the return missing?")
    with torch.no_grad():
        trained = layer.train()(case["first"])
        return {"the training batch": trained, "the next batch, in evaluation": layer.eval()(case["second"])}


def by_hand(first, second):
    mean, var = first.double().mean(0), first.double().var(0)
    biased = first.double().var(0, unbiased=False)
    kept_mean, kept_var = 0.2 * mean, 0.8 + 0.2 * var
    return {
        "the training batch": (first - mean) / biased.sqrt(),
        "the next batch, in evaluation": (second - kept_mean) / kept_var.sqrt(),
    }


# ── the interruption, the open experiment ───────────────────────────────────────────────────────────────────────────


def interruptions(generator):
    seeds = torch.randint(2**31, (3,), generator=generator).tolist()
    return [{"steps before": 5 + i, "steps after": 4, "_seed": seed} for i, seed in enumerate(seeds)]


def gone_on(resume, case):
    """Play, carry the run into fresh players by the learner's function, play on: where the weights are."""
    torch.manual_seed(case["_seed"])

    def fresh():
        G, D = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
        return {
            "G": G,
            "D": D,
            "optimizer_G": torch.optim.Adam(G.parameters(), lr=0.05, betas=(0.5, 0.9)),
            "optimizer_D": torch.optim.Adam(D.parameters(), lr=0.1, betas=(0.5, 0.9)),
        }

    def play(run, batches):
        for real, z in batches:
            loss = F.softplus(-run["D"](real)).mean() + F.softplus(run["D"](run["G"](z).detach())).mean()
            run["optimizer_D"].zero_grad()
            loss.backward()
            run["optimizer_D"].step()
            loss = F.softplus(-run["D"](run["G"](z))).mean()
            run["optimizer_G"].zero_grad()
            loss.backward()
            run["optimizer_G"].step()
            for name in ("optimizer_G", "optimizer_D"):
                run[name].param_groups[0]["lr"] *= 0.9
        return run

    before, after = case["steps before"], case["steps after"]
    batches = torch.randn(before + after, 2, 16, 2)
    old, new = fresh(), fresh()
    parts = dict(new)
    play(old, batches[:before])
    if resume is not None:
        resume(old, new)
        old = parts
    play(old, batches[before:])
    return {f"{n}'s tensor {i}": p for n in ("G", "D") for i, p in enumerate(old[n].parameters(), 1)}


def uninterrupted(before, after, seed):
    with torch.random.fork_rng([]):
        weights = gone_on(None, {"steps before": before, "steps after": after, "_seed": seed})
    return {name: weight.detach() for name, weight in weights.items()}


LEAST = {"modes": 8, "precision": 0.70}


def rings(generator):
    turn = float(uniform(generator, 1, high=2 * math.pi))
    return [{"steps": 800, "_turn": turn, "_latents": torch.randn(4000, 2, generator=generator)}]


def trained_with(optimizers, case):
    """The shared script on a turned ring, with the learner's optimisers; samples of latents not seen in training."""
    angles = case["_turn"] + torch.arange(8) * (math.pi / 4)
    centres = torch.stack([angles.cos(), angles.sin()], 1)
    G = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    bend = nn.LeakyReLU(0.2)
    D = nn.Sequential(nn.Linear(2, 64), bend, nn.Linear(64, 64), bend, nn.Linear(64, 1), nn.Flatten(0))
    made = optimizers(G, D)
    if not isinstance(made, tuple | list) or len(made) != 2 or not all(hasattr(o, "step") for o in made):
        raise Complaint(f"expected two optimisers, G's and D's, got a {type(made).__name__}: is the return missing?")
    of_G, of_D = made
    for _ in range(case["steps"]):
        real = centres[torch.randint(8, (128,))] + 0.05 * torch.randn(128, 2)
        loss = F.softplus(-D(real)).mean() + F.softplus(D(G(torch.randn(128, 2)).detach())).mean()
        of_D.zero_grad()
        loss.backward()
        of_D.step()
        loss = F.softplus(-D(G(torch.randn(128, 2)))).mean()
        of_G.zero_grad()
        loss.backward()
        of_G.step()
    with torch.no_grad():
        return G(case["_latents"])


def recovered(case, expected, answer):
    if not answer.isfinite().all():
        return "expected finite samples, got NaN or inf: the training blew up"
    angles = case["_turn"] + torch.arange(8) * (math.pi / 4)
    distance, owner = torch.cdist(answer, torch.stack([angles.cos(), angles.sin()], 1)).min(dim=1)
    near = distance < 0.2
    found = int((torch.bincount(owner[near], minlength=8) >= 0.03 * len(answer)).sum())
    precision = float(near.double().mean())
    if found < LEAST["modes"]:
        return f"expected all 8 modes, each with 3% of the samples, got {found} (precision {precision:.2f})"
    if precision < LEAST["precision"]:
        return f"expected precision of at least {LEAST['precision']:.2f}, got {precision:.2f} (all 8 modes found)"
    return None


CHECKS = [
    Check(
        "clinic.mend_1",
        "notebooks/02_training_dynamics, Friction: R1",
        moves("D", "real", "z", lr=0.5),
        penalised_d,
        moved,
        at_the_place,
    ),
    Check(
        "clinic.mend_2",
        "notebooks/01_minimax_game, section 5, The volume knob",
        moves("G", "z", lr=0.5),
        loud_g,
        moved,
        at_the_place,
    ),
    Check(
        "clinic.mend_4",
        "notebooks/04_objectives, A leash for D",
        moves("D", "real", "z", lr=0.1, scale=0.1),
        clipped_d,
        moved,
        at_the_place,
    ),
    Check("clinic.ward_a", f"{PAGE}, section 2", ward(1), probe=names_given, verdict=named_rightly),
    Check(
        "clinic.mend_5",
        "notebooks/01_minimax_game, section 6, D's move",
        moves("both", "real", "z", lr=0.1, scale=0.1),
        both_of_critic,
        moved,
        at_the_place,
    ),
    Check(
        "clinic.mend_6",
        "notebooks/04_objectives, A leash for D",
        critics,
        penalty_by_hand,
        penalty_of,
        penalised_between,
    ),
    Check("clinic.mend_7", "notebooks/05_measuring_gans, section 8", sizes, probe=both_parts, verdict=apart),
    Check("clinic.mend_8", f"{PAGE}, section 3", classified, surprise, value_and_gradients),
    Check("clinic.ward_b", f"{PAGE}, section 2", ward(5), probe=names_given, verdict=named_rightly),
    Check(
        "clinic.mend_9",
        "notebooks/03_dcgan, Initialisation, applied and seen",
        depths,
        probe=first_weights,
        verdict=signal_kept,
    ),
    Check("clinic.mend_10", f"{PAGE}, section 2", batches, by_hand, normalised, rtol=0.02, atol=0.02),
    Check("clinic.mend_11", "notebooks/03_dcgan, Pull the plug", interruptions, uninterrupted, gone_on),
    Check(
        "clinic.mend_12",
        "notebooks/02_training_dynamics, Two time scales",
        rings,
        probe=trained_with,
        verdict=recovered,
        seconds=3,
    ),
    Check("clinic.ward_c", f"{PAGE}, section 2", ward(9), probe=names_given, verdict=named_rightly),
]
