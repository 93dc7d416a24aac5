# %% [markdown]
# # Exercise 04 · Objectives
#
# Eight items, about two hours. You write six objectives and the leashes of D, turn two derivations into code, examine
# penalties that others wrote, judge a table of scores, and end with a critic that measures a distance. No GPU, no
# internet; every check answers within a second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `losses` | ●●○ | 15 | six objectives on logits, alive where D is sure | 2 |
# | 2 | `best_answers` | ●●○ | 15 | a minimum with pencil and paper, once smooth and once with corners | 2 |
# | 3 | `earth_mover` | ●●○ | 10 | $W_1$ of two samples on a line | 1 |
# | 4 | `penalty` | ●●○ | 15 | one slope per sample, and a gradient through a gradient | 2 |
# | 5 | `name_the_fault` | ●●● | 20 | diagnosis by behaviour, not by reading | 3 |
# | 6 | `largest_singular_value` | ●●○ | 15 | spectral norm by power iteration | 2 |
# | 7 | `told_apart` | ●●○ | 15 | which objective is better, and which only luckier | 2 |
# | 8 | `train_critic` | ●●● | 25 | an open experiment with a measured outcome | 3 |
#
# **How it works.** Replace each `raise NotImplementedError()` and run the cell, then the one below it. `check` calls
# *your* function on fresh random inputs and compares with a reference of its own. It says what it sent, what it
# expected and what came; how you write the answer is your affair. Nothing stops you from going on with an item open.
# Stuck? Two hints are folded below each task.
#
# > **For instructors.** `check` is for the learner; nbgrader gives points by the hidden line of each grade cell.
# > nbgrader's own `autograde` runs what was handed in **unprotected, as you**: use it only for code of people whom you
# > would let use your account.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · Six objectives
#
# ●●○ · 15 minutes · *lesson 04, section 1*
#
# For each of the six names return two scalars: what D pays and what G pays, as means over the batch and never halved.
# You get the **logits** of a real and of a fake batch, which need not be equally large (except for `"relativistic"`,
# which pairs them). Nothing may overflow or fall silent at logits of ±120, and the gradients must flow: the check
# compares *slopes* too, since players never see anything else of a loss.
#
# <details><summary>Hint</summary>
#
# The table of section 1 has it all; $s$ is `F.softplus`. Compute no sigmoid.
# </details>
# <details><summary>Stronger hint</summary>
#
# Minimax and non-saturating share D; Wasserstein and hinge share G. A dictionary of pairs and a `return table[name]` is
# shorter than six `if`s, but then the relativistic difference of two batches of different sizes must not be computed
# for the other five: use `lambda`, or `if`.
# </details>


# %%
def losses(name, real_logits, fake_logits):
    """What D and what G pays under the objective of that name.

    name: minimax, non_saturating, least_squares (targets 1 and 0), wasserstein, hinge or relativistic.
    real_logits: (n,); fake_logits: (m,), n = m where relativistic.
    Returns two scalar tensors with gradients: D's loss and G's loss.
    """
    ### BEGIN SOLUTION
    r, f, s = real_logits, fake_logits, F.softplus
    if name == "relativistic":
        return s(f - r).mean(), s(r - f).mean()
    logistic = s(-r).mean() + s(f).mean()
    discriminator = {
        "least_squares": (r - 1).square().mean() + f.square().mean(),
        "wasserstein": f.mean() - r.mean(),
        "hinge": F.relu(1 - r).mean() + F.relu(1 + f).mean(),
    }
    generator = {
        "minimax": -s(f).mean(),
        "non_saturating": s(-f).mean(),
        "least_squares": (f - 1).square().mean(),
    }
    return discriminator.get(name, logistic), generator.get(name, -f.mean())
    ### END SOLUTION


# %% points=2
check("04.losses", losses)

# %% [markdown]
# ## 2 · The best answers of two other discriminators
#
# ●●○ · 15 minutes · *lesson 04, section 3*
#
# Lesson 04 derives the best $d$ at a place where the real density is $p$ and the generated one $q$, for least squares
# with the targets 1 and 0 and for hinge with the margin 1. Published code also uses other targets (1 and −1, or 0.9 and
# 0.1) and other margins. Derive the general answers: which $d$ minimises
#
# $$p\,(d-t_r)^2+q\,(d-t_f)^2\qquad\text{and}\qquad p\,\max(0,m-d)+q\,\max(0,m+d)\ ?$$
#
# Where several $d$ cost the same, return the one nearest to 0. ($p$ and $q$ are never both 0, and never equal.)
#
# <details><summary>Hint</summary>
#
# The first is a parabola: where is its slope zero? The second consists of straight pieces: what are the slopes left of
# $-m$, between, and right of $m$?
# </details>
# <details><summary>Stronger hint</summary>
#
# The first is a mean of the two targets, weighted by the densities. The slope of the second between its corners is
# $q-p$.
# </details>


# %%
def best_answers(p, q, real_target, fake_target, margin):
    """The best d at each place, for least squares and for hinge.

    p, q: densities at n places, (n,), double. real_target, fake_target: numbers that d² is measured from.
    margin: m > 0. Returns two tensors (n,): the best d of least squares, the best d of hinge.
    """
    ### BEGIN SOLUTION
    return (p * real_target + q * fake_target) / (p + q), margin * torch.sign(p - q)
    ### END SOLUTION


# %% points=2
check("04.best_answers", best_answers)

# %% [markdown]
# ## 3 · The earth mover on a line
#
# ●●○ · 10 minutes · *lesson 04, section 3, Wasserstein*
#
# $W_1=\int|F_p(x)-F_q(x)|\,dx$, with $F(x)$ the share of the heap left of $x$. Now the heaps are two samples: $n$ grains
# that weigh $1/n$ each, and $m$ grains that weigh $1/m$. They need not be sorted, several may lie at one place, and
# $n\neq m$.
#
# <details><summary>Hint</summary>
#
# $F$ of a sample is a staircase, which is constant between neighbouring grains. So the integral is a sum over the gaps
# between neighbours among *all* grains: height of the difference times width of the gap.
# </details>
# <details><summary>Stronger hint</summary>
#
# `places = torch.cat([x, y]).sort().values`; the widths are `places.diff()`. `torch.searchsorted(x.sort().values,
# places[:-1], right=True)` counts the grains of `x` that lie at or left of each place.
# </details>


# %%
def earth_mover(x, y):
    """W₁ of two samples on a line.

    x: (n,); y: (m,); both double. Returns a number.
    """
    ### BEGIN SOLUTION
    places = torch.cat([x, y]).sort().values
    shares = [torch.searchsorted(v.sort().values, places[:-1], right=True) / len(v) for v in (x, y)]
    return ((shares[0] - shares[1]).abs() * places.diff()).sum()
    ### END SOLUTION


# %% points=1
check("04.earth_mover", earth_mover)

# %% [markdown]
# ## 4 · Three penalties
#
# ●●○ · 15 minutes · *lesson 04, section 4*
#
# The heart of the gradient penalty, of R1 and of R2 is one slope of D **per sample**:
#
# | kind | penalty | where |
# |---|---|---|
# | `"gp"` | $\mathbb E\,(\lVert\nabla D(\hat x)\rVert-1)^2$ | $\hat x=\varepsilon\,x_\text{real}+(1-\varepsilon)\,x_\text{fake}$ |
# | `"r1"` | $\mathbb E\,\lVert\nabla D(x)\rVert^2$ | real samples |
# | `"r2"` | $\mathbb E\,\lVert\nabla D(x)\rVert^2$ | fakes |
#
# without $\lambda$ and $\gamma/2$. The $\varepsilon$ are given, one per sample. Samples may be points or images; the norm
# runs over *all* elements of a sample. D's weights are to be trained by the result, but the function itself must leave
# no gradient in them.
#
# <details><summary>Hint</summary>
#
# `torch.autograd.grad(D(points).sum(), points, create_graph=True)`. The sum over the batch is harmless, because no
# sample sees another. `points` must ask for a gradient first.
# </details>
# <details><summary>Stronger hint</summary>
#
# Shape ε as `epsilon.reshape(-1, *[1] * (real.dim() - 1))`, so that it broadcasts over images too. Then
# `gradient.flatten(1)` gives one row per sample.
# </details>


# %%
def penalty(kind, D, real, fake, epsilon):
    """A penalty on the slope of D.

    kind: "gp", "r1" or "r2". D: samples (b, …) -> logits (b,). real, fake: (b, d) or (b, c, h, w). epsilon: (b,).
    Returns a scalar tensor from which D's weights can be trained.
    """
    ### BEGIN SOLUTION
    mix = epsilon.reshape(-1, *[1] * (real.dim() - 1))
    points = {"gp": mix * real + (1 - mix) * fake, "r1": real, "r2": fake}[kind].detach().requires_grad_()
    (gradient,) = torch.autograd.grad(D(points).sum(), points, create_graph=True)
    gradient = gradient.flatten(1)  # (b, elements of a sample)
    return (gradient.norm(dim=1) - 1).square().mean() if kind == "gp" else gradient.square().sum(1).mean()
    ### END SOLUTION


# %% points=2
check("04.penalty", penalty)

# %% [markdown]
# ## 5 · Name the fault
#
# ●●● · 20 minutes · *lesson 04, section 4*
#
# Somebody hands you `penalty(D, real, fake)`, which should be a gradient penalty for points in the plane and draws its
# own ε. Write an examiner that **runs** it, with discriminators and batches of your choice, and says what it is:
#
# | answer | meaning |
# |---|---|
# | `"healthy"` | one ε and one norm per sample, slope 1 wanted, D can be trained by it |
# | `"one norm a batch"` | the norm is taken over the whole batch |
# | `"one epsilon a batch"` | all samples share the same ε |
# | `"cannot train D"` | no gradient reaches D's weights |
# | `"only at real"` | it looks at the real samples, not between |
# | `"target zero"` | it wants slope 0, as R1 does |
#
# Each patient has one fault at most. All give plausible numbers in training; no loss curve tells them apart.
#
# <details><summary>Hint</summary>
#
# You choose D! One with a known slope at every point tells you what the penalty *should* be. And a D that notes the
# points at which it was asked tells you where it was evaluated.
# </details>
# <details><summary>Stronger hint</summary>
#
# Let all real samples be at 0 and all fakes at 1: the points that D sees then *are* the ε (or rather 1 − ε). For the
# rest take $D(x)=w\cdot x$ with $\lVert w\rVert=1$, in a batch of 16: what do a healthy penalty, one norm a batch, and
# target zero answer? And with $\lVert w\rVert=2$, does a gradient reach $w$?
# </details>


# %%
def name_the_fault(penalty):
    """Examine a gradient penalty by running it.

    penalty: called as penalty(D, real, fake), D: points (b, 2) -> logits (b,), real and fake: (b, 2); returns a scalar.
    Returns "healthy", "one norm a batch", "one epsilon a batch", "cannot train D", "only at real" or "target zero".
    """
    ### BEGIN SOLUTION
    real, fake, seen = torch.zeros(16, 2), torch.ones(16, 2), []
    w = torch.tensor([2.0, 0.0], requires_grad=True)

    def D(x):
        seen.append(x.detach().clone())
        return x @ w

    value = penalty(D, real, fake)
    if not value.requires_grad:
        return "cannot train D"
    places = torch.cat(seen)[:, 0]
    if (places == 0).all():
        return "only at real"
    if places.std() < 1e-6:
        return "one epsilon a batch"
    right = {"healthy": 1.0, "one norm a batch": 49.0, "target zero": 4.0}  # at slope 2: (2 − 1)², (2·√16 − 1)², 2²
    return min(right, key=lambda name: abs(right[name] - value.item()))
    ### END SOLUTION


# %% points=3
check("04.name_the_fault", name_the_fault)

# %% [markdown]
# ## 6 · Spectral norm by power iteration
#
# ●●○ · 15 minutes · *lesson 04, section 4*
#
# Spectral norm divides every weight by its largest singular value $\sigma$. Computing all singular values at each step
# would be slow, so one iterates: from a vector $u$ repeat
#
# $$v\leftarrow\frac{W^\top u}{\lVert W^\top u\rVert},\qquad u\leftarrow\frac{W v}{\lVert W v\rVert},$$
#
# and take $\sigma\approx u^\top W\,v$. The kernel of a convolution, (out, in, k, k), counts as the matrix with `out`
# rows. D is trained *through* the division, so a gradient must reach the weight; but $u$ and $v$ count as **constants**
# in it. (Along the way derive what that gradient is: it has a very short formula.)
#
# <details><summary>Hint</summary>
#
# Run the loop under `torch.no_grad()`, and only the last line outside.
# </details>
# <details><summary>Stronger hint</summary>
#
# `W = weight.flatten(1)`; `F.normalize(W.T @ u, dim=0)`. The gradient of $u^\top W v$ with respect to $W$ is
# $u\,v^\top$: you can test yours.
# </details>


# %%
def largest_singular_value(weight, start, steps):
    """The estimate of the largest singular value after some steps of power iteration.

    weight: (m, n), or (m, c, k, k) of a convolution. start: u before the first step, (m,), of any length.
    steps: how often v and then u are renewed, at least 1. Returns a scalar tensor; u and v are constants in its gradient.
    """
    ### BEGIN SOLUTION
    W, u = weight.flatten(1), start
    with torch.no_grad():
        for _ in range(steps):
            v = F.normalize(W.T @ u, dim=0)
            u = F.normalize(W @ v, dim=0)
    return u @ W @ v
    ### END SOLUTION


# %% points=2
check("04.largest_singular_value", largest_singular_value)

# %% [markdown]
# ## 7 · Better, or only luckier?
#
# ●●○ · 15 minutes · *lesson 04, section 7*
#
# A table of Fréchet distances, with some seeds per row. Which rows can be told apart? As in the lesson: distances range
# over factors, so compare the means of their **logarithms**. Two rows are apart when the difference of these means is
# larger than `threshold` standard errors of that difference. Rows may have different numbers of seeds.
#
# With $s_1,s_2$ the standard deviations of $n_1,n_2$ logarithms, *each with the divisor $n-1$*, what is the standard
# error of the difference of the two means? The lesson has it for $n_1=n_2=3$.
#
# <details><summary>Hint</summary>
#
# The variance of a mean of $n$ numbers is $s^2/n$. Variances of independent things add, standard deviations do not.
# </details>
# <details><summary>Stronger hint</summary>
#
# $\sqrt{s_1^2/n_1+s_2^2/n_2}$. PyTorch's `std` and `var` divide by $n-1$; numpy's do not unless told `ddof=1`. A small
# distance is good: the better row of a pair has the *smaller* mean.
# </details>


# %%
def told_apart(scores, threshold):
    """The pairs of rows that differ by more than noise.

    scores: name -> Fréchet distances of its seeds, a tensor (seeds,). threshold: in standard errors.
    Returns a list of pairs of names, (better, worse), each pair once, in any order.
    """
    ### BEGIN SOLUTION
    logs = {name: values.log() for name, values in scores.items()}
    pairs = []
    for better, a in logs.items():
        for worse, b in logs.items():
            error = (a.var() / len(a) + b.var() / len(b)).sqrt()
            if b.mean() - a.mean() > threshold * error and better != worse:
                pairs.append((better, worse))
    return pairs
    ### END SOLUTION


# %% points=2
check("04.told_apart", told_apart)

# %% [markdown]
# ## 8 · Open experiment: a critic that measures
#
# ●●● · 25 minutes, of which the check takes a few seconds each time (stated: 10 s) · *lesson 04, section 5*
#
# Two worlds. In both, real points lie at eight places on a circle that you do not know. The fakes are such points,
# either all moved alike, or all moved outwards from the middle, each equally far. How far is between 2.8 and 4. You do
# not know it, and it *is* $W_1$. `pairs(n)` draws `n` real and `n` fake points, independent of each other. You may draw
# **200,000 pairs in all**.
#
# Train a critic $D$ and return it. You pass when, on 4,000 fresh pairs, its gap $\mathbb E_\text{real}D-\mathbb
# E_\text{fake}D$ lies **within 10 % of $W_1$** in both worlds, and when its slope is below 1.15 at 99 of 100 places
# between real and fake: a gap of the right size with a critic of the wrong slope is an accident. Everything else is
# yours: network, leash, optimiser, schedule.
#
# The recipe of lesson 04, section 5, gives a gap that is too large here. The lesson derived why. Write down, in the cell
# below the check, what you tried and what each change did.
#
# <details><summary>Hint</summary>
#
# The gap is at least $W_1\big(1+\frac{W_1}{2\lambda}\big)$, and in these two worlds hardly more. At $\lambda=10$ and
# $W_1=3$, by how much is it too large? And let the critic be trained to its end: a learning rate that falls helps.
# </details>
# <details><summary>Stronger hint</summary>
#
# Either take a larger λ (the gap is then nearly $W_1$), or keep λ, solve the formula for $W_1$ and divide the critic by
# $1+\frac{W_1}{2\lambda}$. That works in these two worlds, not in every one. 500 steps of Adam, 5e-3 with betas (0.5,
# 0.9), falling linearly, batches of 128, on two hidden layers of 64 with LeakyReLU are enough.
# </details>


# %%
def train_critic(pairs, budget):
    """Train a critic whose gap is W₁.

    pairs: called with n, returns n real and n fake points, each (n, 2); counts what you draw.
    budget: how many pairs you may draw in all. Returns the critic: a module or function, points (n, 2) -> scores (n,).
    """
    ### BEGIN SOLUTION
    D = nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1), nn.Flatten(0)
    )
    adam = torch.optim.Adam(D.parameters(), lr=5e-3, betas=(0.5, 0.9))
    batch, steps = 128, min(500, budget // 128)
    schedule = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.02, total_iters=steps)
    for _ in range(steps):
        real, fake = pairs(batch)
        leash = 50 * penalty("gp", D, real, fake, torch.rand(batch))
        loss = D(fake).mean() - D(real).mean() + leash
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
    return D
    ### END SOLUTION


# %% points=3
check("04.critic", train_critic)

# %% [markdown]
# *Your notes: what you tried, what each change did to the gap, and how far it was from $W_1(1+W_1/2\lambda)$.*

# %%
progress("04")
