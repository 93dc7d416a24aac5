"""The items of exercise 03: what is sent, what is right, and how near is near enough."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import Check, Complaint, close

LESSON = "notebooks/03_dcgan"


def uniform(generator, *shape, low=0.0, high=1.0):
    return low + (high - low) * torch.rand(*shape, generator=generator, dtype=torch.float64)


def normal(generator, *shape):
    return torch.randn(*shape, generator=generator)


def whole(generator, low, high):
    return int(torch.randint(low, high + 1, (), generator=generator))


# ── 1 · stamps ──────────────────────────────────────────────────────────────────────────────────────────────────────


def layers_up(generator):
    cases = [{"n": 2, "kernel": 2, "stride": 1, "padding": 0}, {"n": 4, "kernel": 3, "stride": 2, "padding": 1}]
    for kernel, stride in ((4, 2), (3, 2), (5, 3), (2, 3)):
        padding = whole(generator, 0, (kernel - 1) // 2)
        cases.append({"n": whole(generator, 3, 7), "kernel": kernel, "stride": stride, "padding": padding})
    return cases


def stamped_one_by_one(n, kernel, stride, padding):
    side = stride * (n - 1) + kernel - 2 * padding
    along = torch.zeros(side, dtype=torch.long)
    for place in range(side):
        along[place] = sum(0 <= place + padding - stride * i < kernel for i in range(n))
    return torch.outer(along, along)


# ── 2, 3 · banners ──────────────────────────────────────────────────────────────────────────────────────────────────
# The check puts weights of its own, told apart by their shapes, into the learner's network, and compares pictures and
# logits in both modes with those of plain functions. So layers may be called and arranged as one likes.


def channels_of_maps(width, height):
    """From the largest number, at 4×8, to `width`, at half the height."""
    return [width * 2**i for i in range((height // 8).bit_length())][::-1]


def weights_of_their_own(generator, shapes, features):
    """Convolution weights that keep signals near 1, and for each batch norm weight, bias, running mean and variance."""
    fan = [s[0] * s[2] * s[3] / 4 if i else s[0] for i, s in enumerate(shapes)]
    convolutions = [normal(generator, *shape) / size**0.5 for shape, size in zip(shapes, fan)]
    norms = [
        (*(1 + 0.3 * normal(generator, 2, n)), 0.3 * normal(generator, n), 0.5 + uniform(generator, n).float())
        for n in features
    ]
    return convolutions, [(weight, bias - 0.3, mean, variance) for weight, bias, mean, variance in norms]


def generators(generator):
    cases = []
    for latent_dim, channels, width, height in ((10, 1, 8, 16), (7, 3, 4, 32), (12, 2, 12, 16)):
        maps = channels_of_maps(width, height)
        shapes = [(latent_dim, maps[0], 4, 8)] + [(a, b, 4, 4) for a, b in pairwise([*maps, channels])]
        convolutions, norms = weights_of_their_own(generator, shapes, maps)
        shown = {"latent_dim": latent_dim, "channels": channels, "width": width, "height": height}
        cases.append(
            shown | {"_convolutions": convolutions, "_norms": norms, "_sent": normal(generator, 4, latent_dim)}
        )
    return cases


def discriminators(generator):
    cases = []
    for channels, width, height in ((1, 8, 16), (3, 4, 32), (2, 12, 16)):
        maps = channels_of_maps(width, height)[::-1]
        shapes = [(b, a, 4, 4) for a, b in pairwise([channels, *maps])] + [(1, maps[-1], 4, 8)]
        convolutions, norms = weights_of_their_own(generator, shapes, maps[1:])
        pictures = normal(generator, 4, channels, height, 2 * height).tanh()
        shown = {"channels": channels, "width": width, "height": height}
        cases.append(shown | {"_convolutions": convolutions, "_norms": norms, "_sent": pictures})
    return cases


def built(make, case):
    """The network that `make` returns: its weights as they are at first, and what it answers with those of the case."""
    network = make(*(value for name, value in case.items() if not name.startswith("_")))
    if not isinstance(network, nn.Module):
        raise Complaint(f"expected a network (an nn.Module), got a {type(network).__name__}")
    found = [p for p in network.parameters() if p.ndim == 4]
    norms = {m.num_features: m for m in network.modules() if isinstance(m, nn.BatchNorm2d)}

    def shapes(weights):
        return ", ".join(sorted(str(tuple(w.shape)) for w in weights))

    if shapes(found) != shapes(case["_convolutions"]):
        raise Complaint(f"expected convolution weights {shapes(case['_convolutions'])}, got {shapes(found) or 'none'}")
    wanted = sorted(len(norm[0]) for norm in case["_norms"])
    if sorted(m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d)) != wanted:
        raise Complaint(f"expected a BatchNorm2d for {wanted} channels, got {sorted(norms) or 'none'}")
    of_norms = [p for m in norms.values() for p in m.parameters()]
    others = [p for p in network.parameters() if p.ndim != 4 and not any(p is q for q in of_norms)]
    if others:
        raise Complaint(f"expected no other weights, got some of shape {shapes(others)}: a bias?")
    first = {tuple(p.shape): p.detach().clone() for p in found}
    at_first = [first[tuple(w.shape)] for w in case["_convolutions"]]
    norms_at_first = [(norms[n].weight.detach().clone(), norms[n].bias.detach().clone()) for n in wanted]
    with torch.no_grad():
        for parameter in found:
            parameter.copy_(next(w for w in case["_convolutions"] if w.shape == parameter.shape))
        for values in case["_norms"]:
            norm = norms[len(values[0])]
            for part, value in zip((norm.weight, norm.bias, norm.running_mean, norm.running_var), values):
                part.copy_(value)
        in_eval_mode = network.eval()(case["_sent"].clone())
        in_train_mode = network.train()(case["_sent"].clone())
    answers = {"in eval mode": in_eval_mode, "in train mode": in_train_mode}
    return {"at first": at_first, "norms at first": norms_at_first, "answers": answers}


def normed(x, values, training):
    weight, bias, mean, variance = (v.double() for v in values)
    if training:
        mean, variance = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)
    scale = weight / (variance + 1e-5).sqrt()
    return x * scale[:, None, None] + (bias - mean * scale)[:, None, None]


def painted(latent_dim, channels, width, height, convolutions, norms, z):
    answers = {}
    for mode in ("in eval mode", "in train mode"):
        x = z.double()[:, :, None, None]
        for i, (weight, norm) in enumerate(zip(convolutions[:-1], norms)):
            x = F.conv_transpose2d(x, weight.double(), stride=2 if i else 1, padding=1 if i else 0)
            x = normed(x, norm, mode == "in train mode").clamp_min(0)
        answers[mode] = F.conv_transpose2d(x, convolutions[-1].double(), stride=2, padding=1).tanh()
    return answers


def judged(channels, width, height, convolutions, norms, pictures):
    answers = {}
    for mode in ("in eval mode", "in train mode"):
        x = pictures.double()
        for i, weight in enumerate(convolutions[:-1]):
            x = F.conv2d(x, weight.double(), stride=2, padding=1)
            x = normed(x, norms[i - 1], mode == "in train mode") if i else x
            x = torch.maximum(x, 0.2 * x)
        answers[mode] = (x * convolutions[-1].double()).sum(dim=(1, 2, 3))
    return answers


def is_right_network(case, expected, answer):
    return close(expected, answer["answers"], rtol=1e-3, atol=1e-4) or badly_begun(answer)


def badly_begun(answer):
    for weights in answer["at first"]:
        spread, slack = weights.std().item(), 5 / (2 * weights.numel()) ** 0.5
        if abs(spread / 0.02 - 1) > slack:
            return (
                f"the layers are right, but their weights {tuple(weights.shape)} do not begin as the paper's: "
                f"expected a spread of 0.02, got {spread:.3g}; was the initialisation applied?"
            )
    for weight, bias in answer["norms at first"]:
        if abs(weight.mean() - 1) > 0.05 or not 1e-4 < weight.std() < 0.08 or bias.any():
            return (
                f"the layers are right, but a batch norm of {len(weight)} channels does not begin as the paper's: expected "
                f"weights of mean 1 and spread 0.02 and a bias of 0, got mean {weight.mean():.3g}, spread "
                f"{weight.std():.3g}, bias up to {bias.abs().max():.3g}"
            )
    return None


# ── 4 · never initialised ───────────────────────────────────────────────────────────────────────────────────────────
# Four shapes of one small network; its weights travel in the case, so that the truth can be read off them here.

FORMS = """
def body():
    return nn.Sequential(
        nn.ModuleDict({"up": nn.ConvTranspose2d(16, 64, 4), "norm": nn.BatchNorm2d(64)}),
        nn.Sequential(nn.Sequential(nn.Conv2d(64, 16, 3, bias=False), nn.BatchNorm2d(16, affine=False)), nn.ReLU()),
    )

def assembled(form):
    if form == "flat":
        layers = nn.Conv2d(3, 64, 4), nn.BatchNorm2d(64), nn.LeakyReLU(), nn.Conv2d(64, 1, 4, bias=False)
        return nn.Sequential(*layers)
    network = nn.Module()
    network.project, network.body = nn.Linear(20, 256, bias=form == "deep"), body()
    network.heads = nn.ModuleList([nn.Conv2d(16, 64, 4), nn.Conv2d(16, 64, 4)])
    return network
"""


FAULTS = {"norm": ("ones", "zeros", "bias"), "other": ("wide", "narrow", "bias")}


def networks(generator):
    """Healthy ones, and six in which each layer suffers once from each of its faults, in mixed company."""
    names = {"nn": nn}
    exec(FORMS, names)

    def patient(form, faults):
        network, weights = names["assembled"](form), {}
        for name, layer in network.named_modules():
            if getattr(layer, "weight", None) is None:
                continue
            fault, about = faults.get(name), float(isinstance(layer, nn.BatchNorm2d))
            spread = {
                "wide": 0.06 + 0.1 * float(uniform(generator, ())),
                "narrow": 0.002 + 0.004 * float(uniform(generator, ())),
            }
            weight = spread.get(fault, 0.02) * normal(generator, *layer.weight.shape) + about
            weights[f"{name}.weight"] = {"ones": torch.ones_like(weight), "zeros": weight - 1}.get(fault, weight)
            if layer.bias is not None:
                bias = 0.05 * normal(generator, *layer.bias.shape)
                weights[f"{name}.bias"] = bias if fault == "bias" else torch.zeros_like(bias)
        return {"_form": form, "_code": FORMS, "_weights": weights}

    deep = {n: m for n, m in names["assembled"]("deep").named_modules() if getattr(m, "weight", None) is not None}
    orders = {n: torch.randperm(3, generator=generator).tolist() for n in deep}
    cases = [patient("flat", {}), patient("flat", {"0": "wide", "1": "ones"}), patient("deep without bias", {})]
    for turn in range(3):
        ill = {
            n: FAULTS["norm" if isinstance(m, nn.BatchNorm2d) else "other"][orders[n][turn]] for n, m in deep.items()
        }
        ill = {n: fault for n, fault in ill.items() if fault != "bias" or deep[n].bias is not None}
        shuffled = [list(ill)[i] for i in torch.randperm(len(ill), generator=generator).tolist()]
        for part in (shuffled[: len(ill) // 2], shuffled[len(ill) // 2 :]):
            cases.append(patient("deep", {n: ill[n] for n in part}))
    return cases


def handed_a_network(examine, case):
    names = {"nn": nn}
    exec(case["_code"], names)
    network = names["assembled"](case["_form"])
    network.load_state_dict(case["_weights"], strict=False)
    found = examine(network)
    if not isinstance(found, list | tuple | set) or not all(isinstance(name, str) for name in found):
        inside = f" of {type(found[0]).__name__}" if isinstance(found, list) and found else ""
        raise Complaint(f"expected a list of names (texts), got a {type(found).__name__}{inside}")
    if any(not torch.equal(network.state_dict()[name], weight) for name, weight in case["_weights"].items()):
        raise Complaint("the network's weights were changed: an examiner only looks")
    return sorted(found)


def forgotten(form, code, weights):
    names = set()
    for name, values in weights.items():
        layer, part = name.rsplit(".", 1)
        if part == "bias":
            wrong = values.abs().max() > 0
        else:
            mean = 1.0 if values.ndim == 1 else 0.0
            wrong = abs(values.mean() - mean) > 0.02 or not 0.01 < values.std() < 0.03
        names |= {layer} if wrong else set()
    return sorted(names)


def found_all(case, expected, answer):
    missed, accused = ([n for n in a if n not in b] for a, b in ((expected, answer), (answer, expected)))
    for what, names in (("overlooked", missed), ("wrongly accused", accused)):
        if names:
            layer = names[0]
            values = {part: case["_weights"].get(f"{layer}.{part}") for part in ("weight", "bias")}
            told = ", ".join(
                f"{part}: mean {v.mean():.3g}, spread {v.std():.3g}" for part, v in values.items() if v is not None
            )
            return f"expected {list(expected)}, got {list(answer)}: {layer!r} is {what} ({told or 'no such layer'})"
    return None if len(answer) == len(expected) else f"expected each name once, got {list(answer)}"


# ── 5 · sample ──────────────────────────────────────────────────────────────────────────────────────────────────────


def painters(generator):
    cases = []
    for n, batch_size, training in ((2, 4, True), (23, 8, True), (16, 8, False), (9, 4, True)):
        shapes = {"0.weight": (6, 3), "0.bias": (6,), "1.weight": (6,), "1.bias": (6,), "1.running_mean": (6,)}
        shapes |= {"4.weight": (2, 6), "4.bias": (2,)}
        weights = {name: normal(generator, *shape) for name, shape in shapes.items()}
        weights["1.running_var"] = 0.5 + uniform(generator, 6).float()
        mode = "train" if training else "eval"
        z = normal(generator, n, 3)
        cases.append({"average found in mode": mode, "z": z, "batch_size": batch_size, "_weights": weights})
    return cases


def sampled(sample, case):
    network = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5), nn.Linear(6, 2))
    network.load_state_dict(case["_weights"], strict=False)
    network.train(case["average found in mode"] == "train")
    asked = []
    network.register_forward_pre_hook(lambda _, sent: asked.append(len(sent[0])))
    pictures = sample(network, case["z"], case["batch_size"])
    if asked and max(asked) > case["batch_size"]:
        raise Complaint(f"expected at most {case['batch_size']} pictures at once, got a call for {max(asked)}")
    if isinstance(pictures, torch.Tensor) and pictures.requires_grad:
        raise Complaint("the pictures still hang on a gradient: paint under torch.no_grad()")
    modes = {module.training for module in network}
    mode = "mixed" if len(modes) > 1 else "train" if True in modes else "eval"
    statistics = network[1].running_mean
    return {"pictures": pictures, "batch norm's running mean afterwards": statistics, "mode afterwards": mode}


def painted_by_hand(mode, z, batch_size, weights):
    w = {name: value.double() for name, value in weights.items()}
    hidden = z.double() @ w["0.weight"].T + w["0.bias"]
    hidden = (hidden - w["1.running_mean"]) / (w["1.running_var"] + 1e-5).sqrt() * w["1.weight"] + w["1.bias"]
    pictures = hidden.clamp_min(0) @ w["4.weight"].T + w["4.bias"]
    return {
        "pictures": pictures,
        "batch norm's running mean afterwards": weights["1.running_mean"],
        "mode afterwards": mode,
    }


# ── 6 · slerp ───────────────────────────────────────────────────────────────────────────────────────────────────────


def pairs_of_latents(generator):
    def t():
        return round(uniform(generator, (), low=0.1, high=0.9).item(), 3)

    few_a, few_b = normal(generator, 2, 2, 3)
    a, b = normal(generator, 2, 7, 100)
    long = b * (0.5 + 2 * uniform(generator, 7, 1).float())
    same = a.clone()
    same[2], same[4] = b[2], 1.5 * a[4]  # in one batch: equal pairs, another pair, a pair that differs in length only
    return [
        {"a": few_a, "b": few_b, "t": t()},
        {"a": a, "b": long, "t": t()},
        {"a": a, "b": same, "t": t()},
        {"a": a, "b": b, "t": 0.0},
        {"a": a, "b": b, "t": 1.0},
    ]


def along_the_circle(a, b, t):
    rows = []
    for one, other in zip(a.double(), b.double()):
        along = one / one.norm()
        across = other - (other @ along) * along  # what of b is perpendicular to a
        omega = torch.atan2(across.norm(), other @ along)
        if omega < 1e-5:
            rows.append((1 - t) * one + t * other)
        else:
            rows.append(torch.sin((1 - t) * omega) / omega.sin() * one + torch.sin(t * omega) / omega.sin() * other)
    return torch.stack(rows)


# ── 7 · a resume that loses nothing ─────────────────────────────────────────────────────────────────────────────────
# The training of the exercise, as text: it is played here, uninterrupted, and there, with the learner's checkpoint.

TRAINING = """
class Training:
    def __init__(self, seed):
        torch.manual_seed(seed)
        self.generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)).double()
        self.discriminator = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1)).double()
        self.average = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)).double()
        self.optimizer_G = torch.optim.Adam(self.generator.parameters(), lr=0.02, betas=(0.5, 0.9))
        self.optimizer_D = torch.optim.Adam(self.discriminator.parameters(), lr=0.04, betas=(0.5, 0.9))
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer_G, step_size=2, gamma=0.7)
        self.random = torch.Generator().manual_seed(seed)
        self.step = 0

    def play(self, steps):
        for _ in range(steps):
            real = 2 + torch.randn(16, 2, generator=self.random, dtype=torch.float64)
            fake = self.generator(torch.randn(16, 3, generator=self.random, dtype=torch.float64))
            loss = F.softplus(-self.discriminator(real)).mean() + F.softplus(self.discriminator(fake.detach())).mean()
            self.optimizer_D.zero_grad()
            loss.backward()
            self.optimizer_D.step()
            loss = F.softplus(-self.discriminator(fake)).mean()
            self.optimizer_G.zero_grad()
            loss.backward()
            self.optimizer_G.step()
            self.schedule.step()
            memory = min(0.9, self.step / (self.step + 3))  # a short memory at first
            with torch.no_grad():
                for old, new in zip(self.average.state_dict().values(), self.generator.state_dict().values()):
                    old.copy_(memory * old + (1 - memory) * new)
            self.step += 1

    def seen(self, when):  # what can be looked at, for the check
        copy = torch.Generator()
        copy.set_state(self.random.get_state())

        def memory(optimizer):
            kept = [state["exp_avg"].flatten() for state in optimizer.state.values()]
            return torch.cat(kept) if kept else torch.zeros(0)

        def values(module):
            return torch.cat([v.detach().double().flatten() for v in module.state_dict().values()])

        return {
            f"count of steps {when}": self.step,
            f"generator {when}": values(self.generator),
            f"discriminator {when}": values(self.discriminator),
            f"average {when}": values(self.average),
            f"learning rate of G {when}": self.optimizer_G.param_groups[0]["lr"],
            f"epoch of the schedule {when}": self.schedule.last_epoch,
            f"the memory of G's Adam {when}": memory(self.optimizer_G),
            f"the memory of D's Adam {when}": memory(self.optimizer_D),
            f"the next random numbers {when}": torch.randn(3, generator=copy, dtype=torch.float64),
        }
"""


def interruptions(generator):
    return [
        {"steps before": before, "steps after": after, "_seed": whole(generator, 0, 2**31 - 2), "_code": TRAINING}
        for before, after in ((3, 2), (whole(generator, 4, 9), whole(generator, 2, 5)))
    ]


def resumed(checkpoint, case):
    names = {"torch": torch, "nn": nn, "F": F}
    exec(case["_code"], names)
    first = names["Training"](case["_seed"])
    first.play(case["steps before"])
    saved = checkpoint(first)
    if not hasattr(saved, "restore"):
        raise Complaint(f"expected an object with a method restore, got a {type(saved).__name__}")
    first.play(case["steps after"])
    other = names["Training"](case["_seed"] + 1)
    saved.restore(other)
    answer = other.seen("right after restore")
    other.play(case["steps after"])
    answer |= other.seen(f"{case['steps after']} steps after restore")
    return answer | first.seen("of the training that was saved, at its end")


def uninterrupted(before, after, seed, code):
    names = {"torch": torch, "nn": nn, "F": F}
    exec(code, names)
    with torch.random.fork_rng([]), torch.enable_grad():
        whole_one = names["Training"](seed)
        whole_one.play(before)
        answer = whole_one.seen("right after restore")
        whole_one.play(after)
    answer |= whole_one.seen(f"{after} steps after restore")
    return answer | whole_one.seen("of the training that was saved, at its end")


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────

BUDGET = 32_000  # real digits that the training may draw
MOST, LEAST = 2.1, 0.03  # the largest Fréchet distance, the smallest share of a digit
NEAR, RECITED = 3.08, 1.8  # median distance to the nearest real digit; that of the digits held back is 2.25


def digits(split):
    from course_gan import data

    images = data.digits(split)
    return data.to_float(images.images), images.labels["digit"]


def supplies(generator):
    return [{"budget": BUDGET, "_latents": normal(generator, 1000, 32), "_images": digits("train")[0]}]


def trained_on_digits(train, case):
    """Let it train on a counted supply of digits, then ask the generator for samples of latents it has not seen."""
    images, drawn = case["_images"].clone(), 0

    def sample_real(n):
        nonlocal drawn
        drawn += n
        if drawn > case["budget"]:
            raise Complaint(f"the budget is spent: more than {case['budget']:,} real digits were drawn")
        return images[torch.randint(len(images), (n,))]

    G = train(sample_real, case["budget"])
    if not callable(G):
        raise Complaint(f"expected the trained generator, a function of latents (n, 32), got a {type(G).__name__}")
    with torch.no_grad():
        z = case["_latents"]
        return {
            "samples": G(z.clone()),
            "again": G(z.clone()),
            "shuffled": G(z.flip(0).clone()),
            "few": G(z[:7].clone()),
        }


def good_digits(case, expected, answer):
    from course_gan.metrics import frechet_distance

    samples, wanted = answer["samples"], (len(case["_latents"]), 1, 8, 8)
    if not isinstance(samples, torch.Tensor) or samples.shape != wanted:
        return f"expected digits of shape {wanted} for {wanted[0]} latents, got {getattr(samples, 'shape', samples)}"
    if not samples.isfinite().all():
        return "expected finite pixels, got NaN or inf: did the training blow up?"
    if samples.abs().max() > 1.001:
        return f"expected pixels in [-1, 1], got one of {samples.abs().max():.3g}: what stands at the generator's end?"
    if not torch.allclose(samples, answer["again"], atol=1e-5):
        return "expected the same digits for the same latents, got others: is it in eval mode, and without noise of its own?"
    if not torch.allclose(samples.flip(0), answer["shuffled"], atol=1e-4) or not torch.allclose(
        samples[:7], answer["few"], atol=1e-4
    ):
        return "expected each digit to depend on its own latent only, got others in other company: is it in eval mode?"
    images, labels = digits("train")
    distance, nearest = torch.cdist(samples.double().flatten(1), images.double().flatten(1)).min(dim=1)
    median = distance.median()
    if median < RECITED:
        return f"expected new digits, got some at a median distance of {median:.2g} from training digits: recited?"
    score = float(frechet_distance(digits("test")[0].flatten(1), samples.float().flatten(1)))
    if score > MOST:
        return f"expected a Fréchet distance of at most {MOST:g} from the digits held back, got {score:.3g}"
    if median > NEAR:
        return (
            f"the Fréchet distance is right ({score:.3g}), but it sees means and covariances only: expected a median distance "
            f"of at most {NEAR:g} to the nearest real digit, got {median:.3g}"
        )
    shares = torch.bincount(labels[nearest], minlength=10) / len(samples)
    if shares.min() < LEAST:
        return f"expected at least {LEAST:.0%} of each digit, got {shares.min():.1%} of the {int(shares.argmin())}"
    return None


WALK = "A walk through the space of letters"
CHECKS = [
    Check("03.stamps", f"{LESSON}, section 2, the transposed convolution", layers_up, stamped_one_by_one),
    Check("03.banner_generator", f"{LESSON}, sections 3 and 5", generators, painted, built, is_right_network),
    Check("03.banner_discriminator", f"{LESSON}, sections 4 and 5", discriminators, judged, built, is_right_network),
    Check("03.never_initialised", f"{LESSON}, section 5", networks, forgotten, handed_a_network, found_all),
    Check("03.sample", f"{LESSON}, section 8, the claim on train and eval mode", painters, painted_by_hand, sampled),
    Check("03.slerp", f"{LESSON}, {WALK}", pairs_of_latents, along_the_circle, rtol=1e-3, atol=1e-4),
    Check("03.checkpoint", f"{LESSON}, Pull the plug", interruptions, uninterrupted, resumed, rtol=1e-9, atol=1e-12),
    Check(
        "03.digits", f"{LESSON}, sections 6 to 8", supplies, probe=trained_on_digits, verdict=good_digits, seconds=15
    ),
]
