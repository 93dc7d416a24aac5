"""The items of exercise 10: what is sent, what is right, and how near is near enough."""

import torch
import torch.nn.functional as F
from torch import nn

from course_gan import data
from course_gan.data.base import resize
from course_gan.grading import Check, Complaint

LESSON = "notebooks/10_adain"
EPS = 1e-5


def normal(generator, *shape, scale=1.0):
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def features_like(generator, *shape):
    """Features whose channels have means and deviations of their own."""
    rest = (shape[0], shape[1], 1, 1)
    spread = 0.3 + 2 * torch.rand(rest, generator=generator, dtype=torch.float64)
    return normal(generator, *rest, scale=2.0) + spread * normal(generator, *shape)


def reference_statistics(x):
    mean = x.flatten(2).mean(2)[..., None, None]
    return mean, ((x - mean).square().flatten(2).mean(2) + EPS).sqrt()[..., None, None]


def exchanged(content, style):
    (mean, deviation), (wanted, spread) = reference_statistics(content), reference_statistics(style)
    return (content - mean) / deviation * spread + wanted


# ── 1 · means and deviations ────────────────────────────────────────────────────────────────────────────────────────


def some_features(generator):
    flat = features_like(generator, 2, 3, 5, 4)
    flat[0, 1] = flat[0, 1].mean()  # a channel that says nothing
    return [
        {"x": features_like(generator, 1, 1, 2, 2)},
        {"x": features_like(generator, 3, 4, 6, 5)},
        {"x": flat},
        {"x": features_like(generator, 2, 2, 1, 1)},
    ]


def measured(function, case):
    """Both statistics, and the gradient of the deviations."""
    x = case["x"].clone().requires_grad_()
    answer = function(x)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Complaint(f"expected two tensors, means and deviations, got {type(answer).__name__}")
    mean, deviation = answer
    if not isinstance(mean, torch.Tensor) or not isinstance(deviation, torch.Tensor):
        raise Complaint(f"expected two tensors, got {type(mean).__name__} and {type(deviation).__name__}")
    if not deviation.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, no_grad or numpy")
    (slope,) = torch.autograd.grad(deviation.sum(), x)
    return {"means": mean, "deviations": deviation, "gradient of the deviations at x": slope}


def statistics_by_hand(x):
    mean, deviation = reference_statistics(x)
    slope = (x - mean) / deviation / (x.shape[2] * x.shape[3])
    return {"means": mean, "deviations": deviation, "gradient of the deviations at x": slope}


# ── 2 · the exchange, 3 · and back ──────────────────────────────────────────────────────────────────────────────────


def two_features(generator):
    flat = features_like(generator, 2, 3, 4, 4)
    flat[1, 2] = 0.7
    return [
        {"content": features_like(generator, 1, 1, 2, 2), "style": features_like(generator, 1, 1, 2, 2)},
        {"content": features_like(generator, 3, 4, 5, 6), "style": features_like(generator, 3, 4, 7, 3)},
        {"content": features_like(generator, 3, 2, 4, 4), "style": features_like(generator, 1, 2, 8, 8)},  # one style
        {"content": flat, "style": features_like(generator, 2, 3, 4, 4)},
    ]


def painted(function, case):
    """The answer, and how a weighted sum of it depends on both."""
    content, style = (case[k].clone().requires_grad_() for k in ("content", "style"))
    answer = function(content, style)
    if not isinstance(answer, torch.Tensor) or answer.shape != content.shape:
        got = tuple(answer.shape) if isinstance(answer, torch.Tensor) else type(answer).__name__
        raise Complaint(f"expected a tensor of the content's shape {tuple(content.shape)}, got {got}")
    if not answer.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, no_grad or numpy")
    slopes = torch.autograd.grad((answer * answer.detach().cos()).sum(), [content, style], allow_unused=True)
    return {"the answer": answer, "gradient at content": slopes[0], "gradient at style": slopes[1]}


def painted_by_hand(content, style):
    content, style = content.clone().requires_grad_(), style.clone().requires_grad_()
    answer = exchanged(content, style)
    slopes = torch.autograd.grad((answer * answer.detach().cos()).sum(), [content, style])
    return {"the answer": answer.detach(), "gradient at content": slopes[0], "gradient at style": slopes[1]}


def finished(generator):
    cases = []
    for shape, other in (((1, 1, 2, 2), (1, 1, 2, 2)), ((3, 4, 5, 6), (3, 4, 2, 9)), ((2, 3, 4, 4), (1, 3, 6, 6))):
        content, style = features_like(generator, *shape), features_like(generator, *other)
        (mean, deviation), (wanted, spread) = reference_statistics(content), reference_statistics(style)
        cases.append(
            {
                "painted": exchanged(content, style),
                "content_mean": mean,
                "content_std": deviation,
                "style_mean": wanted,
                "style_std": spread,
            }
        )
    return cases


def undone(painted, content_mean, content_std, style_mean, style_std):
    return content_mean + content_std * (painted - style_mean) / style_std


# ── 4 · the style loss ──────────────────────────────────────────────────────────────────────────────────────────────


def levels(generator):
    cases = []
    for batch, widths, sides in ((1, (2,), (3,)), (3, (2, 5), (6, 3)), (2, (3, 4, 6), (8, 4, 2))):
        found = [features_like(generator, batch, w, s, s) for w, s in zip(widths, sides)]
        wanted = [features_like(generator, batch, w, s + 1, s) for w, s in zip(widths, sides)]
        cases.append({"found": found, "wanted": wanted})
    return cases


def with_slopes(function, case):
    """The loss, and its gradient at every level of what was found."""
    found = [x.clone().requires_grad_() for x in case["found"]]
    value = function(found, case["wanted"])
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        got = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise Complaint(f"expected a scalar tensor with a gradient, got {got}")
    if not value.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, item, no_grad or numpy")
    slopes = torch.autograd.grad(value.squeeze(), found, allow_unused=True)
    return {"value": value.detach().squeeze(), **{f"gradient at level {i}": s for i, s in enumerate(slopes, 1)}}


def style_loss_by_hand(found, wanted):
    found, value = [x.clone().requires_grad_() for x in found], 0
    for mine, other in zip(found, wanted):
        for a, b in zip(reference_statistics(mine), reference_statistics(other)):
            value = value + ((a - b) ** 2).sum() / a.numel()
    slopes = torch.autograd.grad(value, found)
    return {"value": value.detach(), **{f"gradient at level {i}": s for i, s in enumerate(slopes, 1)}}


# ── 5 · strength, mixtures, masks ───────────────────────────────────────────────────────────────────────────────────


def mixtures(generator):
    def styles(n, channels):
        return [features_like(generator, 1, channels, 3 + i, 5) for i in range(n)]

    places = F.one_hot(torch.randint(4, (4, 4), generator=generator), 4).permute(2, 0, 1).double()

    def shares(*shape):
        return torch.rand(*shape, generator=generator, dtype=torch.float64) / shape[0]

    cases = [
        {"content": features_like(generator, 1, 1, 2, 2), "styles": styles(1, 1), "shares": shares(1)},
        {"content": features_like(generator, 1, 3, 4, 5), "styles": styles(3, 3), "shares": shares(3)},
        {"content": features_like(generator, 1, 3, 4, 5), "styles": styles(2, 3), "shares": shares(2, 4, 5)},
        {"content": features_like(generator, 1, 2, 4, 4), "styles": styles(2, 2), "shares": torch.zeros(2).double()},
        {"content": features_like(generator, 1, 4, 4, 4), "styles": styles(4, 4), "shares": places},
    ]
    return cases


def blended(content, styles, shares):
    answer = content * (1 - shares.sum(0))
    for style, share in zip(styles, shares):
        answer = answer + share * exchanged(content, style)
    return answer


# ── 6 · the decoder's move ──────────────────────────────────────────────────────────────────────────────────────────


def moves(generator):
    cases = []
    for batch, size in ((1, 4), (3, 8)):
        weights = {
            "e1": normal(generator, 3, 1, 3, 3, scale=0.6),
            "e2": normal(generator, 4, 3, 3, 3, scale=0.4),
            "d1": normal(generator, 3, 4, 3, 3, scale=0.3),
            "d2": normal(generator, 1, 3, 3, 3, scale=0.4),
        }
        content, style = (normal(generator, batch, 1, size, size).tanh() for _ in "cs")
        weight = 3 + 5 * torch.rand((), generator=generator).item()
        cases.append({"_weights": weights, "content": content, "style": style, "weight": weight, "lr": 0.05})
    return cases


def move(step, case):
    """A move of a fresh decoder whose gradients hold leftovers; the encoder is watched."""

    class Player(nn.Module):
        def __init__(self, first, second, is_encoder):
            super().__init__()
            self.first, self.second = nn.Parameter(first.clone()), nn.Parameter(second.clone())
            self.is_encoder = is_encoder

        def forward(self, x):
            if not isinstance(x, torch.Tensor):
                raise Complaint(f"the decoder takes the deepest features, one tensor, got a {type(x).__name__}")
            x = F.relu(F.conv2d(x, self.first, padding=1))
            if self.is_encoder:
                return [x, F.relu(F.conv2d(F.avg_pool2d(x, 2), self.second, padding=1))]
            return F.conv2d(F.interpolate(x, scale_factor=2), self.second, padding=1).tanh()

    w = case["_weights"]
    encoder, decoder = Player(w["e1"], w["e2"], True), Player(w["d1"], w["d2"], False)
    for weight in decoder.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer = torch.optim.SGD(decoder.parameters(), case["lr"])
    answer = step(encoder, decoder, optimizer, case["content"], case["style"], case["weight"])
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Complaint(f"expected two numbers, content loss and style loss, got {type(answer).__name__}")
    if not all(weight.requires_grad for weight in decoder.parameters()):
        raise Complaint("after the move the decoder's weights no longer require a gradient: who froze them?")
    names = ("the content loss", "the style loss")
    weights = {"the decoder's first weights": decoder.first, "the decoder's second weights": decoder.second}
    return {**dict(zip(names, answer)), **weights, "the encoder's first weights": encoder.first}


def moved(weights, content, style, weight, lr):
    w = {k: v.clone().requires_grad_(k.startswith("d")) for k, v in weights.items()}

    def encode(x):
        first = F.conv2d(x, w["e1"], padding=1).clamp_min(0)
        return [first, F.conv2d(F.avg_pool2d(first, 2), w["e2"], padding=1).clamp_min(0)]

    wanted, target = encode(style), exchanged(encode(content)[-1], encode(style)[-1])
    hidden = F.interpolate(F.conv2d(target, w["d1"], padding=1).clamp_min(0), scale_factor=2)
    found = encode(torch.tanh(F.conv2d(hidden, w["d2"], padding=1)))
    of_content, of_style = (found[-1] - target).square().mean(), 0
    for mine, other in zip(found, wanted):
        for a, b in zip(reference_statistics(mine), reference_statistics(other)):
            of_style = of_style + (a - b).square().mean()
    slopes = torch.autograd.grad(of_content + weight * of_style, [w["d1"], w["d2"]])
    return {
        "the content loss": of_content.detach(),
        "the style loss": of_style.detach(),
        "the decoder's first weights": weights["d1"] - lr * slopes[0],
        "the decoder's second weights": weights["d2"] - lr * slopes[1],
        "the encoder's first weights": weights["e1"],
    }


# ── 7 · a diagnosis ─────────────────────────────────────────────────────────────────────────────────────────────────
# The patient travels as text, so that the same case can be sent to another process.

PATIENT = """
def exchange(content, style):
    def statistics(x):
        mean = x.mean(dim={dims}, keepdim=True)
        variance = (x - mean).square().mean(dim={dims}, keepdim=True)
        return mean, {deviation}
    (m, d), (wanted, spread) = statistics({first}), statistics({second})
    return {answer}
"""
HEALTHY = {
    "dims": "(2, 3)",
    "deviation": "(variance + 1e-5).sqrt()",
    "first": "content",
    "second": "style",
    "answer": "spread * (content - m) / d + wanted",
}
BY_NORM = """
def exchange(content, style):
    spread, wanted = torch.std_mean(style, dim=(2, 3), correction=0, keepdim=True)
    return spread * F.instance_norm(content, eps=1e-5) + wanted
"""
ILL = [
    ("healthy", {}),
    ("healthy", {"answer": "(content - m).mul(spread / d).add(wanted)"}),
    ("over the batch", {"dims": "(0, 2, 3)"}),
    ("over the channels", {"dims": "(1, 2, 3)"}),
    ("roles exchanged", {"first": "style", "second": "content", "answer": "spread * (style - m) / d + wanted"}),
    ("variance", {"deviation": "variance + 1e-5"}),
    ("mean kept", {"answer": "spread * (content - m) / d + m"}),
    ("mean kept", {"answer": "m + (content - m) * (spread / d)"}),
]
DIAGNOSES = ("healthy", "over the batch", "over the channels", "roles exchanged", "variance", "mean kept")


def patients(generator):
    texts = [PATIENT.format(**HEALTHY | fault) for _, fault in ILL] + [BY_NORM]
    order = torch.randperm(len(texts), generator=generator).tolist()
    return [{"_exchange": texts[i], "_seed": int(torch.randint(2**31, (), generator=generator))} for i in order]


def put_before(examine, case):
    """Hand the patient over as a function."""
    names = {"F": F, "torch": torch}
    exec(case["_exchange"], names)
    torch.manual_seed(case["_seed"])
    return examine(names["exchange"])


def fault_of(text, seed):
    return next((name for name, fault in ILL if PATIENT.format(**HEALTHY | fault) == text), "healthy")


def named_rightly(case, expected, answer):
    if answer not in DIAGNOSES:
        return f"expected one of {', '.join(map(repr, DIAGNOSES))}, got {answer!r}"
    body = "; ".join(line.strip() for line in case["_exchange"].strip().splitlines()[1:])
    return None if answer == expected else f"expected {expected!r}, got {answer!r} for the function: {body}"


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────

SIDE, CALLS = 48, 200
LEAST = {"style": 0.2, "edges": 0.25}  # right answers: 0.37 to 0.95; without the photo: -0.15 to 0.17


def commissions(generator):
    def one(names):
        return names[int(torch.randint(len(names), (), generator=generator))]

    def piece(picture):
        top, left = (int(torch.randint(n - SIDE + 1, (), generator=generator)) for n in picture.shape[1:])
        return data.to_float(picture[None, :, top : top + SIDE, left : left + SIDE])

    cases = []
    for style in ("gravel", "grass"):
        photo = resize(data.photos()[one(["astronaut", "coffee", "chelsea", "china"])][None], 96)[0]
        filters = [torch.randn(*shape, generator=generator) for shape in ((24, 3, 3, 3), (48, 24, 3, 3))]
        filters = [f * (2 / f[0].numel()) ** 0.5 for f in filters]  # He's
        style = piece(data.textures()[style].expand(3, -1, -1))
        cases.append({"content": piece(photo), "style": style, "calls": CALLS, "_filters": filters})
    return cases


def stylised(paint, case):
    """Let it paint with features whose calls are counted."""
    asked = [0]

    def features(x):
        asked[0] += 1
        if asked[0] > case["calls"]:
            raise Complaint(f"the budget is spent: features was called more than {case['calls']} times")
        first = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), case["_filters"][0]))
        second = F.conv2d(F.pad(F.avg_pool2d(first, 2), (1, 1, 1, 1), mode="reflect"), case["_filters"][1])
        return [x, first, F.relu(second)]

    return paint(case["content"], case["style"], features, case["calls"])


def features_of(x, filters):
    first = F.relu(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), filters[0]))
    second = F.relu(F.conv2d(F.pad(F.avg_pool2d(first, 2), (1, 1, 1, 1), mode="reflect"), filters[1]))
    return [x, first, second]


def style_distance(x, style, filters):
    """In units of the style's own deviation, channel by channel."""
    total = 0.0
    for mine, other in zip(features_of(x, filters), features_of(style, filters)):
        (mean, deviation), (wanted, spread) = reference_statistics(mine), reference_statistics(other)
        total += (((mean - wanted) / spread).square() + ((deviation - spread) / spread).square()).mean().item()
    return total


def edges(x):
    light = F.avg_pool2d(x.mean(dim=1, keepdim=True), 3, 1)
    down, along = light[..., 1:, :-1] - light[..., :-1, :-1], light[..., :-1, 1:] - light[..., :-1, :-1]
    return (down.square() + along.square()).sqrt()


def in_that_style(case, expected, answer):
    content, style, filters = case["content"], case["style"], case["_filters"]
    if not isinstance(answer, torch.Tensor) or answer.shape != content.shape:
        return f"expected a picture of shape {tuple(content.shape)}, got {getattr(answer, 'shape', answer)}"
    if not answer.isfinite().all():
        return "expected finite values, got NaN or inf: did the optimisation blow up? A smaller rate, or a clamp, helps"
    if answer.abs().max() > 1.001:
        return f"expected values in [-1, 1], got up to {answer.abs().max():.3g}: clamp at the end"
    answer = answer.float()
    plain = style_distance(exchanged(content, style).clamp(-1, 1), style, filters)
    share = style_distance(answer, style, filters) / plain
    if not share <= LEAST["style"]:
        return f"expected at most {LEAST['style']:.0%} of the style distance that an exchange of pixels leaves, got {share:.0%}"
    kept = torch.corrcoef(torch.stack([edges(answer).flatten(), edges(content).flatten()]))[0, 1].item()
    if not kept >= LEAST["edges"]:
        return f"expected edges that agree with the photo's, correlation of at least {LEAST['edges']}, got {kept:.2f}"
    return None


FIRST = f"{LESSON}, section 1, A style is a list of means and spreads"
THIRD = f"{LESSON}, section 3, The way back"
CHECKS = [
    Check("10.channel_statistics", FIRST, some_features, statistics_by_hand, measured),
    Check("10.exchange", FIRST, two_features, painted_by_hand, painted),
    Check("10.give_back", FIRST, finished, undone),
    Check("10.style_loss", THIRD, levels, style_loss_by_hand, with_slopes),
    Check("10.blend", f"{LESSON}, section 7, Hands on: strength, mixtures, masks", mixtures, blended),
    Check("10.decoder_step", THIRD, moves, moved, move),
    Check("10.name_the_fault", FIRST, patients, fault_of, put_before, named_rightly),
    Check("10.paint", THIRD, commissions, probe=stylised, verdict=in_that_style, seconds=10),
]
