"""The items of exercise 10: what is sent, what is right, and how near is near enough."""

import torch
import torch.nn.functional as F

from course_gan import data
from course_gan.data.base import resize
from course_gan.grading import Check, Complaint

LESSON = "notebooks/10_style_transfer"
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


# ── 2 · the exchange ────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── 3 · two heaps of patches ────────────────────────────────────────────────────────────────────────────────────────


def clouds(generator):
    cases = []
    for dimensions, points, count in ((1, 2, 1), (3, 7, 4), (6, 20, 3)):
        stretch = 1 + torch.rand(dimensions, 1, generator=generator, dtype=torch.float64)
        cases.append(
            {
                "found": normal(generator, dimensions, points),
                "wanted": normal(generator, dimensions, points) * stretch + 1,
                "directions": F.normalize(normal(generator, count, dimensions), dim=1),
            }
        )
    same = normal(generator, 4, 9)
    order = torch.randperm(9, generator=generator)
    cases.append({"found": same, "wanted": same[:, order], "directions": normal(generator, 2, 4)})  # equal clouds
    return cases


def with_slope(function, case):
    """The distance, and its gradient at the first cloud."""
    found = case["found"].clone().requires_grad_()
    value = function(found, case["wanted"], case["directions"])
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        got = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise Complaint(f"expected a scalar tensor with a gradient, got {got}")
    if not value.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, item, no_grad or numpy")
    (slope,) = torch.autograd.grad(value.squeeze(), [found], allow_unused=True)
    return {"value": value.detach().squeeze(), "gradient at found": slope}


def sliced_by_hand(found, wanted, directions):
    """Point by point: which place each has in the order along a direction."""
    value = torch.zeros((), dtype=found.dtype)
    slope = torch.zeros_like(found)
    count = found.shape[1] * len(directions)
    for direction in directions:
        first, second = direction @ found, (direction @ wanted).sort().values
        for place, point in enumerate(first.argsort().tolist()):
            gap = first[point] - second[place]
            value = value + gap**2 / count
            slope[:, point] += 2 * gap * direction / count
    return {"value": value, "gradient at found": slope}


# ── 4 · Gram matrices ───────────────────────────────────────────────────────────────────────────────────────────────


def some_maps(generator):
    shapes = ((1, 1, 2, 2), (2, 3, 4, 5), (3, 5, 2, 7))
    return [{"x": features_like(generator, *shape)} for shape in shapes]


def gram_by_hand(x):
    return torch.einsum("bihw,bjhw->bij", x, x) / (x.shape[2] * x.shape[3])


# ── 5 · what a measure cannot see ───────────────────────────────────────────────────────────────────────────────────

FAR = 0.02  # sliced distance of patches; right answers: 0.05 and more


def some_pictures(generator):
    cases = []
    for name in ("brick", "gravel", "grass"):
        picture = data.textures()[name].expand(3, -1, -1)
        top, left = (int(torch.randint(n - 48 + 1, (), generator=generator)) for n in picture.shape[1:])
        tint = 0.6 + 0.4 * torch.rand(1, 3, 1, 1, generator=generator)
        cases.append({"x": tint * data.to_float(picture[None, :, top : top + 48, left : left + 48])})
    return cases


def patch_distance(found, wanted):
    generator = torch.Generator().manual_seed(0)
    clouds = [F.unfold(picture.float(), 3)[0] for picture in (found, wanted)]
    directions = F.normalize(torch.randn(64, len(clouds[0]), generator=generator), dim=1)
    first, second = ((directions @ cloud).sort(dim=1).values for cloud in clouds)
    return ((first - second).square().mean() / clouds[1].var(dim=1).mean()).item()


def hidden_from_statistics(case, expected, answer):
    x = case["x"]
    if not isinstance(answer, torch.Tensor) or answer.shape != x.shape:
        return f"expected a picture of shape {tuple(x.shape)}, got {getattr(answer, 'shape', answer)}"
    if not answer.isfinite().all():
        return "expected finite values, got NaN or inf"
    for name, mine, other in zip(("mean", "deviation"), reference_statistics(answer), reference_statistics(x)):
        gap = (mine - other).abs().max().item()
        if gap > 1e-3:
            return f"expected the same {name} in every channel, got one that is {gap:.3g} off"
    if answer.min() < x.min() - 1e-3 or answer.max() > x.max() + 1e-3:
        return f"expected values from {x.min():.2f} to {x.max():.2f}, got {answer.min():.2f} to {answer.max():.2f}"
    distance = patch_distance(answer, x)
    if distance < FAR:
        return f"expected patches at a distance of {FAR} or more, got {distance:.3g}: they look alike"
    return None


# ── 6 · conditional norm ────────────────────────────────────────────────────────────────────────────────────────────


def styles_and_shares(generator):
    cases = []
    for batch, channels, styles in ((1, 1, 1), (2, 3, 4), (3, 2, 2)):
        shares = torch.rand(batch, styles, generator=generator, dtype=torch.float64)
        if batch == 2:
            shares = F.one_hot(torch.randint(styles, (batch,), generator=generator), styles).double()
        cases.append(
            {
                "x": features_like(generator, batch, channels, 4, 5),
                "scale": normal(generator, styles, channels),
                "shift": normal(generator, styles, channels),
                "shares": shares / shares.sum(dim=1, keepdim=True),
            }
        )
    return cases


def in_mixtures(x, scale, shift, shares):
    mean, deviation = reference_statistics(x)
    answer = torch.zeros_like(x)
    for b in range(len(x)):
        for s in range(len(scale)):
            styled = (x[b] - mean[b]) / deviation[b] * scale[s][:, None, None] + shift[s][:, None, None]
            answer[b] += shares[b, s] * styled
    return answer


def watched_norm(function, case):
    """The answer, and how a weighted sum of it depends on scales and shifts."""
    scale, shift = case["scale"].clone().requires_grad_(), case["shift"].clone().requires_grad_()
    answer = function(case["x"], scale, shift, case["shares"])
    if not isinstance(answer, torch.Tensor) or answer.shape != case["x"].shape:
        raise Complaint(f"expected a tensor of shape {tuple(case['x'].shape)}, got {getattr(answer, 'shape', answer)}")
    if not answer.requires_grad:
        raise Complaint("no gradient comes through to the scales and shifts: they could not be learnt")
    slopes = torch.autograd.grad((answer * answer.detach().cos()).sum(), [scale, shift], allow_unused=True)
    return {"the answer": answer, "gradient at scale": slopes[0], "gradient at shift": slopes[1]}


def norm_by_hand(x, scale, shift, shares):
    scale, shift = scale.clone().requires_grad_(), shift.clone().requires_grad_()
    answer = in_mixtures(x, scale, shift, shares)
    slopes = torch.autograd.grad((answer * answer.detach().cos()).sum(), [scale, shift])
    return {"the answer": answer.detach(), "gradient at scale": slopes[0], "gradient at shift": slopes[1]}


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


FIRST = f"{LESSON}, section 1, Statistics carry the palette"
SECOND = f"{LESSON}, section 2, A style is a heap of patches"
CHECKS = [
    Check("10.channel_statistics", FIRST, some_features, statistics_by_hand, measured),
    Check("10.exchange", FIRST, two_features, painted_by_hand, painted),
    Check("10.sliced_distance", SECOND, clouds, sliced_by_hand, with_slope),
    Check("10.gram", f"{LESSON}, section 4, Gram matrices", some_maps, gram_by_hand),
    Check("10.blind_spot", SECOND, some_pictures, verdict=hidden_from_statistics),
    Check(
        "10.conditional_norm",
        f"{LESSON}, section 6, One network for all styles",
        styles_and_shares,
        norm_by_hand,
        watched_norm,
    ),
    Check("10.name_the_fault", FIRST, patients, fault_of, put_before, named_rightly),
    Check(
        "10.paint",
        f"{LESSON}, section 3, Pixels that learn",
        commissions,
        probe=stylised,
        verdict=in_that_style,
        seconds=10,
    ),
]
