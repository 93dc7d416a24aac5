# %% [markdown]
# # Exercise 07 · pix2pix
#
# Eight items, about 110 minutes. You compute what a patch judge sees and what a flat answer costs, wire a U-Net, write
# both moves on pairs, put a spy in D's place, and end with a painter of your own. No GPU, no internet; every check
# answers within a second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `field_and_side` | ●○○ | 10 | PatchGAN: the field of one logit, and how many logits there are | 1 |
# | 2 | `best_tones` | ●○○ | 10 | what L1 and L2 ask for | 1 |
# | 3 | `price_of_honesty` | ●●○ | 15 | why the best distance is not the best picture | 2 |
# | 4 | `unet_forward` | ●●○ | 10 | skips: stacked, and in which order | 2 |
# | 5 | `discriminator_step` | ●●○ | 10 | D's move on pairs | 2 |
# | 6 | `generator_step` | ●●○ | 10 | two losses, one gradient | 2 |
# | 7 | `name_the_fault` | ●●● | 20 | diagnosis by a spy | 3 |
# | 8 | `train_painter` | ●●● | 25 | an open experiment with a measured outcome | 3 |
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
# ## 1 · What a patch judge sees
#
# ●○○ · 10 minutes · *lesson 07, PatchGAN: a judge of small things*
#
# A discriminator is a row of convolutions, each given as `(kernel, stride, padding)`, from the picture to the logits. How
# many pixels in a row does one logit in the middle see? And how many logits in a row are there, for a picture of a given
# side? (The published PatchGAN: 70, and 30 for a side of 256.)
#
# <details><summary>Hint</summary>
#
# Two loops. The field: walk **back** from one logit, $f\leftarrow(f-1)\,s+k$. The side: walk **forwards**. Padding
# matters for one of the two only.
# </details>
# <details><summary>Stronger hint</summary>
#
# A layer makes $\lfloor(n+2p-k)/s\rfloor+1$ places of $n$. In Python, `//` rounds down.
# </details>


# %%
def field_and_side(layers, side):
    """What one logit sees, and how many logits there are, along one axis.

    layers: a list of (kernel, stride, padding), from the picture to the logits. side: of the picture, in pixels.
    Returns two whole numbers: the receptive field in pixels, and the side of the map of logits.
    """
    ### BEGIN SOLUTION
    field = 1
    for kernel, stride, _ in reversed(layers):
        field = (field - 1) * stride + kernel
    for kernel, stride, padding in layers:
        side = (side + 2 * padding - kernel) // stride + 1
    return field, side
    ### END SOLUTION


# %% points=1
check("07.field_and_side", field_and_side)

# %% [markdown]
# ## 2 · The best tones
#
# ●○○ · 10 minutes · *lesson 07, What L1 and L2 ask for*
#
# At one pixel the right answer is random: it is `values[i]` with probability `shares[i]`. A painter has to name *one*
# tone. Which has the least expected L1, which the least expected L2? (The first case has just two values. Look at what
# L1 asks for there: where most of the answers agree, it is not blurred at all.)
#
# <details><summary>Hint</summary>
#
# The median and the mean, both **weighted** by the shares. The values come in no order.
# </details>
# <details><summary>Stronger hint</summary>
#
# Sort the values, take their shares along (`values.argsort()`), and add the shares up (`cumsum`). The median is the first
# value at which the sum reaches one half. Or try every value, and keep the cheapest.
# </details>


# %%
def best_tones(values, shares):
    """The tones of least expected distance.

    values: (n,), double, in no order. shares: their probabilities, (n,), sum 1.
    Returns two numbers: the tone for L1, E|y − c|, and the tone for L2, E(y − c)².
    """
    ### BEGIN SOLUTION
    order = values.argsort()
    reached = shares[order].cumsum(0) >= 0.5
    return values[order][reached][0], (values * shares).sum()
    ### END SOLUTION


# %% points=1
check("07.best_tones", best_tones)

# %% [markdown]
# ## 3 · The price of honesty
#
# ●●○ · 15 minutes · *lesson 07, What L1 and L2 ask for*
#
# A *flat* painter names the best tone of item 2. An *honest* one paints a value drawn at random with the right shares,
# independently of the real one: as good a picture as there can be. What does each pay, on average? (By L2 the honest one
# pays exactly twice as much. By L1 there is no such rule, but look which of them is cheaper.)
#
# <details><summary>Hint</summary>
#
# For the flat one: an expectation over one index. For the honest one: over two, the real value's and the painted one's,
# which are independent, so that the probability of a pair is a product.
# </details>
# <details><summary>Stronger hint</summary>
#
# `values[:, None] - values` is the table of all differences, `shares[:, None] * shares` that of their probabilities.
# </details>


# %%
def price_of_honesty(values, shares):
    """Expected distances of the flat and of the honest painter.

    values, shares: as in item 2.
    Returns four numbers: the flat one's L1 and L2 (each with its best tone), then the honest one's L1 and L2.
    """
    ### BEGIN SOLUTION
    median, mean = best_tones(values, shares)
    difference, probability = values[:, None] - values, shares[:, None] * shares
    return (
        ((values - median).abs() * shares).sum(),
        ((values - mean).square() * shares).sum(),
        (difference.abs() * probability).sum(),
        (difference.square() * probability).sum(),
    )
    ### END SOLUTION


# %% points=2
check("07.price_of_honesty", price_of_honesty)

# %% [markdown]
# ## 4 · Down, up, and across
#
# ●●○ · 10 minutes · *lesson 07, The generator: down, up, and across*
#
# You get the steps of a U-Net and wire them. `downs[0]` takes the map and halves it, `downs[1]` takes what comes out, and
# so on. The innermost map goes straight into `ups[0]`; each further up-step gets what the one before it made **stacked
# with the down map of the same size**: the skip's channels first. What the last up-step makes is the picture.
#
# <details><summary>Hint</summary>
#
# Keep what each down-step gives in a list. Which of them has no partner?
# </details>
# <details><summary>Stronger hint</summary>
#
# After the way down, `pop()` the innermost off the list. After each up-step but the last, `pop()` the next and
# `torch.cat([skip, x], dim=1)`. The list is empty exactly when the picture is done.
# </details>


# %%
def unet_forward(downs, ups, x):
    """The U-Net's forward pass.

    downs: modules, outermost first, each halves both sides. ups: as many modules, innermost first, each doubles them.
    x: (b, c, h, w). Returns the picture, (b, c, h, w).
    """
    ### BEGIN SOLUTION
    kept = []
    for down in downs:
        x = down(x)
        kept.append(x)
    kept.pop()
    for up in ups:
        x = up(x)
        if kept:
            x = torch.cat([kept.pop(), x], dim=1)
    return x
    ### END SOLUTION


# %% points=2
check("07.unet_forward", unet_forward)

# %% [markdown]
# ## 5 · D's move
#
# ●●○ · 10 minutes · *lesson 07, One step of each player*
#
# D judges **pairs**: map and picture on top of each other, the map first. Its loss is the non-saturating one on logits,
# mean over the real pairs' patches plus mean over the painted pairs' patches, **halved**. G stays as it is, without a
# gradient in its weights, and what lay in D's gradients before does not count.
#
# <details><summary>Hint</summary>
#
# `torch.cat([a, picture], dim=1)`, once with the real picture, once with the painted one, cut off from G. D gives a map
# of logits for each; `mean()` takes them all.
# </details>
# <details><summary>Stronger hint</summary>
#
# `F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()`, divided by 2; then empty, backward, step.
# </details>


# %%
def discriminator_step(G, D, optimizer, a, b):
    """One move of D on pairs.

    G: maps (n, c, h, w) -> pictures (n, k, h, w). D: (n, c + k, h, w) -> logits (n, 1, h', w').
    optimizer: holds D's weights. a: maps; b: the real pictures that belong to them. Returns the loss as a number.
    """
    ### BEGIN SOLUTION
    fake = G(a).detach()
    real_logits, fake_logits = D(torch.cat([a, b], dim=1)), D(torch.cat([a, fake], dim=1))
    loss = (F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% points=2
check("07.discriminator_step", discriminator_step)

# %% [markdown]
# ## 6 · G's move
#
# ●●○ · 10 minutes · *lesson 07, One step of each player*
#
# G has two wishes: that D take the pair (map, painted) for real, and that the picture be near the real one:
# adversarial term (non-saturating) plus `weight` times the mean absolute difference. D stays as it is.
#
# <details><summary>Hint</summary>
#
# One forward pass of G, used twice. Nothing is detached: the gradient of the first wish runs through D.
# </details>
# <details><summary>Stronger hint</summary>
#
# `F.softplus(-D(torch.cat([a, fake], dim=1))).mean() + weight * (fake - b).abs().mean()`.
# </details>


# %%
def generator_step(G, D, optimizer, a, b, weight):
    """One move of G: deceive D about the pair, and stay near the real picture.

    G, D, a, b: as in item 5. optimizer: holds G's weights. weight: of the L1 term. Returns the whole loss as a number.
    """
    ### BEGIN SOLUTION
    fake = G(a)
    loss = F.softplus(-D(torch.cat([a, fake], dim=1))).mean() + weight * (fake - b).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% points=2
check("07.generator_step", generator_step)

# %% [markdown]
# ## 7 · Name the fault
#
# ●●● · 20 minutes · *lesson 07, One step of each player*
#
# A colleague's `step(G, D, optimizer, a, b)` is meant to do what item 5 asks. Their painter paints fine textures, in the
# wrong places. Write an examiner that **runs** a step on players of its own and names what is wrong:
#
# | answer | meaning |
# |---|---|
# | `"healthy"` | it does what item 5 asks |
# | `"map missing"` | D is shown zeros where the map should be |
# | `"wrong map"` | real or painted pictures are shown with the maps of *other* pictures of the batch |
# | `"not detached"` | G finds gradients in its weights after D's move |
# | `"not halved"` | the loss is twice what it should be |
#
# Each patient has one fault at most. Some healthy ones are written otherwise than yours: both kinds of pairs in one call
# of D, for example. D is *your* module: it may remember what it is shown.
#
# <details><summary>Hint</summary>
#
# A class derived from `nn.Module` whose `forward` first appends its input to a list, and then answers with a small
# convolution. With maps that have no zeros, what tells a missing map? With pictures that are all different, how do you
# find out which map belongs to a picture in the list?
# </details>
# <details><summary>Stronger hint</summary>
#
# Compare each remembered picture (channels from `c` on) with every `b[i]` and every `G(a)[i]`: that gives you `i`, and the
# map beside it has to equal `a[i]`. For the half: take a plain SGD optimiser with `lr=1`, compute the right loss's
# gradient yourself before the step, and see whether D moved by that or by twice as much.
# </details>


# %%
def name_the_fault(step):
    """Examine a discriminator step on pairs by running it.

    step: called as step(G, D, optimizer, a, b), as in item 5.
    Returns "healthy", "map missing", "wrong map", "not detached" or "not halved".
    """
    ### BEGIN SOLUTION

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.seen = nn.Conv2d(3, 1, 1), []

        def forward(self, pair):
            self.seen.extend(pair.detach())
            return self.layer(pair)

    a, b = torch.randn(4, 2, 6, 6) + 5, torch.randn(4, 1, 6, 6)
    G, D = nn.Conv2d(2, 1, 1), Spy()
    fake = G(a).detach()
    real_logits, fake_logits = D.layer(torch.cat([a, b], dim=1)), D.layer(torch.cat([a, fake], dim=1))
    loss = (F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2
    (slope,) = torch.autograd.grad(loss, D.layer.weight)
    before = D.layer.weight.detach().clone()

    step(G, D, torch.optim.SGD(D.parameters(), lr=1.0), a, b)
    for pair in D.seen:
        shown, picture = pair[:2], pair[2:]
        if not shown.any():
            return "map missing"
        for i in range(4):
            is_this = torch.allclose(picture, b[i]) or torch.allclose(picture, fake[i])
            if is_this and not torch.allclose(shown, a[i]):
                return "wrong map"
    if G.weight.grad is not None:
        return "not detached"
    moved = before - D.layer.weight.detach()
    return "healthy" if torch.allclose(moved, slope, atol=1e-5) else "not halved"
    ### END SOLUTION


# %% points=3
check("07.name_the_fault", name_the_fault)

# %% [markdown]
# ## 8 · Open experiment: a village by night
#
# ●●● · 25 minutes, of which the check takes a few seconds to half a minute each time · *lesson 07, Two short games, and
# lesson 04 for other losses*
#
# Maps of 16 × 16 pixels in three classes (three channels, a one where the class is, zeros elsewhere), and a grey picture
# for each. **Night** is a flat dark tone. **Planks** are bright and dark rows in turn, a **fence** is bright and dark
# columns in turn; whether the first of them is bright is decided by a coin for each picture. The three tones are drawn
# anew for each check. `sample(n)` gives `n` pairs `(a, b)`; you may draw **4,000 in all**, and not one more.
#
# You pass when, on 100 fresh maps, **at least 80 % of the windows of each class look like that class**: windows of 4 × 4
# pixels that lie wholly in one class. Night has to be flat and of the right tone; planks have to change from row to row
# by at least half the difference of bright and dark, and from column to column by less; a fence the other way round. L1
# alone reaches 100 % of the nights and 0 % of the rest. Why? Write down, in the cell below the check, what you tried and
# what each change did.
#
# <details><summary>Hint</summary>
#
# Two halvings are enough for G. Mind the side of D's patches: what is the smallest patch that shows planks? Batches of 8
# pairs give you 400 steps or more. If the nights are noisy, L1 is too weak; if everything is flat, too strong; if planks
# and fences are exchanged, what does D see?
# </details>
# <details><summary>Stronger hint</summary>
#
# A U-Net of width 16 whose last convolution (3 × 3) gets the map itself as a skip; D: a 4 × 4 convolution of stride 2 and
# two of 3 × 3, LeakyReLU between, no norm. Items 5 and 6 with weight 20, Adam with rates 2e-3 for G and 4e-3 for D and
# betas (0.5, 0.99), the rates falling to zero over the second half. It takes about three seconds.
# </details>


# %%
def train_painter(sample, budget):
    """Train a generator that paints maps.

    sample: called with n, returns n pairs: maps (n, 3, 16, 16), pictures (n, 1, 16, 16) in about [-1, 1]; counts what
    you draw. budget: how many you may draw in all.
    Returns the trained generator: a module or function, maps (n, 3, 16, 16) -> pictures (n, 1, 16, 16).
    """
    ### BEGIN SOLUTION

    class Painter(nn.Module):
        def __init__(self, w=16):
            super().__init__()
            self.down1, self.down2 = nn.Conv2d(3, w, 4, 2, 1), nn.Conv2d(w, 2 * w, 4, 2, 1)
            self.up1, self.up2 = nn.ConvTranspose2d(2 * w, w, 4, 2, 1), nn.ConvTranspose2d(2 * w, w, 4, 2, 1)
            self.last = nn.Conv2d(w + 3, 1, 3, 1, 1)

        def forward(self, a):
            x1 = F.leaky_relu(self.down1(a), 0.2)  # (n, w, 8, 8)
            x2 = F.leaky_relu(self.down2(x1), 0.2)  # (n, 2w, 4, 4)
            y = F.relu(self.up1(x2))
            y = F.relu(self.up2(torch.cat([x1, y], dim=1)))
            return torch.tanh(self.last(torch.cat([a, y], dim=1)))

    G, D = (
        Painter(),
        nn.Sequential(
            *(nn.Conv2d(4, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 3, 1, 1), nn.LeakyReLU(0.2)),
            nn.Conv2d(32, 1, 3, 1, 1),
        ),
    )
    optimizer_G = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.99))
    optimizer_D = torch.optim.Adam(D.parameters(), lr=4e-3, betas=(0.5, 0.99))
    steps = min(400, budget // 8)
    for step in range(steps):
        for optimizer, rate in ((optimizer_G, 2e-3), (optimizer_D, 4e-3)):
            optimizer.param_groups[0]["lr"] = rate * min(1, 2 * (1 - step / steps))
        a, b = sample(8)
        discriminator_step(G, D, optimizer_D, a, b)
        generator_step(G, D, optimizer_G, a, b, weight=20.0)
    return G
    ### END SOLUTION


# %% points=3
check("07.painter", train_painter)

# %% [markdown]
# *Your notes: what you tried, what each change did to the three shares, and what you would try next.*

# %%
progress("07")
