"""Wrong answers that the checks of exercise 10 must reject, and right ones, written otherwise, that they must accept."""

import math

import numpy as np
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


# ── losses, blends, moves ───────────────────────────────────────────────────────────────────────────────────────────


def style_loss(of=None, d=F.mse_loss, means=1.0, deviations=1.0, start=0, stop=None, share=lambda n: 1.0):
    of = of or statistics()

    def loss(found, wanted):
        pairs, value = list(zip(found, wanted))[start:stop], 0.0
        for mine, other in pairs:
            (a, s), (b, t) = of(mine), of(other)
            value = value + means * d(a, b) + deviations * d(s, t)
        return value * share(len(pairs))

    return loss


def gram_loss(found, wanted):
    def gram(x):
        x = x.flatten(2)
        return x @ x.mT / x.shape[2]

    return sum(F.mse_loss(gram(x), gram(y)) for x, y in zip(found, wanted))


def style_loss_at_once(found, wanted):
    rows = [[torch.cat(statistics_by_moments(x), dim=1).flatten(1) for x in features] for features in (found, wanted)]
    return torch.stack([2 * (a - b).square().mean() for a, b in zip(*rows)]).sum()


def blend(swap=None, rest=lambda content, shares: content * (1 - shares.sum(0)), share=lambda s: s):
    swap = swap or exchange()

    def mixed(content, styles, shares):
        return rest(content, shares) + sum(share(s) * swap(content, style) for s, style in zip(shares, styles))

    return mixed


def blend_by_moves(content, styles, shares):
    moved = torch.stack([exchange()(content, style) - content for style in styles])  # (k, 1, c, h, w)
    shares = shares.reshape(len(styles), 1, 1, *(shares.shape[1:] or (1, 1)))
    return content + (shares * moved).sum(dim=0)


def blend_statistics(content, styles, shares):
    """Mixes the statistics and exchanges once: another thing, as soon as there are masks or two styles."""
    (m, d), pairs = statistics()(content), [statistics()(style) for style in styles]
    mean, deviation = (sum(s * p[i] for s, p in zip(shares, pairs)) for i in (0, 1))
    return (content - m) / d * deviation + mean


def in_place(content, styles, shares):
    for style, share in zip(styles, shares):
        content += share * (exchange()(content, style) - content)
    return content


def one_after_another(content, styles, shares):
    for style, share in zip(styles, shares):
        content = content + share * (exchange()(content, style) - content)
    return content


def decoder_step(
    target=None,
    of_style=None,
    of_content=F.mse_loss,
    sum_up=lambda c, s, w: c + w * s,
    clear=True,
    again=lambda encoder, image: encoder(image),
):
    def step(encoder, decoder, optimizer, content, style, weight):
        wanted = encoder(style)
        aim = (target or exchange())(encoder(content)[-1], wanted[-1])
        found = again(encoder, decoder(aim))
        c, s = of_content(found[-1], aim), (of_style or style_loss())(found, wanted)
        if clear:
            optimizer.zero_grad()
        sum_up(c, s, weight).backward()
        optimizer.step()
        return c.item(), s.item()

    return step


def decoder_step_no_grad(encoder, decoder, optimizer, content, style, weight):
    encoder.requires_grad_(False)
    with torch.no_grad():
        wanted = encoder(style)
        aim = by_instance_norm(encoder(content)[-1], wanted[-1])
    image = decoder(aim)
    found = encoder(image)
    losses = (found[-1] - aim).pow(2).mean(), style_loss_at_once(found, wanted)
    decoder.zero_grad(set_to_none=True)
    (losses[0] + weight * losses[1]).backward()
    optimizer.step()
    return [loss.detach() for loss in losses]


def decoder_step_by_grad(encoder, decoder, optimizer, content, style, weight):
    wanted = [x.detach() for x in encoder(style)]
    aim = exchange()(encoder(content)[-1], wanted[-1]).detach()
    found = encoder(decoder(aim))
    losses = F.mse_loss(found[-1], aim), style_loss()(found, wanted)
    slopes = torch.autograd.grad(losses[0] + weight * losses[1], list(decoder.parameters()))
    for p, slope in zip(decoder.parameters(), slopes):
        p.grad = slope
    optimizer.step()
    return tuple(float(loss.detach()) for loss in losses)


def decoder_step_moves_encoder(encoder, decoder, optimizer, content, style, weight):
    losses = decoder_step()(encoder, decoder, optimizer, content, style, weight)
    with torch.no_grad():
        for p in encoder.parameters():
            p -= 0.05 * p.grad
    return losses


def decoder_step_of_the_photo(encoder, decoder, optimizer, content, style, weight):
    """The content loss against the photo's features."""
    wanted, photo = encoder(style), encoder(content)[-1]
    found = encoder(decoder(exchange()(photo, wanted[-1])))
    c, s = F.mse_loss(found[-1], photo), style_loss()(found, wanted)
    optimizer.zero_grad()
    (c + weight * s).backward()
    optimizer.step()
    return c.item(), s.item()


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
    "10.give_back": {
        "exchanged once more": lambda p, cm, cs, sm, ss: (p - cm) / cs * ss + sm,
        "style's mean kept": lambda p, cm, cs, sm, ss: p / ss * cs + cm,
        "deviations upside down": lambda p, cm, cs, sm, ss: (p - sm) / cs * ss + cm,
        "means exchanged": lambda p, cm, cs, sm, ss: (p - cm) / ss * cs + sm,
        "shift alone": lambda p, cm, cs, sm, ss: p - sm + cm,
        "mean added before the stretch": lambda p, cm, cs, sm, ss: (p - sm + cm) / ss * cs,
        "nothing": lambda p, cm, cs, sm, ss: p,
        "in place": lambda p, cm, cs, sm, ss: p.sub_(sm).div_(ss).mul_(cs).add_(cm),
        "one number for all": lambda p, cm, cs, sm, ss: (p - sm) / ss * cs.mean() + cm.mean(),
        "content's mean forgotten": lambda p, cm, cs, sm, ss: (p - sm) / ss * cs,
    },
    "10.style_loss": {
        "means alone": style_loss(deviations=0.0),
        "deviations alone": style_loss(means=0.0),
        "last level alone": style_loss(start=-1),
        "first level alone": style_loss(stop=1),
        "mean over levels": style_loss(share=lambda n: 1 / n),
        "variances": style_loss(statistics(deviation=lambda v: v + 1e-5)),
        "absolute differences": style_loss(d=F.l1_loss),
        "sums": style_loss(d=lambda a, b: (a - b).square().sum()),
        "statistics over the batch": style_loss(statistics(dims=(0, 2, 3))),
        "halved": style_loss(means=0.5, deviations=0.5),
        "Gram matrices": gram_loss,
        "cut off": lambda found, wanted: style_loss()(found, wanted).detach(),
        "a number": lambda found, wanted: style_loss()(found, wanted).item(),
        "found detached": lambda found, wanted: style_loss()([x.detach() for x in found[:-1]] + found[-1:], wanted),
    },
    "10.blend": {
        "content not reduced": blend(rest=lambda content, shares: content),
        "content left out": blend(rest=lambda content, shares: 0.0),
        "one after another": one_after_another,
        "statistics mixed": blend_statistics,
        "mean of the styles": lambda c, styles, shares: sum(exchange()(c, s) for s in styles) / len(styles),
        "shares made to sum to 1": lambda c, styles, shares: blend()(c, styles, shares / shares.sum(0).clamp_min(1e-9)),
        "first style alone": lambda c, styles, shares: blend()(c, styles[:1], shares[:1]),
        "styles themselves": blend(swap=lambda c, s: s.mean(dim=(2, 3), keepdim=True).expand_as(c)),
        "shares squared": blend(share=lambda s: s**2),
        "masked content measured": lambda c, styles, shares: (
            c * (1 - shares.sum(0)) + sum(exchange()(c * s, style) * s for s, style in zip(shares, styles))
        ),
        "changes the content": in_place,
        "full strength": lambda c, styles, shares: exchange()(c, styles[0]),
    },
    "10.decoder_step": {
        "content loss against the photo": decoder_step_of_the_photo,
        "content alone": decoder_step(sum_up=lambda c, s, w: c),
        "style alone": decoder_step(sum_up=lambda c, s, w: w * s),
        "weight on the content": decoder_step(sum_up=lambda c, s, w: w * c + s),
        "weight 10 whatever is asked": decoder_step(sum_up=lambda c, s, w: c + 10 * s),
        "gradients never emptied": decoder_step(clear=False),
        "image cut off": decoder_step(again=lambda encoder, image: encoder(image.detach())),
        "style of the deepest level only": decoder_step(of_style=style_loss(start=-1)),
        "roles exchanged": decoder_step(target=lambda c, s: exchange()(s, c)),
        "no exchange": decoder_step(target=lambda c, s: c),
        "summed content loss": decoder_step(of_content=lambda x, y: (x - y).square().sum()),
        "moves the encoder too": decoder_step_moves_encoder,
        "returns one sum": lambda *sent: sum(decoder_step()(*sent)),
        "returns nothing": lambda *sent: (decoder_step()(*sent), None)[1],
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
    "10.give_back": {
        "undone": lambda p, cm, cs, sm, ss: (p - sm) / ss * cs + cm,
        "a stretch and a shift": lambda p, cm, cs, sm, ss: p * (cs / ss) + (cm - sm * cs / ss),
        "numpy": lambda p, *s: (lambda p, cm, cs, sm, ss: (p - sm) * cs / ss + cm)(*(np.asarray(x) for x in (p, *s))),
    },
    "10.style_loss": {"level by level": style_loss(), "at once": style_loss_at_once},
    "10.blend": {"what is left of the content": blend(), "moves added up": blend_by_moves},
    "10.decoder_step": {
        "plain": decoder_step(),
        "encoder frozen, no_grad": decoder_step_no_grad,
        "gradients asked for": decoder_step_by_grad,
    },
    "10.name_the_fault": {"by suspects": examined, "by measures": by_measures},
    "10.paint": {"near the exchanged features": painter(), "L-BFGS on a tanh, 64 bits": by_lbfgs},
}
