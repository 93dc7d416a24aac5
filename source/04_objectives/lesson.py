# %% [markdown]
# # 04 · Objectives: what should the players minimise?
#
# **After this notebook you can** write six published GAN objectives in two lines each, say which distance between real
# and generated each D measures, say what every penalty does to the slope of D, and judge from error bars how much the
# choice matters.
#
# | | |
# |---|---|
# | In short | six losses under one budget, and what a leash does to the critic |
# | Time | 45 minutes to read, 2 minutes to compute on two cores |
# | Builds on | lesson 01 (two losses, $D^*$, JSD), lesson 02 (why R1 calms the game), lesson 03 (the network) |
# | Needs | no internet, no GPU |
#
# Below are letters by six objectives: the same network, the same number of steps. By the end you will know where each
# comes from, and how sure one can be that any of them is better.

# %%
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from course_gan import data, losses, metrics, models, panels, plots, regularizers
from course_gan.page import Profile, claim
from course_gan.recipes import build
from course_gan.models.features import load_features
from course_gan.files import ROOT
from course_gan.training import train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
D_STEPS = None  # steps of the lone discriminators in sections 4 and 5
STEPS = None  # steps of each live game in section 6
WIDTH = None  # channels of the largest hidden map in section 6

# %%
profile = Profile(PROFILE)
D_STEPS = profile.fill(D_STEPS, smoke=40, cpu=600, gpu=600)
STEPS = profile.fill(STEPS, smoke=20, cpu=500, gpu=5000)
WIDTH = profile.fill(WIDTH, smoke=4, cpu=16, gpu=64)
torch.manual_seed(SEED)
random = torch.Generator().manual_seed(SEED)
NAMES = ("minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic")
WITH = {"wasserstein": " + gradient penalty", "hinge": " + spectral norm", "relativistic": " + R1 + R2"}
COLOUR = dict(zip(NAMES, plots.CYCLE, strict=False))
LABELS = [name.replace("_", " ") + WITH.get(name, "") for name in NAMES]

# %%
sheets = {name: np.asarray(Image.open(ROOT / "results" / f"04_{name}.png")) for name in NAMES}


def samples_of(name, seed):  # a sheet is one row of 32 × 32 samples per seed
    row = torch.from_numpy(sheets[name][32 * seed : 32 * seed + 32].copy())
    return torch.stack(row.split(32, dim=1))[:, None]  # (16, 1, 32, 32)


gallery = torch.cat([samples_of(name, seed=0)[:8] for name in NAMES])
caption = "Letters by six objectives after 1,200 steps of one small network, seed 0. The same 8 latents in each row."
plots.show(plots.image_grid(gallery, columns=8, rows=[n.replace("_", " ") for n in NAMES]), caption, key=True)

# %% [markdown]
# ## 1 · Six objectives in one table
#
# D answers with a plain number, the **logit** $d$; large means "real". An objective is **three functions of one
# number**: what D pays for a real sample, what it pays for a fake, and what G pays for a fake. A batch takes their
# means. (We write $s(d)=\mathrm{softplus}(d)=\log(1+e^d)$; by lesson 01, $-\log\sigma(d)=s(-d)$.)
#
# | objective | D pays, real | D pays, fake | G pays | idea |
# |---|---|---|---|---|
# | minimax | $s(-d)$ | $s(d)$ | $-s(d)$ | a classifier against a forger |
# | non-saturating | $s(-d)$ | $s(d)$ | $s(-d)$ | the same, loud where fakes are bad |
# | least squares | $(d-1)^2$ | $d^2$ | $(d-1)^2$ | regression to the targets 1 and 0 |
# | Wasserstein | $-d$ | $d$ | $-d$ | a score, no probability |
# | hinge | $\max(0,1-d)$ | $\max(0,1+d)$ | $-d$ | a score with a margin |
# | relativistic | $s(-(d_r-d_f))$, per pair | | $s(d_r-d_f)$ | is *this* real more real than *that* fake? |
#
# Only the last looks at a real and a fake logit together. Three of the six are usually played with a leash on D
# (section 4): Wasserstein with a gradient penalty, hinge with spectral norm, relativistic with R1 and R2.
#
# In code, as pairs of functions of logits $r$ (real) and $f$ (fake):

# %%
s = F.softplus
ours = {
    "minimax": (lambda r, f: s(-r).mean() + s(f).mean(), lambda f, r: -s(f).mean()),
    "non_saturating": (lambda r, f: s(-r).mean() + s(f).mean(), lambda f, r: s(-f).mean()),
    "least_squares": (lambda r, f: ((r - 1) ** 2).mean() + (f**2).mean(), lambda f, r: ((f - 1) ** 2).mean()),
    "wasserstein": (lambda r, f: f.mean() - r.mean(), lambda f, r: -f.mean()),
    "hinge": (lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean(), lambda f, r: -f.mean()),
    "relativistic": (lambda r, f: s(f - r).mean(), lambda f, r: s(r - f).mean()),
}

# %% [markdown]
# The library's objects must mean the same. Two functions can agree at a point and have different slopes, so both are
# compared, on random logits as large as ±10.


# %% tags=["nbval-check-output"]
def value_and_slopes(loss, first, second):
    first, second = (d.clone().requires_grad_() for d in (first, second))
    value = loss(first, second)
    slopes = torch.autograd.grad(value, (first, second), allow_unused=True)
    return [value, *(torch.zeros(64) if slope is None else slope for slope in slopes)]


logits = 20 * torch.rand(2, 64, generator=torch.Generator().manual_seed(0)) - 10
for name, pair in ours.items():
    library = losses.get(name)
    for mine, theirs in zip(pair, (library.discriminator, library.generator), strict=True):
        compared = zip(value_and_slopes(mine, *logits), value_and_slopes(theirs, *logits), strict=True)
        same = [torch.allclose(a, b, atol=1e-6) for a, b in compared]
        print(f"{name:<15}{theirs.__name__:<14} value {same[0]}, slope by either logits {same[1] and same[2]}")

# %% [markdown]
# ## 2 · The push on one fake
#
# G never sees a loss, only its slope. If $g(d)$ is what G pays for a fake of logit $d$, then by the chain rule a fake
# $x$ is moved along
#
# $$-\frac{\partial g(D(x))}{\partial x}=\underbrace{-g'(d)}_{\text{how hard}}\;\underbrace{\nabla_x D(x)}_{\text{where to}} .$$
#
# The objective sets only the first factor, a number. The direction is D's. Differentiate each entry of the table, with
# $s'(d)=\sigma(d)$:
#
# | | minimax | non-saturating | least squares | Wasserstein, hinge | relativistic |
# |---|---|---|---|---|---|
# | $-g'(d)$ | $\sigma(d)$ | $\sigma(-d)$ | $2(1-d)$ | $1$ | $\sigma(d_r-d)$ |
#
# > **Predict:** D is sure and gives a fake $d=-4$. Which objective pushes this fake hardest, which least? And which one
# > pushes a fake *away* from "real" once D likes it very much, say at $d=+4$?

# %% tags=["nbval-check-output"]
print(f"{'push on a fake at':<20}{'d = -4':>9}{'0':>9}{'+4':>9}      (relativistic: against a real logit of 0)")
for name, (_, generator_loss) in ours.items():
    pushes = []
    for logit in (-4.0, 0.0, 4.0):
        d = torch.tensor([logit], requires_grad=True)
        generator_loss(d, torch.zeros(1)).backward()
        pushes.append(-d.grad.item())
    print(f"{name:<20}" + "".join(f"{push:9.3f}" for push in pushes))

# %%
d, nought = torch.linspace(-6, 6, 241, requires_grad=True), torch.zeros(241)
pays_d, pays_g, push = {}, {}, {}
for name in NAMES:
    library = losses.get(name)
    pair = name == "relativistic"  # against a logit of 0
    pays_d[name] = (s(-d) if pair else library.real_term(d)).detach()
    price = s(-d) if pair else library.generator_term(d)
    pays_g[name], push[name] = price.detach(), -torch.autograd.grad(price.sum(), d)[0]


def paint(axis, names):  # one colour for each objective, dashes where curves coincide
    dashes = {"non_saturating": (0, (6, 6)), "hinge": (0, (5, 5)), "relativistic": (0, (2, 4))}
    for line, name in zip(axis.lines, names, strict=True):
        line.set(color=COLOUR[name], linestyle=dashes.get(name, "-"))
    axis.get_legend().remove()


# %%
figure, axes = plots.panels(1, 3, height=3.5, width=9.4)
titles = {"D pays for a real": pays_d, "G pays for a fake": pays_g, "push on the fake": push}
for axis, (title, values), limits in zip(axes, titles.items(), ((-3, 6), (-6, 6), (-1, 3)), strict=True):
    plots.curves(values, x=d.detach(), xlabel="logit d", ylabel="", smooth=1, axes=axis)
    paint(axis, NAMES)
    axis.set(title=title, ylim=limits)
handles, _ = axes[0].get_legend_handles_labels()
figure.legend(handles, [n.replace("_", " ") for n in NAMES], loc="outside upper center", ncols=6)
caption = (
    "What the players pay, and the push on a fake, over the logit (relativistic: against a logit of 0). Dashes mark "
    "curves that coincide: Wasserstein and hinge for G, relativistic and non-saturating, and the two of lesson 01 for D."
)
plots.show(figure, caption, key=True)

# %%
at = {name: dict(zip((-4, 4), values[[40, 200]].tolist(), strict=True)) for name, values in push.items()}
claim("minimax push at d = −4", at["minimax"][-4], 0.0179, 0.0181, exact=True)
claim("non-saturating push at d = −4", at["non_saturating"][-4], 0.981, 0.983, exact=True)
claim("least squares push at d = −4", at["least_squares"][-4], 9.999, 10.001, exact=True)
claim("least squares push at d = +4", at["least_squares"][4], -6.001, -5.999, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Hardest: least squares, with 10, and more the surer D gets. Least: minimax, with 0.018. Least squares also pushes
# away: a fake at $d=4$ is "too real" for the target 1 and gets $-6$. Wasserstein and hinge push every fake alike.
# Non-saturating and relativistic let go of a fake that D already likes. Minimax pushes that one hardest.
# </details>
#
# ## 3 · What each one measures
#
# As in lesson 01, let D be *any* function, and always the best one for the moment. What D then pays depends on $p$
# (real) and $q$ (generated) alone. So **D's least loss, read backwards, measures a distance.** At one place $x$, with
# $a=p(x)$ and $b=q(x)$, D chooses the $d$ that minimises $a\cdot\text{real}(d)+b\cdot\text{fake}(d)$.
#
# **Minimax and non-saturating** share D. Lesson 01: $d^*=\log\frac ab$, least loss $\log4-2\,\mathrm{JSD}(p\|q)$.
#
# **Least squares.** The slope $2a(d-1)+2bd$ is zero at $d^*=\frac a{a+b}$, a probability. Put back:
# $a\frac{b^2}{(a+b)^2}+b\frac{a^2}{(a+b)^2}=\frac{ab}{a+b}$. Because $4ab=(a+b)^2-(a-b)^2$, the integral is
#
# $$\int\frac{pq}{p+q}\,dx=\tfrac12-\tfrac14\,\Delta,\qquad \Delta(p,q)=\int\frac{(p-q)^2}{p+q}\,dx,$$
#
# the *triangular discrimination*, between 0 and 2.
#
# **Hinge.** $a\max(0,1-d)+b\max(0,1+d)$ consists of straight pieces: it falls left of $-1$ (slope $-a$), rises right of
# $1$ (slope $b$), and has slope $b-a$ between. So the minimum is at a corner: $d^*=1$ where $a>b$, else $-1$. There it
# costs $2\min(a,b)=a+b-|a-b|$, hence
#
# $$2\int\min(p,q)\,dx=2-2\,\mathrm{TV}(p,q),\qquad \mathrm{TV}=\tfrac12\int|p-q|\,dx,$$
#
# the *total variation*, between 0 and 1.
#
# **Relativistic.** Now D chooses $h=D(x)-D(y)$ for a pair. Let $P=p(x)q(y)$ be the density of "$x$ real, $y$ fake" and
# $Q=q(x)p(y)$ that of the same pair the other way round. A pair costs $P\,s(-h)+Q\,s(h)$. That is lesson 01's
# classifier again, so $h^*=\log\frac PQ=\log\frac{p(x)}{q(x)}-\log\frac{p(y)}{q(y)}$. That *is* a difference, with
# $D^*=\log\frac pq$ plus any constant. Both orders together cost $\log4-2\,\mathrm{JSD}(P\|Q)$. The loss counts each
# pair in one order, so half of that: $\log2-\mathrm{JSD}(P\|Q)$.
#
# **Wasserstein.** $(b-a)\,d$ has no minimum: D runs off to $\pm\infty$. It needs a leash, $|D'(x)|\le1$ (D is
# *1-Lipschitz*). Integrate by parts, with $F_p(x)=\int_{-\infty}^xp$, the share of $p$ left of $x$, and $F_q$ likewise.
# They agree at both ends of the line, so
#
# $$\int D\,(q-p)\,dx=\int D'\,(F_p-F_q)\,dx\;\ge\;-\int|F_p-F_q|\,dx=-W_1(p,q),$$
#
# with equality for $D'=\mathrm{sign}(F_q-F_p)$. $W_1$ is the *earth mover's distance*: to turn the heap $q$ into the
# heap $p$, the amount $|F_p(x)-F_q(x)|$ must be carried across the place $x$.
#
# **Check.** Two bumps of spread ½, the real one at 0, the fake one at $\theta=1$. First the best answers at single
# places, found by trying 6,001 logits at each.


# %%
x = torch.linspace(-6, 12, 7201, dtype=torch.float64)  # 0.0025 apart


def area(values):
    return torch.trapezoid(values, x).item()


def bump(mean, std=0.5):
    return torch.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def up_to(values):  # ∫ from the left end to x
    return F.pad(torch.cumulative_trapezoid(values, x), (1, 0))


# %%
def jsd(a, b, integral):
    m = (a + b) / 2
    return 0.5 * integral(torch.xlogy(a, a / m)) + 0.5 * integral(torch.xlogy(b, b / m))


p = bump(0)

# %% tags=["nbval-check-output"]
tried = torch.linspace(-3, 3, 6001, dtype=torch.float64)
print("            least squares            hinge")
print("   x      tried   a/(a+b)     tried  sign(a-b)")
for place in (-0.5, 0.2, 0.8, 1.3):
    at_x = torch.argmin((x - place).abs())
    a, b = p[at_x], bump(1)[at_x]
    found = []
    for loss in (losses.get("least_squares"), losses.get("hinge")):
        found.append(tried[torch.argmin(a * loss.real_term(tried) + b * loss.fake_term(tried))])
    print(f"{place:5.1f}{found[0]:10.3f}{a / (a + b):10.3f}{found[1]:10.2f}{torch.sign(a - b):10.2f}")


# %% [markdown]
# Then what the best D pays in all, against the formulas:


# %%
def pairs(a, b):  # a(x) b(y) on every 24th grid point: (301, 301)
    return torch.outer(a[::24], b[::24])


def over_pairs(values):
    return torch.trapezoid(torch.trapezoid(values, x[::24]), x[::24]).item()


def distances(q):
    return {
        "JSD": jsd(p, q, area),
        "triangular Δ": area((p - q) ** 2 / (p + q)),
        "Wasserstein": area((up_to(p) - up_to(q)).abs()),
        "total variation": area((p - q).abs()) / 2,
        "JSD of pairs": jsd(pairs(p, q), pairs(q, p), over_pairs),
    }


# %%
q = bump(1)
ratio, far = p.log() - q.log(), distances(q)  # ratio: the logit of lesson 01
best = {"minimax": ratio, "least_squares": torch.sigmoid(ratio), "hinge": torch.sign(p - q), "wasserstein": -x}
least = {
    "minimax": math.log(4) - 2 * far["JSD"],
    "least_squares": 0.5 - far["triangular Δ"] / 4,
    "hinge": 2 - 2 * far["total variation"],
    "wasserstein": -far["Wasserstein"],
}
for name, D in best.items():
    loss = losses.get(name)
    paid = area(p * loss.real_term(D) + q * loss.fake_term(D))
    claim(f"{name}: what the best D pays, minus the formula", paid - least[name], -1e-3, 1e-3, exact=True)
h = ratio[::24, None] - ratio[None, ::24]
paid = over_pairs(pairs(p, q) * s(-h))
claim("relativistic: the same", paid - (math.log(2) - far["JSD of pairs"]), -1e-6, 1e-6, exact=True)
claim("W₁ of two bumps, one shifted by 1", far["Wasserstein"], 0.999, 1.001, exact=True)

# %% [markdown]
# Five losses, five distances; all are 0 only at $q=p$. **Does G descend them?** Only where its own term is minus D's:
# minimax, hinge and Wasserstein. The non-saturating G descends $\mathrm{KL}(q\|p)-2\,\mathrm{JSD}$ instead (lesson 01),
# and the G of least squares and of the relativistic loss others still.
#
# > **Predict:** put the bumps at $\theta=6$, where they do not meet, and let every D be perfect. Which of the six
# > objectives still tell G which way to go?


# %%
def pushes(theta):  # E over fakes of −g'(D*) · D*', towards the real bump
    q = bump(theta)
    ratio, slope = p.log() - q.log(), -theta / 0.25  # the log ratio of two equal bumps is a straight line
    real = torch.sigmoid(ratio)
    doubt = torch.sigmoid(ratio[None, ::24] - ratio[::24, None]) @ p[::24] * (x[24] - x[0])  # (301,)
    return {
        "minimax": area(q * real * -slope),
        "non_saturating": area(q * (1 - real) * -slope),
        "least_squares": area(q * 2 * (1 - real) * real * (1 - real) * -slope),
        "wasserstein": 1.0,
        "hinge": 2 * q[torch.argmin((x - theta / 2).abs())].item(),  # D* falls by 2 half-way, and is flat elsewhere
        "relativistic": torch.trapezoid(q[::24] * doubt * -slope, x[::24]).item(),
    }


thetas = torch.linspace(0.2, 6, 30).tolist()
measured, felt = [distances(bump(t)) for t in thetas], [pushes(t) for t in thetas]

# %%
figure, (left, right) = plots.panels(1, 2, height=3.6, width=9.0)
shares = {n: [m[n] / measured[-1][n] for m in measured] for n in measured[0]}
plots.curves(shares, x=thetas, xlabel="θ", ylabel="share of the distance at θ = 6", smooth=1, axes=left)
by_name = {n.replace("_", " "): [f[n] for f in felt] for n in NAMES}
plots.curves(by_name, x=thetas, xlabel="θ", ylabel="push", smooth=1, axes=right)
paint(left, ("minimax", "least_squares", "wasserstein", "hinge", "relativistic"))
paint(right, NAMES)
left.legend(loc="lower right")
right.legend(loc="lower left")
right.set(yscale="log", ylim=(1e-6, 100))
caption = (
    "Left: five distances between bumps θ apart; all but Wasserstein's stop growing once the bumps have parted. Right, on "
    "a logarithmic scale: the push that G gets from a perfect D."
)
plots.show(figure, caption, key=True)

# %%
claim("non-saturating push at θ = 6", felt[-1]["non_saturating"], 23.9, 24.1, exact=True)
claim("relativistic push at θ = 6", felt[-1]["relativistic"], 23.5, 24.1, exact=True)
quiet = ("minimax", "least_squares", "hinge")
claim("largest of minimax, least squares and hinge", max(felt[-1][n] for n in quiet), 0, 1e-6, exact=True)
nearby = [distances(bump(t))["total variation"] for t in (1.99, 2.01)]
rise = 2 * (nearby[1] - nearby[0]) / 0.02
claim("hinge at θ = 2: push over slope of 2 TV", pushes(2.0)["hinge"] / rise, 0.99, 1.01, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Three. Wasserstein pushes with 1, everywhere. Non-saturating and relativistic push with 24, that is $\theta/\tfrac14$,
# the slope of $\log\frac pq$, and that has no limit. Minimax, least squares and hinge are silent (below $10^{-6}$).
# Least squares looked strong in section 2. But its perfect D is a *probability*, flat at 0 among the fakes, and a
# strong push in no direction is no push.
# </details>
#
# A perfect D is a poor teacher under every objective but one: silent or violent. Real trainings work because D is
# imperfect, **and because somebody limits its slope.**
#
# ## 4 · A leash for D
#
# Four ways to limit the slope of D are in use. Three add something to D's loss:
#
# | leash | adds to D's loss | where |
# |---|---|---|
# | gradient penalty (GP) | $\lambda\,\mathbb E\,(\lVert\nabla D(\hat x)\rVert-1)^2$ | on $\hat x=\varepsilon\,x_\text{real}+(1-\varepsilon)\,x_\text{fake}$ |
# | R1 | $\frac\gamma2\,\mathbb E\,\lVert\nabla D(x)\rVert^2$ | on real samples |
# | R2 | the same | on fakes |
# | spectral norm (SN) | nothing: every weight matrix is divided by its largest singular value | everywhere |
#
# GP wants slope 1: it is made for Wasserstein. R1 wants slope 0 at real samples, R2 at fakes; lesson 02 showed that R1
# makes the game converge. SN: a matrix with largest singular value 1 lengthens no vector, LeakyReLU does not either, so
# $\lVert\nabla D\rVert\le1$.
#
# All penalties need one gradient per sample, kept differentiable (`create_graph`), because D's weights must be trained
# by it:


# %%
def slopes(D, points):  # ‖∇D‖ at each point (b, d) → (b,)
    points = points.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(D(points).sum(), points, create_graph=True)
    return gradient.flatten(1).norm(dim=1)  # one norm per sample


def gradient_penalty(D, real, fake, generator):
    epsilon = torch.rand(len(real), 1, generator=generator)  # one ε per sample
    return (slopes(D, epsilon * real + (1 - epsilon) * fake) - 1).square().mean()


def squared_slope(D, points):  # R1 on real points, R2 on fakes
    return slopes(D, points).square().mean()


# %% [markdown]
# The library's penalties, for the same points and the same ε, and spectral norm's promise:

# %% tags=["nbval-check-output"]
D, points = models.MLPDiscriminator(2, 64, 4), torch.randn(2, 128, 2, generator=random)
mine = gradient_penalty(D, *points, torch.Generator().manual_seed(7))
theirs = regularizers.gradient_penalty(D, *points, torch.Generator().manual_seed(7))
print("gradient penalty is the library's:", torch.allclose(mine, theirs))
print("R1 is the library's:", torch.allclose(squared_slope(D, points[0]), regularizers.r1(D, points[0])))
print("R2 is the library's:", torch.allclose(squared_slope(D, points[1]), regularizers.r2(D, points[1])))
regularizers.spectral_norm(D)
for _ in range(200):  # in training mode each forward pass sharpens the estimate of the singular value
    D(points[0])
largest = [torch.linalg.matrix_norm(m.weight, 2).item() for m in D.modules() if isinstance(m, torch.nn.Linear)]
print("largest singular values:", [f"{value:.2f}" for value in largest])

# %% [markdown]
# > **Claim to check: "One gradient norm over the whole batch does the same, and is simpler."**
# >
# > Take a D that is perfect in the eyes of GP: $D(x)=x_1$, slope 1 at every point. For a batch of $n$, the gradient of
# > $\sum_iD(x_i)$ with respect to the whole batch is $n$ unit vectors in a row: norm $\sqrt n$.

# %% tags=["nbval-check-output"]
for n in (1, 16, 64, 256):
    batch = torch.randn(n, 2, generator=random).requires_grad_()
    (gradient,) = torch.autograd.grad(batch[:, 0].sum(), batch)
    per_sample, whole = (gradient.norm(dim=1) - 1).square().mean(), (gradient.norm() - 1).square()
    print(f"batch of {n:3d}: penalty per sample {per_sample:.0f}, over the whole batch {whole:3.0f}")

# %% [markdown]
# **The claim is false.** The right D is fined $(\sqrt n-1)^2$, 49 at a batch of 64. The D that is *not* fined has slope
# $1/\sqrt n$.
#
# ### What the leash does to the field
#
# Five discriminators, one task: real points on a ring, fakes from a clump beside its middle, the logistic loss for all.
# The only difference is the leash.
#
# > **Predict:** which of the five will be steepest? Which will be flattest *at* the eight real modes?


# %%
def logistic(r, f):
    return s(-r).mean() + s(f).mean()


def wasserstein(r, f):
    return f.mean() - r.mean()


# %%
def train_alone(D, draw, loss, penalty=None, clip=None):
    adam = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.9))
    schedule = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.02, total_iters=D_STEPS)  # ever smaller steps: D settles
    for _ in range(D_STEPS):
        # draw
        real, fake = draw(256)  # (256, 2) each
        # judge
        value = loss(D(real), D(fake)) + (penalty(D, real, fake) if penalty else 0)
        # step D
        adam.zero_grad()
        value.backward()
        adam.step()
        schedule.step()
        for weight in D.parameters() if clip else ():
            weight.data.clamp_(-clip, clip)
    return D


# %%
leashes = {
    "none": None,
    "gradient penalty, λ = 10": lambda D, r, f: 10 * gradient_penalty(D, r, f, random),
    "R1, γ = 1": lambda D, r, f: squared_slope(D, r) / 2,
    "R1 + R2, γ = 1": lambda D, r, f: (squared_slope(D, r) + squared_slope(D, f)) / 2,
    "spectral norm": None,
}


def ring_and_clump(n):
    clump = torch.tensor([0.5, 0.0]) + 0.3 * torch.randn(n, 2, generator=random)
    return data.ring(n, generator=random), clump


judges = {}
for name, penalty in leashes.items():
    D = models.MLPDiscriminator(2, 64, 4)
    D = regularizers.spectral_norm(D) if name == "spectral norm" else D
    judges[name] = train_alone(D, ring_and_clump, logistic, penalty).eval()

# %%
real, fake = ring_and_clump(300)
figure, axes = plots.panels(2, 3, height=5.6, width=9.6)
for axis, (name, D) in zip(axes, judges.items(), strict=False):
    plots.field(D, real=real, fake=fake, axes=axis, label="", resolution=60)
    axis.set(title=name, xlabel="", ylabel="")
    axis.get_legend().remove()
axes[5].set_axis_off()
axes[5].legend(*axes[0].get_legend_handles_labels(), loc="center")
caption = (
    "What five discriminators answer over the plane (blue: real, orange: fake, dashed: logit 0; each has a scale of its own) "
    "and where they send a fake (arrows, direction only). They differ only in the leash on their slope."
)
plots.show(figure, caption, key=True)

# %%
real, fake = ring_and_clump(2000)
mixing = torch.rand(2000, 1, generator=random)
plane = torch.cartesian_prod(torch.linspace(-1.5, 1.5, 100), torch.linspace(-1.5, 1.5, 100))
places = {"real": real, "fake": fake, "between": mixing * real + (1 - mixing) * fake, "plane": plane}
steepness = {n: {where: slopes(D, at).detach() for where, at in places.items()} for n, D in judges.items()}
print(f"{'mean slope':<26}{'at real':>9}{'at fake':>9}{'between':>9}    largest in the plane")
for name, found in steepness.items():
    means = "".join(f"{found[where].mean():9.2f}" for where in ("real", "fake", "between"))
    print(f"{name:<26}{means}{found['plane'].max():12.2f}")

# %%
figure, axes = plots.panels(1, 2, height=3.2, width=9.2, sharey=True)
for axis, where in zip(axes, ("real", "between"), strict=True):
    share = torch.linspace(0, 100, 500)
    sizes = {n: found[where].sort().values[::4].clamp_min(1e-3) for n, found in steepness.items()}
    plots.curves(sizes, x=share, xlabel="% of samples with a smaller slope", ylabel="‖∇D‖", smooth=1, axes=axis)
    axis.set(yscale="log", ylim=(0.03, 200), title=f"samples: {where}")
    axis.axhline(1, color="black", lw=1, ls=":")
    axis.get_legend().remove()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
caption = (
    "The slope of each D sample by sample, sorted, on a logarithmic scale; the dotted line is slope 1. Left at real "
    "samples, right between real and fake."
)
plots.show(figure, caption)

# %%
found = {n: {w: v.mean().item() for w, v in f.items()} | {"max": f["plane"].max().item()} for n, f in steepness.items()}
names = list(leashes)
claim("no leash: mean slope at real samples", found[names[0]]["real"], 20, 40)
claim("gradient penalty: mean slope between", found[names[1]]["between"], 0.9, 1.1)
claim("gradient penalty: largest slope in the plane", found[names[1]]["max"], 1.0, 1.6)
claim("R1: mean slope at real samples", found[names[2]]["real"], 0.25, 0.45)
claim("R1: largest slope in the plane", found[names[2]]["max"], 1.2, 8)
claim("R1 + R2: mean slope at real samples", found[names[3]]["real"], 0.12, 0.25)
claim("spectral norm: largest slope in the plane", found[names[4]]["max"], 0.5, 1.1)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Steepest: no leash, with slopes between 20 and 40. Flattest at the modes: R1 with R2 (near 0.2), then R1 alone (about
# a third).
# </details>
#
# *What you should see:* without a leash, D is a cliff. The gradient penalty holds every sample between real and fake at
# slope 1: in the second figure its curve *lies* on the dotted line. R1 makes a plateau under each real mode; elsewhere
# its D is several times steeper. **A penalty acts where it is evaluated.** With R2 the fakes' side is flattened too.
# Only spectral norm bounds the slope everywhere, and most places stay below the bound.
#
# ## 5 · Does the critic measure a distance?
#
# Wasserstein's D is called a *critic*: it scores, and does not classify.
#
# > **Claim to check: "The Wasserstein critic's loss is the distance, so its curve tells how good the samples are."**
#
# Section 3 had the line. In any dimension $W_1$ is the largest $\mathbb E_pD-\mathbb E_qD$ of all $D$ with
# $D(x)-D(y)\le\lVert x-y\rVert$ (Kantorovich and Rubinstein); for a smooth $D$ this means $\lVert\nabla D\rVert\le1$
# everywhere. One half is easy: add the inequality up over what is moved, from $y$ to $x$, and the right side is the
# cost.
#
# The penalty does not *bound* the slope; it charges for it. On the line, let $m(x)=|F_p-F_q|$ be what is carried across
# $x$ and $\rho(x)$ the density of the points $\hat x$. A critic of slope $k(x)$ pays
#
# $$\int\big(-m\,k+\lambda\,\rho\,(k-1)^2\big)dx,\qquad\text{least at } k=1+\frac m{2\lambda\rho},\qquad
# \text{gap}=\int m\,k\,dx=W_1+\frac1{2\lambda}\int\frac{m^2}\rho\,dx.$$
#
# Shift a small cloud by $W_1=2$: everything is carried across every place between, $m=1$, and $\rho=1/W_1$. So
#
# $$\text{gap}=W_1\Big(1+\frac{W_1}{2\lambda}\Big).$$
#
# That is 2.2 with the usual $\lambda=10$, 4 with $\lambda=1$, and 6 with $\lambda=\tfrac12$. For other shapes the gap
# is *larger* than this formula (by Cauchy and Schwarz $\int m^2/\rho\ge(\int m)^2$). We also try an older leash,
# *weight clipping*: every weight is cut to $[-c,c]$ after each step.


# %%
def shifted(n):
    cloud = 0.1 * torch.randn(2, n, 2, generator=random)
    return cloud[0], cloud[1] + torch.tensor([2.0, 0.0])


def weighted_penalty(λ):
    return lambda D, r, f: λ * gradient_penalty(D, r, f, random)


critics = {}
for λ in (10, 1, 0.5):
    D = models.MLPDiscriminator(2, 64, 3)
    critics[f"penalty {λ}"] = train_alone(D, shifted, wasserstein, weighted_penalty(λ))
for c in (0.01, 0.1, 0.3):
    critics[f"clipping {c}"] = train_alone(models.MLPDiscriminator(2, 64, 3), shifted, wasserstein, clip=c)

# %%
real, fake = shifted(4000)
gaps = {name: -wasserstein(D(real), D(fake)).item() for name, D in critics.items()}
claim("gap, gradient penalty with λ = 10 (2.2 derived)", gaps["penalty 10"], 2.15, 2.25)
claim("gap, gradient penalty with λ = 1 (4 derived)", gaps["penalty 1"], 3.9, 4.1)
claim("gap, gradient penalty with λ = ½ (6 derived)", gaps["penalty 0.5"], 5.85, 6.15)
claim("gap, weights clipped to 0.01", gaps["clipping 0.01"], 0.003, 0.008)
claim("gap, weights clipped to 0.1", gaps["clipping 0.1"], 3, 5)
claim("gap, weights clipped to 0.3", gaps["clipping 0.3"], 80, 140)

# %% [markdown]
# Half true, so far. With a penalty, a critic *trained to the end* measures $W_1$ and an excess that depends on
# $\lambda$ and on the shapes. With clipping the gap is 0.005, 4 and 110 for the *same* distance 2. And within one run,
# where the critic is never trained to the end? Section 7 answers.
#
# ## 6 · Two of them, live
#
# The non-saturating and the Wasserstein game on glyphs, with the network of lesson 03. D has no batch norm: the penalty
# needs one gradient per sample. Samples are judged by lesson 03's **Fréchet distance** to real glyphs *from the test
# split*. Small is good. (The unit is that of the bare features; lesson 05 chooses another.)

# %%
features = load_features("glyphs")
held_out = features.extract(data.glyphs(split="test").images)  # (248, 64)


# %%
def play(objective):
    recipe = build(
        "04", PROFILE, seed=SEED, loss=objective, steps=STEPS, width=WIDTH, lr=1e-3, batch_size=32, image_size=32
    )
    live = plots.LiveFigure(
        losses=["discriminator_loss", "generator_loss"],
        caption=f"The {objective.replace('_', '-')} game: losses of both players, and 32 samples at the end.",
    )
    history, looks = [], {}
    for record in train(recipe.game, recipe.batches, recipe.steps):
        # record
        history.append(record["discriminator_loss"])
        live.update(record, images=lambda: recipe.game.sample(n=32))
        if record.step % (STEPS // 10) == 0:
            looks[record.step] = metrics.frechet_distance(held_out, features.extract(recipe.game.sample(n=256)))
    return torch.tensor(history), looks


first_game = play("non_saturating")

# %%
second_game = play("wasserstein")

# %%
figure, (left, right) = plots.panels(1, 2, height=3.3, width=9.0)
played = {"non_saturating": first_game, "wasserstein": second_game}
along, says = list(second_game[1]), {}
for name, sign, label in (("non_saturating", 1, "non-saturating: D's loss"), ("wasserstein", -1, "Wasserstein: gap")):
    history, looks = played[name]
    says[name] = [sign * part.mean().item() for part in history.split(STEPS // 10)]  # one mean per look
    style = {"color": COLOUR[name], "marker": "o", "ms": 4}
    left.plot(along, says[name][: len(along)], label=label, **style)
    right.plot(along, list(looks.values()), label=name.replace("_", "-"), **style)
left.set(xlabel="step", ylabel="D's loss, or the gap")
right.set(xlabel="step", ylabel="Fréchet distance", yscale="log")
for axis in (left, right):
    axis.legend()
caption = "Left: what D says of the two games. Right: the Fréchet distance of their samples to held-out glyphs."
plots.show(figure, caption)
fell = {name: list(looks.values())[-1] / next(iter(looks.values())) for name, (_, looks) in played.items()}

# %%
claim("non-saturating: Fréchet distance, last over first", fell["non_saturating"], 0, 0.2)
claim("wasserstein: Fréchet distance, last over first", fell["wasserstein"], 0, 0.2)
claim("wasserstein: gap, largest over first", max(says["wasserstein"]) / says["wasserstein"][0], 2, 20)

# %% [markdown]
# *What you should see:* both Fréchet distances fall by a factor of five or more. Wasserstein's gap first *climbs*, not
# because the samples got worse, but because the critic is still learning to measure. It comes down only at the end. The
# non-saturating D's loss creeps up to near $2\log2\approx1.386$, where a D that knows nothing would stand.
#
# The panel trains the same network with any of the six. (In JupyterLab, run the cell.) Take Wasserstein, set the
# gradient penalty to 0, press Start, and watch what D's loss does without its leash.

# %%
panel = panels.training("04", PROFILE, seed=SEED, steps=STEPS, width=WIDTH, lr=1e-3, batch_size=32, image_size=32)
panel

# %% [markdown]
# ## 7 · All six, three times
#
# `scripts/04_objectives.py` made this comparison: same networks, data and Adam ($10^{-3}$, betas 0.5 and 0.999), three
# seeds, and **equal steps**: 1,200 moves of each player in batches of 32. Nothing was tuned per objective. It is a
# comparison *under these rules*; other rules may give another order.
#
# A seventh row is a **control**. Relativistic differs from non-saturating by its loss *and* by its leash, R1 + R2. So
# the control is the non-saturating loss with that same leash.
#
# Beside the Fréchet distance the table has three more scores from lesson 05: the **kernel distance**, another distance
# of the features; **precision**, the share of generated pictures that lie among the real ones; **recall**, the share of
# real pictures that lie among the generated ones. Of the last two, much is good.
#
# > **Predict:** will the control come out near the non-saturating row, or near the relativistic one?

# %% tags=["nbval-check-output"]
study = json.loads((ROOT / "results" / "04_objectives.json").read_text(encoding="utf-8"))
METRICS = ("frechet", "kernel", "precision", "recall", "cpu_seconds")
ROWS = dict(zip(NAMES, LABELS, strict=True)) | {"non_saturating_r1_r2": "control: non saturating + R1 + R2"}
table = {n: {m: np.array([r[m] for r in study["runs"] if r["objective"] == n]) for m in METRICS} for n in ROWS}
print(f"{'mean ± deviation of 3 seeds':<36}{'Fréchet':>13}{'kernel/1000':>13}{'precision':>13}{'recall':>13}{'s':>5}")
for name, label in ROWS.items():
    scales = zip(METRICS[:4], (1, 1000, 1, 1), (0, 0, 2, 2), strict=True)
    cells = [f"{table[name][m].mean() / k:.{n}f} ± {table[name][m].std(ddof=1) / k:.{n}f}" for m, k, n in scales]
    print(f"{label:<36}" + "".join(f"{cell:>13}" for cell in cells) + f"{table[name]['cpu_seconds'].mean():5.0f}")
real = study["real"]
print(f"{'real training pictures':<36}{real['frechet']:8.0f}{real['kernel'] / 1000:13.0f}", end="")
print(f"{real['precision']:14.2f}{real['recall']:13.2f}")

# %%
four_scores, axes = plots.panels(1, 4, height=3.6, width=9.8, sharey=True)
for axis, metric in zip(axes, METRICS, strict=False):
    wide = metric in ("frechet", "kernel")  # ranges over factors: mean and deviation are those of the logarithms
    for row, name in enumerate(ROWS):
        values, colour = table[name][metric], COLOUR.get(name, "black")
        told = np.log(values) if wide else values
        ends = told.mean() + told.std(ddof=1) * np.array([-1, 0, 1])
        axis.plot(values, [row] * 3, "o", color=colour, alpha=0.5, ms=5)
        axis.plot(np.exp(ends) if wide else ends, [row] * 3, color=colour, marker="|", ms=12)
    axis.axvline(study["real"][metric], color="black", lw=1, ls=":")
    title = {"frechet": "Fréchet", "kernel": "kernel"}.get(metric, metric)
    axis.set(title=title, xscale="log" if wide else "linear", yticks=range(len(ROWS)))
    axis.tick_params(which="minor", labelbottom=False)
axes[0].set_yticklabels([label.replace("control: non saturating", "control: non sat.") for label in ROWS.values()])
axes[0].invert_yaxis()
axes[1].set_xlim(1e4, 1e6)

# %%
caption = (
    "Six objectives and the control under one budget: a dot for each seed, strokes for mean and standard deviation (of "
    "the logarithms on the left), dotted what real training pictures score. Small is good on the left, large on the right."
)
plots.show(four_scores, caption, key=True)

# %%
gallery = torch.cat([samples_of(name, seed)[:7] for name in NAMES for seed in (1, 2)])
caption = "Seven samples each of seed 1 (left) and seed 2 (right), by objective."
plots.show(plots.image_grid(gallery, columns=14, rows=[n.replace("_", " ") for n in NAMES]), caption)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Near 810: much better than the bare loss, not as good as relativistic.
# </details>
#
# *What you should see:* least squares and relativistic come out best, near 480 and 530; the bare non-saturating game
# comes out worst, near 2,200. The others lie between, with whiskers that overlap. Real training pictures score 92.
# Precision is high and recall low for all (at most 0.2 against 0.91): what is drawn passes for letters, but most kinds
# of glyphs are never drawn. Minimax is not behind the non-saturating loss: it saturates where D is sure, and this D was
# so only at the start. A step of least squares takes less than half the time of a relativistic one.
#
# > **Claim to check: "The objective decides how good the samples are."**
#
# If so, objectives should differ by more than seeds do. The standard error of a difference of two means of three is
# $\sqrt{(s_1^2+s_2^2)/3}$. Student's $t$ at 95 % asks for 2.8 of them where both rows scatter alike (four degrees of
# freedom), and for 4.3 where one does nearly all of the scattering (two). Our rows scatter very differently, so we ask
# for 4.3. Distances range over factors, so we compare their logarithms.


# %%
def standard_errors(one, other):  # between the mean log Fréchet distances of two rows
    a, b = np.log(table[one]["frechet"]), np.log(table[other]["frechet"])
    return abs(a.mean() - b.mean()) / math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 3)


every_pair = [(one, other) for i, one in enumerate(NAMES) for other in NAMES[i + 1 :]]
apart = [f"{one} and {other}" for one, other in every_pair if standard_errors(one, other) > 4.3]
redrawn = [abs(run["frechet"] / run["frechet_other_latents"] - 1) for run in study["runs"]]
print(f"{len(apart)} of {len(every_pair)} pairs told apart:", "; ".join(apart))

# %%
mean = {name: table[name]["frechet"].mean() for name in ROWS}
claim("least squares: mean Fréchet distance", mean["least_squares"], 470, 490, exact=True)
claim("relativistic + R1 + R2: mean Fréchet distance", mean["relativistic"], 515, 535, exact=True)
claim("non-saturating: mean Fréchet distance", mean["non_saturating"], 2150, 2250, exact=True)
claim("control: mean Fréchet distance", mean["non_saturating_r1_r2"], 800, 830, exact=True)
claim("real training pictures: Fréchet distance", study["real"]["frechet"], 92, 93, exact=True)
claim("largest mean recall", max(table[n]["recall"].mean() for n in ROWS), 0.15, 0.2, exact=True)
claim("recall of real training pictures", study["real"]["recall"], 0.905, 0.915, exact=True)
seconds = table["least_squares"]["cpu_seconds"].mean() / table["relativistic"]["cpu_seconds"].mean()
claim("seconds of least squares over relativistic", seconds, 0.4, 0.5, exact=True)
told = np.mean([r["curve"]["discriminator_loss"] for r in study["runs"] if r["objective"] == "minimax"], axis=0)
claim("minimax: D's loss in the first hundred steps", told[0], 0.45, 0.55, exact=True)
claim("minimax: D's loss in the last hundred", told[-1], 1.2, 1.4, exact=True)

# %%
claim("pairs of objectives told apart", len(apart), 4, 4, exact=True)
claim("largest change by drawing other latents", max(redrawn), 0, 0.08, exact=True)
control = "non_saturating_r1_r2"
claim("control and non-saturating: standard errors", standard_errors(control, "non_saturating"), 9, 11, exact=True)
claim("control and relativistic: standard errors", standard_errors(control, "relativistic"), 4.4, 5, exact=True)
way = np.log(mean["non_saturating"] / mean["non_saturating_r1_r2"])
claim(
    "share of the way that the leash makes",
    way / np.log(mean["non_saturating"] / mean["relativistic"]),
    0.65,
    0.75,
    exact=True,
)

# %% [markdown]
# **Half true.** Four of the 15 pairs can be told apart by three seeds: least squares and the relativistic game both
# beat the bare non-saturating one and hinge. (With fifteen comparisons at 95 %, expect nearly one false alarm.) The
# other eleven cannot: one bad seed of three is enough. Drawing other latents changes the scores by less than 8 %. And
# the control shows what hides behind a name: with the loss unchanged, the leash alone makes about 70 % of the way,
# counted in factors, from the non-saturating game to the relativistic one. **Compare recipes, not names.**
#
# Back to section 5: does D's loss tell how good the samples are? For every run we rank the twelve looks by Fréchet
# distance and by D's loss, and correlate the ranks (1: same order, −1: opposite order, 0: unrelated). The control is a
# **clock**, which ranks the looks by their step.


# %%
def rank_correlation(a, b):
    a, b = (np.argsort(np.argsort(values)) for values in (a, b))
    return np.corrcoef(a, b)[0, 1]


steps = np.arange(1, 13) * study["settings"]["look_every"]
curves = {n: [r["curve"] for r in study["runs"] if r["objective"] == n] for n in NAMES}
follows = {n: [-rank_correlation(c["discriminator_loss"], c["frechet"]) for c in curves[n]] for n in NAMES}
clock = {n: [-rank_correlation(steps, c["frechet"]) for c in curves[n]] for n in NAMES}  # tells nothing but the step

# %%
figure, (left, right) = plots.panels(1, 2, height=3.4, width=9.4)
for row, name in enumerate(NAMES):
    scores = np.array([curve["frechet"] for curve in curves[name]])
    left.fill_between(steps, scores.min(0), scores.max(0), color=COLOUR[name], alpha=0.15, lw=0)
    left.plot(steps, scores.mean(0), color=COLOUR[name], label=name.replace("_", " "))
    right.plot(clock[name], [row + 0.3] * 3, "|", color=plots.COLOURS["neutral"], ms=10, mew=2)
    right.plot(follows[name], [row] * 3, "o", color=COLOUR[name], ms=8, alpha=0.7)
left.set(xlabel="step", ylabel="Fréchet distance", yscale="log")
left.legend()
right.set(xlabel="rank correlation of −(D's loss) and distance", xlim=(-0.1, 1.05))
right.set_yticks(range(6), [name.replace("_", " ") for name in NAMES])
right.invert_yaxis()
caption = (
    "Left: Fréchet distance during training, mean and range of three seeds. Right: how well D's loss, with its sign "
    "changed, ranks the twelve looks of a run, one dot a seed; grey strokes: how well a clock that runs down ranks them."
)
plots.show(figure, caption)

# %%
claim("wasserstein: lowest rank correlation of a seed", min(follows["wasserstein"]), 0.9, 0.96, exact=True)
claim("relativistic: lowest", min(follows["relativistic"]), 0.9, 0.99, exact=True)
claim("least squares: lowest", min(follows["least_squares"]), 0.7, 0.8, exact=True)
claim("non-saturating: highest", max(follows["non_saturating"]), 0.5, 0.65, exact=True)
claim("hinge: highest", max(follows["hinge"]), 0.4, 0.45, exact=True)
claim("a clock, in the Wasserstein runs: lowest", min(clock["wasserstein"]), 0.99, 1, exact=True)
claim("a clock, in the hinge runs: lowest", min(clock["hinge"]), 0.95, 1, exact=True)
lost, dice = [], np.random.default_rng(0)
for curve in curves["wasserstein"]:  # changes from one look to the next
    lost.append(-rank_correlation(np.diff(curve["discriminator_loss"]), np.diff(np.log(curve["frechet"]))))
chance = [rank_correlation(dice.permutation(11), np.arange(11)) for _ in range(4000)]
claim("wasserstein, changes: highest", max(lost), 0.45, 0.5, exact=True)
claim("eleven unrelated changes reach, once in twenty times", np.quantile(chance, 0.95), 0.5, 0.57, exact=True)

# %% [markdown]
# *What you should see:* the gap of the Wasserstein critic ranks the looks well, with 0.9 or more in every seed. The
# relativistic loss does as well, least squares nearly; the bare non-saturating loss and hinge tell little. But **the
# clock does better still**: whatever runs steadily one way ranks the looks. So take the trend away, and compare
# *changes* from one look to the next. In no seed do those of the Wasserstein gap go with those of the distance by more
# than 0.5, which eleven unrelated numbers reach by chance about once in twenty times.
#
# The claim of section 5 is **half true**: within one run a shrinking gap goes with better samples, and the step counter
# knows as much.
#
# ## Summary
#
# - An objective is three functions of a logit. It sets how hard each fake is pushed; D's slope sets where to.
# - A perfect D measures a distance: JSD, triangular discrimination, total variation, $W_1$, JSD of pairs. G descends it
#   only where its term is minus D's. And most perfect Ds are useless to G: silent or violent.
# - So the slope of D needs a leash, one gradient per *sample*: GP asks for 1 between real and fake, R1 and R2 for 0 at
#   real and at fake samples, spectral norm bounds it everywhere.
# - A Wasserstein critic with a penalty measures $W_1$ and an excess, at least $W_1^2/2\lambda$; a clipped one measures
#   nothing in particular.
# - Compare objectives over seeds, under a stated budget, with error bars.
#
# ## Papers
#
# 1. Gulrajani et al. 2017, *Improved training of Wasserstein GANs*,
#    [arXiv:1704.00028](https://arxiv.org/abs/1704.00028).
# 2. Lucic et al. 2017, *Are GANs created equal? A large-scale study*,
#    [arXiv:1711.10337](https://arxiv.org/abs/1711.10337): with enough tuning and seeds, most objectives reach similar
#    scores.
# 3. Huang et al. 2024, *The GAN is dead; long live the GAN! A modern GAN baseline*,
#    [arXiv:2501.05441](https://arxiv.org/abs/2501.05441): relativistic + R1 + R2.
#
# Where each came from: least squares [arXiv:1611.04076](https://arxiv.org/abs/1611.04076), Wasserstein
# [arXiv:1701.07875](https://arxiv.org/abs/1701.07875), hinge [arXiv:1705.02894](https://arxiv.org/abs/1705.02894),
# spectral norm [arXiv:1802.05957](https://arxiv.org/abs/1802.05957), R1 and R2
# [arXiv:1801.04406](https://arxiv.org/abs/1801.04406), relativistic pairs
# [arXiv:1807.00734](https://arxiv.org/abs/1807.00734).
#
# **Next:** `exercises/04_objectives` where your copy has it; then lesson 05.
