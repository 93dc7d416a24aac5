# %% [markdown]
# # 01 · The minimax game
#
# **After this notebook you can** derive the best answer of a GAN's discriminator and the value of the game, say why the
# loss of the first equation is not used in practice, and write a working GAN in fewer than 60 lines.
#
# | | |
# |---|---|
# | In short | D\*, 2·JSD − log 4, the loss nobody uses, a GAN in 60 lines |
# | Time | 45 minutes to read, less than 2 minutes to compute |
# | Builds on | 00; derivatives, integrals, expectations; a little PyTorch |
# | Needs | no internet, no GPU |
#
# We begin on a line, where densities and discriminators are curves. **Each step of a derivation is checked with a
# number in the next cell.** The same code then plays in the plane.

# %%
import inspect
import math
import os

import torch
import torch.nn.functional as F
from torch import nn

from course_gan import data, models, panels, plots
from course_gan.page import Profile, claim
from course_gan.recipes import build
from course_gan.training import GAN, Backend, train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
JUDGE_STEPS = None  # steps of the lone discriminator in section 4
STEPS_LINE = None  # steps of the game on the line, section 6
STEPS_PLANE = None  # steps of the game in the plane, section 7
BATCH_SIZE = None

# %%
profile = Profile(PROFILE)
JUDGE_STEPS = profile.fill(JUDGE_STEPS, smoke=60, cpu=1000, gpu=4000)
STEPS_LINE = profile.fill(STEPS_LINE, smoke=60, cpu=2000, gpu=6000)
STEPS_PLANE = profile.fill(STEPS_PLANE, smoke=60, cpu=3000, gpu=10_000)
BATCH_SIZE = profile.fill(BATCH_SIZE, smoke=64, cpu=256, gpu=1024)
random = torch.Generator().manual_seed(SEED)
torch.set_num_threads(1)  # networks as small as ours: a second thread would mostly wait for the first

# %% [markdown]
# ## 1 · Two players on a line
#
# You are given samples: 1.3, −1.6, −1.1, 1.9 … You want a machine that makes *more numbers like these*, without knowing
# the rule behind them. (Later the samples are pictures.)
#
# The machine is the **generator**. Its input is a **latent** $z$, a random number from a standard normal distribution.
# It turns the latent into a sample $G(z)$, a **fake**. There is no formula for "looks real". Goodfellow and colleagues
# (2014) let a second player learn it. The **discriminator** gets a sample $x$ and answers with a probability $D(x)$
# that $x$ is real. It is rewarded when it is right, the generator when it is wrong.
#
# On this page the density $p$ of the real samples has two bumps, at −1.5 and 1.5. It is hidden from both players. The
# density of the fakes is $q$. For now the generator can only slide one bump: $G(z)=\theta+z$, so $q$ is a normal
# density around $\theta$. An integral over $x$ becomes a sum over a fine grid:

# %%
x = torch.linspace(-20, 20, 8001, dtype=torch.float64)  # (8001,), 0.005 apart


def integral(values):  # ∫ values dx by the trapezoid rule
    return torch.trapezoid(values, x).item()


def normal(mean, std):  # density of N(mean, std²) on the grid
    return torch.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


p = 0.5 * normal(-1.5, 0.5) + 0.5 * normal(1.5, 0.5)  # the real density


def q(theta):  # the density of G(z) = θ + z
    return normal(theta, 1.0)


claim("area under p, minus 1", integral(p) - 1, -1e-9, 1e-9, exact=True)

# %% [markdown]
# Before the theory, look at the best discriminator (dashed green) for three generators. Section 2 derives it.

# %%
figure, axes = plots.panels(1, 3, height=2.9, sharey=True)
for axis, (title, fake) in zip(axes, {"far: θ = 4": q(4), "near: θ = 1": q(1), "the same: q = p": p}.items()):
    plots.densities(x, {"real p": p, "generator q": fake}, discriminator=p / (p + fake), axes=axis)
    axis.set(xlim=(-4, 7), title=title)
    axis.get_legend().remove()
    axis.label_outer()
caption = (
    "Real density (blue), generated density (vermillion) and the best discriminator (dashed green, right scale). Far "
    "apart, it is sure of itself almost everywhere; when both densities are equal it can only answer one half."
)
plots.show(figure, caption)

# %% [markdown]
# ### The rule of the game
#
# One formula holds the reward of both players ($\log$ is the natural logarithm, $\mathbb{E}$ an average):
#
# $$V(D, G) \;=\; \mathbb{E}_{x\sim p}\big[\log D(x)\big] \;+\; \mathbb{E}_{z}\big[\log\big(1-D(G(z))\big)\big],
# \qquad\qquad \min_G \max_D V(D,G).$$
#
# Both logarithms are at most 0. The first term punishes D for every real sample that it doubts, the second for every
# fake that it believes. **D wants $V$ large, G wants it small.** What one player gains the other loses.
#
# As $x=G(z)$ has density $q$, the second average over $z$ is also an integral over $x$:
#
# $$V(D,G)=\int p(x)\log D(x)\,dx+\int q(x)\log(1-D(x))\,dx .$$
#
# **Check.** For an arbitrary $D$ we compute the second term in both ways.


# %%
def value(D, fake):  # V(D, G) by quadrature; D and the density of the fakes on the grid
    return integral(p * torch.log(D) + fake * torch.log(1 - D))


z = torch.randn(200_000, 1, generator=random, dtype=torch.float64)
some_D = torch.sigmoid(torch.sin(x) - 0.3 * x)  # nothing special
fakes = 1 + z  # G(z) with θ = 1
by_sampling = torch.log(1 - torch.sigmoid(torch.sin(fakes) - 0.3 * fakes)).mean().item()
by_quadrature = integral(q(1) * torch.log(1 - some_D))
claim("sampling z against integrating over x, difference", by_sampling - by_quadrature, -0.01, 0.01, exact=True)

# %% [markdown]
# How large is $V$ for a few discriminators, with the generator at $\theta=1$?

# %% tags=["nbval-check-output"]
candidates = {
    "always one half": torch.full_like(x, 0.5),
    "real wherever p > q, certain (0.99)": torch.where(p > q(1), 0.99, 0.01).double(),
    "real wherever p > q, careful (0.70)": torch.where(p > q(1), 0.70, 0.30).double(),
    "the best of all: p / (p + q)": p / (p + q(1)),
}
for name, D in candidates.items():
    print(f"V = {value(D, q(1)):7.4f}   {name}")

# %% [markdown]
# *What you should see:* one half everywhere gives $2\log\tfrac12=-\log 4\approx-1.3863$, against *every* generator.
# Being certain is worse, because it is often wrong where the densities overlap. The last line is best. Why?

# %%
one_half = value(torch.full_like(x, 0.5), q(1))
claim("V of the discriminator that says one half, plus log 4", one_half + math.log(4), -1e-9, 1e-9, exact=True)
claim(
    "V of the certain discriminator",
    value(candidates["real wherever p > q, certain (0.99)"], q(1)),
    -2.6,
    -2.5,
    exact=True,
)

# %% [markdown]
# ## 2 · The best discriminator
#
# Hold the generator still. The answer of D at one $x$ appears nowhere else in the integral. So we may maximise what is
# under the integral *one $x$ at a time*.
#
# Write $a=p(x)$, $b=q(x)$ and call the answer $y$. We look for the $y$ in $(0,1)$ that maximises
#
# $$f(y)=a\log y+b\log(1-y).$$
#
# **Step 1.** The slope is $f'(y)=\dfrac{a}{y}-\dfrac{b}{1-y}$.
#
# **Step 2.** It is zero where $a(1-y)=b\,y$, that is at $y=\dfrac{a}{a+b}$.
#
# **Step 3.** It is the only maximum, because $f''(y)=-\dfrac{a}{y^2}-\dfrac{b}{(1-y)^2}<0$ everywhere.
#
# $$\boxed{\,D^*(x)=\frac{p(x)}{p(x)+q(x)}\,}$$
#
# In words: *which share of the samples that land at $x$ is real?* **Check.** At five places we try 9,999 answers $y$
# and keep the one with the largest $f$.

# %% tags=["nbval-check-output"]
answers = torch.linspace(0.0001, 0.9999, 9999, dtype=torch.float64)
print("    x     tried    formula")
for place in (-2.0, -1.0, 0.0, 1.0, 3.0):
    at = torch.argmin((x - place).abs())
    a, b = p[at], q(1)[at]
    tried = answers[torch.argmax(a * answers.log() + b * (1 - answers).log())]
    print(f"{place:5.1f}   {tried:.3f}    {a / (a + b):.3f}")

# %% [markdown]
# A probability must stay between 0 and 1. The **logit** $l(x)$, the raw output of the discriminator, may be any number:
#
# $$D(x)=\sigma(l(x))=\frac{1}{1+e^{-l(x)}} .$$
#
# Divide numerator and denominator of $D^*$ by $p$: $D^*=\dfrac{1}{1+q/p}$. Compare: $e^{-l^*}=q/p$, so
#
# $$l^*(x)=\log\frac{p(x)}{q(x)} .$$
#
# A perfect discriminator knows how many times likelier $x$ is among the real samples than among the fakes. **It does
# not learn what real samples look like. It learns a ratio.** **Check.** We bend $l^*$ in a hundred random ways. Each
# bend must lower $V$.

# %%
best_logit = p.log() - q(1).log()  # (8001,)
claim(
    "σ(log p/q) against p/(p+q), largest difference",
    (torch.sigmoid(best_logit) - p / (p + q(1))).abs().max(),
    0,
    1e-12,
    exact=True,
)
waves = torch.rand(3, 100, generator=random).T * torch.tensor([2.0, 4.0, 6.3])  # (100, 3): size, frequency, shift
bends = [size * torch.sin(frequency * x + shift) for size, frequency, shift in waves]
changes = [value(torch.sigmoid(best_logit + bend), q(1)) - value(p / (p + q(1)), q(1)) for bend in bends]
claim("largest change of V in 100 bends of D*", max(changes), -1, 0, exact=True)

# %% [markdown]
# ## 3 · What the generator faces: 2·JSD − log 4
#
# Suppose D always answers perfectly. Then the generator faces $C(G)=V(D^*,G)$. Since $1-D^*=q/(p+q)$,
#
# $$C(G)=\int p\,\log\frac{p}{p+q}\,dx+\int q\,\log\frac{q}{p+q}\,dx .$$
#
# **Step 1.** Let $m=\tfrac12(p+q)$. Then $\log\frac{p}{p+q}=\log\frac{p}{m}-\log 2$, and the same for $q$.
#
# **Step 2.** Both densities have area 1, so each $-\log 2$ integrates to itself. Together they are $-\log 4$:
#
# $$C(G)=-\log 4+\underbrace{\int p\log\frac{p}{m}\,dx}_{\mathrm{KL}(p\,\|\,m)}+
# \underbrace{\int q\log\frac{q}{m}\,dx}_{\mathrm{KL}(q\,\|\,m)} .$$
#
# $\mathrm{KL}(p\|m)$ is the *Kullback–Leibler divergence*. The mean of the two is the *Jensen–Shannon divergence*,
# $\mathrm{JSD}(p\|q)=\tfrac12\mathrm{KL}(p\|m)+\tfrac12\mathrm{KL}(q\|m)$. So
#
# $$\boxed{\,C(G)=2\,\mathrm{JSD}(p\,\|\,q)-\log 4\,}$$
#
# **Step 3.** How small can it get? For every $t>0$ we have $\log t\le t-1$, with equality only at $t=1$. Hence
# $-\mathrm{KL}(p\|m)=\int p\log\frac{m}{p}\le\int p\,\big(\frac{m}{p}-1\big)=\int m-\int p=0$. So a KL is never
# negative, and it is 0 only where $m=p$, which means $q=p$. **The lowest value is $-\log 4$, and the generator reaches
# it in one way only: $q=p$.**
#
# **Step 4.** How large can it get? Every fraction in $C$ is at most 1, so $C(G)\le 0$, and therefore
# $\mathrm{JSD}\le\log 2$.
#
# > **Predict:** the generator sits at $\theta=11$, so far away that the densities hardly overlap. What is $C(G)$? Does
# > it get much better at $\theta=9$?


# %%
def kl(a, b):
    return integral(a * (a / b).log())


def jsd(a, b):
    middle = (a + b) / 2
    return 0.5 * kl(a, middle) + 0.5 * kl(b, middle)


# %%
m = (p + q(1)) / 2
step_1 = (p / (p + q(1))).log() - ((p / m).log() - math.log(2))
claim("step 1, largest difference of both sides", step_1.abs().max(), 0, 1e-12, exact=True)
claim(
    "step 2, both sides at θ = 1",
    value(p / (p + q(1)), q(1)) + math.log(4) - kl(p, m) - kl(q(1), m),
    -1e-9,
    1e-9,
    exact=True,
)
claim("step 3, KL(p‖m) at θ = 1 is positive", kl(p, m), 0.1, 1, exact=True)
claim("step 3, KL(p‖p)", kl(p, p), 0, 0, exact=True)
claim("step 4, log 2 minus JSD at θ = 8", math.log(2) - jsd(p, q(8)), 0, 1e-3, exact=True)

# %%
for theta in (4.0, 1.0, 0.0):
    left = value(p / (p + q(theta)), q(theta))
    right = 2 * jsd(p, q(theta)) - math.log(4)
    claim(f"V(D*, G) minus (2 JSD − log 4) at θ = {theta:g}", left - right, -1e-9, 1e-9, exact=True)
claim("V(D*, G) when q = p, plus log 4", value(p / (p + p), p) + math.log(4), -1e-9, 1e-9, exact=True)

# %% tags=["nbval-check-output"]
print("   θ     JSD     2 JSD − log 4")
for theta in (8.0, 6.0, 4.0, 2.0, 1.0, 0.0):
    print(f"{theta:4.0f}   {jsd(p, q(theta)):.4f}   {2 * jsd(p, q(theta)) - math.log(4):8.4f}")
print(f"the largest JSD there is, log 2:   {math.log(2):.4f}")
print(f"the smallest value,  −log 4:      {-math.log(4):.4f}")

# %% [markdown]
# <details><summary>Answer</summary>
#
# $C=0$ at $\theta=11$, to many digits: a perfect discriminator is never wrong there. At $\theta=9$ it is still 0. The
# generator has come closer, and *the value does not show it*.
# </details>

# %%
positions = torch.linspace(-8, 8, 161)
costs = {"generator faces 2 JSD − log 4": [2 * jsd(p, q(t.item())) - math.log(4) for t in positions]}
figure = plots.curves(costs, x=positions, xlabel="position θ of the generator", ylabel="value of the game")
axis = figure.axes[0]
for height, text in ((0, "never wrong: 0"), (-math.log(4), "cannot tell: −log 4")):
    axis.axhline(height, color="#444444", lw=1, ls=":")
    axis.text(-7.9, height + 0.03, text)
axis.set_ylim(-1.5, 0.15)
plots.show(
    figure,
    "What a generator faces that can only slide: flat far away, a valley over the data, and a floor it never reaches.",
    key=True,
)

# %%
claim("C(G) at θ = 6", 2 * jsd(p, q(6)) - math.log(4), -0.007, 0, exact=True)
claim("C(G) at θ = 9", 2 * jsd(p, q(9)) - math.log(4), -1e-5, 0, exact=True)
claim("lowest value that sliding reaches", min(costs["generator faces 2 JSD − log 4"]), -0.9985, -0.997, exact=True)

# %% [markdown]
# *What you should see:* a valley between two plateaus. The lowest point, −0.998 at $\theta=0$, is above −1.386, because
# one bump cannot become two. A generator that can make *any* shape is needed: a neural network.

# %% [markdown]
# ## 4 · A network in the discriminator's place
#
# In practice we have samples, not $p$ and $q$, and D is a network. D maximises $V$, so it minimises the **loss** $-V$,
# with means over a batch in place of the expectations. In logits, with $1-\sigma(l)=\sigma(-l)$:
#
# $$-\log D=-\log\sigma(l)=\log(1+e^{-l})=\mathrm{softplus}(-l),\qquad
# -\log(1-D)=-\log\sigma(-l)=\mathrm{softplus}(l).$$
#
# This is binary cross-entropy, the ordinary loss of a two-class classifier, with label 1 for real and 0 for fake. **The
# discriminator is a classifier, trained in the usual way.** At a logit of 0 each term is $\log 2$. So a discriminator
# that knows nothing starts near $2\log2\approx1.386$.


# %%
class Discriminator(nn.Module):
    """A sample (b, features) to a logit (b,): three linear layers with a bend between them."""

    def __init__(self, features, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, width), nn.LeakyReLU(0.2),
            nn.Linear(width, width), nn.LeakyReLU(0.2),
            nn.Linear(width, 1),
        )  # fmt: skip

    def forward(self, x):
        return self.layers(x).squeeze(1)  # (b, 1) → (b,)


def discriminator_loss(real_logits, fake_logits):
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


# %% [markdown]
# `LeakyReLU(0.2)` multiplies negative numbers by 0.2 and leaves positive ones alone. Without it the three layers would
# be one linear map. **Check** the loss against PyTorch's own cross-entropy:

# %%
real_logits, fake_logits = torch.randn(2, 1000, generator=random)
ours = discriminator_loss(real_logits, fake_logits)
ones, zeros = torch.ones(1000), torch.zeros(1000)
theirs = F.binary_cross_entropy_with_logits(real_logits, ones) + F.binary_cross_entropy_with_logits(fake_logits, zeros)
claim("our loss against binary cross-entropy, difference", float(ours) - float(theirs), -1e-6, 1e-6, exact=True)
claim("loss at zero logits, minus log 4", discriminator_loss(zeros, zeros) - math.log(4), -1e-6, 1e-6, exact=True)

# %% [markdown]
# Now hold the generator at $\theta=1$ and train D alone. It sees samples, never a density. The optimiser is Adam:
# gradient descent with a step size of its own for every weight.
#
# > **Predict:** to which number will the loss fall? (Not to 0. Sections 2 and 3 are enough to work it out.)


# %%
def real_numbers(n):  # n samples of p, (n, 1)
    return data.gaussians_1d(n, means=(-1.5, 1.5), std=0.5, generator=random)


torch.manual_seed(SEED)
judge = Discriminator(features=1, width=64)
optimizer = torch.optim.Adam(judge.parameters(), lr=5e-3)
judge_losses, snapshots = [], {}
for step in range(JUDGE_STEPS):
    if step in (0, 20):
        snapshots[step] = torch.sigmoid(judge(x[:, None].float())).detach()
    optimizer.param_groups[0]["lr"] = 5e-3 * (1 - step / JUDGE_STEPS)  # ever smaller steps, to settle
    fakes = 1 + torch.randn(4 * BATCH_SIZE, 1, generator=random)  # draw: θ + z with θ = 1; many, for a calm curve
    loss = discriminator_loss(judge(real_numbers(4 * BATCH_SIZE)), judge(fakes))  # judge
    optimizer.zero_grad()  # step D
    loss.backward()
    optimizer.step()
    judge_losses.append(loss.item())  # record
snapshots[JUDGE_STEPS] = torch.sigmoid(judge(x[:, None].float())).detach()

# %%
figure, (left, right) = plots.panels(1, 2, height=3.3, width=8.6)
answers = {f"after {step} steps": answer for step, answer in snapshots.items()}
plots.curves({"best D*": p / (p + q(1)), **answers}, x=x, xlabel="x", ylabel="D(x)", smooth=1, axes=left)
left.lines[0].set(lw=6, alpha=0.35, color="black")
for line, style in zip(left.lines[1:], (":", "--", "-")):
    line.set(color=plots.COLOURS["discriminator"], linestyle=style)
left.set(xlim=(-3.5, 5), ylim=(-0.03, 1.03))
left.legend(loc="upper right", fontsize=9)
plots.curves({"discriminator loss": judge_losses}, axes=right)
right.axhline(math.log(4) - 2 * jsd(p, q(1)), color="black", ls=":", label="log 4 − 2 JSD")
right.legend()
caption = (
    "A network that only ever sees samples learns p/(p+q) (left), and its loss falls to log 4 − 2 JSD (right; the line "
    "is a running mean of the loss, the band holds the single steps)."
)
plots.show(figure, caption)


# %%
def read(network):  # logits (8001,) of a discriminator on the grid and their slopes in x, in double precision
    points = x[:, None].float().requires_grad_()
    logits = network(points)
    (slopes,) = torch.autograd.grad(logits.sum(), points)
    return logits.detach().double(), slopes.squeeze(1).double()


def value_of(logits, fake):  # V again, from logits: σ itself would round to 0 or 1 far out, and log 0 is infinite
    return integral(p * F.logsigmoid(logits) + fake * F.logsigmoid(-logits))


judge_logits, judge_slopes = read(judge)
seen = p + q(1) > 0.04  # places that samples visit often enough to learn from
error = (torch.sigmoid(judge_logits) - p / (p + q(1)))[seen].abs().max()
gap = value(p / (p + q(1)), q(1)) - value_of(judge_logits, q(1))
claim("largest error of D against D* where samples are", error, 0, 0.05)
claim("V(D*) minus V(learned D)", gap, 0, 0.005)
claim("loss of a perfect D, log 4 − 2 JSD", math.log(4) - 2 * jsd(p, q(1)), 0.978, 0.979, exact=True)
claim("mean loss of the last fifth", sum(judge_losses[-(JUDGE_STEPS // 5) :]) / (JUDGE_STEPS // 5), 0.96, 1.00)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The loss is $-V$, and the largest $V$ is $2\,\mathrm{JSD}-\log4$. So the loss falls to
# $\log4-2\,\mathrm{JSD}\approx0.979$ and stays there. No network gets lower on fresh samples, because the densities
# overlap.
# </details>
#
# *What you should see:* after 20 steps a vague answer, at the end both bumps. The learned $V$ stays below that of
# $D^*$, so a real discriminator *under*estimates the JSD. At the left edge the network is wrong: hardly a sample falls
# there, and *D knows nothing about places without samples*.

# %% [markdown]
# ## 5 · What the generator is told
#
# Hold D still and let G move. Only the second term of $V$ contains $G$. By the chain rule, with $x=G(z)$:
#
# $$\frac{\partial}{\partial\theta}\,\mathbb{E}_z\big[\log(1-D(G(z)))\big]
# =\mathbb{E}_z\Big[\underbrace{\tfrac{d}{dl}\log(1-\sigma(l))}_{\text{the loss}}\cdot
# \underbrace{l'(x)}_{\text{slope of D}}\cdot\underbrace{\tfrac{\partial G}{\partial\theta}}_{\text{generator}}\Big].$$
#
# *The slope of D's logit is the only message that reaches the generator*: "to look more real, move this way".
#
# ### The volume knob
#
# The first factor is a volume knob on this message. With $\sigma'=\sigma(1-\sigma)$:
# $\;\frac{d}{dl}\log(1-\sigma(l))=-\frac{\sigma(1-\sigma)}{1-\sigma}=-\sigma(l)=-D$.
#
# For a fake that D recognises, $D\approx 0$. So G hears least when it has most to learn: $\log(1-D)$ is the
# **saturating** loss. Goodfellow's paper therefore proposes to minimise $-\log D(G(z))$, the **non-saturating** loss:
# $\;\frac{d}{dl}\big(-\log\sigma(l)\big)=-\frac{\sigma(1-\sigma)}{\sigma} =-(1-\sigma(l))=-(1-D)$. It has the same
# sign, and it is loud for bad fakes. **Check** with autograd:

# %% tags=["nbval-check-output"]
logits = torch.tensor([-8.0, -4.0, 0.0, 4.0], dtype=torch.float64, requires_grad=True)
(saturating,) = torch.autograd.grad(F.logsigmoid(-logits).sum(), logits)  # log(1 − D)
(non_saturating,) = torch.autograd.grad(-F.logsigmoid(logits).sum(), logits)  # −log D
print(" logit       D    saturating   non-saturating")
for row in zip(logits.tolist(), torch.sigmoid(logits).tolist(), saturating.tolist(), non_saturating.tolist()):
    print("{:6.0f}   {:.4f}   {:10.4f}   {:14.4f}".format(*row))

# %%
claim("gradient of log(1 − D) at a logit of −4", saturating[1], -0.0185, -0.0175, exact=True)
claim("gradient of −log D at a logit of −4", non_saturating[1], -0.9825, -0.9815, exact=True)
line = torch.linspace(-8, 8, 401)
knobs = {"saturating: −D": -torch.sigmoid(line), "non-saturating: −(1 − D)": -torch.sigmoid(-line)}
figure = plots.curves(knobs, x=line, xlabel="logit of a fake", ylabel="gradient", smooth=1)
figure.axes[0].axvspan(-8, -2, color="#EEEEEE", zorder=0)
figure.axes[0].text(-7.8, -0.52, "early in training\nthe fakes are here")
plots.show(
    figure,
    "Gradient of both generator losses at the logit of a fake. Where D is sure that it is a fake, one is near 0.",
)

# %% [markdown]
# *What you should see:* at a logit of −4 (D gives the fake a chance of 1.8 %) the saturating loss has a gradient of
# −0.018, the other one of −0.982.
#
# ### What each loss descends
#
# Let D be perfect at the current $\theta$. Of which function is each gradient *the gradient*? Here
# $\partial G/\partial\theta=1$, and the slope of D is $l^{*\prime}(x)$.
#
# **Saturating.** When $\theta$ moves, $C(\theta)=V(D^*_\theta,\theta)$ changes for two reasons: the fakes move, and the
# best answer $D^*_\theta$ moves with them. The second costs nothing to first order, because $D^*$ maximises $V$. Hence
# the gradient through a *frozen* $D^*$ is the full slope of $C$:
#
# $$\mathbb{E}_z\big[-D^*(x)\;l^{*\prime}(x)\big]=\nabla_\theta\,2\,\mathrm{JSD}(p\|q).$$
#
# **Non-saturating.** With $D^*=p/(p+q)$ and $1-D^*=q/(p+q)$,
#
# $$-\log D^*=\log\frac{p+q}{p}=\log\frac{q}{p}-\log\frac{q}{p+q}=\log\frac qp-\log(1-D^*).$$
#
# Freeze this function of $x$ and let only the fakes move. Write $q_t$ for their density, and take the slope at
# $t=\theta$, where $q_t=q$. The second part is known: it gives $-\nabla 2\,\mathrm{JSD}$. The first part is
# $\int q_t\log\frac qp$. It differs from $\mathrm{KL}(q_t\|p)=\int q_t\log\frac{q_t}{p}$ by
# $\int q_t\log\frac{q_t}{q}=\mathrm{KL}(q_t\|q)$. By step 3 of section 3 this difference has its minimum, 0, at
# $t=\theta$, so its slope there is 0. Hence
#
# $$\mathbb{E}_z\big[-(1-D^*(x))\;l^{*\prime}(x)\big]=\nabla_\theta\big[\mathrm{KL}(q\|p)-2\,\mathrm{JSD}(p\|q)\big].$$
#
# **Check.** Left sides by quadrature; right sides by moving $\theta$ a little to both sides.


# %%
def pushes(logits, slopes, fake):  # both gradients of θ: saturating, non-saturating
    D = torch.sigmoid(logits)
    return integral(fake * -D * slopes), integral(fake * -(1 - D) * slopes)


def best_pushes(theta):  # with the perfect discriminator; l*' is (log p)' + (x − θ)
    slopes = torch.gradient(p.log(), spacing=(x,), edge_order=2)[0] + (x - theta)
    return pushes(p.log() - q(theta).log(), slopes, q(theta))


def slope(function, theta, h=1e-4):
    return (function(theta + h) - function(theta - h)) / (2 * h)


for theta in (4.0, 1.0):
    by_d = best_pushes(theta)
    of_jsd, of_kl = slope(lambda t: 2 * jsd(p, q(t)), theta), slope(lambda t: kl(q(t), p), theta)
    claim(f"θ = {theta:g}: saturating minus slope of 2 JSD", by_d[0] - of_jsd, -1e-4, 1e-4, exact=True)
    claim(f"θ = {theta:g}: non-saturating minus slope of KL − 2 JSD", by_d[1] - of_kl + of_jsd, -1e-4, 1e-4, exact=True)
claim("slope of KL(q_t‖q) at t = θ = 1", slope(lambda t: kl(q(t), q(1)), 1.0), -1e-6, 1e-6, exact=True)

# %%
figure, (left, right) = plots.panels(1, 2, height=3.3, width=8.6)
thetas = torch.linspace(0, 8, 161)
both = torch.tensor([best_pushes(t.item()) for t in thetas])  # (161, 2)
named = {"saturating": both[:, 0], "non-saturating": both[:, 1]}
sizes = {name: values[1:].abs() for name, values in named.items()}
plots.curves(sizes, x=thetas[1:], xlabel="θ", ylabel="size of the push", smooth=1, axes=left)
left.set_yscale("log")
plots.curves(named, x=thetas, xlabel="θ", ylabel="gradient", smooth=1, axes=right)
right.axhline(0, color="black", lw=1)
right.axvspan(0, 1.11, color="#EEEEEE", zorder=0)
right.set(xlim=(0, 1.5), ylim=(-0.4, 0.4))
caption = (
    "How hard a perfect discriminator pushes the generator at θ. Left, on a logarithmic scale: far away, one loss gives "
    "nearly no push, the other a strong one. Right, close by: in the grey strip the gradients have opposite signs."
)
plots.show(figure, caption, key=True)

# %%
quiet, loud = best_pushes(6.0)
claim("size of the saturating push at θ = 6", quiet, 0.0130, 0.0140, exact=True)
claim("size of the non-saturating push at θ = 6", loud, 17.9, 18.1, exact=True)
low, high = 1.0, 1.5
for _ in range(30):  # halve the interval in which the sign changes
    middle = (low + high) / 2
    low, high = (middle, high) if best_pushes(middle)[1] < 0 else (low, middle)
claim("θ where the non-saturating push changes sign", low, 1.1, 1.16, exact=True)

# %% [markdown]
# *What you should see:* at $\theta=6$ the push (the size of the gradient) is 0.0136 with the saturating loss and 18.0
# with the other. Descending the first, a generator that starts far away hardly moves. **That is why practice uses the
# non-saturating loss.**
#
# > **Claim to check: "Training G with flipped labels (calling its fakes real) gives the same gradient."** Flipped
# > labels *are* the non-saturating loss: cross-entropy with label 1 for a fake is $-\log D$.
#
# For one sample the two gradients differ by the factor $\frac{1-D}{D}$. In a batch each sample has its own factor, so
# the *direction* of the sum may change. We test it at $\theta=1$, with the perfect D and with that of section 4. (A
# positive gradient means that descent makes $\theta$ smaller.)

# %%
perfect, learned = best_pushes(1.0), pushes(judge_logits, judge_slopes, q(1))
claim("perfect D: gradient of log(1 − D) at θ = 1", perfect[0], 0.057, 0.058, exact=True)
claim("perfect D: gradient of −log D, labels flipped", perfect[1], -0.122, -0.120, exact=True)
claim("learned D: gradient of log(1 − D) at θ = 1", learned[0], 0.02, 0.10)
claim("learned D: gradient of −log D, labels flipped", learned[1], -0.30, -0.05)

# %% [markdown]
# **The claim is false.** Here the two losses send the generator in *opposite directions*. Descending $\log(1-D)$ moves
# it left, towards $\theta=0$, between both bumps, where the JSD is smallest. Descending $-\log D$ moves it right, to
# near $\theta=1.1$, over one bump: $\mathrm{KL}(q\|p)$ is large where fakes land without data, and hardly notices a
# bump without fakes. Lesson 02 comes back to this as **mode collapse**, and finds a stronger cause. Both losses share
# the goal: at $q=p$ we have $l^*=0$ everywhere, and both gradients are 0.
#
# **Move it yourself.** In JupyterLab, run the next cell: sliders appear. Find a $\theta$ where the gradients have
# opposite signs. Then make $q=p$: bumps at ±0, equal spreads, $\theta=0$. What is left of $D^*$?

# %%
panel = panels.minimax()
panel

# %% [markdown]
# In JupyterLab it looks like this:

# %%
from IPython import display

from course_gan.files import ROOT

text = "The panel with its four sliders, the numbers of the game below them, and below these the three plots."
display.Image(ROOT / "docs" / "panel_minimax.png", alt=text)

# %% [markdown]
# ### Why this course never lets a discriminator end in a sigmoid
#
# On paper $\log(1-\sigma(l))$ and $-\mathrm{softplus}(l)$ are equal. In a computer they are not. Suppose that D gives a
# fake the logit +17. It is wrong, very sure, and needs a strong gradient.

# %% tags=["nbval-check-output"]
for height in (10.0, 16.0, 17.0, 30.0):
    logit = torch.tensor(height, requires_grad=True)
    (naive,) = torch.autograd.grad(F.binary_cross_entropy(torch.sigmoid(logit), torch.tensor(0.0)), logit)
    (stable,) = torch.autograd.grad(F.softplus(logit), logit)
    print(f"logit {height:4.0f}:  sigmoid, then cross-entropy {naive:6.3f}      on logits {stable:6.3f}")

# %% [markdown]
# *What you should see:* from 17 on, the first column is 0. In 32 bits $\sigma(17)$ rounds to 1, its slope
# $\sigma(1-\sigma)$ to 0, and D learns nothing. So here a discriminator returns logits, and losses are written with
# softplus.

# %% [markdown]
# ## 6 · A GAN from scratch
#
# We still need a generator that can make any shape, and the turns: D moves, G moves, D moves … The blocks below, with
# the discriminator and its loss from section 4, are a complete GAN.
#
# **The generator** turns latents into samples. It has no `ReLU` at the end, because a sample may be any number.


# %%
class Generator(nn.Module):
    """Latents (b, latent_dim) to samples (b, features)."""

    def __init__(self, latent_dim, features, width):
        super().__init__()
        self.latent_dim = latent_dim
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, features),
        )  # fmt: skip

    def forward(self, z):
        return self.layers(z)  # (b, features)


def generator_loss(fake_logits):
    return F.softplus(-fake_logits).mean()  # −log D(G(z)), non-saturating


# %% [markdown]
# **D's move.** Make fakes, judge both batches, step. `detach()` cuts the fakes off from the generator: the backward
# pass stops there, and only D learns. `zero_grad()` empties D's gradients, because G's move below runs *through* D and
# fills them.


# %%
def discriminator_step(G, D, optimizer, real, z):
    fake = G(z).detach()  # draw: (b, features), cut off from G
    loss = discriminator_loss(D(real), D(fake))  # judge
    optimizer.zero_grad()  # step D
    loss.backward()
    optimizer.step()
    return loss.item()


# %% [markdown]
# **G's move.** New fakes, this time *attached*: the gradient runs from the loss through D, through the sample, into G.
# `optimizer` holds G's weights only, so D stays as it is. There are no real samples among the arguments.


# %%
def generator_step(G, D, optimizer, z):
    loss = generator_loss(D(G(z)))  # draw, judge
    optimizer.zero_grad()  # step G
    loss.backward()
    optimizer.step()
    return loss.item()


# %% [markdown]
# **The game.** One optimiser per player, then turns. `sample(n)` draws real samples; `watch` is called with every step
# number, so that we can take pictures. D's learning rate is four times G's, and Adam's momentum (the first of the two
# `betas`) is off. Lesson 02 derives why both help.


# %%
def play(G, D, sample, steps, watch=lambda step: None):
    optimizer_G = torch.optim.Adam(G.parameters(), lr=5e-4, betas=(0.0, 0.9))
    optimizer_D = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.0, 0.9))
    losses = {"discriminator loss": [], "generator loss": []}
    for step in range(steps):
        watch(step)  # record
        z = torch.randn(BATCH_SIZE, G.latent_dim, generator=random)  # draw
        losses["discriminator loss"].append(discriminator_step(G, D, optimizer_D, sample(BATCH_SIZE), z))  # step D
        z = torch.randn(BATCH_SIZE, G.latent_dim, generator=random)  # draw
        losses["generator loss"].append(generator_step(G, D, optimizer_G, z))  # step G
    watch(steps)
    return losses


# %% [markdown]
# **Check** what `detach` promises: after D's move G has no gradient, and its weights are what they were.

# %% tags=["nbval-check-output"]
torch.manual_seed(SEED)
G, D = Generator(latent_dim=1, features=1, width=64), Discriminator(features=1, width=64)
before = [weight.clone() for weight in G.parameters()]
discriminator_step(G, D, torch.optim.Adam(D.parameters()), real_numbers(64), torch.randn(64, 1, generator=random))
print("G has a gradient after D's move:", any(weight.grad is not None for weight in G.parameters()))
print("G's weights changed:            ", not all(torch.equal(a, b) for a, b in zip(before, G.parameters())))
generator_step(G, D, torch.optim.Adam(G.parameters()), torch.randn(64, 1, generator=random))
print("G has a gradient after G's move:", all(weight.grad is not None for weight in G.parameters()))

# %% [markdown]
# Now play on the line, against the two bumps. We look at the fakes (a histogram of 20,000) and at $D$ four times.
#
# > **Predict:** at the end, what will $D$ answer where the data are? At which numbers will the two losses stand?

# %%
torch.manual_seed(SEED)
G, D = Generator(latent_dim=1, features=1, width=64), Discriminator(features=1, width=64)
pictures = {}


def take_picture(step):
    if step in (0, STEPS_LINE // 20, STEPS_LINE // 6, STEPS_LINE):
        with torch.no_grad():
            pictures[step] = G(torch.randn(20_000, 1, generator=random)), torch.sigmoid(D(x[:, None].float()))


losses = play(G, D, real_numbers, STEPS_LINE, take_picture)
line_G, line_D = G, D  # kept for section 8


# %%
def histogram(samples, low=-4.0, high=4.0, bins=64):  # centres and density, (bins,) each
    counts = torch.histc(samples.flatten(), bins, low, high)
    centres = low + (high - low) * (torch.arange(bins) + 0.5) / bins
    return centres, counts / counts.sum() / ((high - low) / bins)


figure, axes = plots.panels(2, 2, height=5.2, sharex=True)
for axis, (step, (samples, answer)) in zip(axes, pictures.items()):
    centres, density = histogram(samples)
    real_there = p[[torch.argmin((x - c).abs()).item() for c in centres]]
    answer_there = answer[[torch.argmin((x - c).abs()).item() for c in centres]]
    plots.densities(centres, {"real": real_there, "fake": density}, discriminator=answer_there, axes=axis)
    axis.get_legend().remove()
    axis.set(title=f"step {step:,}", ylim=(0, 0.9))
caption = (
    "A GAN on the line. Blue: real density. Vermillion: what the generator makes. Dashed green: the discriminator's "
    "answer, on the right-hand scale. At the end both densities nearly agree and the discriminator is near one half."
)
plots.show(figure, caption, key=True)

# %%
figure = plots.curves(losses)
figure.axes[0].axhline(math.log(4), color="black", ls=":", lw=1)
figure.axes[0].axhline(math.log(2), color="black", ls=":", lw=1)
figure.axes[0].set_ylim(0, 2)
caption = (
    "Losses of both players, with their running means. Dotted: log 4 and log 2, where nobody can tell real from fake."
)
plots.show(figure, caption)

# %%
centres, density = histogram(pictures[STEPS_LINE][0])
_, real_density = histogram(real_numbers(200_000))
mixture = ((density + real_density) / 2).clamp_min(1e-12)
kl_fake = (density * (density.clamp_min(1e-12) / mixture).log()).sum() * 8 / 64  # bins of width 8/64
kl_real = (real_density * (real_density.clamp_min(1e-12) / mixture).log()).sum() * 8 / 64
claim("JSD of generated and real samples at the end", 0.5 * (kl_fake + kl_real), 0, 0.04)
half = (p * (pictures[STEPS_LINE][1].double() - 0.5).abs()).sum() / p.sum()
claim("mean distance of D from one half, over the data", half, 0, 0.06)
last = STEPS_LINE // 5
claim("D's loss, mean of the last fifth", sum(losses["discriminator loss"][-last:]) / last, 1.33, 1.40)
claim("G's loss, mean of the last fifth", sum(losses["generator loss"][-last:]) / last, 0.64, 0.80)

# %% [markdown]
# <details><summary>Answer</summary>
#
# One half, and $\log4\approx1.386$ for D, $\log2\approx0.693$ for G. Section 3 promised it: at $q=p$ the value of the
# game is $-\log 4$. So **here, losses that stand still at these numbers are success**.
# </details>
#
# *What you should see:* first a clump that D easily tells apart. Then G follows the slope of D, and D learns where the
# fakes now are. On the way G heaps fakes on one side of a bump, until D pushes them back. Nobody walks down a common
# hill: that is the subject of lesson 02.
#
# **How to read the losses of a GAN.** A D that has learned nothing gives the same two numbers, so look at the samples
# too. With pictures, in lesson 03, G does not become exactly right in the time it has. D's loss stays below 1.386 and
# G's above 0.693. That is no failure: D still sees a difference, and G can still learn it.

# %% [markdown]
# ## 7 · The same code in the plane
#
# Nothing in `play` knows that samples are single numbers. We play again in the plane, against eight Gaussians on a
# circle. Each is a **mode** of the data, a place where samples pile up. How many does the generator find?


# %%
def real_points(n):  # n points of eight Gaussians on the unit circle, (n, 2)
    return data.ring(n, generator=random)


def count_modes(points, centres, radius=0.2, share=0.02):
    """How many centres own at least `share` of the points, and which part of the points lies near any centre."""
    distance, owner = torch.cdist(points, centres).min(dim=1)
    near = distance < radius  # four standard deviations of a mode
    owned = torch.bincount(owner[near], minlength=len(centres)) / len(points)
    return int((owned >= share).sum()), near.float().mean().item()


# %%
torch.manual_seed(SEED)
G, D = Generator(latent_dim=2, features=2, width=64), Discriminator(features=2, width=64)
latents, clouds = torch.randn(1000, 2, generator=random), {}
early = STEPS_PLANE // 15


def take_cloud(step):
    if step in (early, STEPS_PLANE):
        clouds[step] = G(latents).detach(), {name: w.clone() for name, w in D.state_dict().items()}


_ = play(G, D, real_points, STEPS_PLANE, take_cloud)

# %%
figure, axes = plots.panels(1, 2, height=3.9, width=9.2)
for axis, (step, (points, weights)) in zip(axes, clouds.items()):
    D.load_state_dict(weights)
    plots.field(lambda place: torch.sigmoid(D(place)), limits=(-1.6, 1.6), fake=points, axes=axis)
    axis.scatter(*data.ring_modes().T, s=150, facecolors="none", edgecolors="black", lw=1.2, zorder=5)
    axis.get_legend().remove()
    axis.set_title(f"step {step:,}")
caption = (
    "Colour: D(x), blue where D says real, orange where it says fake, dashed where it says one half; arrows: where D "
    "sends the generator. Points: 1,000 fakes; rings: the eight places of the real data. Early the fakes are smeared "
    "along the circle; at the end they sit in the rings."
)
plots.show(figure, caption)
modes, near = count_modes(clouds[STEPS_PLANE][0], data.ring_modes())
claim("modes of the ring that the generator found", modes, 8, 8)
claim("share of fakes near a mode", near, 0.75, 1.0)

# %% [markdown]
# *What you should see:* all eight. A few fakes always lie between neighbours: the generator is a *continuous* map of
# one connected cloud, and cannot cut it into eight pieces. How long is this GAN?

# %%
parts = [discriminator_loss, generator_loss, discriminator_step, generator_step, play, Discriminator.__init__]
parts += [Discriminator.forward, Generator.__init__, Generator.forward]
lines = sum(len(inspect.getsource(part).strip().splitlines()) for part in parts) + 2  # and two lines "class …"
claim("lines of the GAN", lines, 45, 60, exact=True)

# %% [markdown]
# ## 8 · Two more claims to check
#
# > **Claim to check: "G and D minimise the squared distance between them",** with the loss $(D(x)-G(z))^2$.
#
# With pictures $D(x)$ is a number and $G(z)$ an image. On our line both are numbers, so we can try it.
#
# > **Predict:** both players minimise $\mathbb{E}\,(D(x)-G(z))^2$ together. The loss reaches 0. What does $G$ generate?

# %%
torch.manual_seed(SEED)
H, E = Generator(latent_dim=1, features=1, width=64), Discriminator(features=1, width=64)  # a fresh G and a fresh D
optimizer = torch.optim.Adam([*H.parameters(), *E.parameters()], lr=2e-3)
for _ in range(STEPS_LINE // 2):
    z = torch.randn(BATCH_SIZE, 1, generator=random)  # draw
    loss = (E(real_numbers(BATCH_SIZE)) - H(z).squeeze(1)).square().mean()  # judge
    optimizer.zero_grad()  # step both at once
    loss.backward()
    optimizer.step()
claim("“squared distance” after training on it", loss.detach(), 0, 0.01)
claim("spread of what G then generates", H(torch.randn(5000, 1, generator=random)).detach().std(), 0, 0.1)
claim("spread of the real data", real_numbers(200_000).std(), 1.57, 1.59, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The same number for every $z$. The loss is 0 when both networks are the same *constant*.
# </details>
#
# **The claim is false.** In a GAN the players have *opposite* goals, and this loss is not small when the game is won.
# With $D=\tfrac12$ and $q=p$ it is the variance of the data plus $\tfrac14$, here $1.5^2+0.5^2+0.5^2=2.75$. The players
# of section 6:

# %%
with torch.no_grad():
    answers = torch.sigmoid(line_D(real_numbers(20_000)))
    made = line_G(torch.randn(20_000, 1, generator=random)).squeeze(1)
claim("“squared distance” of a GAN that has won", (answers - made).square().mean(), 2.2, 3.4)
claim("variance of the data plus 1/4", integral(p * (x - 0.5).square()), 2.7499, 2.7501, exact=True)

# %% [markdown]
# > **Claim to check: "G encodes real images" and gives variations of them out.**
#
# We ask autograd whether real samples have any influence on G's loss, and look at what goes into G.

# %% tags=["nbval-check-output"]
real = real_points(64).requires_grad_()
z = torch.randn(64, 2, generator=random)
discriminator_loss(D(real), D(G(z).detach())).backward()
print("real samples touch D's loss:", real.grad is not None and bool(real.grad.abs().sum() > 0))
real.grad = None
generator_loss(D(G(z))).backward()
print("real samples touch G's loss:", real.grad is not None)
print("what goes into G:", tuple(z.shape), "  what comes out:", tuple(G(z).shape))
print("G's inputs are the same, whatever the data: latents of dimension", G.latent_dim)

# %% [markdown]
# **The claim is false.** G never sees a real sample. All it knows of the data came through the slope of D.

# %% [markdown]
# ## 9 · The library plays the same game
#
# From lesson 02 on we use `course_gan`. **Check** that it is what you have just read: from copies of one state, with
# the same latents, one step of its `GAN` moves all weights to the same places as ours.

# %%
ours = Generator(2, 2, width=64), Discriminator(2, width=64)
theirs = models.MLPGenerator(2, 2, width=64), models.MLPDiscriminator(2, width=64)
for mine, library in zip(ours, theirs):
    library.load_state_dict(mine.state_dict())  # raises unless all names and shapes agree
z, points = torch.randn(2, 256, 2, generator=random), real_points(256)
rates = {"lr": 5e-4, "lr_discriminator": 2e-3, "betas": (0.0, 0.9)}
game = GAN(*theirs, loss="non_saturating", ema=None, backend=Backend("cpu"), **rates)
latents_left = list(z)


def same_latents(n):  # those that we use, in the same order
    return latents_left.pop(0)


game.draw_latents = same_latents
game.discriminator_step(points)
game.generator_step(points)
discriminator_step(*ours, torch.optim.Adam(ours[1].parameters(), lr=2e-3, betas=(0.0, 0.9)), points, z[0])
_ = generator_step(*ours, torch.optim.Adam(ours[0].parameters(), lr=5e-4, betas=(0.0, 0.9)), z[1])

# %% tags=["nbval-check-output"]
for name, mine, library in zip(("generator", "discriminator"), ours, theirs):
    pairs = list(zip(mine.state_dict().items(), library.state_dict().items()))
    print(f"{name}: {len(pairs)} tensors, names equal: {all(a[0] == b[0] for a, b in pairs)}")
    worst = max((a[1] - b[1]).abs().max().item() for a, b in pairs)
    print(f"   after one step of each player, weights equal to 5 digits: {worst < 1e-5}")
    print(f"   outputs equal to 4 digits: {torch.allclose(mine(z[0]), library(z[0]), atol=1e-4)}")

# %% [markdown]
# The command `course-gan train 01` plays the game of section 7; `build` makes it. Its settings must be those in `play`.
# We let it play as long as ours and count again.

# %% tags=["nbval-check-output"]
recipe = build("01", PROFILE, seed=SEED, steps=STEPS_PLANE, batch_size=BATCH_SIZE)
for name, value_here in {**rates, "loss": "non_saturating", "width": 64, "latent_dim": 2, "ema": None}.items():
    print(f"{name:<18}{value_here!s:<16} the same there: {getattr(recipe.settings, name) == value_here}")

# %%
left = recipe.steps - recipe.game.steps
for _ in train(recipe.game, recipe.batches, left):
    pass
if left <= 0:
    print(f"already trained for {recipe.game.steps:,} steps")
modes, near = count_modes(recipe.game.sample(n=1000), data.ring_modes())
claim("modes that the library's game found", modes, 7, 8)
claim("share of its fakes near a mode", near, 0.75, 1.0)

# %% [markdown]
# ## Summary
#
# - The game is $\min_G\max_D\;\mathbb{E}\log D(x)+\mathbb{E}\log(1-D(G(z)))$.
# - The best discriminator is $D^*=p/(p+q)$, its logit $\log(p/q)$: D learns a *ratio* of densities.
# - Against it the generator faces $2\,\mathrm{JSD}(p\|q)-\log4$. Its only minimum is $q=p$, where $D=\tfrac12$.
# - $\log(1-D)$ has nearly no gradient for bad fakes, $-\log D$ has a strong one: that of
#   $\mathrm{KL}(q\|p)-2\,\mathrm{JSD}$.
# - A GAN is two losses, two steps, one `detach`. G never sees real data; it only gets the slope of D.
#
# **Read on:** Goodfellow et al., *Generative Adversarial Nets*, arXiv:1406.2661; Arjovsky and Bottou, *Towards
# Principled Methods for Training GANs*, arXiv:1701.04862 (what each loss descends); Nowozin, Cseke and Tomioka,
# *f-GAN*, arXiv:1606.00709.
#
# **Now do** `exercises/01_minimax_game`.
