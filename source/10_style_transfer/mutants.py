"""Wrong answers that the checks of exercise 10 must reject, and right ones, written otherwise, that they must accept."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def returns(value):
    return lambda *_: value


# ── statistics and the exchange ─────────────────────────────────────────────────────────────────────────────────────


def statistics(dims=(2, 3), n=0, eps=1e-5, deviation=None, keep=True):
    def both(x):
        variance, mean = torch.var_mean(x, dim=dims, correction=n, keepdim=keep)
        return mean, deviation(variance) if deviation else (variance + eps).sqrt()

    return both


def statistics_by_moments(x):
    n = x.shape[2] * x.shape[3]
    mean = torch.einsum("bchw->bc", x) / n
    apart = x.reshape(*x.shape[:2], n) - mean[..., None]
    deviation = ((apart * apart).sum(dim=-1) / n + 1e-5) ** 0.5
    return [mean.view(*mean.shape, 1, 1), deviation.view(*mean.shape, 1, 1)]


def exchange(of=None, style_of=None, answer=None):
    of = of or statistics()

    def swap(content, style):
        (m, d), (wanted, spread) = of(content), (style_of or of)(style)
        return answer(content, m, d, wanted, spread) if answer else (content - m) / d * spread + wanted

    return swap


def by_instance_norm(content, style):
    mean, deviation = statistics_by_moments(style)
    return F.instance_norm(content, eps=1e-5) * deviation + mean


def by_lines(content, style):
    """One stretch and one shift for each channel of each picture."""
    style = style.expand(len(content), -1, -1, -1)
    (m, d), (wanted, spread) = statistics()(content), statistics()(style)
    a, b = spread / d, wanted - spread / d * m
    pictures = [
        torch.stack([a[i, c, 0, 0] * content[i, c] + b[i, c, 0, 0] for c in range(content.shape[1])])
        for i in range(len(content))
    ]
    return torch.stack(pictures)


# ── patches, Gram matrices, norms ───────────────────────────────────────────────────────────────────────────────────


def sliced(order=lambda x: x.sort(dim=1).values, d=torch.square, look=lambda directions, x: directions @ x):
    def distance(found, wanted, directions):
        return d(order(look(directions, found)) - order(look(directions, wanted))).mean()

    return distance


def sliced_by_argsort(found, wanted, directions):
    """One direction after the other, by the places that argsort gives."""
    total = 0.0
    for direction in directions:
        first, second = direction @ found, direction @ wanted
        total = total + F.mse_loss(first[first.argsort()], second[second.argsort()])
    return total / len(directions)


def sliced_by_ranks(found, wanted, directions):
    """Each point is moved to the one of its own rank."""
    first, second = directions @ found, directions @ wanted
    ranks = first.argsort(dim=1).argsort(dim=1)
    return (first - second.sort(dim=1).values.gather(1, ranks)).pow(2).sum() / first.numel()


def gram(of=lambda x: x.flatten(2), unit=lambda x: x.shape[2] * x.shape[3]):
    def matrix(x):
        flat = of(x)
        return flat @ flat.transpose(1, 2) / unit(x)

    return matrix


def gram_by_pairs(x):
    rows = [[(x[:, i] * x[:, j]).mean(dim=(1, 2)) for j in range(x.shape[1])] for i in range(x.shape[1])]
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def shuffled(x):
    return x.flatten(2)[:, :, torch.randperm(x[0, 0].numel())].view_as(x)


def shuffled_by_channel(x):
    rows = [row[torch.randperm(len(row))] for row in x[0].flatten(1)]
    return torch.stack(rows).view_as(x)


def like_noise(x):
    """Noise with the statistics, which leaves the range."""
    noise = torch.randn_like(x)
    return exchange()(noise, x)


def norm(normed=lambda x: F.instance_norm(x, eps=1e-5), mix=lambda shares, rows: shares @ rows, plus=True):
    def conditional(x, scale, shift, shares):
        answer = normed(x) * mix(shares, scale)[:, :, None, None]
        return answer + mix(shares, shift)[:, :, None, None] if plus else answer

    return conditional


def norm_by_styles(x, scale, shift, shares):
    """Every style's answer, mixed at the end."""
    mean, deviation = statistics_by_moments(x)
    normed = (x - mean) / deviation
    styled = torch.stack([normed * a[:, None, None] + b[:, None, None] for a, b in zip(scale, shift)], dim=1)
    return torch.einsum("bs,bschw->bchw", shares, styled)


def added_one(x, scale, shift, shares):
    return norm()(x, 1 + scale, shift, shares)


# ── the examiner ────────────────────────────────────────────────────────────────────────────────────────────────────


def examined(swap, names=("roles exchanged", "mean kept", "variance", "over the batch", "over the channels")):
    """It looks for the suspect that gives the same answer; only the suspects named are tried."""
    content, style = (
        3 * torch.randn(3, 4, 5, 5) + 2,
        torch.randn(3, 4, 5, 5) * torch.tensor([0.5, 1, 2, 3]).view(4, 1, 1) - 1,
    )
    suspects = {
        "roles exchanged": lambda c, s: exchange()(s, c),
        "mean kept": exchange(answer=lambda x, m, d, wanted, spread: (x - m) / d * spread + m),
        "variance": exchange(statistics(deviation=lambda v: v + 1e-5)),
        "over the batch": exchange(statistics(dims=(0, 2, 3))),
        "over the channels": exchange(statistics(dims=(1, 2, 3))),
    }
    answer = swap(content, style)
    return next((n for n in names if torch.allclose(answer, suspects[n](content, style), atol=1e-3)), "healthy")


def by_measures(swap):
    content, style = (
        torch.randn(2, 3, 8, 8) * 2 + 1,
        torch.randn(2, 3, 8, 8) * torch.tensor([1.0, 3.0, 5.0]).view(3, 1, 1),
    )
    style = style + torch.tensor([10.0, 20.0, 30.0]).view(3, 1, 1) + torch.tensor([0.0, 100.0]).view(2, 1, 1, 1)
    answer = swap(content, style)

    def agree(x, y):
        return torch.allclose(x, y, rtol=0.02, atol=0.02)

    (m, d), (wanted, spread), (a, b) = (statistics()(x) for x in (content, style, answer))
    if agree(a, wanted) and agree(b, spread):
        return "healthy"
    if agree(a, m):
        return "roles exchanged" if agree(b, d) else "mean kept"
    if agree(a, wanted):
        return "variance"
    batch_mean = answer.mean(dim=(0, 2, 3)) - style.mean(dim=(0, 2, 3))
    return "over the batch" if batch_mean.abs().max() < 0.1 else "over the channels"


# ── painting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def pixels(content, style, *_):
    return exchange()(content, style).clamp(-1, 1)


def painter(steps=120, start=pixels, weight=0.1, lr=0.03, levels=slice(None), clamp=True):
    """Another make than the solution's: it stays near the photo's own features, exchanged. Parts can be left out."""

    def paint(content, style, features, calls):
        wanted = [statistics()(x) for x in features(style)]
        aim = exchange()(features(content)[-1], features(style)[-1])
        x = start(content, style).clone().requires_grad_()
        optimizer = torch.optim.Adam([x], lr)
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = lr * (1 - step / steps)
            found, loss = features(x), 0.0
            for mine, (mean, deviation) in list(zip(found, wanted))[levels]:
                m, d = statistics()(mine)
                loss = loss + (((m - mean) / deviation) ** 2 + (d / deviation - 1) ** 2).mean()
            loss = loss + weight * (((found[-1] - aim) / wanted[-1][1]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return x.detach().clamp(-1, 1) if clamp else x.detach()

    return paint


class Tanh(nn.Module):
    """A picture that cannot leave its range."""

    def __init__(self, start):
        super().__init__()
        self.raw = nn.Parameter(torch.atanh(start.clamp(-0.97, 0.97)))

    def forward(self):
        return self.raw.tanh().double()


def by_lbfgs(content, style, features, calls):
    wanted = [statistics()(x) for x in features(style)]
    picture, light, asked = Tanh(pixels(content, style)), content.mean(dim=1, keepdim=True), [0]
    optimizer = torch.optim.LBFGS(picture.parameters(), lr=0.5, max_iter=100, max_eval=120, history_size=20)

    def closure():
        optimizer.zero_grad()
        x, loss, asked[0] = picture(), 0.0, asked[0] + 1
        for mine, (mean, deviation) in zip(features(x.float()), wanted):
            m, d = statistics()(mine)
            loss = loss + (((m - mean) / deviation) ** 2 + (d / deviation - 1) ** 2).mean()
        grey = x.mean(dim=1, keepdim=True)
        same = F.instance_norm(F.avg_pool2d(grey, 3, 1)) - F.instance_norm(F.avg_pool2d(light, 3, 1))
        loss = loss + 0.05 * same.square().mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    return picture().detach()


WRONG = {
    "10.channel_statistics": {
        "over the batch": statistics(dims=(0, 2, 3)),
        "over the channels": statistics(dims=(1, 2, 3)),
        "variance": statistics(deviation=lambda v: v + 1e-5),
        "n − 1": statistics(n=1),
        "no epsilon": statistics(eps=0.0),
        "epsilon outside the root": statistics(deviation=lambda v: v.sqrt() + 1e-5),
        "dimensions dropped": statistics(keep=False),
        "exchanged": lambda x: statistics()(x)[::-1],
        "one mean for all": lambda x: (x.mean() + 0 * statistics()(x)[0], statistics()(x)[1]),
        "only means": lambda x: statistics()(x)[0],
        "cut off": lambda x: tuple(s.detach() for s in statistics()(x)),
        "mean of squares": lambda x: (statistics()(x)[0], (x.square().mean(dim=(2, 3), keepdim=True) + 1e-5).sqrt()),
    },
    "10.exchange": {
        "roles exchanged": lambda c, s: exchange()(s.expand(len(c), -1, -1, -1), c),
        "mean kept": exchange(answer=lambda x, m, d, wanted, spread: (x - m) / d * spread + m),
        "deviation kept": exchange(answer=lambda x, m, d, wanted, spread: x - m + wanted),
        "multiplied by both": exchange(answer=lambda x, m, d, wanted, spread: (x - m) * d * spread + wanted),
        "mean not taken away": exchange(answer=lambda x, m, d, wanted, spread: x / d * spread + wanted),
        "variances": exchange(statistics(deviation=lambda v: v + 1e-5)),
        "over the batch": exchange(statistics(dims=(0, 2, 3))),
        "over the channels": exchange(statistics(dims=(1, 2, 3))),
        "normalised only": exchange(answer=lambda x, m, d, wanted, spread: (x - m) / d),
        "style detached": lambda c, s: exchange()(c, s.detach()),
        "content's statistics detached": exchange(
            answer=lambda x, m, d, wanted, spread: (x - m.detach()) / d.detach() * spread + wanted
        ),
        "no epsilon": exchange(statistics(eps=0.0)),
        "first style for all": lambda c, s: exchange()(c, s[:1]),
        "gives the content back": lambda c, s: c + 0 * s.sum(),
    },
    "10.sliced_distance": {
        "not sorted": sliced(order=lambda x: x),
        "sorted along the directions": sliced(order=lambda x: x.sort(dim=0).values),
        "sorted before looking": lambda a, b, d: (d @ a.sort(dim=1).values - d @ b.sort(dim=1).values).square().mean(),
        "one of them downwards": lambda a, b, d: (
            ((d @ a).sort(dim=1).values - (d @ b).sort(dim=1, descending=True).values).square().mean()
        ),
        "absolute differences": sliced(d=torch.abs),
        "sum": lambda a, b, d: sliced()(a, b, d) * d.shape[0] * a.shape[1],
        "root": lambda a, b, d: (sliced()(a, b, d) + 1e-12).sqrt(),
        "means only": sliced(order=lambda x: x.mean(dim=1, keepdim=True)),
        "first direction alone": lambda a, b, d: sliced()(a, b, d[:1]),
        "no directions": lambda a, b, d: (a.sort(dim=1).values - b.sort(dim=1).values).square().mean(),
        "cut off": lambda a, b, d: sliced()(a.detach(), b, d),
        "a number": lambda a, b, d: sliced()(a, b, d).item(),
        "one value per direction": lambda a, b, d: (
            ((d @ a).sort(dim=1).values - (d @ b).sort(dim=1).values).square().mean(dim=1)
        ),
    },
    "10.gram": {
        "divided by channels": gram(unit=lambda x: x.shape[1]),
        "divided by all": gram(unit=lambda x: x[0].numel()),
        "not divided": gram(unit=lambda x: 1),
        "means taken away": gram(of=lambda x: (x - x.mean(dim=(2, 3), keepdim=True)).flatten(2)),
        "over the batch": lambda x: gram()(x).mean(dim=0, keepdim=True).expand(len(x), -1, -1),
        "places, not channels": lambda x: x.flatten(2).transpose(1, 2) @ x.flatten(2) / x.shape[1],
        "diagonal alone": lambda x: torch.diag_embed(torch.diagonal(gram()(x), dim1=1, dim2=2)) + 1e-2,
        "correlation": gram(of=lambda x: F.normalize(x.flatten(2), dim=2), unit=lambda x: 1),
        "absolute values": gram(of=lambda x: x.flatten(2).abs() + 1e-2),
        "dimension dropped": lambda x: gram()(x)[0],
    },
    "10.blind_spot": {
        "the picture itself": lambda x: x.clone(),
        "flipped": lambda x: x.flip(3),
        "turned": lambda x: x.rot90(2, (2, 3)),
        "another contrast": lambda x: 0.5 * x,
        "brighter": lambda x: x + 0.1,
        "noise, statistics exchanged": like_noise,
        "blurred": lambda x: F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), 3, 1),
        "shifted by one pixel": lambda x: x.roll(1, dims=3),
        "two pixels exchanged": lambda x: x.flatten(2)[:, :, [1, 0, *range(2, 48 * 48)]].view_as(x),
        "half size": lambda x: shuffled(x)[..., ::2, ::2],
        "returns nothing": returns(None),
        "not a number": lambda x: x * math.nan,
    },
    "10.conditional_norm": {
        "over the batch": norm(
            normed=lambda x: (x - x.mean((0, 2, 3), True)) / (x.var((0, 2, 3), False, keepdim=True) + 1e-5).sqrt()
        ),
        "over the channels": norm(normed=lambda x: F.layer_norm(x, x.shape[1:])),
        "not normed": norm(normed=lambda x: x),
        "mean kept": norm(normed=lambda x: x / statistics()(x)[1]),
        "no shift": norm(plus=False),
        "first style for all": norm(mix=lambda shares, rows: rows[:1].expand(len(shares), -1)),
        "strongest style alone": norm(mix=lambda shares, rows: rows[shares.argmax(dim=1)]),
        "mean of all styles": norm(mix=lambda shares, rows: rows.mean(dim=0, keepdim=True).expand(len(shares), -1)),
        "shares squared": norm(mix=lambda shares, rows: shares**2 @ rows),
        "scale plus one": added_one,
        "scale and shift exchanged": lambda x, scale, shift, shares: norm()(x, shift, scale, shares),
        "scale detached": lambda x, scale, shift, shares: norm()(x, scale.detach(), shift, shares),
        "first picture's shares": lambda x, scale, shift, shares: norm()(
            x, scale, shift, shares[:1].expand(len(x), -1)
        ),
    },
    "10.name_the_fault": {
        "always healthy": returns("healthy"),
        "overlooks exchanged roles": lambda f: examined(
            f, ("mean kept", "variance", "over the batch", "over the channels")
        ),
        "overlooks a kept mean": lambda f: examined(
            f, ("roles exchanged", "variance", "over the batch", "over the channels")
        ),
        "overlooks variances": lambda f: examined(
            f, ("roles exchanged", "mean kept", "over the batch", "over the channels")
        ),
        "overlooks the batch": lambda f: examined(f, ("roles exchanged", "mean kept", "variance", "over the channels")),
        "overlooks the channels": lambda f: examined(f, ("roles exchanged", "mean kept", "variance", "over the batch")),
        "another word": lambda f: {"healthy": "fine"}.get(examined(f), examined(f)),
        "returns nothing": returns(None),
        "true or false": lambda f: examined(f) == "healthy",
    },
    "10.paint": {
        "pixels exchanged": pixels,
        "the photo": lambda content, style, *_: content,
        "the style": lambda content, style, *_: style,
        "from noise, without content": painter(weight=0.0, start=lambda c, s: 0.3 * torch.randn_like(c)),
        "a few steps": painter(steps=2),
        "content outweighs all": painter(steps=60, weight=100.0),
        "pixels alone as features": painter(steps=40, levels=slice(1), weight=0.0),
        "spends too much": painter(steps=300),
        "not clamped": lambda content, style, *_: 2 * pixels(content, style),
        "blew up": lambda content, style, *_: content * math.nan,
        "returns nothing": returns(None),
        "half size": lambda content, style, *_: F.avg_pool2d(content, 2),
    },
}

RIGHT = {
    "10.channel_statistics": {"var_mean": statistics(), "moments": statistics_by_moments},
    "10.exchange": {"one line": exchange(), "instance norm": by_instance_norm, "channel by channel": by_lines},
    "10.sliced_distance": {
        "sorted": sliced(),
        "by argsort": sliced_by_argsort,
        "by ranks": sliced_by_ranks,
    },
    "10.gram": {
        "product": gram(),
        "pair by pair": gram_by_pairs,
        "einsum": lambda x: torch.einsum("bihw,bjhw->bij", x, x) / x[0, 0].numel(),
    },
    "10.blind_spot": {"shuffled": shuffled, "each channel by itself": shuffled_by_channel},
    "10.conditional_norm": {"rows mixed": norm(), "answers mixed": norm_by_styles},
    "10.name_the_fault": {"by suspects": examined, "by measures": by_measures},
    "10.paint": {"near the exchanged features": painter(), "L-BFGS on a tanh, 64 bits": by_lbfgs},
}
