# %% [markdown]
# # Exercise 01 · The minimax game
#
# Eight items, about 100 minutes. You turn the derivations of lesson 01 into code, write both moves of a GAN, examine
# patients, and end with an experiment of your own. No GPU, no internet; every check answers within a second, except the
# last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `optimal_discriminator` | ●○○ | 5 | $D^*=p/(p+q)$, and the places where nobody has been | 1 |
# | 2 | `game_value` | ●○○ | 10 | expectations as integrals, integrals as sums | 1 |
# | 3 | `discriminator_loss` | ●●○ | 10 | the same value from samples, on logits | 2 |
# | 4 | `volume_knobs` | ●●○ | 10 | derivatives with pencil and paper | 2 |
# | 5 | `discriminator_step` | ●●○ | 10 | a move that leaves the other player alone | 2 |
# | 6 | `generator_step` | ●●○ | 10 | a gradient that runs through the other player | 2 |
# | 7 | `name_the_fault` | ●●● | 20 | diagnosis by behaviour, not by reading | 3 |
# | 8 | `train_on_ring` | ●●● | 25 | an open experiment with a measured outcome | 3 |
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
import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · The best discriminator
#
# ●○○ · 5 minutes · *lesson 01, section 2*
#
# Two densities, given as their values at the same places. What is the best answer of a discriminator at each place?
# Where **neither** density has any mass, no answer is better than another: return one half there, not NaN.
#
# <details><summary>Hint</summary>
#
# Of all samples that land at a place, which share is real?
# </details>
# <details><summary>Stronger hint</summary>
#
# `torch.where(condition, a, b)` takes from `a` where the condition holds and from `b` elsewhere. The condition is that
# $p+q$ is positive.
# </details>


# %%
def optimal_discriminator(p, q):
    """The D that maximises V, at places where the real density is p and the generated one q.

    p, q: tensors of one shape, not negative.
    Returns a tensor of that shape with values in [0, 1]; one half where p and q are both 0.
    """
    ### BEGIN SOLUTION
    return torch.where(p + q > 0, p / (p + q), 0.5)
    ### END SOLUTION


# %% points=1
check("01.optimal_discriminator", optimal_discriminator)

# %% [markdown]
# ## 2 · The value of the game
#
# ●○○ · 10 minutes · *lesson 01, section 1*
#
# $$V(D,G)=\int p(x)\log D(x)\,dx+\int q(x)\log(1-D(x))\,dx$$
#
# All four are given on a grid of points `x`, in ascending order. The spacing of the grid is *not* always the same.
#
# <details><summary>Hint</summary>
#
# Write down what stands under the integral as one tensor, then integrate it by the trapezoid rule.
# </details>
# <details><summary>Stronger hint</summary>
#
# `torch.trapezoid(values, x)` does it, and takes the spacing from `x`.
# </details>


# %%
def game_value(D, p, q, x):
    """V(D, G) by quadrature.

    D: answers of the discriminator on the grid, (n,), in (0, 1). p, q: both densities there, (n,). x: the grid, (n,).
    Returns a number (a tensor without dimensions will do).
    """
    ### BEGIN SOLUTION
    return torch.trapezoid(p * torch.log(D) + q * torch.log(1 - D), x)
    ### END SOLUTION


# %% points=1
check("01.game_value", game_value)

# %% [markdown]
# ## 3 · The discriminator's loss
#
# ●●○ · 10 minutes · *lesson 01, section 4*
#
# From densities to samples: the loss is $-V$ with means over batches in place of the integrals, and $D=\sigma(l)$. You
# get the **logits** $l$ of a real and of a fake batch (which need not be equally large). It must neither overflow nor
# fall silent at logits of ±60, and its gradient must flow.
#
# <details><summary>Hint</summary>
#
# Do not compute $\sigma$ at all. Simplify $-\log\sigma(l)$ and $-\log(1-\sigma(l))$ on paper first.
# </details>
# <details><summary>Stronger hint</summary>
#
# $\mathrm{softplus}(t)=\log(1+e^t)$; PyTorch has it as `F.softplus`. With which $t$ is it $-\log\sigma(l)$? For the fakes,
# $1-\sigma(l)=\sigma(-l)$. Two means, added; not halved.
# </details>


# %%
def discriminator_loss(real_logits, fake_logits):
    """Mean of −log D over the real batch plus mean of −log(1 − D) over the fake one.

    real_logits: (n,); fake_logits: (m,). Returns a scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    ### END SOLUTION


# %% points=2
check("01.discriminator_loss", discriminator_loss)

# %% [markdown]
# ## 4 · The volume knobs
#
# ●●○ · 10 minutes · *lesson 01, section 5*
#
# A fake has the logit $l$. By how much does each generator loss change when $l$ does? Derive
#
# $$\frac{d}{dl}\,\log\big(1-\sigma(l)\big)\qquad\text{and}\qquad\frac{d}{dl}\,\big(-\log\sigma(l)\big)$$
#
# and return the two formulas as code. (Autograd on a formula that survives large logits is accepted too, but pencil and
# paper are shorter.)
#
# <details><summary>Hint</summary>
#
# $\sigma'=\sigma(1-\sigma)$; the chain rule cancels one factor in each.
# </details>
# <details><summary>Stronger hint</summary>
#
# At $l=-4$ you should find $-0.018$ for the first and $-0.982$ for the second.
# </details>


# %%
def volume_knobs(logits):
    """Derivatives of the saturating and of the non-saturating generator loss with respect to the logit.

    logits: (n,), double. Returns two tensors (n,): of log(1 − D), and of −log D.
    """
    ### BEGIN SOLUTION
    return -torch.sigmoid(logits), -torch.sigmoid(-logits)
    ### END SOLUTION


# %% points=2
check("01.volume_knobs", volume_knobs)

# %% [markdown]
# ## 5 · D's move
#
# ●●○ · 10 minutes · *lesson 01, section 6*
#
# One step of the discriminator on a batch of real samples and a batch of fakes, with the loss of item 3. Afterwards G
# must be as it was: the same weights, *and no gradient in them*. Whatever gradients lie about in D from the move before
# must not count.
#
# <details><summary>Hint</summary>
#
# Make fakes and cut them off, two sets of logits, loss, then the three lines of every PyTorch training: empty,
# backward, step.
# </details>
# <details><summary>Stronger hint</summary>
#
# `detach()` cuts a tensor off from what made it. Leftover gradients must be gone before `backward()`.
# </details>


# %%
def discriminator_step(G, D, optimizer, real, z):
    """One move of D.

    G: latents (n, k) -> samples (n, d). D: samples (n, d) -> logits (n,). optimizer: holds D's weights.
    real: (n, d). z: (n, k). Returns the loss as a number.
    """
    ### BEGIN SOLUTION
    fake = G(z).detach()
    loss = discriminator_loss(D(real), D(fake))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% points=2
check("01.discriminator_step", discriminator_step)

# %% [markdown]
# ## 6 · G's move
#
# ●●○ · 10 minutes · *lesson 01, section 6*
#
# One step of the generator with the **non-saturating** loss, the mean of $-\log D(G(z))$. The gradient runs through D,
# but D's weights stay. There is no real batch among the arguments: G never sees one.
#
# <details><summary>Hint</summary>
#
# Nothing is detached here. Which weights move is decided by the optimiser that you were given.
# </details>
# <details><summary>Stronger hint</summary>
#
# $-\log\sigma(l)$ is a softplus again. Then empty, backward, step.
# </details>


# %%
def generator_step(G, D, optimizer, z):
    """One move of G against a D that stays as it is.

    G: latents (n, k) -> samples (n, d). D: samples (n, d) -> logits (n,). optimizer: holds G's weights. z: (n, k).
    Returns the loss as a number.
    """
    ### BEGIN SOLUTION
    loss = F.softplus(-D(G(z))).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% points=2
check("01.generator_step", generator_step)

# %% [markdown]
# ## 7 · Name the fault
#
# ●●● · 20 minutes · *lesson 01, section 6*
#
# Somebody hands you a discriminator step `step(G, D, optimizer, real, z)`, Write an
# examiner that **runs** it on small players and says what is wrong with it:
#
# | answer | meaning |
# |---|---|
# | `"healthy"` | it does what item 5 asks |
# | `"not detached"` | G finds gradients in its weights after D's move |
# | `"gradients pile up"` | what lay in D's gradients before the move counts |
# | `"never moves"` | D's weights are what they were |
# | `"labels swapped"` | D learns to call fakes real |
#
# Each step has one fault at most. This is how to find faults in your own trainings: ask what a healthy step *must* do,
# and measure it.
#
# <details><summary>Hint</summary>
#
# Build two small linear players and an SGD optimiser. Before the step, note D's weights; after it look at G's
# gradients, then at how D's weights changed. Which of the five can you tell apart by that? For the others make a second
# set-up.
# </details>
# <details><summary>Stronger hint</summary>
#
# Piling up: run the step once from clean gradients and once from gradients filled with a large number, from the same
# weights. A healthy step arrives at the same place. Swapped: after fifty steps on well-separated real and fake batches,
# which of them has the larger logits?
# </details>


# %%
def name_the_fault(step):
    """Examine a discriminator step by running it.

    step: called as step(G, D, optimizer, real, z), as in item 5.
    Returns "healthy", "not detached", "gradients pile up", "never moves" or "labels swapped".
    """
    ### BEGIN SOLUTION
    real, z = torch.randn(32, 2) + 3, torch.randn(32, 2)

    def run(leftover, steps):
        G, D = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
        with torch.no_grad():
            G.weight.copy_(torch.eye(2))
            G.bias.zero_()
            D[0].weight.fill_(0.1)  # not 0, else no gradient could reach G
            D[0].bias.zero_()
        for weight in D.parameters():
            weight.grad = torch.full_like(weight, leftover)
        optimizer = torch.optim.SGD(D.parameters(), lr=0.05)
        for _ in range(steps):
            step(G, D, optimizer, real, z)
        return G, D

    G, D = run(0.0, steps=1)
    if any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in G.parameters()):
        return "not detached"
    if torch.equal(D[0].weight, torch.full((1, 2), 0.1)):
        return "never moves"
    _, other = run(100.0, steps=1)
    if not torch.allclose(other[0].weight, D[0].weight):
        return "gradients pile up"
    G, D = run(0.0, steps=50)
    return "healthy" if D(real).mean() > D(G(z)).mean() else "labels swapped"
    ### END SOLUTION


# %% points=3
check("01.name_the_fault", name_the_fault)

# %% [markdown]
# ## 8 · Open experiment: the ring within a budget
#
# ●●● · 25 minutes, of which the check takes a few seconds to a minute each time · *lesson 01, section 7, and lesson 02
# for more ideas*
#
# Eight Gaussians of standard deviation 0.05 on a circle of radius 1, turned by an angle that you do not know.
# `sample(n)` gives you `n` real points; you may draw **300,000 in all**, and not one more. Everything else is yours:
# networks, width, loss, learning rates, their schedule, batch size, penalties. Use your moves of items 5 and 6, or
# write others.
#
# You pass when, of 4,000 fresh samples of your generator, **at least 80 % lie within 0.2 of a mode** (precision) and
# **each of the eight modes has at least 3 %** of them. The recipe of lesson 01, cut down to this budget, reaches about
# 77 %; a well-tuned small GAN passes 90 %. Write down, in the cell below the check, what you tried and what each change
# did.
#
# <details><summary>Hint</summary>
#
# Start from lesson 01, section 7: Adam without momentum, D faster than G. Then ask what a training should do towards
# its end. Count the points between two neighbouring modes: who puts them there, and which networks can make a sharper
# cut?
# </details>
# <details><summary>Stronger hint</summary>
#
# Batches of 128 buy over two thousand steps. Begin with learning rates larger than the lesson's, and let both fall
# linearly to almost nothing. A small R1 penalty on the real points calms D (lesson 02).
# </details>


# %%
def train_on_ring(sample, budget):
    """Train a generator on the ring.

    sample: called with n, returns n real points (n, 2); counts what you draw. budget: how many you may draw in all.
    Returns the trained generator: a module or function, latents (n, 2) from a standard normal -> points (n, 2).
    """
    ### BEGIN SOLUTION
    G = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    D = nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1), nn.Flatten(0)
    )
    optimizer_G = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.0, 0.9))
    optimizer_D = torch.optim.Adam(D.parameters(), lr=4e-3, betas=(0.0, 0.9))
    batch, steps = 128, min(2000, budget // 128)
    schedules = [
        torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=steps)
        for optimizer in (optimizer_G, optimizer_D)
    ]
    for _ in range(steps):
        # draw
        real = sample(batch).requires_grad_()
        fake = G(torch.randn(batch, 2)).detach()
        # judge
        real_logits = D(real)
        (slope,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
        penalty = 0.05 / 2 * slope.square().sum(1).mean()  # R1 with γ = 0.05
        loss = discriminator_loss(real_logits, D(fake)) + penalty
        # step D
        optimizer_D.zero_grad()
        loss.backward()
        optimizer_D.step()
        # step G
        generator_step(G, D, optimizer_G, torch.randn(batch, 2))
        for schedule in schedules:
            schedule.step()
    return G
    ### END SOLUTION


# %% points=3
check("01.ring", train_on_ring)

# %% [markdown]
# *Your notes: what you tried, what each change did to the precision, and what you would try next.*

# %%
progress("01")
