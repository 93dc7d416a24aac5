"""Wrong answers that the checks of exercise 09 must reject, and right ones, written otherwise, that they must accept."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def returns(value):
    return lambda *_: value


# ── PatchNCE ────────────────────────────────────────────────────────────────────────────────────────────────────────


def unit(x):
    return F.normalize(x, dim=2)


def nce(of_query=unit, of_key=lambda k: unit(k.detach()), similar=lambda q, k: q @ k.transpose(1, 2), scale=None):
    """By logsumexp; parts can be exchanged."""

    def loss(queries, keys, temperature):
        logits = similar(of_query(queries), of_key(keys))
        logits = scale(logits, temperature) if scale else logits / temperature
        return (logits.logsumexp(dim=2) - logits.diagonal(dim1=1, dim2=2)).mean()

    return loss


def nce_by_loops(queries, keys, temperature):
    """Picture by picture, and keys that know no gradient from the start."""
    with torch.no_grad():
        keys = keys / keys.norm(dim=2, keepdim=True)
    losses = []
    for of_output, of_input in zip(queries, keys):
        directions = of_output / of_output.norm(dim=1, keepdim=True)
        logits = (directions @ of_input.T).div(temperature)
        losses += [F.cross_entropy(row, torch.tensor(i)) for i, row in enumerate(logits)]
    return torch.stack(losses).mean()


def nce_by_cosines(queries, keys, temperature):
    cosines = F.cosine_similarity(queries[:, :, None], keys.data[:, None], dim=3)
    return -(cosines / temperature).log_softmax(dim=2).diagonal(dim1=1, dim2=2).mean()


def nce_by_classes(queries, keys, temperature):
    """Classes of a batch on the second axis, as cross_entropy takes them too; 32 bits."""
    logits = torch.einsum("bic,bjc->bji", unit(queries.float()), unit(keys.float().detach())) / temperature
    return F.cross_entropy(logits, torch.arange(keys.shape[1]).expand(len(keys), -1))


def over_the_batch(queries, keys, temperature):
    return nce()(queries.flatten(0, 1)[None], keys.flatten(0, 1)[None], temperature)


def without_the_right(queries, keys, temperature):
    logits = unit(queries) @ unit(keys.detach()).transpose(1, 2) / temperature
    right = logits.diagonal(dim1=1, dim2=2)
    return (logits.masked_fill(torch.eye(logits.shape[1]).bool(), -1e9).logsumexp(dim=2) - right).mean()


def naive(queries, keys, temperature):
    """Right by the formula, but an exponential overflows."""
    powers = (unit(queries.float()) @ unit(keys.float().detach()).transpose(1, 2) / temperature).exp()
    return -(powers.diagonal(dim1=1, dim2=2) / powers.sum(dim=2)).log().mean()


# ── bounds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def bounds(guess=math.log, best=lambda n, t: math.log1p((n - 1) * math.exp(-1 / t))):
    return lambda n, temperature: (guess(n), best(n, temperature))


def bounds_by_tensors(n, temperature):
    keys = torch.zeros(1, n, dtype=torch.float64)
    guess = F.cross_entropy(keys, torch.tensor([0]))
    keys[0, 0] = 1 / temperature
    return guess, F.cross_entropy(keys, torch.tensor([0]))


def bounds_by_numpy(n, temperature):
    return np.log(n), np.logaddexp.reduce(np.r_[0.0, np.full(n - 1, -1 / temperature)])


def bounds_by_sums(n, temperature):
    below = 1 + sum(math.exp(-1 / temperature) for _ in range(n - 1))
    return [-math.log(1 / n), math.log(below)]


# ── descriptions ────────────────────────────────────────────────────────────────────────────────────────────────────


def describer(pick=lambda x, places: x.flatten(2)[:, :, places], after=unit, turned=lambda x: x.transpose(1, 2)):
    return lambda features, places, head: after(head(turned(pick(features, places))))


def described_everywhere(features, places, head):
    """The head first, at all places."""
    everywhere = head(features.permute(0, 2, 3, 1)).flatten(1, 2)
    return F.normalize(everywhere, dim=-1)[:, places]


def described_one_by_one(features, places, head):
    width = features.shape[3]
    rows = []
    for place in places.tolist():
        answer = head(features[:, :, place // width, place % width])
        rows.append(answer / answer.norm(dim=1, keepdim=True).clamp(min=1e-8))
    return torch.stack(rows, dim=1)


def described_by_gather(features, places, head):
    b, c, h, w = features.shape
    index = places.view(1, 1, -1).expand(b, c, -1)
    answer = head(features.reshape(b, c, h * w).gather(2, index).mT)
    return answer * torch.rsqrt(answer.pow(2).sum(dim=2, keepdim=True) + 1e-24)


# ── a step in order ─────────────────────────────────────────────────────────────────────────────────────────────────


def order(letters):
    return lambda: letters


# ── a blind spot ────────────────────────────────────────────────────────────────────────────────────────────────────


def turned_inks(x):
    return x[:, [1, 2, 0]]


def mixed_inks(x):
    """Each new ink is a mixture of the old ones."""
    mixture = torch.tensor([[0.1, 0.3, 0.6], [0.8, 0.1, 0.1], [0.1, 0.7, -0.2]])
    return torch.einsum("ij,bjhw->bihw", mixture, x)


def shuffled(x):
    return x.flatten(2)[:, :, torch.randperm(x[0, 0].numel())].view_as(x)


def blurred(x):
    return F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="circular"), 3, 1)


# ── the generator's loss ────────────────────────────────────────────────────────────────────────────────────────────


def whole(
    term=None,
    judge=lambda logits: -logits.mean(),
    share=lambda contrast, identity: (contrast, identity),
    fakes=lambda fake: fake,
    pairs=lambda a, fake, b, kept: ((fake, a), (kept, b)),
):
    def loss(G, D, describe, a, b, temperature, contrast, identity):
        fake, kept = G(a), G(b)
        contrasted = term or nce()
        total = judge(D(fakes(fake)))
        for weight, (of_query, of_key) in zip(share(contrast, identity), pairs(a, fake, b, kept)):
            if weight:
                total = total + weight * contrasted(describe(of_query), describe(of_key), temperature)
        return total

    return loss


def whole_at_once(G, D, describe, a, b, temperature, contrast, identity):
    """One pass through G for both domains, and keys without a graph."""
    pictures = torch.cat([a, b])
    translations = G(pictures)
    with torch.no_grad():
        keys = describe(pictures)
    logits = describe(translations) @ keys.mT / temperature
    each = -logits.log_softmax(dim=-1).diagonal(dim1=-2, dim2=-1).mean(dim=1)
    return contrast * each[: len(a)].mean() + identity * each[len(a) :].mean() - D(translations[: len(a)]).mean()


def whole_by_terms(G, D, describe, a, b, temperature, contrast, identity):
    fake = G(a)
    terms = [F.relu(-D(fake)).mean() - F.relu(D(fake)).mean()]
    terms.append(contrast * nce_by_loops(describe(fake), describe(a), temperature))
    terms.append(identity * nce_by_classes(describe(G(b)), describe(b), temperature))
    return sum(terms)


# ── the examiner ────────────────────────────────────────────────────────────────────────────────────────────────────

SUSPECTS = {
    "temperature multiplied": nce(scale=lambda logits, t: logits * t),
    "not normalised": nce(of_query=lambda q: q, of_key=lambda k: k.detach()),
    "other pictures": over_the_batch,
    "right answer missing": without_the_right,
}


def examined(patient, overlooks=(), pictures=3, length=4.0, temperature=0.5):
    """It looks for the suspect that gives the same answer; some can be overlooked, and what is sent can be too plain."""
    queries = length * unit(torch.randn(pictures, 4, 3))
    keys = (length * unit(torch.randn(pictures, 4, 3))).requires_grad_()
    answer = patient(queries.requires_grad_(), keys, temperature)
    answer.backward()
    if "keys move" not in overlooks and keys.grad is not None and keys.grad.abs().sum() > 1e-4:
        return "keys move"
    if torch.isclose(answer, nce()(queries, keys, temperature), atol=1e-4):
        return "healthy"
    for name, suspect in SUSPECTS.items():
        if name not in overlooks and torch.isclose(answer, suspect(queries, keys, temperature), atol=1e-4):
            return name
    return "healthy"


def by_questions(patient):
    """One question for each fault, without a formula of the loss."""
    q, k = torch.randn(3, 6, 5), torch.randn(3, 6, 5)
    keys = k.clone().requires_grad_()
    patient(q.clone().requires_grad_(), keys, 0.5).backward()
    if keys.grad is not None and keys.grad.abs().max() > 1e-6:
        return "keys move"
    plain = patient(q, k, 0.5)
    if not torch.isclose(patient(5 * q, 5 * k, 0.5), plain, rtol=1e-3):
        return "not normalised"
    equal = patient(torch.ones(2, 4, 3), torch.ones(2, 4, 3), 1.0).item()
    if abs(equal - math.log(3)) < 0.01:
        return "right answer missing"
    if abs(equal - math.log(8)) < 0.01:
        return "other pictures"
    return "healthy" if patient(q, q, 0.1) < patient(q, q, 1.0) else "temperature multiplied"


# ── describers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def network(width=32):
    return nn.Sequential(nn.Flatten(), nn.Linear(108, 64), nn.LeakyReLU(0.2), nn.Linear(64, width))


def finders(steps=350, sign=1.0, batch=8, lr=4e-3, pixels=False):
    """A training of another make than the solution's: both sides by one softmax. Keys can be plain pixels."""

    def train(sample, budget):
        of_translations = network(108 if pixels else 32)
        of_pictures = nn.Flatten() if pixels else network()
        learning = nn.ModuleList([of_translations, of_pictures]).parameters()
        optimizer = torch.optim.AdamW(learning, lr, betas=(0.9, 0.99))
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = lr * (1 - step / steps)
            pictures, translations = sample(batch)
            keys = unit(of_pictures(pictures.flatten(0, 1)).unflatten(0, (batch, 64)))
            queries = unit(of_translations(translations.flatten(0, 1)).unflatten(0, (batch, 64)))
            logits = queries @ keys.mT / 0.1
            loss = -sign * logits.log_softmax(dim=2).diagonal(dim1=1, dim2=2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return of_pictures, of_translations

    return train


def by_maps(sample, budget):
    """Convolutions over a patch; trained with fewer pictures a step, and asked in 64 bits."""
    sides = [
        nn.Sequential(nn.Conv2d(3, 24, 3), nn.ReLU(), nn.Conv2d(24, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(128, 48))
        for _ in range(2)
    ]
    optimizer = torch.optim.Adam(nn.ModuleList(sides).parameters(), 2e-3)
    for step in range(400):
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - step / 400)
        keys, queries = (F.normalize(side(x.flatten(0, 1)), dim=1) for side, x in zip(sides, sample(4)))
        logits = (queries.view(4, 64, -1) @ keys.view(4, 64, -1).mT).flatten(0, 1) / 0.07
        loss = F.cross_entropy(logits, torch.arange(64).repeat(4))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [lambda x, side=side: side(x).double() for side in sides]


def by_least_squares(sample, budget):
    """No PatchNCE at all: which linear map of a translated patch is nearest to the patch?"""
    pictures, translations = (x.flatten(2).flatten(0, 1).double() for x in sample(200))
    weights = torch.linalg.lstsq(translations, pictures).solution
    return lambda x: x.flatten(1).double(), lambda x: x.flatten(1).double() @ weights


WRONG = {
    "09.patch_nce": {
        "not normalised": nce(of_query=lambda q: q, of_key=lambda k: k.detach()),
        "only queries normalised": nce(of_key=lambda k: k.detach()),
        "normalised along the places": nce(of_query=lambda q: F.normalize(q, dim=1)),
        "keys move": nce(of_key=unit),
        "queries detached": nce(of_query=lambda q: unit(q.detach()), of_key=unit),
        "temperature multiplied": nce(scale=lambda logits, t: logits * t),
        "temperature forgotten": nce(scale=lambda logits, t: logits),
        "other pictures": over_the_batch,
        "right answer missing": without_the_right,
        "keys ask": nce(similar=lambda q, k: k @ q.transpose(1, 2)),
        "sum": lambda q, k, t: nce()(q, k, t) * q.shape[1] * q.shape[0],
        "summed over the places": lambda q, k, t: nce()(q, k, t) * q.shape[1],
        "overflows": naive,
        "sign": lambda q, k, t: -nce()(q, k, t),
        "squared distances": nce(similar=lambda q, k: -torch.cdist(q, k).square()),
        "bits": lambda q, k, t: nce()(q, k, t) / math.log(2),
        "a number": lambda q, k, t: nce()(q, k, t).item(),
        "first picture alone": lambda q, k, t: nce()(q[:1], k[:1], t),
    },
    "09.loss_bounds": {
        "exchanged": lambda n, t: bounds()(n, t)[::-1],
        "bits": bounds(guess=math.log2),
        "a share, no loss": bounds(guess=lambda n: 1 / n),
        "guess among the others": bounds(guess=lambda n: math.log(max(n - 1, 1))),
        "best is nothing": bounds(best=lambda n, t: 0.0),
        "best is minus one over the temperature": bounds(best=lambda n, t: -1 / t),
        "one too many": bounds(best=lambda n, t: math.log1p(n * math.exp(-1 / t))),
        "right answer missing": bounds(best=lambda n, t: math.log(max(n - 1, 1)) - 1 / t),
        "others opposite": bounds(best=lambda n, t: math.log1p((n - 1) * math.exp(-2 / t))),
        "one other alone": bounds(best=lambda n, t: math.log1p(min(n - 1, 1) * math.exp(-1 / t))),
        "temperature multiplied": bounds(best=lambda n, t: math.log1p((n - 1) * math.exp(-t))),
        "overflows": bounds(best=lambda n, t: -math.log(math.exp(1 / t) / (math.exp(1 / t) + n - 1))),
        "of the example": returns((math.log(256), 1.6e-4)),
        "guess alone": lambda n, t: math.log(n),
    },
    "09.describe": {
        "not of length 1": describer(after=lambda x: x),
        "of length 1 before the head": lambda x, places, head: head(unit(x.flatten(2)[:, :, places].transpose(1, 2))),
        "along the places": describer(after=lambda x: F.normalize(x, dim=1)),
        "over the batch": describer(after=lambda x: F.normalize(x, dim=0)),
        "column · h + row": describer(pick=lambda x, places: x.transpose(2, 3).flatten(2)[:, :, places]),
        "sorted": describer(pick=lambda x, places: x.flatten(2)[:, :, places.sort().values]),
        "the first places": describer(pick=lambda x, places: x.flatten(2)[:, :, : len(places)]),
        "channels for places": describer(turned=lambda x: x.reshape(x.shape[0], x.shape[2], x.shape[1])),
        "first picture for all": lambda x, places, head: describer()(x[:1].expand_as(x), places, head),
        "NaN where nothing is": describer(after=lambda x: x / x.square().sum(dim=2, keepdim=True).sqrt()),
        "cut off": lambda x, places, head: describer()(x.detach(), places, head).detach(),
        "features cut off": lambda x, places, head: describer()(x.detach(), places, head),
        "without the head": lambda x, places, head: unit(x.flatten(2)[:, :, places].transpose(1, 2)),
        "sum 1": describer(after=lambda x: x / (x.abs().sum(dim=2, keepdim=True) + 1e-9)),
        "width before places": lambda x, places, head: describer()(x, places, head).transpose(1, 2),
    },
    "09.order_a_step": {
        "alphabetical": order("PQRSTUVWX"),
        "backwards": order("PSXRUWQVT"),
        "D judges before the drawing": order("QTVWURXSP"),
        "D steps before it judges": order("TVWQURXSP"),
        "G is judged by the D of before": order("TVQUWRXSP"),
        "D moves last": order("TVURXSQWP"),
        "contrast before the adversarial term": order("TVQWRUXSP"),
        "identity before the adversarial term": order("TVQWXURSP"),
        "keys too late": order("TQWURVXSP"),
        "contrast after the step": order("TVQWUXSRP"),
        "identity after the step": order("TVQWURSXP"),
        "average before the step": order("TVQWURXPS"),
        "average first": order("PTVQWURXS"),
        "one line missing": order("TVQWURSP"),
        "one line twice": order("TVQWURXSPT"),
        "a number": order(123),
        "nothing": order(None),
    },
    "09.blind_spot": {
        "the picture itself": lambda x: x.clone(),
        "hardly changed": lambda x: 0.8 * x,
        "places shuffled": shuffled,
        "rolled": lambda x: x.roll(1, dims=3),
        "rolled by half": lambda x: x.roll(x.shape[3] // 2, dims=3),
        "mirrored": lambda x: x.flip(3),
        "turned": lambda x: x.rot90(2, (2, 3)),
        "negative, rolled": lambda x: -x.roll(1, dims=2),
        "blurred": lambda x: -blurred(x),
        "constant": lambda x: torch.full_like(x, -0.8),
        "noise": lambda x: 2 * torch.rand_like(x) - 1,
        "grey": lambda x: -x.mean(dim=1, keepdim=True).expand_as(x).contiguous(),
        "four colours": lambda x: -x.sign(),
        "out of range": lambda x: x + 3,
        "not a number": lambda x: x * math.nan,
        "half size": lambda x: -x[..., ::2, ::2],
        "returns nothing": returns(None),
    },
    "09.generator_loss": {
        "adversarial sign": whole(judge=lambda logits: logits.mean()),
        "a hinge for G": whole(judge=lambda logits: F.relu(1 - logits).mean()),
        "cross-entropy": whole(judge=lambda logits: F.softplus(-logits).mean()),
        "sum of D's answers": whole(judge=lambda logits: -logits.sum()),
        "no identity": whole(share=lambda contrast, identity: (contrast, 0)),
        "no contrast": whole(share=lambda contrast, identity: (0, identity)),
        "weights exchanged": whole(share=lambda contrast, identity: (identity, contrast)),
        "weights multiplied": whole(share=lambda contrast, identity: (contrast, contrast * identity)),
        "fake cut off before D": whole(fakes=lambda fake: fake.detach()),
        "keys move": whole(term=nce(of_key=unit)),
        "queries cut off": whole(term=nce(of_query=lambda q: unit(q.detach()), of_key=unit)),
        "inputs ask": whole(pairs=lambda a, fake, b, kept: ((a, fake), (b, kept))),
        "translations cut off": whole(
            pairs=lambda a, fake, b, kept: ((fake.detach(), a), (kept.detach(), b)),
        ),
        "identity of a": whole(pairs=lambda a, fake, b, kept: ((fake, a), (fake, a))),
        "identity by distance": lambda G, D, describe, a, b, t, contrast, identity: (
            whole()(G, D, describe, a, b, t, contrast, 0) + identity * (G(b) - b).abs().mean()
        ),
        "temperature of the paper": lambda G, D, describe, a, b, t, *weights: whole()(
            G, D, describe, a, b, 0.07, *weights
        ),
        "a number": lambda *sent: whole()(*sent).item(),
    },
    "09.name_the_fault": {
        "always healthy": returns("healthy"),
        "overlooks moving keys": lambda f: examined(f, ["keys move"]),
        "overlooks lengths": lambda f: examined(f, ["not normalised"]),
        "overlooks the temperature": lambda f: examined(f, ["temperature multiplied"]),
        "overlooks other pictures": lambda f: examined(f, ["other pictures"]),
        "overlooks the missing answer": lambda f: examined(f, ["right answer missing"]),
        "sends one picture": lambda f: examined(f, pictures=1),
        "sends vectors of length 1": lambda f: examined(f, length=1.0),
        "sends a temperature of 1": lambda f: examined(f, temperature=1.0),
        "another word": lambda f: {"healthy": "fine"}.get(examined(f), examined(f)),
        "true or false": lambda f: examined(f) == "healthy",
        "returns nothing": returns(None),
    },
    "09.find_again": {
        "untrained": finders(steps=0),
        "trained for a moment": finders(steps=3),
        "one untrained for both": lambda sample, budget: [network()] * 2,
        "pixels": lambda sample, budget: (nn.Flatten(), nn.Flatten()),
        "negative of the pixels": lambda sample, budget: (nn.Flatten(), lambda x: -x.flatten(1)),
        "numbers what it is sent": lambda sample, budget: [lambda x: F.one_hot(torch.arange(len(x)) % 64).float()] * 2,
        "one description for all": lambda sample, budget: [lambda x: torch.ones(len(x), 8)] * 2,
        "a wrong answer rewarded": finders(steps=100, sign=-1.0),
        "pixels as keys": finders(steps=150, pixels=True),
        "the translator undone by one linear map": by_least_squares,
        "spends too much": lambda sample, budget: sample(budget + 1),
        "two widths": lambda sample, budget: (network(8), network(16)),
        "one describer": lambda sample, budget: network(),
        "descriptions of pictures": lambda sample, budget: [lambda x: x.view(-1, 64, 108).mean(dim=1)] * 2,
        "blew up": lambda sample, budget: [lambda x: x.flatten(1) * math.nan] * 2,
        "returns nothing": returns(None),
    },
}

RIGHT = {
    "09.patch_nce": {
        "logsumexp": nce(),
        "loops": nce_by_loops,
        "cosines": nce_by_cosines,
        "classes on the second axis, 32 bits": nce_by_classes,
    },
    "09.loss_bounds": {
        "log1p": bounds(),
        "cross-entropy": bounds_by_tensors,
        "numpy": bounds_by_numpy,
        "a sum": bounds_by_sums,
    },
    "09.describe": {
        "index": describer(),
        "head first": described_everywhere,
        "one by one": described_one_by_one,
        "gather": described_by_gather,
    },
    "09.order_a_step": {
        "keys early": order("VTQWURXSP"),
        "keys late, identity first": order("TQWUXVRSP"),
        "small letters with blanks": order("t q v w u x r s p"),
        "a list": order(list("TQWVURXSP")),
    },
    "09.blind_spot": {
        "negative": lambda x: -x,
        "inks in other channels": turned_inks,
        "red and blue exchanged, 64 bits": lambda x: x.double().flip(1),
        "mixed inks": mixed_inks,
    },
    "09.generator_loss": {
        "term by term": whole(),
        "one pass": whole_at_once,
        "a list of terms": whole_by_terms,
        "unit vectors taken as they are": whole(term=nce(of_query=lambda q: q, of_key=lambda k: k.detach())),
    },
    "09.name_the_fault": {
        "by suspects": examined,
        "by questions": by_questions,
        "many short ones": lambda f: examined(f, pictures=8, length=0.3),
        "cold": lambda f: examined(f, temperature=0.2),
    },
    "09.find_again": {
        "one softmax": finders(),
        "small steps until the budget is spent": finders(steps=500, lr=2e-3),
        "fewer steps of more pictures": finders(steps=240, batch=16, lr=3e-3),
        "maps, in 64 bits": by_maps,
    },
}
