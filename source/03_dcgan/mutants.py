"""Wrong answers that the checks of exercise 03 must reject, and right ones, written otherwise, that they must accept."""

import copy
import io
import math
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def returns(value):
    return lambda *_: value


# ── stamps ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def stamped(cut=lambda p: p, apart=lambda s: s, add=True):
    def stamps(n, kernel, stride, padding):
        step, border = apart(stride), cut(padding)
        count = torch.zeros(step * (n - 1) + kernel, step * (n - 1) + kernel)
        for i in range(n):
            for j in range(n):
                place = count[step * i : step * i + kernel, step * j : step * j + kernel]
                place += 1 if add else 1 - place
        return count[border : len(count) - border, border : len(count) - border]

    return stamps


def stamps_along_one_axis(n, kernel, stride, padding):
    return stamped()(n, kernel, stride, padding)[padding % 2 : padding % 2 + 1].squeeze(0)


def stamps_in_numpy(n, kernel, stride, padding):
    places = np.arange(stride * (n - 1) + kernel - 2 * padding)[:, None] + padding - stride * np.arange(n)[None]
    along = ((places >= 0) & (places < kernel)).sum(1)
    return np.multiply.outer(along, along)


# ── the players ─────────────────────────────────────────────────────────────────────────────────────────────────────


def paper(module):
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def only_convolutions(module):
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)


def transposed_forgotten(module):
    if not isinstance(module, nn.ConvTranspose2d):
        paper(module)


def as_variance(module):
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02**0.5)
    else:
        paper(module)


def everything_around_zero(module):
    if hasattr(module, "weight"):
        nn.init.normal_(module.weight, 0.0, 0.02)


def painter(
    bend=nn.ReLU,
    end=nn.Tanh,
    norm=nn.BatchNorm2d,
    bias=False,
    at_end=False,
    begin=paper,
    first=(4, 8),
    order=False,
    at=None,
):
    def make(latent_dim, channels, width, height):
        maps = [width * 2**i for i in range((height // 8).bit_length())][::-1]
        maps = maps[::-1] if order else maps
        layers = [nn.Unflatten(1, (latent_dim, 1, 1)), nn.ConvTranspose2d(latent_dim, maps[0], first, bias=bias)]
        for a, b in zip(maps, [*maps[1:], channels]):
            layers += [bend(), norm(a)] if at == "behind" else [norm(a), bend()]
            layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=bias)]
        layers += [norm(channels)] * at_end + [end()]
        network = nn.Sequential(*layers)
        return network.apply(begin) if begin else network

    return make


def leaky():
    return nn.LeakyReLU(0.2)


def judge(bend=leaky, end=None, norm=nn.BatchNorm2d, bias=False, everywhere=False, begin=paper, last=(4, 8), flat=True):
    def make(channels, width, height):
        maps = [width * 2**i for i in range((height // 8).bit_length())]
        layers = [nn.Conv2d(channels, width, 4, 2, 1, bias=bias), *[norm(width)] * everywhere, bend()]
        for a, b in zip(maps, maps[1:]):  # noqa: RUF007
            layers += [nn.Conv2d(a, b, 4, 2, 1, bias=bias), norm(b), bend()]
        layers += [nn.Conv2d(maps[-1], 1, last, bias=bias), *([end()] if end else []), *[nn.Flatten(0)] * flat]
        network = nn.Sequential(*layers)
        return network.apply(begin) if begin else network

    return make


class Painter(nn.Module):
    """Other names, another order, the norms in a list of their own, the last convolution made first."""

    def __init__(self, latent_dim, channels, width, height):
        super().__init__()
        self.finish = nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1, bias=False)
        self.norms, self.ups, now = nn.ModuleList(), nn.ModuleList(), width
        for _ in range((height // 8).bit_length() - 1):
            self.norms.append(nn.BatchNorm2d(now))
            self.ups.insert(0, nn.ConvTranspose2d(2 * now, now, kernel_size=4, stride=2, padding=1, bias=False))
            now *= 2
        self.norms.append(nn.BatchNorm2d(now))
        self.start = nn.ConvTranspose2d(latent_dim, now, kernel_size=(4, 8), bias=False)
        for weight in self.parameters():
            nn.init.normal_(weight, 1.0 if weight.ndim == 1 else 0.0, 0.02)
        for norm in self.norms:
            norm.bias.data.zero_()

    def forward(self, z):
        x = self.start(z.reshape(len(z), -1, 1, 1))
        for norm, up in zip(reversed(self.norms), [*self.ups, self.finish]):
            x = up(F.relu(norm(x), inplace=True))
        return torch.tanh(x)


class Judge(nn.Module):
    def __init__(self, channels, width, height):
        super().__init__()
        self.blocks = nn.Sequential()
        size, inputs, outputs = height, channels, width
        while size > 4:
            block = nn.Sequential(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False))
            if size < height:
                block.append(nn.BatchNorm2d(outputs))
            self.blocks.append(block.append(nn.LeakyReLU(0.2, inplace=True)))
            size, inputs, outputs = size // 2, outputs, 2 * outputs
        self.logit = nn.Conv2d(inputs, 1, (4, 8), stride=(4, 8), bias=False)
        self.apply(paper)

    def forward(self, x):
        return self.logit(self.blocks(x)).view(-1)


# ── the examiner of initialisations ─────────────────────────────────────────────────────────────────────────────────


def examined(
    network,
    kinds=(nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.BatchNorm2d),
    walk=lambda n: n.named_modules(),
    low=0.5,
    high=1.5,
    mean=0.02,
    bias=True,
):
    names = []
    for name, layer in walk(network):
        if isinstance(layer, kinds) and layer.weight is not None:
            centre = 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0
            wrong = not low < layer.weight.std() / 0.02 < high or abs(layer.weight.mean() - centre) > mean
            wrong = wrong or (bias and layer.bias is not None and bool(layer.bias.abs().sum() > 0))
            names += [name] * bool(wrong)
    return names


def examined_by_parameters(network):
    """From the parameters' names and shapes, by numpy; in reverse."""
    wrong = set()
    for name, values in network.named_parameters():
        layer, part = name.rpartition(".")[::2]
        values = values.detach().numpy()
        if part == "bias":
            fine = not values.any()
        else:
            fine = abs(values.mean() - (values.ndim == 1)) < 0.02 and 0.01 < values.std() < 0.03
        if not fine:
            wrong.add(layer)
    return sorted(wrong, reverse=True)


def mends(network):
    names = examined(network)
    network.apply(paper)
    return names


def without_guard(network):
    return [n for n, m in network.named_modules() if hasattr(m, "weight") and not 0.01 < m.weight.std() < 0.03]


# ── sampling ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sampled(mode="eval", after="found", no_grad=True, parts=lambda z, n: z.split(n), join=torch.cat):
    def sample(average, z, batch_size):
        found = average.training
        average.train({"eval": False, "train": True, "found": found}[mode])
        with torch.set_grad_enabled(not no_grad):
            pictures = join([average(part) for part in parts(z, batch_size)])
        average.train({"eval": False, "train": True, "found": found}[after])
        return pictures

    return sample


def sample_a_copy(average, z, batch_size):
    network = copy.deepcopy(average).eval().requires_grad_(False)
    return torch.cat([network(z[i : i + batch_size]) for i in range(0, len(z), batch_size)])


@torch.inference_mode()
def sample_one_by_one(average, z, batch_size):
    modes = {module: module.training for module in average.modules()}
    average.eval()
    pictures = torch.stack([average(one[None])[0] for one in z])
    for module, training in modes.items():
        module.training = training
    return pictures.clone()


# ── walking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def circle(dim=1, hole=True, clamp=True, t=lambda t: t, unit=False, divide=True):
    def slerp(a, b, part):
        part = t(part)
        cosine = F.cosine_similarity(a, b, dim=dim) if dim is not None else (a * b).sum() / (a.norm() * b.norm())
        omega = (cosine.double().clamp(-1, 1) if clamp else cosine.double()).acos()
        omega = omega[:, None] if dim == 1 else omega
        if unit:
            a, b = a / a.norm(dim=1, keepdim=True), b / b.norm(dim=1, keepdim=True)
        road = torch.sin((1 - part) * omega) * a + torch.sin(part * omega) * b
        road = road / omega.sin() if divide else road
        return torch.where(omega < 1e-3, (1 - part) * a + part * b, road) if hole else road

    return slerp


def slerp_in_numpy(a, b, t):
    a, b = a.double().numpy(), b.double().numpy()
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    omega = np.arccos(np.clip(cosine, -1, 1))[:, None] + 1e-9  # sin(tω)/sin(ω) is t for a tiny ω
    return (np.sin((1 - t) * omega) * a + np.sin(t * omega) * b) / np.sin(omega)


def slerp_row_by_row(a, b, t):
    rows = []
    for one, other in zip(a, b):
        cosine = torch.dot(one / one.norm(), other / other.norm()).item()
        if cosine > 1 - 1e-6:
            rows.append(torch.lerp(one, other, t))
        else:
            omega = math.acos(cosine)
            rows.append((math.sin((1 - t) * omega) * one + math.sin(t * omega) * other) / math.sin(omega))
    return torch.stack(rows)


# ── checkpoints ─────────────────────────────────────────────────────────────────────────────────────────────────────

STATES = ("generator", "discriminator", "average", "optimizer_G", "optimizer_D", "schedule")


def checkpoint(forget=(), keep=copy.deepcopy, random=True, step=True):
    class Checkpoint:
        def __init__(self, training):
            self.states = {n: keep(getattr(training, n).state_dict()) for n in STATES if n not in forget}
            self.random, self.step = training.random.get_state(), training.step

        def restore(self, training):
            for name, state in self.states.items():
                getattr(training, name).load_state_dict(state)
            if random:
                training.random.set_state(self.random)
            if step:
                training.step = self.step

    return Checkpoint


class HandsOverTheObjects:
    def __init__(self, training):
        self.training = training

    def restore(self, training):
        training.__dict__.update(self.training.__dict__)


class RewindsTheFirst(checkpoint()):
    """It saves by playing back: the training that goes on is changed."""

    def restore(self, training):
        super().restore(training)
        training.generator.load_state_dict(self.states["generator"])
        self.first.generator.load_state_dict(self.states["generator"])

    def __init__(self, training):
        super().__init__(training)
        self.first = training


class FromAFile(checkpoint()):
    """By torch.save, as one file."""

    def __init__(self, training):
        self.file = io.BytesIO()
        state = {name: getattr(training, name).state_dict() for name in STATES}
        torch.save({**state, "random": training.random.get_state(), "step": training.step}, self.file)

    def restore(self, training):
        self.file.seek(0)
        state = torch.load(self.file, weights_only=True)
        training.random.set_state(state.pop("random"))
        training.step = state.pop("step")
        for name, part in state.items():
            getattr(training, name).load_state_dict(part)


class TensorByTensor:
    """Weights copied one by one; the rest by deep copies."""

    def __init__(self, training):
        modules = (training.generator, training.discriminator, training.average)
        self.values = [v.clone() for m in modules for v in m.state_dict().values()]
        self.rest = [copy.deepcopy(getattr(training, n).state_dict()) for n in STATES[3:]]
        self.random, self.step = training.random.get_state().clone(), int(training.step)

    def restore(self, training):
        modules = (training.generator, training.discriminator, training.average)
        for value, kept in zip([v for m in modules for v in m.state_dict().values()], self.values):
            value.copy_(kept)
        for name, state in zip(STATES[3:], self.rest):
            getattr(training, name).load_state_dict(state)
        training.random = torch.Generator()
        training.random.set_state(self.random)
        training.step = self.step


# ── digits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def dense(inputs, outputs, width=256, norm=True, bend=nn.ReLU):
    layers = []
    for a in (inputs, width):
        layers += [nn.Linear(a, width), *[nn.BatchNorm1d(width)] * norm, bend()]
    return [*layers, nn.Linear(width, outputs)]


def cross_entropy(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean(), F.softplus(-fake).mean()


def hinge(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean(), -fake.mean()


def trained(
    steps=500,
    rates=(5e-4, 1e-3),
    betas=(0.0, 0.99),
    losses=cross_entropy,
    averaged=True,
    end=nn.Tanh,
    hand=lambda G: G.eval(),
):
    """Dense players, where the solution has convolutions."""

    def train(sample_real, budget):
        G = nn.Sequential(*dense(32, 64), end(), nn.Unflatten(1, (1, 8, 8)))
        D = nn.Sequential(nn.Flatten(), *dense(64, 1, norm=False, bend=leaky), nn.Flatten(0))
        average = torch.optim.swa_utils.AveragedModel(
            G, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
        )
        optimizers = [
            torch.optim.Adam(net.parameters(), lr=rate, betas=betas, fused=True) for net, rate in zip((G, D), rates)
        ]
        for _ in range(steps):
            real, fake = sample_real(64), G(torch.randn(64, 32))
            optimizers[1].zero_grad()
            losses(D(real), D(fake.detach()))[0].backward()
            optimizers[1].step()
            D.requires_grad_(False)
            optimizers[0].zero_grad()
            losses(real.new_zeros(1), D(fake))[1].backward()
            optimizers[0].step()
            D.requires_grad_(True)
            average.update_parameters(G)
        return hand(average.module if averaged else G)

    return train


def as_function(G):
    G.eval()
    return lambda z: G(z).double()


def greedy(sample_real, budget):
    sample_real(budget)
    return trained(steps=1)(sample_real, budget)


def memory(sample_real, budget):
    shown = sample_real(1437)
    return lambda z: shown[(z[:, 0] * 1e4).long().abs() % len(shown)]


def noisy_memory(sample_real, budget):
    recite = memory(sample_real, budget)
    return lambda z: (recite(z) + 0.1 * z.repeat(1, 2).reshape(-1, 1, 8, 8)).clamp(-1, 1)


def mean_digit(sample_real, budget):
    mean = sample_real(1437).mean(0)
    return lambda z: (mean + 0.1 * z[:, :1, None, None]).clamp(-1, 1)


def gaussian(sample_real, budget):
    """All of the covariance and none of the digits: the pixels' Gaussian, which the range of pixels cuts."""
    shown = sample_real(1437).flatten(1)
    factor = torch.linalg.svd(shown - shown.mean(0), full_matrices=False)
    stretch = factor.S[:32, None] * factor.Vh[:32] / 1437**0.5
    return lambda z: (shown.mean(0) + z @ stretch).clamp(-1, 1).reshape(-1, 1, 8, 8)


WRONG = {
    "03.stamps": {
        "nothing cut": stamped(cut=lambda p: 0),
        "cut twice": lambda n, k, s, p: stamped()(n + 1, k, s, p)[1:-1, 1:-1],
        "stride ignored": stamped(apart=lambda s: 1),
        "covered or not": stamped(add=False),
        "along one axis": stamps_along_one_axis,
        "an ordinary convolution": lambda n, k, s, p: F.conv2d(
            torch.ones(1, 1, n, n), torch.ones(1, 1, k, k), None, s, max(p, k // 2)
        )[0, 0],
        "the side alone": lambda n, k, s, p: s * (n - 1) + k - 2 * p,
        "kernel over stride, squared": lambda n, k, s, p: torch.full((s * (n - 1) + k - 2 * p,) * 2, (k / s) ** 2),
        "batch and channel left on": lambda n, k, s, p: stamped()(n, k, s, p)[None, None],
    },
    "03.banner_generator": {
        "never initialised": painter(begin=None),
        "norms as they come": painter(begin=only_convolutions),
        "transposed ones forgotten": painter(begin=transposed_forgotten),
        "0.02 as a variance": painter(begin=as_variance),
        "norms around 0": painter(begin=everything_around_zero),
        "no tanh": painter(end=nn.Identity),
        "sigmoid": painter(end=nn.Sigmoid),
        "leaky": painter(bend=leaky),
        "no bend": painter(bend=nn.Identity),
        "norm on the output": painter(at_end=True),
        "no norm": painter(norm=nn.Identity),
        "instance norm": painter(norm=nn.InstanceNorm2d),
        "norm behind the bend": painter(at="behind"),
        "eps for momentum": painter(norm=lambda n: nn.BatchNorm2d(n, 0.8)),
        "biases": painter(bias=True),
        "square": painter(first=(4, 4)),
        "lying": painter(first=(8, 4)),
        "channels grow": painter(order=True),
        "pictures, not a network": lambda k, c, w, h: torch.zeros(4, c, h, 2 * h),
        "for one height": lambda k, c, w, h: painter()(k, c, w, 16),
    },
    "03.banner_discriminator": {
        "never initialised": judge(begin=None),
        "norms as they come": judge(begin=only_convolutions),
        "0.02 as a variance": judge(begin=as_variance),
        "sigmoid": judge(end=nn.Sigmoid),
        "ReLU": judge(bend=nn.ReLU),
        "slope of PyTorch's default": judge(bend=nn.LeakyReLU),
        "norm on the first layer": judge(everywhere=True),
        "no norm": judge(norm=nn.Identity),
        "eps for momentum": judge(norm=lambda n: nn.BatchNorm2d(n, 0.8)),
        "biases": judge(bias=True),
        "two logits a picture": judge(last=(4, 4)),
        "not flat": judge(flat=False),
        "one logit": lambda c, w, h: nn.Sequential(judge()(c, w, h), nn.AvgPool1d(2), nn.Flatten(0)),
        "tanh": judge(end=nn.Tanh),
        "always zero": lambda c, w, h: lambda x: torch.zeros(len(x)),
    },
    "03.never_initialised": {
        "nothing found": returns([]),
        "the first floor only": partial(examined, walk=lambda n: n.named_children()),
        "norms forgotten": partial(examined, kinds=(nn.Conv2d, nn.ConvTranspose2d, nn.Linear)),
        "transposed forgotten": partial(examined, kinds=(nn.Conv2d, nn.Linear, nn.BatchNorm2d)),
        "linear forgotten": partial(examined, kinds=(nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d)),
        "biases forgotten": partial(examined, bias=False),
        "means forgotten": partial(examined, mean=math.inf),
        "blind to wide ones": partial(examined, high=math.inf),
        "blind to narrow ones": partial(examined, low=0.0),
        "trips over norms without weights": without_guard,
        "layers, not names": lambda network: list(network.modules()),
        "yes or no": lambda network: bool(examined(network)),
        "mends instead of looking": mends,
        "all layers": lambda network: [n for n, m in network.named_modules() if hasattr(m, "weight")],
    },
    "03.sample": {
        "train mode": sampled(mode="train"),
        "mode as found": sampled(mode="found"),
        "left in eval mode": sampled(after="eval"),
        "left in train mode": sampled(after="train"),
        "with gradient": sampled(no_grad=False),
        "all at once": sampled(parts=lambda z, n: [z]),
        "the last part dropped": sampled(parts=lambda z, n: z[: max(n, len(z) // n * n)].split(n)),
        "the first part alone": sampled(parts=lambda z, n: [z[:n]]),
        "a list": sampled(join=list),
        "backwards": sampled(parts=lambda z, n: z.split(n)[::-1]),
        "other latents": sampled(parts=lambda z, n: torch.randn_like(z).split(n)),
    },
    "03.slerp": {
        "straight": lambda a, b, t: (1 - t) * a + t * b,
        "NaN for equal pairs": circle(hole=False),
        "NaN above 1": circle(hole=False, clamp=False),
        "one angle for all": circle(dim=None),
        "angles of columns": circle(dim=0),
        "t backwards": circle(t=lambda t: 1 - t),
        "of length 1": circle(unit=True),
        "not divided": circle(divide=False),
        "zero for equal pairs": lambda a, b, t: torch.nan_to_num(circle(hole=False)(a, b, t)),
        "the first pair alone": lambda a, b, t: circle()(a[:1], b[:1], t),
        "half-way": circle(t=lambda t: 0.5),
    },
    "03.checkpoint": {
        "weights alone": checkpoint(forget=STATES[2:], random=False, step=False),
        "average forgotten": checkpoint(forget=("average",)),
        "G's optimiser forgotten": checkpoint(forget=("optimizer_G",)),
        "D's optimiser forgotten": checkpoint(forget=("optimizer_D",)),
        "schedule forgotten": checkpoint(forget=("schedule",)),
        "random state forgotten": checkpoint(random=False),
        "step forgotten": checkpoint(step=False),
        "references, not copies": checkpoint(keep=lambda state: state),
        "shallow copies": checkpoint(keep=dict),
        "hands over the objects": HandsOverTheObjects,
        "changes the first": RewindsTheFirst,
        "only parameters": checkpoint(forget=("generator",)),
    },
    "03.digits": {
        "a moment": trained(steps=20),
        "memory 0.9": trained(rates=(1e-3, 1e-3), betas=(0.9, 0.999)),
        "the last weights": trained(averaged=False),
        "train mode": trained(steps=20, hand=lambda G: G.train()),
        "pixels from 0": trained(steps=100, end=nn.Sigmoid),
        "pixels without end": trained(steps=20, end=lambda: nn.Hardtanh(-3, 3)),
        "spends too much": greedy,
        "returns what it was shown": memory,
        "one digit": mean_digit,
        "noise of its own": lambda sample_real, budget: lambda z: torch.rand(len(z), 1, 8, 8),
        "digits instead of a generator": lambda sample_real, budget: sample_real(1000),
        "blew up": lambda sample_real, budget: lambda z: torch.full((len(z), 1, 8, 8), math.nan),
        "a Gaussian's pixels, without a game": gaussian,
        "real digits with a little noise": noisy_memory,
    },
}

RIGHT = {
    "03.stamps": {
        "stamping": stamped(),
        "numpy, along both axes": stamps_in_numpy,
        "integers": lambda n, k, s, p: stamped()(n, k, s, p).long(),
    },
    "03.banner_generator": {"layers in a row": painter(), "a class of other names": Painter},
    "03.banner_discriminator": {"layers in a row": judge(), "a class of other names": Judge},
    "03.never_initialised": {"by layers": examined, "by parameters, in numpy": examined_by_parameters},
    "03.sample": {"a copy": sample_a_copy, "one by one": sample_one_by_one, "in parts": sampled()},
    "03.slerp": {"a tiny angle added": slerp_in_numpy, "row by row": slerp_row_by_row, "64 bits": circle()},
    "03.checkpoint": {"a file": FromAFile, "tensor by tensor": TensorByTensor, "deep copies": checkpoint()},
    "03.digits": {
        "dense players": trained(),
        "hinge, a function": trained(losses=hinge, hand=as_function),
    },
}
