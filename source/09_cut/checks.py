"""The items of exercise 09: what is sent, what is right, and how near is near enough."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import Check, Complaint
from course_gan.grading.ordering import Before, Order

LESSON = "notebooks/09_cut"


def normal(generator, *shape, scale=1.0):
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)


def to_length_one(x, dim):
    return x / (x.square().sum(dim=dim, keepdim=True).sqrt() + 1e-300)


def contrast_by_hand(queries, keys, temperature):
    """Query by query: what the right key has, and what all keys of the same picture have."""
    queries, keys = to_length_one(queries, 2), to_length_one(keys.detach(), 2)
    total = 0.0
    for of_output, of_input in zip(queries, keys):
        for place, query in enumerate(of_output):
            similar = (of_input * query).sum(dim=1) / temperature
            most = similar.max().detach()
            total = total + most + (similar - most).exp().sum().log() - similar[place]
    return total / (queries.shape[0] * queries.shape[1])


# ── 1 · PatchNCE ────────────────────────────────────────────────────────────────────────────────────────────────────


def descriptions(generator):
    cases = []
    for shape, temperature in (
        ((1, 2, 3), 1.0),
        ((3, 5, 4), 0.2),
        ((2, 1, 3), 0.07),
        ((2, 6, 8), 0.07),
        ((1, 3, 2), 1e-3),
    ):
        batch, places, _ = shape
        lengths = 0.2 + 9 * torch.rand(2, batch, places, 1, generator=generator, dtype=torch.float64)
        keys = normal(generator, *shape)
        queries = keys + normal(generator, *shape)
        cases.append({"queries": lengths[0] * queries, "keys": lengths[1] * keys, "temperature": temperature})
    return cases


def contrasted(function, case):
    """The loss, its gradient at the queries, and whether one reaches the keys."""
    queries = case["queries"].clone().requires_grad_()
    keys = case["keys"].clone().requires_grad_()
    value = function(queries, keys, case["temperature"])
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        got = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise Complaint(f"expected a scalar tensor with a gradient, got {got}")
    if not value.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, item, no_grad or numpy")
    slope, of_keys = torch.autograd.grad(value.squeeze(), [queries, keys], allow_unused=True)
    if slope is None:
        raise Complaint("expected a gradient at the queries, got none: which of the two is to be cut off?")
    if of_keys is not None and of_keys.abs().max() > 0:
        raise Complaint("expected no gradient at the keys, got one: they are what is looked for, cut them off")
    return {"value": value.detach().squeeze(), "gradient at queries": slope}


def contrasted_by_hand(queries, keys, temperature):
    queries = queries.clone().requires_grad_()
    value = contrast_by_hand(queries, keys, temperature)
    (slope,) = torch.autograd.grad(value, queries)
    return {"value": value.detach(), "gradient at queries": slope}


# ── 2 · how bad, how good ───────────────────────────────────────────────────────────────────────────────────────────


def places_and_temperatures(generator):
    cases = [{"n": int(torch.randint(3, 6, (), generator=generator)), "temperature": 0.5}]
    for least, most, temperature in ((200, 300, 0.2), (1000, 2000, 0.1), (2, 30, 2.0), (50, 90, 1e-3)):
        n = int(torch.randint(least, most, (), generator=generator))
        cases.append({"n": n, "temperature": temperature * (1 + torch.rand((), generator=generator).item())})
    cases.append({"n": 64, "temperature": 1e-3})
    cases.append({"n": 1, "temperature": 0.07})
    return cases


def both_bounds(n, temperature):
    similar = torch.zeros(n, dtype=torch.float64)
    guess = similar.logsumexp(dim=0).item()
    similar[0] = 1 / temperature
    best = (similar - similar[0]).exp()[1:].sum().log1p().item()
    return guess, best


# ── 3 · descriptions ────────────────────────────────────────────────────────────────────────────────────────────────


def maps_and_places(generator):
    cases = []
    for batch, channels, height, width, count in ((1, 2, 2, 3, 2), (3, 4, 3, 5, 6), (2, 1, 6, 2, 1), (2, 3, 4, 7, 28)):
        cases.append(
            {
                "features": normal(generator, batch, channels, height, width),
                "places": torch.randperm(height * width, generator=generator)[:count],
                "_weight": normal(generator, 5, channels),
            }
        )
    silent = normal(generator, 2, 3, 3, 4)
    silent[1, :, 2, 1] = 0.0  # row 2, column 1: the head answers zeros
    cases.append({"features": silent, "places": torch.tensor([9, 0, 4]), "_weight": normal(generator, 5, 3)})
    return cases


def described(function, case):
    """Descriptions by a head of one linear map, and how a weighted sum of them depends on features and head."""
    features = case["features"].clone().requires_grad_()
    channels = features.shape[1]

    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(case["_weight"].clone())

        def forward(self, x):
            if x.shape[-1] != channels:
                raise Complaint(f"the head wants its {channels} channels last, it was given shape {tuple(x.shape)}")
            return x @ self.weight.T

    head = Head()
    answer = function(features, case["places"], head)
    wanted = (len(features), len(case["places"]), len(head.weight))
    if not isinstance(answer, torch.Tensor) or answer.shape != wanted:
        got = tuple(answer.shape) if isinstance(answer, torch.Tensor) else type(answer).__name__
        raise Complaint(f"expected descriptions of shape {wanted}, got {got}")
    if not answer.isfinite().all():
        raise Complaint("expected finite descriptions, got NaN or inf: is something divided by a length of 0?")
    if not answer.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, no_grad or numpy")
    found = {"descriptions": answer.detach()}
    if (features.detach().abs().amax(dim=1) > 0).all():
        slopes = torch.autograd.grad((answer * answer.detach().cos()).sum(), [features, head.weight], allow_unused=True)
        found["gradient at features"], found["gradient at the head's weight"] = slopes
    return found


def described_by_hand(features, places, weight):
    features, weight = features.clone().requires_grad_(), weight.clone().requires_grad_()
    width = features.shape[3]
    rows = [features[:, :, place // width, place % width] @ weight.T for place in places.tolist()]
    answer = to_length_one(torch.stack(rows, dim=1), 2)
    found = {"descriptions": answer.detach()}
    if (features.detach().abs().amax(dim=1) > 0).all():
        slopes = torch.autograd.grad((answer * answer.detach().cos()).sum(), [features, weight])
        found["gradient at features"], found["gradient at the head's weight"] = slopes
    return found


# ── 4 · a step in order ─────────────────────────────────────────────────────────────────────────────────────────────

STEP = Order(
    "PQRSTUVWX",
    (
        Before("T", "Q", "D judges a fake that nobody has drawn yet"),
        Before("Q", "W", "D would step by a loss that this step has not computed"),
        Before("W", "U", "D would move after it has judged for G, whose gradient needs the weights that judged"),
        Before("U", "R", "`loss = -D(fake).mean()` begins the sum anew, and the contrast would be forgotten"),
        Before("U", "X", "`loss = -D(fake).mean()` begins the sum anew, and the identity would be forgotten"),
        Before("V", "R", "the contrast looks for keys that nobody has described yet"),
        Before("R", "S", "what joins the sum after the step moves nobody"),
        Before("X", "S", "what joins the sum after the step moves nobody"),
        Before("S", "P", "the average would take in weights from before the step"),
    ),
)


def asked_once(generator):
    """There is nothing to send; a number that is not used, so that no two draws are alike."""
    return [{"_draw": int(torch.randint(2**31, (), generator=generator))}]


def order_given(order_a_step, case):
    return order_a_step()


def in_order(case, expected, answer):
    return STEP.complaint(answer)


# ── 5 · what a measure cannot see ───────────────────────────────────────────────────────────────────────────────────

STEPS = 300
FAR = 0.3  # mean absolute change
FOUND = (
    0.25  # of a guess, on tiles kept back; right answers: 0.01 to 0.16; one ink: 0.27 to 0.41; moved tiles: above 0.9
)


def mosaics(generator):
    """Warm colours, as far from each other as 64 of them can easily be."""
    cases = []
    for _ in range(2):
        many = 2 * torch.rand(4000, 3, generator=generator) - 1
        red, green, blue = many.unbind(dim=1)
        warm = many[(red > green + 0.1) & (green > blue + 0.1)]
        chosen = [0]
        nearest = (warm - warm[0]).norm(dim=1)
        while len(chosen) < 64:
            chosen.append(int(nearest.argmax()))
            nearest = torch.minimum(nearest, (warm - warm[chosen[-1]]).norm(dim=1))
        tiles = warm[chosen][torch.randperm(64, generator=generator)]
        cases.append({"x": tiles.T.reshape(1, 3, 8, 8)})
    return cases


def share_of_a_guess(x, answer):
    """PatchNCE on 16 tiles, for heads that learnt on the 48 others; 1 is a guess. The same numbers for the same pictures."""
    before, after = (picture.float().flatten(2)[0].T for picture in (x, answer))
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        head = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 32))
        learnt, asked = torch.randperm(64).split([48, 16])
    optimizer = torch.optim.Adam(head.parameters(), betas=(0.9, 0.99))

    def similar(tiles):
        keys, queries = (F.normalize(head(colours[tiles]), dim=1) for colours in (before, after))
        return queries @ keys.T / 0.07

    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = 0.01 * (1 - step / STEPS)
        logits = similar(learnt)
        right = torch.arange(len(learnt))
        loss = F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        logits = similar(asked)
    return F.cross_entropy(logits, torch.arange(16)).item() / math.log(16)


def still_found(case, expected, answer):
    x = case["x"]
    if not isinstance(answer, torch.Tensor) or answer.shape != x.shape:
        return f"expected a picture of shape {tuple(x.shape)}, got {getattr(answer, 'shape', answer)}"
    if not answer.isfinite().all():
        return "expected finite values, got NaN or inf"
    if answer.abs().max() > 1.001:
        return f"expected values in [-1, 1], got up to {answer.abs().max():.3g}"
    change = (answer - x).abs().mean().item()
    if change < FAR:
        return f"expected a mean absolute change of {FAR} or more, got {change:.2f}: it is nearly the same picture"
    share = share_of_a_guess(x, answer)
    if share > FOUND:
        return (
            f"expected PatchNCE of at most {FOUND:.0%} of a guess, got {share:.0%}: heads do not find the tiles again"
        )
    return None


# ── 6 · the generator's loss ────────────────────────────────────────────────────────────────────────────────────────
# G is a convolution with tanh, D a convolution; a description is made of G's convolution and a head, so that a gradient
# that goes into keys would reach both.


def rounds(generator):
    cases = []
    for of_a, of_b, size, weights in (
        (1, 1, 2, (1.0, 1.0)),
        (3, 2, 6, (0.7, 2.5)),
        (2, 4, 4, (10.0, 0.0)),
        (2, 2, 4, (0.0, 3.0)),
    ):
        contrast, identity = (weight * (1 + 0.2 * torch.rand((), generator=generator).item()) for weight in weights)
        cases.append(
            {
                "a": normal(generator, of_a, 1, size, size).tanh(),
                "b": normal(generator, of_b, 1, size, size).tanh(),
                "temperature": 0.1 + 0.4 * torch.rand((), generator=generator).item(),
                "contrast": contrast,
                "identity": identity,
                "_G": normal(generator, 1, 1, 3, 3, scale=0.5),
                "_D": normal(generator, 1, 1, 2, 2),
                "_head": normal(generator, 3, 1, 1, 1),
                "_shift": normal(generator, 3),
            }
        )
    return cases


def asked_for_loss(function, case):
    """The loss, and its gradients with respect to G and to the head."""

    class Net(nn.Module):
        def __init__(self, weight, through):
            super().__init__()
            self.weight, self.through = nn.Parameter(weight.clone()), through

        def forward(self, x):
            return self.through(x, self.weight)

    G = Net(case["_G"], lambda x, weight: F.conv2d(x, weight, padding=1).tanh())
    D = Net(case["_D"], lambda x, weight: F.conv2d(x, weight))

    def through_head(x, weight):
        answers = F.conv2d(F.conv2d(x, G.weight, padding=1), weight, case["_shift"])
        return F.normalize(answers.flatten(2).transpose(1, 2), dim=2)

    describe = Net(case["_head"], through_head)
    rest = [case[name] for name in ("a", "b", "temperature", "contrast", "identity")]
    value = function(G, D, describe, *rest)
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        got = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise Complaint(f"expected a scalar tensor with a gradient, got {got}")
    if not value.requires_grad:
        raise Complaint("no gradient comes through: it was cut by detach, item, no_grad or numpy")
    slopes = torch.autograd.grad(value.squeeze(), [G.weight, describe.weight], allow_unused=True)
    slopes = [torch.zeros_like(case["_head"]) if slope is None else slope for slope in slopes]
    return {"the loss": value.detach().squeeze(), "gradient at G": slopes[0], "gradient at the head": slopes[1]}


def loss_by_hand(a, b, temperature, contrast, identity, of_G, of_D, of_head, shift):
    of_G, of_head = of_G.clone().requires_grad_(), of_head.clone().requires_grad_()

    def described_places(x):
        layer = F.conv2d(x, of_G, padding=1)
        return to_length_one((layer * of_head.view(1, 3, 1, 1) + shift.view(1, 3, 1, 1)).flatten(2).transpose(1, 2), 2)

    value = 0.0
    for pictures, weight in ((a, contrast), (b, identity)):
        translation = F.conv2d(pictures, of_G, padding=1).tanh()
        if pictures is a:
            value = value - F.conv2d(translation, of_D).mean()
        queries, keys = described_places(translation), described_places(pictures)
        value = value + weight * contrast_by_hand(queries, keys, temperature)
    slopes = torch.autograd.grad(value, [of_G, of_head])
    return {"the loss": value.detach(), "gradient at G": slopes[0], "gradient at the head": slopes[1]}


# ── 7 · a diagnosis ─────────────────────────────────────────────────────────────────────────────────────────────────
# The patient travels as text, so that the same case can be sent to another process.

PATIENT = """
def patch_nce(queries, keys, temperature):
    q, k = {vectors}
    similar = q @ k.transpose(1, 2) {by} temperature
    right = similar.diagonal(dim1=1, dim2=2)
    return {answer}
"""
HEALTHY = {
    "vectors": "F.normalize(queries, dim=2), F.normalize(keys.detach(), dim=2)",
    "by": "/",
    "answer": "(similar.logsumexp(dim=2) - right).mean()",
}
TOGETHER = "F.normalize(queries, dim=2).flatten(0, 1)[None], F.normalize(keys.detach(), dim=2).flatten(0, 1)[None]"
OTHERS_ALONE = "similar.masked_fill(torch.eye(similar.shape[1], dtype=torch.bool), {nothing}).logsumexp(dim=2)"
ILL = [
    ("healthy", {}),
    ("healthy", {"answer": "-similar.log_softmax(dim=2).diagonal(dim1=1, dim2=2).mean()"}),
    ("healthy", {"vectors": "queries / queries.norm(dim=2, keepdim=True), F.normalize(keys, dim=2).detach()"}),
    ("keys move", {"vectors": "F.normalize(queries, dim=2), F.normalize(keys, dim=2)"}),
    ("not normalised", {"vectors": "queries, keys.detach()"}),
    ("temperature multiplied", {"by": "*"}),
    ("other pictures", {"vectors": TOGETHER}),
    ("right answer missing", {"answer": f"({OTHERS_ALONE.format(nothing='-torch.inf')} - right).mean()"}),
    ("right answer missing", {"answer": f"{OTHERS_ALONE.format(nothing='-1e9')}.mean() - right.mean()"}),
]
DIAGNOSES = (
    "healthy",
    "keys move",
    "not normalised",
    "temperature multiplied",
    "other pictures",
    "right answer missing",
)


def patients(generator):
    texts = [PATIENT.format(**HEALTHY | fault) for _, fault in ILL]
    order = torch.randperm(len(texts), generator=generator).tolist()
    return [{"_patch_nce": texts[i], "_seed": int(torch.randint(2**31, (), generator=generator))} for i in order]


def put_before(examine, case):
    """Hand the patient over as a function."""
    names = {"F": F, "torch": torch}
    exec(case["_patch_nce"], names)
    torch.manual_seed(case["_seed"])
    return examine(names["patch_nce"])


def fault_of(text, seed):
    return next(name for name, fault in ILL if PATIENT.format(**HEALTHY | fault) == text)


def named_rightly(case, expected, answer):
    if answer not in DIAGNOSES:
        return f"expected one of {', '.join(map(repr, DIAGNOSES))}, got {answer!r}"
    body = "; ".join(line.strip() for line in case["_patch_nce"].strip().splitlines()[1:])
    return None if answer == expected else f"expected {expected!r}, got {answer!r} for the function: {body}"


# ── 8 · the open experiment ─────────────────────────────────────────────────────────────────────────────────────────

BUDGET = 4000  # pairs of pictures that may be drawn
LEAST = 0.85  # of the patches found again; right answers: 0.95 to 1; untrained, pixels, or one linear map: below 0.04


def unknown_translators(generator):
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator))
    turn = turn * torch.linalg.det(turn).sign()
    inks = 0.25 + 0.45 * turn  # colours are mixed; below, light is folded: both ends of an ink become dark
    fresh = torch.randn(40, 3, 8, 8, generator=generator)
    noise = torch.randn(40, 3, 20, 20, generator=generator)
    order = torch.randperm(40 * 64, generator=generator)
    return [{"budget": BUDGET, "_inks": inks, "_fresh": fresh, "_noise": noise, "_order": order}]


def trained_describers(train, case):
    """Let it train on counted pairs, then have it describe the patches of fresh ones: those of translations shuffled."""

    def patches(pictures):
        cut = F.unfold(pictures, 6, stride=2).transpose(1, 2)
        return cut.reshape(len(pictures), 64, 3, 6, 6)

    def pairs(seeds, noise):
        pictures = F.interpolate(seeds, (22, 22), mode="bicubic", align_corners=True).tanh()
        binomial = torch.tensor([1.0, 2.0, 1.0]) / 4
        blur = (binomial[:, None] * binomial).expand(3, 1, 3, 3)
        mixed = torch.einsum("ij,bjhw->bihw", case["_inks"], F.conv2d(pictures, blur, groups=3))
        return patches(pictures[:, :, 1:-1, 1:-1]), patches(0.6 - 1.6 * mixed.abs() + 0.2 * noise)

    drawn = [0]

    def sample(n):
        drawn[0] += n
        if drawn[0] > case["budget"]:
            raise Complaint(f"the budget is spent: more than {case['budget']:,} pairs were drawn")
        return pairs(torch.randn(n, 3, 8, 8), torch.randn(n, 3, 20, 20))

    answer = train(sample, case["budget"])
    if not isinstance(answer, tuple | list) or len(answer) != 2 or not all(map(callable, answer)):
        raise Complaint(f"expected two describers, of pictures and of translations, got {type(answer).__name__}")
    inputs, outputs = (x.flatten(0, 1) for x in pairs(case["_fresh"], case["_noise"]))
    found = {}
    with torch.no_grad():
        for name, describe, sent in (("keys", answer[0], inputs), ("queries", answer[1], outputs[case["_order"]])):
            found[name] = describe(sent.clone())
            if not isinstance(found[name], torch.Tensor) or found[name].ndim != 2 or len(found[name]) != len(sent):
                got = getattr(found[name], "shape", type(found[name]).__name__)
                raise Complaint(f"expected descriptions of shape ({len(sent)}, c), got {got}")
    return found


def found_again(case, expected, answer):
    keys, queries = answer["keys"].double(), answer["queries"].double()
    if keys.shape != queries.shape:
        return f"expected descriptions of one width, got {keys.shape[1]} and {queries.shape[1]}"
    if not keys.isfinite().all() or not queries.isfinite().all():
        return "expected finite descriptions, got NaN or inf: did the training blow up?"
    in_order = torch.empty_like(queries)
    in_order[case["_order"]] = queries
    keys, queries = (F.normalize(x, dim=1).view(-1, 64, x.shape[1]) for x in (keys, in_order))
    similar = queries @ keys.transpose(1, 2)
    own = similar.diagonal(dim1=1, dim2=2)
    others = similar.masked_fill(torch.eye(64, dtype=torch.bool), -torch.inf).amax(dim=2)
    share = (own > others).double().mean().item()
    if share >= LEAST:
        return None
    return f"expected at least {LEAST:.0%} of the patches nearest to their own one of 64, got {share:.0%}"


CHECKS = [
    Check("09.patch_nce", f"{LESSON}, section 2, Which patch is it?", descriptions, contrasted_by_hand, contrasted),
    Check("09.loss_bounds", f"{LESSON}, section 2, Which patch is it?", places_and_temperatures, both_bounds),
    Check(
        "09.describe",
        f"{LESSON}, section 3, Who describes a patch?",
        maps_and_places,
        described_by_hand,
        described,
    ),
    Check(
        "09.order_a_step",
        f"{LESSON}, section 4, One step, in the open",
        asked_once,
        probe=order_given,
        verdict=in_order,
    ),
    Check("09.blind_spot", f"{LESSON}, section 6, What PatchNCE cannot see", mosaics, verdict=still_found, seconds=2),
    Check(
        "09.generator_loss",
        f"{LESSON}, sections 4, One step, in the open, and 5, What holds the content",
        rounds,
        loss_by_hand,
        asked_for_loss,
    ),
    Check(
        "09.name_the_fault",
        f"{LESSON}, sections 2, Which patch is it?, and 3, Who describes a patch?",
        patients,
        fault_of,
        put_before,
        named_rightly,
    ),
    Check(
        "09.find_again",
        f"{LESSON}, section 3, Who describes a patch?",
        unknown_translators,
        probe=trained_describers,
        verdict=found_again,
        seconds=8,
    ),
]
