"""The clinic's shared training script, healthy in every part, and the chart of a run: a patient differs in one part."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_gan import data

SIGNS = ("gradient of the generator", "slope of D at a point", "largest weight of D", "spread of the fakes")


def networks() -> tuple[nn.Module, nn.Module]:
    """A generator, latents (n, 2) -> points (n, 2), and a discriminator, points (n, 2) -> logits (n,)."""
    G = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    bend = nn.LeakyReLU(0.2)
    D = nn.Sequential(nn.Linear(2, 64), bend, nn.Linear(64, 64), bend, nn.Linear(64, 1), nn.Flatten(0))
    return G, D


def optimizers(G, D):
    """Adam without momentum, D twice as fast as G."""
    return (
        torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.0, 0.9)),
        torch.optim.Adam(D.parameters(), lr=4e-3, betas=(0.0, 0.9)),
    )


def discriminator_step(G, D, optimizer, real, z):
    """One move of D: −log D(real) − log(1 − D(fake)), on logits."""
    # judge
    loss = softplus(-D(real)).mean() + softplus(D(G(z).detach())).mean()
    # step D
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def generator_step(G, D, optimizer, z):
    """One move of G: −log D(fake), on logits."""
    # judge
    loss = softplus(-D(G(z))).mean()
    # step G
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@dataclass
class Chart:
    """What a run left behind.

    losses: name -> one a step; signs: name -> one at each of `steps`; first, fake: samples of the same latents before
    and after; real: samples of the data; G, D: the players.
    """

    losses: dict[str, list[float]] = field(default_factory=lambda: {"discriminator loss": [], "generator loss": []})
    signs: dict[str, list[float]] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    first: Tensor | None = None
    fake: Tensor | None = None
    real: Tensor | None = None
    G: nn.Module | None = None
    D: nn.Module | None = None


def train(
    steps=600, seed=0, *, sample=data.ring, latent=2, batch=128, head_start=0, decay=1.0, networks=networks,
    optimizers=optimizers, discriminator_step=discriminator_step, generator_step=generator_step, move=None, resume=None,
) -> Chart:  # fmt: skip
    """The shared script: play `steps` rounds with the parts given, and keep a chart.

    move(G, D, optimizer_G, optimizer_D, real, z) -> both losses: replaces both steps; head_start: rounds that D plays
    alone; decay: factor of both learning rates after each round; resume(old, new): half-way, carries the run into fresh
    players and optimisers, each a dict of G, D, optimizer_G and optimizer_D.
    """
    torch.manual_seed(seed)
    G, D = networks()
    optimizer_G, optimizer_D = optimizers(G, D)
    chart = Chart(G=G, D=D, real=sample(500), first=G(torch.randn(500, latent)).detach())
    for step in range(steps):
        if resume and step == steps // 2:
            old = {"G": G, "D": D, "optimizer_G": optimizer_G, "optimizer_D": optimizer_D}
            G, D = networks()
            optimizer_G, optimizer_D = optimizers(G, D)
            resume(old, {"G": G, "D": D, "optimizer_G": optimizer_G, "optimizer_D": optimizer_D})
        if move:
            moved = move(G, D, optimizer_G, optimizer_D, sample(batch), torch.randn(batch, latent))
        else:
            first = discriminator_step(G, D, optimizer_D, sample(batch), torch.randn(batch, latent))
            alone = step < head_start
            second = None if alone else generator_step(G, D, optimizer_G, torch.randn(batch, latent))
            moved = first, second
        for group in (*optimizer_G.param_groups, *optimizer_D.param_groups):
            group["lr"] *= decay
        # record
        for curve, loss in zip(chart.losses.values(), moved):
            curve.append(float("nan") if loss is None else float(loss))
        if step % 10 == 0 or step == steps - 1:
            measure(chart, step, G, D, sample(200), torch.randn(200, latent))
    chart.G, chart.D, chart.fake = G, D, G(torch.randn(1000, latent)).detach()
    return chart


def measure(chart: Chart, step: int, G, D, real: Tensor, z: Tensor) -> None:
    """Take the signs of a run: what the players are, not what their losses say."""
    kept = [weight.grad for weight in G.parameters()]
    fake = G(z).detach()
    between = (real + torch.rand(len(real), 1) * (fake - real)).requires_grad_()
    real_logits, fake_logits = D(real).detach(), D(fake).detach()
    (slope,) = torch.autograd.grad(D(between).sum(), between)
    heard = torch.stack([gradient.norm() for gradient in kept if gradient is not None] or [torch.zeros(())])
    largest = max(float(weight.detach().abs().max()) for weight in D.parameters())
    values = dict(zip(SIGNS, (heard.norm(), slope.norm(dim=1).mean(), largest, fake.std(0).mean())))
    for name, value in {**values, "real logit": real_logits.mean(), "fake logit": fake_logits.mean()}.items():
        chart.signs.setdefault(name, []).append(float(value))
    chart.steps.append(step)


def score(points: Tensor, centres: Tensor | None = None) -> tuple[int, float]:
    """Modes of the ring that hold at least 3 % of the points, and the share of points within 0.2 of a mode."""
    distance, owner = torch.cdist(points.float(), data.ring_modes() if centres is None else centres).min(dim=1)
    near = distance < 0.2  # four standard deviations
    shares = torch.bincount(owner[near], minlength=8) / len(points)
    return int((shares >= 0.03).sum()), float(near.float().mean())


def show(chart: Chart, caption: str, critic: bool = False) -> None:
    """The chart in one figure: losses, what D says of both kinds, the vital signs, and the samples.

    critic: the losses are a critic's, so that log 4 and log 2 mean nothing.
    """
    from course_gan import plots
    from course_gan.plots.grids import mosaic

    figure, axes = plots.panels(2, 2, height=5.6, width=8.6)
    plots.curves(chart.losses, axes=axes[0])
    for level in () if critic else (math.log(4), math.log(2)):
        axes[0].axhline(level, color="black", lw=0.8, ls=":")
    logits = {"real": chart.signs["real logit"], "fake": chart.signs["fake logit"]}
    plots.curves(logits, x=chart.steps, ylabel="mean logit", axes=axes[1])
    for position, (name, style) in enumerate(zip(SIGNS, ("-", "--", "-.", ":"))):
        axes[2].plot(chart.steps, chart.signs[name], ls=style, label=name, color=plots.CYCLE[3 + position % 4])
    axes[2].set(yscale="log", xlabel="step", ylabel="size")
    axes[2].legend(fontsize=7, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    if chart.fake.shape[1] == 2:
        plots.scatter(chart.real, chart.fake, axes=axes[3])
    else:
        side = round(chart.fake.shape[1] ** 0.5)
        pictures = torch.cat([chart.first[:12], chart.fake[:36]]).reshape(-1, 1, side, side)
        axes[3].imshow(mosaic(pictures, 12, gap=1))
        axes[3].set_title("before (top row), after", fontsize=9)
        axes[3].set_axis_off()
    plots.show(figure, caption)
