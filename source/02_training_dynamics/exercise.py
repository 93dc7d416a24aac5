# %% [markdown]
# # Exercise 02 · Training dynamics
#
# Eight items, about 110 minutes. You compute how fast a game explodes or comes to rest, write the levers that lesson 02
# pulled, read from a path what a game does, and end with an experiment of your own. No GPU, no internet; every check
# answers within a second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `growth` | ●○○ | 10 | eigenvalues of a 2 × 2 step, with pencil and paper | 2 |
# | 2 | `dirac_step` | ●●○ | 10 | one alternating step of a real GAN, with R1 | 2 |
# | 3 | `largest_factor` | ●●○ | 15 | an instrument: eigenvalues of a step you cannot look into | 2 |
# | 4 | `best_friction` | ●●● | 15 | a derivation: how much R1 is best | 3 |
# | 5 | `follow` | ●●○ | 10 | the moving average, and what it must not touch | 2 |
# | 6 | `count_modes` | ●●○ | 10 | a count that strays do not fool | 2 |
# | 7 | `read_the_path` | ●●○ | 15 | diagnosis from data | 3 |
# | 8 | `rates` | ●●● | 25 | an open experiment with a measured outcome | 3 |
#
# **How it works.** Replace each `raise NotImplementedError()` and run the cell, then the one below it. `check` calls
# *your* function on fresh random inputs and compares with a reference of its own. It says what it sent, what it
# expected and what came. Every right way of writing the answer passes. Nothing stops you from going on with an item open.
# Stuck? Two hints are folded below each task.
#
# > **For instructors.** `check` is for the learner; nbgrader gives points by the hidden line of each grade cell.
# > nbgrader's own `autograde` runs what was handed in **unprotected, as you**: use it only for code of people whom you
# > would let use your account.

# %%
import math

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · How fast does it grow?
#
# ●○○ · 10 minutes · *lesson 02, section 2*
#
# The bilinear game $V=\theta\psi$ with step size $h$: $\theta$ goes down, $\psi$ goes up. By which factor does one
# step multiply the distance from the centre in the long run, that is, what is the largest $|\lambda|$ of the step's
# matrix, when both move **simultaneously**, and when they **alternate** ($\psi$ first)?
#
# The lesson found the second one for small $h$. Does it hold for every $h$? For $h=3$?
#
# <details><summary>Hint</summary>
#
# $\lambda^2-(\operatorname{trace}A)\lambda+\det A=0$. Write down trace and determinant of both matrices. When are the
# two solutions a complex pair?
# </details>
# <details><summary>Stronger hint</summary>
#
# Alternating: the trace is $2-h^2$ and the determinant is 1. Beyond $h=2$ the solutions are real, their product is
# still 1, and one of them is larger than 1 in size. (Or let `torch.linalg.eigvals` do it, in double precision.)
# </details>


# %%
def growth(h):
    """The factor by which distances grow with each step of the game θψ.

    h: the step size, a positive number. Returns two numbers: for simultaneous steps, for alternating steps.
    """
    ### BEGIN SOLUTION
    half_trace = 1 - h**2 / 2
    alternating = 1.0 if abs(half_trace) <= 1 else abs(half_trace) + math.sqrt(half_trace**2 - 1)
    return math.sqrt(1 + h**2), alternating
    ### END SOLUTION


# %% points=2
check("02.growth", growth)

# %% [markdown]
# ## 2 · One step of the Dirac-GAN
#
# ●●○ · 10 minutes · *lesson 02, sections 3 and 4*
#
# The data are the point 0, the generator makes the point $\theta$, D's logit is $\psi x$. Write one **alternating**
# step, D first, by plain gradient steps:
#
# - D goes down its loss $\log 2-\log\big(1-\sigma(\psi\theta)\big)+\tfrac\gamma2\psi^2$ (the last term is R1), with
#   learning rate $h\cdot a$ ($a$ is `ratio`);
# - then G goes down the **non-saturating** loss $-\log\sigma(\psi\theta)$, with learning rate $h$, against the *new* D.
#
# The lesson's `move` uses the other generator loss: near the centre it is the same game, out here it is not.
#
# <details><summary>Hint</summary>
#
# $\frac{d}{dl}\big(-\log(1-\sigma(l))\big)=\sigma(l)$ and $\frac{d}{dl}\big(-\log\sigma(l)\big)=-\sigma(-l)$, with
# $l=\psi\theta$. Then the chain rule.
# </details>
# <details><summary>Stronger hint</summary>
#
# In $\psi$ the slope of D's loss is $\theta\,\sigma(\psi\theta)$, and that of R1 is $\gamma\psi$. In $\theta$ the slope of G's
# loss is $-\psi\,\sigma(-\psi\theta)$. Both players go *down* their slopes. Which $\psi$ does G see?
# </details>


# %%
def dirac_step(theta, psi, h, gamma, ratio):
    """One step of n Dirac-GANs that know nothing of each other.

    theta, psi: (n,). h: G's learning rate; D's is h * ratio. gamma: strength of R1. Returns the new theta and psi.
    """
    ### BEGIN SOLUTION
    psi = psi - h * ratio * (theta * torch.sigmoid(psi * theta) + gamma * psi)
    theta = theta + h * psi * torch.sigmoid(-psi * theta)
    return theta, psi
    ### END SOLUTION


# %% points=2
check("02.dirac_step", dirac_step)

# %% [markdown]
# ## 3 · An instrument
#
# ●●○ · 15 minutes · *lesson 02, sections 1 and 3*
#
# You are handed a step as a function, and the place where it rests: `step(rest)` is `rest`. The step may be curved, may
# turn, may have two coordinates or more. By which factor does it multiply *small* distances from `rest` in the long
# run? Below 1 the players can come to rest there, above 1 they cannot.
#
# <details><summary>Hint</summary>
#
# Near `rest` the step is the matrix of its derivatives *at `rest`*. Which number of that matrix is asked for?
# </details>
# <details><summary>Stronger hint</summary>
#
# PyTorch has `torch.autograd.functional.jacobian` and `torch.linalg.eigvals`. Eigenvalues may be complex or negative:
# first the size of each, then the largest.
# </details>


# %%
def largest_factor(step, rest):
    """The largest |λ| of a step at the place where it rests.

    step: a differentiable function of a tensor (k,), returns a tensor (k,). rest: (k,), double. Returns a number.
    """
    ### BEGIN SOLUTION
    matrix = torch.autograd.functional.jacobian(step, rest)
    return torch.linalg.eigvals(matrix).abs().max().item()
    ### END SOLUTION


# %% points=2
check("02.largest_factor", largest_factor)

# %% [markdown]
# ## 4 · How much friction is best?
#
# ●●● · 15 minutes · *lesson 02, section 4*
#
# Near the centre, one alternating step of the Dirac-GAN with R1 is
#
# $$A=\begin{pmatrix}1&h/2\\0&1\end{pmatrix}\begin{pmatrix}1&0\\-ha/2&1-ha\gamma\end{pmatrix}.$$
#
# The lesson tried many $\gamma$ and read the best one off a curve: the one where the step *just stops turning*. Derive
# it as a formula in $h$ and $a$, and the factor per step that it reaches. (You may also search by machine, if your
# search is exact to a thousandth. The formula is one line.)
#
# You may take $h\sqrt a<2$ for granted.
#
# <details><summary>Hint</summary>
#
# A step just stops turning where both eigenvalues are one and the same number $s$: then the trace is $2s$ and the
# determinant is $s^2$. Two equations, two unknowns, $\gamma$ and $s$.
# </details>
# <details><summary>Stronger hint</summary>
#
# $\det A=1-ha\gamma=s^2$ and $\operatorname{trace}A=2-ha\gamma-h^2a/4=1+s^2-h^2a/4=2s$. So $(1-s)^2=h^2a/4$. Check
# your result against the lesson: $h=0.4$, $a=1$ give $\gamma=0.9$.
# </details>


# %%
def best_friction(h, ratio):
    """The strength of R1 with which the Dirac-GAN comes to rest soonest.

    h: G's learning rate. ratio: D's learning rate over G's (the a of the formulas).
    Returns two numbers: γ, and the largest |λ| of the step with it.
    """
    ### BEGIN SOLUTION
    s = 1 - h * math.sqrt(ratio) / 2
    return (1 - s**2) / (h * ratio), s
    ### END SOLUTION


# %% points=3
check("02.best_friction", best_friction)

# %% [markdown]
# ## 5 · The average that follows
#
# ●●○ · 10 minutes · *lesson 02, section 6*
#
# One update of the averaged generator, $m\leftarrow\beta m+(1-\beta)w$, **in place**: for every weight and for every
# floating-point buffer (the running statistics of batch norm). Integer buffers, such as the number of batches seen, are
# copied. The model that is followed stays as it is, and the average must not become part of any gradient.
#
# <details><summary>Hint</summary>
#
# `average.parameters()` and `model.parameters()` come in the same order, and so do the `buffers()`. Under
# `torch.no_grad()` a weight may be changed in place.
# </details>
# <details><summary>Stronger hint</summary>
#
# `lerp_` moves a tensor in place a part of the way to another one, `copy_` all of it. `is_floating_point()` tells the
# buffers apart. Mind what `m = w` would do: afterwards both would be the same tensor.
# </details>


# %%
def follow(average, model, beta):
    """Move an average of a model one update on, in place.

    average, model: two modules of the same kind. beta: the weight of the past, in [0, 1). Returns nothing.
    """
    ### BEGIN SOLUTION
    with torch.no_grad():
        for old, new in zip(average.parameters(), model.parameters()):
            old.lerp_(new, 1 - beta)
        for old, new in zip(average.buffers(), model.buffers()):
            if old.is_floating_point():
                old.lerp_(new, 1 - beta)
            else:
                old.copy_(new)
    ### END SOLUTION


# %% points=2
check("02.follow", follow)

# %% [markdown]
# ## 6 · Count modes
#
# ●●○ · 10 minutes · *lesson 02, section 8*
#
# A sample *belongs* to the mode nearest to it, if that is within `radius`. A mode is *found* if at least a fifth of its
# fair share of **all** samples belong to it; with 8 modes and 2,000 samples, that is 50. Return how many modes are
# found, and which share of all samples belongs to any mode.
#
# <details><summary>Hint</summary>
#
# Make a table of distances with a row for each sample and a column for each mode. The smallest number of a row says how
# far the nearest mode is; its place says which.
# </details>
# <details><summary>Stronger hint</summary>
#
# `torch.cdist` makes the table, `min` along a row gives both, `torch.bincount` counts. Which samples must not be counted?
# Which modes might be missing at the end of the count?
# </details>


# %%
def count_modes(points, centres, radius):
    """How many modes a cloud of samples has found.

    points: (n, 2). centres: (k, 2). radius: a number.
    Returns the number of modes found, and the share of samples that belong to a mode, in [0, 1].
    """
    ### BEGIN SOLUTION
    distance, owner = torch.cdist(points, centres).min(dim=1)
    near = distance <= radius
    owned = torch.bincount(owner[near], minlength=len(centres))
    return int((owned >= 0.2 * len(points) / len(centres)).sum()), near.double().mean().item()
    ### END SOLUTION


# %% points=2
check("02.count_modes", count_modes)

# %% [markdown]
# ## 7 · Read the path
#
# ●●○ · 15 minutes · *lesson 02, sections 4 and 7*
#
# Somebody logged $(\theta,\psi)$ of a game at every step; the place of rest is $(0,0)$. Say what the path does:
#
# | answer | meaning |
# |---|---|
# | `"growing"` | it swings, and the swings grow at least twofold from beginning to end |
# | `"circling"` | it swings, and the swings are as large at the end as at the beginning, within 20 % |
# | `"settling"` | it swings, and the swings shrink to less than half |
# | `"crawling"` | it does not swing: the generator's $\theta$ never changes sign |
#
# A path swings if $\theta$ goes from one side of the rest to the other, again and again. Look at **$\theta$**: with too
# much friction it is only D that trembles. And mind that an orbit need not be a circle: *single* places of a path, the
# first and the last one, may tell you little about its size.
#
# <details><summary>Hint</summary>
#
# First count how often $\theta$ changes its sign. Then compare the size of the path in an early part with that in a
# late part. What would make "size" independent of where in its turn the path happens to be?
# </details>
# <details><summary>Stronger hint</summary>
#
# Compare the signs of `theta[1:]` and `theta[:-1]`. The mean distance from the rest over the first quarter of the
# path and over the last one are good sizes; every quarter here holds a whole turn or more.
# </details>


# %%
def read_the_path(path):
    """What a game does, from the path of its two players.

    path: (n, 2), columns θ and ψ. Returns "growing", "circling", "settling" or "crawling".
    """
    ### BEGIN SOLUTION
    theta = path[:, 0]
    if (theta[1:].sign() != theta[:-1].sign()).sum() < 2:
        return "crawling"
    distance, quarter = path.norm(dim=1), len(path) // 4
    ratio = distance[-quarter:].mean() / distance[:quarter].mean()
    return "growing" if ratio > 1.5 else "settling" if ratio < 1 / 1.5 else "circling"
    ### END SOLUTION


# %% points=3
check("02.read_the_path", read_the_path)

# %% [markdown]
# ## 8 · Open experiment: two time scales on the ring
#
# ●●● · 25 minutes, of which the check takes about 5 seconds each time · *lesson 02, sections 5 and 8*
#
# Below is a game on the ring of eight Gaussians: 800 steps of 128 points, Adam without memory, no penalty. You choose
# nothing but the **two learning rates**, as functions of how far the game has come. You pass when, in two games of the
# check's own,
#
# - all **eight modes** are found (item 6, radius 0.15) at *each* of the last four of ten counts, and
# - in the mean of both games at least **75 %** of the samples at the end lie within 0.15 of a mode.
#
# The rates of lesson 02 ($10^{-3}$ for G, four times that for D, all the time) keep the modes, mostly, and reach about
# 65 %. Write down, in the cell below the check, what you tried and what each change did.
#
# <details><summary>Hint</summary>
#
# 800 steps are few: the first question is which rates are large enough to arrive at all. With large rates the players
# never come to rest. What could you do about that *towards the end*?
# </details>
# <details><summary>Stronger hint</summary>
#
# Begin with rates several times as large as the lesson's, D's twice G's, and let both fall linearly to almost nothing.
# </details>


# %%
def play(rates, seed, steps=800):  # the game of the check; ten counts: modes found, share of samples near one
    torch.manual_seed(seed)
    angle = torch.arange(8) * (math.pi / 4)
    centres = torch.stack([angle.cos(), angle.sin()], 1)
    G = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    optimizers = [torch.optim.Adam(net.parameters(), betas=(0.0, 0.9), fused=True) for net in (G, D)]
    counts = []
    for step in range(steps):
        for optimizer, rate in zip(optimizers, rates(step / steps)):
            optimizer.param_groups[0]["lr"] = rate
        # draw
        real = centres[torch.randint(8, (128,))] + 0.05 * torch.randn(128, 2)
        fake = G(torch.randn(128, 2))
        # judge
        loss = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
        # step D
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        # judge
        loss = F.softplus(-D(fake)).mean()
        # step G
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
        # record
        if (step + 1) % (steps // 10) == 0:
            with torch.no_grad():
                counts.append(count_modes(G(torch.randn(2000, 2)), centres, 0.15))
    return counts


# try yours here, once count_modes is written:
# play(lambda progress: (1e-3, 4e-3), seed=0)


# %%
def rates(progress):
    """The learning rates of both players.

    progress: how far the game has come, from 0 to 1. Returns two positive numbers: G's rate, D's rate.
    """
    ### BEGIN SOLUTION
    left = 1 - 0.98 * progress
    return 8e-3 * left, 16e-3 * left
    ### END SOLUTION


# %% points=3
check("02.rates", rates)

# %% [markdown]
# *Your notes: which rates you tried, how many modes and which share each reached, and what you would try next.*

# %%
progress("02")
