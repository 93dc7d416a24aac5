# %% [markdown]
# # Exercise 08 · CycleGAN
#
# Eight items, about 120 minutes. You write the terms of the loss, count what they leave open, build the image pool, catch
# translators that cheat, and end with two translators of your own. No GPU, no internet; every check answers within a
# second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `cycle_and_identity` | ●○○ | 10 | there and back; leaving alone what is there already | 1 |
# | 2 | `perfect_tables` | ●●○ | 15 | how many translations no loss can tell apart | 2 |
# | 3 | `translators_loss` | ●●○ | 10 | all terms, with their weights | 2 |
# | 4 | `Pool` | ●●○ | 20 | the image pool, coins included | 3 |
# | 5 | `discriminator_step` | ●●○ | 10 | D's move through a pool | 2 |
# | 6 | `noise_factor` | ●○○ | 5 | measuring what a cycle hides | 1 |
# | 7 | `name_the_trick` | ●●● | 20 | diagnosis by experiment | 3 |
# | 8 | `train_translators` | ●●● | 30 | an open experiment with a measured outcome | 3 |
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
import math

import torch
from torch import nn

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · There and back
#
# ●○○ · 10 minutes · *lesson 08, What two heaps can teach, and what they cannot*
#
# `G` translates A into B, `back` translates B into A. Write the cycle loss (both ways round) and the identity loss (each
# translator on pictures that are in its target domain already), without weights. Distances are means of absolute
# differences. Both translators want a gradient from both terms.
#
# <details><summary>Hint</summary>
#
# Four distances. Which picture does each compare, and with what? The two batches need not be equally large.
# </details>
# <details><summary>Stronger hint</summary>
#
# Cycle: `back(G(a))` with `a`, and `G(back(b))` with `b`. Identity: `G(b)` with `b`, and `back(a)` with `a`. Nothing is
# detached.
# </details>


# %%
def cycle_and_identity(G, back, a, b):
    """The cycle loss and the identity loss, each the sum of two means.

    G, back: translators, (n, c, h, w) -> the same shape. a, b: pictures of the domains, (n, c, h, w) and (m, c, h, w).
    Returns two scalar tensors with gradients: cycle, identity.
    """
    ### BEGIN SOLUTION
    cycle = (back(G(a)) - a).abs().mean() + (G(back(b)) - b).abs().mean()
    identity = (G(b) - b).abs().mean() + (back(a) - a).abs().mean()
    return cycle, identity
    ### END SOLUTION


# %% points=1
check("08.cycle_and_identity", cycle_and_identity)

# %% [markdown]
# ## 2 · Perfect tables
#
# ●●○ · 15 minutes · *lesson 08, What two heaps can teach, and what they cannot*
#
# Two heaps of symbols; `counts_a[i]` says how often symbol $i$ of alphabet A lies in heap A, `counts_b[j]` the same for B.
# A translator is a one-to-one table between the alphabets; `back` is the table read backwards, so every cycle closes. The
# discriminators see frequencies: to satisfy them, a symbol has to be translated into one with **the same share of its
# heap**. How many tables make the whole loss as small as it can be?
#
# With 62 equally frequent letters it was $62!$. With letters as in English, it is 1: frequencies are what broke the codes
# of old. The heaps need not be equally large.
#
# <details><summary>Hint</summary>
#
# Group the symbols by their share. Symbols of one group may be exchanged among themselves, and in no other way. When is
# there no such table at all?
# </details>
# <details><summary>Stronger hint</summary>
#
# The product of the factorials of the groups' sizes, if both alphabets have the same groups, else 0. Compare shares
# exactly: $c_i/\sum c=d_j/\sum d$ is $c_i\sum d=d_j\sum c$, in whole numbers.
# </details>


# %%
def perfect_tables(counts_a, counts_b):
    """How many one-to-one tables push heap A onto heap B.

    counts_a, counts_b: lists of equally many positive whole numbers. Returns a whole number.
    """
    ### BEGIN SOLUTION
    shares_a = [count * sum(counts_b) for count in counts_a]
    shares_b = [count * sum(counts_a) for count in counts_b]
    if sorted(shares_a) != sorted(shares_b):
        return 0
    return math.prod(math.factorial(shares_a.count(share)) for share in set(shares_a))
    ### END SOLUTION


# %% points=2
check("08.perfect_tables", perfect_tables)

# %% [markdown]
# ## 3 · The translators' loss
#
# ●●○ · 10 minutes · *lesson 08, One round, in the open*
#
# All terms together: both adversarial ones by least squares (a translator wants its pictures to get 1), plus `weight`
# times the cycle loss, plus `identity` times the identity loss.
#
# <details><summary>Hint</summary>
#
# Which discriminator judges which translation? Item 1 gives you the rest.
# </details>
# <details><summary>Stronger hint</summary>
#
# `((D_b(G(a)) - 1) ** 2).mean() + ((D_a(back(b)) - 1) ** 2).mean()`, not halved.
# </details>


# %%
def translators_loss(G, back, D_a, D_b, a, b, weight, identity):
    """What both translators minimise together.

    G, back, a, b: as in item 1. D_a, D_b: pictures -> maps of answers, 1 for real. weight: of the cycle loss;
    identity: weight of the identity loss. Returns a scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    adversarial = (D_b(G(a)) - 1).square().mean() + (D_a(back(b)) - 1).square().mean()
    cycle, alone = cycle_and_identity(G, back, a, b)
    return adversarial + weight * cycle + identity * alone
    ### END SOLUTION


# %% points=2
check("08.translators_loss", translators_loss)

# %% [markdown]
# ## 4 · The image pool
#
# ●●○ · 20 minutes · *lesson 08, One round, in the open, and How long does the pool remember?*
#
# A pool holds `size` pictures. `query` takes a batch, one picture after the other. While there is a free place, the picture
# is stored *and* given back. Once the pool is full, a coin decides: either the picture itself is given back and **not**
# stored, or a stored one, from a place drawn at random, is given back and the new one takes its place. What is stored must
# not keep the graph of the translator alive that made it.
#
# <details><summary>Hint</summary>
#
# `detach()` first, then a loop over the batch, then `torch.stack`. Three cases per picture. `torch.rand(())` is a coin's
# number, `torch.randint(n, ())` a place.
# </details>
# <details><summary>Stronger hint</summary>
#
# The exchange in one line: `picture, self.images[place] = self.images[place], picture`.
# </details>


# %%
class Pool:
    """Gives back new pictures and old ones."""

    def __init__(self, size):
        """size: how many pictures it holds, at least 1."""
        self.size, self.images = size, []

    def query(self, images):
        """images: (n, c, h, w). Returns as many, some of them from earlier batches, without gradient."""
        ### BEGIN SOLUTION
        returned = []
        for image in images.detach():
            if len(self.images) < self.size:
                self.images.append(image)
            elif torch.rand(()) < 0.5:
                place = int(torch.randint(self.size, ()))
                image, self.images[place] = self.images[place], image
            returned.append(image)
        return torch.stack(returned)
        ### END SOLUTION


# %% points=3
check("08.pool", Pool)

# %% [markdown]
# ## 5 · D's move
#
# ●●○ · 10 minutes · *lesson 08, One round, in the open*
#
# One discriminator's move: least squares, 1 for real pictures, 0 for what the pool gives back, **halved**. The translations
# still hang on their translator's graph; none of the gradient may reach it. (The pool of this item exchanges pictures and
# does nothing else: cutting them off is your business.)
#
# <details><summary>Hint</summary>
#
# The pool is a function here: pictures in, as many pictures out. Ask it once per move, and judge what it gives back.
# </details>
# <details><summary>Stronger hint</summary>
#
# `fake = pool(fake.detach())`, the loss `((D(real) - 1).square().mean() + D(fake).square().mean()) / 2`, then empty,
# backward, step.
# </details>


# %%
def discriminator_step(D, optimizer, real, fake, pool):
    """One move of one discriminator.

    D: pictures (n, c, h, w) -> answers (n, 1, h', w'). optimizer: holds D's weights. real: pictures of the domain; fake:
    translations into it, with their graph. pool: pictures -> as many pictures. Returns the loss as a number.
    """
    ### BEGIN SOLUTION
    fake = pool(fake.detach())
    loss = ((D(real) - 1).square().mean() + D(fake).square().mean()) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% points=2
check("08.discriminator_step", discriminator_step)

# %% [markdown]
# ## 6 · The noise test
#
# ●○○ · 5 minutes · *lesson 08, What cycles hide*
#
# By which factor does the cycle error grow when noise is put on the translation? For an honest pair by a little; for a
# pair that closes its cycle by a hidden message, by a lot.
#
# <details><summary>Hint</summary>
#
# Two cycle errors (means of absolute differences), one with noise and one without. The noise is added *between* the two
# translators.
# </details>
# <details><summary>Stronger hint</summary>
#
# `back(there(a) + noise)` and `back(there(a))`, each compared with `a`; the first error divided by the second.
# </details>


# %%
def noise_factor(there, back, a, noise):
    """Cycle error with noise over that without.

    there, back: translators. a: pictures (n, c, h, w). noise: of the translation's shape. Returns a number.
    """
    ### BEGIN SOLUTION
    middle = there(a)
    return (back(middle + noise) - a).abs().mean() / (back(middle) - a).abs().mean()
    ### END SOLUTION


# %% points=1
check("08.noise_factor", noise_factor)

# %% [markdown]
# ## 7 · Name the trick
#
# ●●● · 20 minutes · *lesson 08, What cycles hide*
#
# You get two translators and some pictures of A with values in $[-1,1]$. You cannot look inside; you can translate. Say what
# they are up to:
#
# | answer | meaning |
# |---|---|
# | `"copies"` | $G$ changes hardly anything: the mean change of a pixel is below 0.02 |
# | `"loses"` | it translates, but the cycle error is above 0.15 |
# | `"hides"` | the cycle closes, but not any more (error above 0.15) once noise of standard deviation 0.05 is on the translation |
# | `"honest"` | it translates, and the cycle closes (error below 0.05; with the noise below 0.1) |
#
# There is nothing in between. Note that a copying pair passes every test of the cycle, and that for a losing pair noise
# changes nothing: the order of your questions matters.
#
# <details><summary>Hint</summary>
#
# Three measurements: the change by $G$, the cycle error, the cycle error with noise. Here the *factor* of item 6 would
# mislead you: an honest pair may close its cycle exactly, and then any noise makes it infinitely worse.
# </details>
# <details><summary>Stronger hint</summary>
#
# `middle = G(a)`; noise is `0.05 * torch.randn_like(middle)`. Compare each mean absolute difference with 0.1 (the first
# with 0.05), in the order of the table.
# </details>


# %%
def name_the_trick(G, back, a):
    """Examine two translators by translating.

    G: pictures of A -> pictures of B; back: the other way. a: pictures of A, (n, 1, h, w), in [-1, 1].
    Returns "honest", "copies", "hides" or "loses".
    """
    ### BEGIN SOLUTION
    middle = G(a)
    if (middle - a).abs().mean() < 0.05:
        return "copies"
    if (back(middle) - a).abs().mean() > 0.1:
        return "loses"
    noisy = middle + 0.05 * torch.randn_like(middle)
    return "hides" if (back(noisy) - a).abs().mean() > 0.12 else "honest"
    ### END SOLUTION


# %% points=3
check("08.name_the_trick", name_the_trick)

# %% [markdown]
# ## 8 · Open experiment: six camps, turned
#
# ●●● · 30 minutes, of which the check takes a few seconds to half a minute each time · *lesson 08, What two heaps can
# teach, and what they cannot, and Train*
#
# Points of the plane instead of pictures. Heap A: six round camps of standard deviation 0.07, evenly on a circle of radius 1.
# Heap B: the same camps on a circle of radius 1.3, **turned by 15° to 25°**, you do not know which way. Nobody tells you which
# camp belongs to which, and no loss can: a turn by 60° more is just as good. The right one is the one *nearest to leaving
# things as they are*. How do you make your translators lean that way?
#
# `sample_a(n)` and `sample_b(n)` give `n` points each; you may draw **150,000 of either heap**, and not one more. You pass when,
# of 1,500 fresh points, there and also the other way:
#
# - at least **90 %** of the translations lie within 0.25 of a camp of the target heap (style taken),
# - at least **95 %** lie nearest to the camp that was turned least (content kept),
# - translated there and back, a point comes back within **0.02** of where it was, on average (the cycle closes),
# - no translated camp is squeezed to a standard deviation below 0.02.
#
# Write down, in the cell below the check, what you tried and what each change did. Try it once without the cycle term, and
# once with a network that does not lean.
#
# <details><summary>Hint</summary>
#
# A residual block returns $x+f(x)$. Start with $f$ close to 0: then the first thing that D objects to is mended by the
# smallest move. The identity term of lesson 08 would lean too, but here the camps of B are not near those of A, and it
# would hold every point where it is.
# </details>
# <details><summary>Stronger hint</summary>
#
# $f$: two hidden layers of 64, its last layer's weights multiplied by 0.1 (or zero) before training. Discriminators of the
# same size without norm, least squares, item 3 with identity 0 and weight 3 (at 10 every point holds its ground much longer),
# Adam without momentum, 2e-3 for the translators and 4e-3 for the discriminators, both falling linearly to 0. 700 steps of 128
# points take about three seconds.
# </details>


# %%
def train_translators(sample_a, sample_b, budget):
    """Train two translators on two heaps of points.

    sample_a, sample_b: called with n, return n points of their heap, (n, 2); count what you draw.
    budget: how many points of either heap you may draw in all.
    Returns two modules or functions, points (n, 2) -> points (n, 2): A to B, and B to A.
    """
    ### BEGIN SOLUTION

    class Leaning(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
            self.f[-1].weight.data *= 0.1

        def forward(self, x):
            return x + self.f(x)

    def judge():
        return nn.Sequential(
            nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )

    G, back, D_a, D_b = Leaning(), Leaning(), judge(), judge()
    optimizer_G = torch.optim.Adam([*G.parameters(), *back.parameters()], lr=2e-3, betas=(0.0, 0.9))
    optimizers_D = [torch.optim.Adam(D.parameters(), lr=4e-3, betas=(0.0, 0.9)) for D in (D_a, D_b)]
    steps = min(700, budget // 128)
    schedules = [
        torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, total_iters=steps)
        for optimizer in (optimizer_G, *optimizers_D)
    ]
    for _ in range(steps):
        a, b = sample_a(128), sample_b(128)
        loss = translators_loss(G, back, D_a, D_b, a, b, weight=3.0, identity=0.0)
        optimizer_G.zero_grad()
        loss.backward()
        optimizer_G.step()
        with torch.no_grad():
            fakes = back(b), G(a)
        for D, optimizer, real, fake in zip((D_a, D_b), optimizers_D, (a, b), fakes):
            discriminator_step(D, optimizer, real, fake, pool=lambda points: points)
        for schedule in schedules:
            schedule.step()
    return G, back
    ### END SOLUTION


# %% points=3
check("08.translators", train_translators)

# %% [markdown]
# *Your notes: what you tried, what each change did to the four measurements, and what you would try next.*

# %%
progress("08")
