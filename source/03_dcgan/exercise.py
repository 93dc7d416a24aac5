# %% [markdown]
# # Exercise 03 · DCGAN
#
# Eight items, about 130 minutes. You build both players for pictures of another shape than the lesson's, find layers
# that nobody initialised, sample and walk as one should, lose nothing when the plug is pulled, and end with an
# experiment of your own. No GPU, no internet; every check answers within a second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `stamps` | ●○○ | 10 | what a transposed convolution covers, and how often | 2 |
# | 2 | `banner_generator` | ●●○ | 20 | the rules of DCGAN, applied to another shape | 3 |
# | 3 | `banner_discriminator` | ●●○ | 15 | its mirror image | 3 |
# | 4 | `never_initialised` | ●●○ | 15 | diagnosis: did the initialisation reach every layer? | 3 |
# | 5 | `sample` | ●●○ | 10 | eval mode, batches, and leaving things as they were | 2 |
# | 6 | `slerp` | ●●○ | 10 | a formula with a hole in it | 2 |
# | 7 | `Checkpoint` | ●●● | 20 | everything that the next step depends on | 3 |
# | 8 | `train_on_digits` | ●●● | 30 | an open experiment with a measured outcome | 3 |
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
import copy

import torch
import torch.nn.functional as F
from torch import nn

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · Count the stamps
#
# ●○○ · 10 minutes · *lesson 03, section 2*
#
# A transposed convolution stamps its kernel onto the output once for each input pixel, the stamps `stride` pixels
# apart, and then cuts `padding` pixels off every border. How many stamps cover each output pixel? The answer has the
# side of the output, so you need the formula for it too.
#
# <details><summary>Hint</summary>
#
# Begin with a square of zeros that is large enough for all stamps, and add 1 wherever a stamp lands. Cut at the end.
# </details>
# <details><summary>Stronger hint</summary>
#
# The side before cutting is `stride * (n - 1) + kernel`. Or shorter: which input and which kernel make PyTorch's own
# `F.conv_transpose2d` count for you?
# </details>


# %%
def stamps(n, kernel, stride, padding):
    """How many stamps of a transposed convolution land on each pixel of its output.

    n: side of the input map. kernel, stride, padding: of the layer. Returns a tensor (side, side).
    """
    ### BEGIN SOLUTION
    return F.conv_transpose2d(torch.ones(1, 1, n, n), torch.ones(1, 1, kernel, kernel), None, stride, padding)[0, 0]
    ### END SOLUTION


# %% points=2
check("03.stamps", stamps)

# %% [markdown]
# ## 2 · A generator of banners
#
# ●●○ · 20 minutes · *lesson 03, sections 1, 3 and 5*
#
# A **banner** is twice as wide as it is high. Build the DCGAN's generator for pictures `height` × `2 * height`, by the
# rules of the lesson. Only the first layer differs from the lesson's: this transposed convolution must turn a map of side
# 1 into one of **4 × 8**. From there on, sides double while channels halve, until the last hidden map has `width` channels
# and half the height of the picture:
#
# - transposed convolutions everywhere, without bias; all but the first with kernel 4, stride 2, padding 1;
# - batch norm (PyTorch's `nn.BatchNorm2d`, as it comes) and ReLU behind each but the last; tanh at the end;
# - the paper's initialisation, *applied*. The function stands below; it changes nothing until somebody calls it.
#
# For `height=32` the maps are 4 × 8, 8 × 16, 16 × 32 and the picture; the channels `4 * width`, `2 * width`, `width`
# and those of the picture.
#
# <details><summary>Hint</summary>
#
# A kernel need not be square. What does the first transposed convolution make of a map of side 1, with stride 1 and no
# padding?
# </details>
# <details><summary>Stronger hint</summary>
#
# `nn.ConvTranspose2d(latent_dim, most, (4, 8), 1, 0, bias=False)`. For the rest, a loop: while the height is below half
# of the picture's, append convolution, norm and ReLU. Latents come as (b, latent_dim): put a `nn.Unflatten(1,
# (latent_dim, 1, 1))` first. At the end, `return nn.Sequential(*layers).apply(initialise)`.
# </details>


# %%
def initialise(module):  # for one layer; `network.apply(initialise)` calls it for all of them
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


# %%
def banner_generator(latent_dim, channels, width, height):
    """The DCGAN's generator for pictures twice as wide as high.

    height: a power of two, 16 or more. width: channels of the last hidden map.
    Returns a module: latents (b, latent_dim) -> pictures (b, channels, height, 2 * height) in [-1, 1].
    """
    ### BEGIN SOLUTION
    doublings = (height // 8).bit_length() - 1  # from 4 to height / 2
    most = width * 2**doublings
    layers = [nn.Unflatten(1, (latent_dim, 1, 1)), nn.ConvTranspose2d(latent_dim, most, (4, 8), bias=False)]
    for i in range(doublings):
        now = most // 2**i
        layers += [nn.BatchNorm2d(now), nn.ReLU(), nn.ConvTranspose2d(now, now // 2, 4, 2, 1, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh()]
    return nn.Sequential(*layers).apply(initialise)
    ### END SOLUTION


# %% points=3
check("03.banner_generator", banner_generator)

# %% [markdown]
# ## 3 · A judge of banners
#
# ●●○ · 15 minutes · *lesson 03, section 4*
#
# The mirror image. Convolutions with kernel 4, stride 2 and padding 1, without bias, halve the sides and double the
# channels, from `width` on, until the map is 4 × 8; one last convolution without bias makes it a single number. LeakyReLU
# with slope 0.2 behind each but the last. Batch norm between, but neither on the first layer nor on the last.
# Initialised. What comes out are **logits**.
#
# <details><summary>Hint</summary>
#
# Which kernel makes one number of a 4 × 8 map? And how does (b, 1, 1, 1) become (b,)?
# </details>
# <details><summary>Stronger hint</summary>
#
# `nn.Conv2d(most, 1, (4, 8), bias=False)`, then `nn.Flatten(0)`. The order within a block is convolution, norm,
# LeakyReLU.
# </details>


# %%
def banner_discriminator(channels, width, height):
    """The DCGAN's discriminator for pictures twice as wide as high.

    height: a power of two, 16 or more. width: channels of the first map.
    Returns a module: pictures (b, channels, height, 2 * height) -> logits (b,).
    """
    ### BEGIN SOLUTION
    halvings = (height // 8).bit_length() - 1  # from height / 2 to 4
    layers = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for i in range(halvings):
        now = width * 2**i
        layers += [nn.Conv2d(now, 2 * now, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * now), nn.LeakyReLU(0.2)]
    layers += [nn.Conv2d(width * 2**halvings, 1, (4, 8), bias=False), nn.Flatten(0)]
    return nn.Sequential(*layers).apply(initialise)
    ### END SOLUTION


# %% points=3
check("03.banner_discriminator", banner_discriminator)

# %% [markdown]
# ## 4 · Never initialised
#
# ●●○ · 15 minutes · *lesson 03, section 5*
#
# "We initialise as in the DCGAN paper", says the comment. Does it? Somebody hands you an assembled network. Return the
# names, as `network.named_modules()` gives them, of all layers that do **not** look as the paper wants:
#
# | layer | wanted |
# |---|---|
# | convolution, transposed convolution, linear | weights with mean 0 and spread 0.02; bias, where there is one, 0 |
# | batch norm, with weights | weights with mean 1 and spread 0.02; bias 0 |
#
# "Look": a spread within half and one and a half times 0.02, a mean within 0.02. Every layer here has some dozens of
# weights at least, so a right one is never that far off by chance, and a forgotten one always is. Layers without
# weights cannot be forgotten.
#
# <details><summary>Hint</summary>
#
# `for name, layer in network.named_modules()` walks into everything, however deep. `isinstance` tells the kinds.
# </details>
# <details><summary>Stronger hint</summary>
#
# A batch norm as PyTorch makes it has weights that are exactly 1: its mean is right, its spread is not. With
# `affine=False` its `weight` is `None`. And of a convolution perhaps only the weights were drawn anew, and the bias was left
# as it was.
# </details>


# %%
def never_initialised(network):
    """The layers of a network that the paper's initialisation has not reached.

    network: an assembled module. Returns a list of names, in any order; empty if all is well.
    """
    ### BEGIN SOLUTION
    names = []
    for name, layer in network.named_modules():
        is_norm = isinstance(layer, nn.BatchNorm2d)
        if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.BatchNorm2d) or layer.weight is None:
            continue
        mean, spread = layer.weight.mean().item(), layer.weight.std().item()
        looks_right = abs(mean - is_norm) < 0.02 and 0.01 < spread < 0.03
        if not looks_right or (layer.bias is not None and layer.bias.any()):
            names.append(name)
    return names
    ### END SOLUTION


# %% points=3
check("03.never_initialised", never_initialised)

# %% [markdown]
# ## 5 · Sample
#
# ●●○ · 10 minutes · *lesson 03, sections 7 and 8*
#
# Paint pictures with the averaged generator, for a page or for a metric, without any effect on its training. Use **eval
# mode** and no gradients. Never ask for more than `batch_size` pictures at a time. Return them all in their order, and
# leave the network in the mode in which you found it.
#
# <details><summary>Hint</summary>
#
# Which attribute of a module says whether it is in train mode? Note it before you change it. `z.split(batch_size)`.
# </details>
# <details><summary>Stronger hint</summary>
#
# `was_training = average.training`, `average.eval()`, under `torch.no_grad()` the parts and `torch.cat`, and at the end
# `average.train(was_training)`.
# </details>


# %%
def sample(average, z, batch_size):
    """Pictures of an averaged generator, each depending on its own latent only.

    average: a module, in train or in eval mode. z: (n, latent_dim). batch_size: the most to be painted at once.
    Returns a tensor whose first dimension is n.
    """
    ### BEGIN SOLUTION
    was_training = average.training
    average.eval()
    with torch.no_grad():
        pictures = torch.cat([average(part) for part in z.split(batch_size)])
    average.train(was_training)
    return pictures
    ### END SOLUTION


# %% points=2
check("03.sample", sample)

# %% [markdown]
# ## 6 · Walk on the shell
#
# ●●○ · 10 minutes · *lesson 03, "A walk through the space of letters"*
#
# $$z(t)=\frac{\sin((1-t)\,\omega)}{\sin\omega}\,a+\frac{\sin(t\,\omega)}{\sin\omega}\,b$$
#
# for a whole batch of pairs at once, each with the angle $\omega$ between *its* $a$ and *its* $b$. The formula has a
# hole: where $a$ and $b$ point the same way it says 0/0. There the great circle is the straight road,
# $(1-t)\,a+t\,b$. In 32 bits the cosine of such a pair may even come out as 1.0000001.
#
# <details><summary>Hint</summary>
#
# `F.cosine_similarity(a, b, dim=1)`; `clamp` it; treat the pairs with a tiny angle apart, with `torch.where`.
# </details>
# <details><summary>Stronger hint</summary>
#
# `keepdim=True` or `[:, None]` makes the angles a column (n, 1), so that each row gets its own. In
# `torch.where(omega < 1e-4, straight, round_the_circle)` it does no harm that one of the two is NaN.
# </details>


# %%
def slerp(a, b, t):
    """Points on the great circles between pairs of latents.

    a, b: (n, d), none of them 0, no pair exactly opposite. t: a number from 0 to 1. Returns (n, d): a at 0, b at 1.
    """
    ### BEGIN SOLUTION
    omega = F.cosine_similarity(a.double(), b.double(), dim=1).clamp(-1, 1).acos()[:, None]
    circle = (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)
    return torch.where(omega < 1e-4, (1 - t) * a + t * b, circle).to(a.dtype)
    ### END SOLUTION


# %% points=2
check("03.slerp", slerp)

# %% [markdown]
# ## 7 · A resume that loses nothing
#
# ●●● · 20 minutes · *lesson 03, "Pull the plug"*
#
# Below is a small training with everything that a real one has. Write a `Checkpoint` that saves all that the next step
# depends on, at the moment it is made, and puts it into *another* `Training`, which was just made. That one must then go
# on exactly as the first one does. Meanwhile the first one trains on: what you have saved must not change with it, and
# must not change it.
#
# Read `play` line by line and ask of each name on the right-hand sides: where does it live, and what becomes of it
# between two steps?
#
# <details><summary>Hint</summary>
#
# Most parts have a `state_dict()` and a `load_state_dict()`: modules, optimisers, schedules. A `torch.Generator` has
# `get_state()` and `set_state()`. But `state_dict()` hands out the *same* tensors that the training goes on changing.
# </details>
# <details><summary>Stronger hint</summary>
#
# Eight parts: three modules, two optimisers, the schedule, the random state, the count of steps. `copy.deepcopy` of
# everything that you keep.
# </details>


# %%
class Training:
    def __init__(self, seed):
        torch.manual_seed(seed)
        self.generator = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)).double()
        self.discriminator = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1)).double()
        self.average = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)).double()
        self.optimizer_G = torch.optim.Adam(self.generator.parameters(), lr=0.02, betas=(0.5, 0.9))
        self.optimizer_D = torch.optim.Adam(self.discriminator.parameters(), lr=0.04, betas=(0.5, 0.9))
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer_G, step_size=2, gamma=0.7)
        self.random = torch.Generator().manual_seed(seed)
        self.step = 0

    def play(self, steps):
        for _ in range(steps):
            real = 2 + torch.randn(16, 2, generator=self.random, dtype=torch.float64)
            fake = self.generator(torch.randn(16, 3, generator=self.random, dtype=torch.float64))
            loss = F.softplus(-self.discriminator(real)).mean() + F.softplus(self.discriminator(fake.detach())).mean()
            self.optimizer_D.zero_grad()
            loss.backward()
            self.optimizer_D.step()
            loss = F.softplus(-self.discriminator(fake)).mean()
            self.optimizer_G.zero_grad()
            loss.backward()
            self.optimizer_G.step()
            self.schedule.step()
            memory = min(0.9, self.step / (self.step + 3))  # a short memory at first
            with torch.no_grad():
                for old, new in zip(self.average.state_dict().values(), self.generator.state_dict().values()):
                    old.copy_(memory * old + (1 - memory) * new)
            self.step += 1


# %%
class Checkpoint:
    """All that the next step of a training depends on."""

    def __init__(self, training):
        """Save it. training: a Training, which goes on afterwards."""
        ### BEGIN SOLUTION
        names = ("generator", "discriminator", "average", "optimizer_G", "optimizer_D", "schedule")
        self.states = {name: copy.deepcopy(getattr(training, name).state_dict()) for name in names}
        self.random, self.step = training.random.get_state(), training.step
        ### END SOLUTION

    def restore(self, training):
        """Put it into another training. training: a Training just made."""
        ### BEGIN SOLUTION
        for name, state in self.states.items():
            getattr(training, name).load_state_dict(copy.deepcopy(state))
        training.random.set_state(self.random)
        training.step = self.step
        ### END SOLUTION


# %% points=3
check("03.checkpoint", Checkpoint)

# %% [markdown]
# ## 8 · Open experiment: digits within a budget
#
# ●●● · 30 minutes, of which the check takes about 5 seconds to a minute each time · *lesson 03, sections 6 to 8 and
# "Each rule, left out"; lesson 02 for the rates*
#
# The handwritten digits, 8 × 8 pixels. `sample_real(n)` gives you `n` of the 1,437 training digits, float in [-1, 1];
# you may draw **32,000 in all**: 500 steps of 64. Networks, losses, rates, averaging are yours. You return a generator;
# the check paints 1,000 digits with it and compares them with the 360 that were held back. You pass if
#
# - the **Fréchet distance** between the pixels of both (lesson 05 derives it; small is good) is **at most 2.1**,
# - the nearest training digit is **at most 3.08** away from yours, in the median (and not below 1.8: no reciting), and
# - each of the **ten digits** is the nearest kind for at least 3 % of yours.
#
# For comparison: the *training digits themselves* have a Fréchet distance of 1.09 from the held-back ones, because other
# people wrote those, and a held-back digit is 2.25 away from its neighbour. A small DCGAN with the paper's settings
# (Adam at 2e-4, $\beta_1=0.5$, averaged) reaches about 4.8 within this budget; a well-chosen one stays below 1.8.
# Why the second condition? Draw pixels from a *Gaussian* with the digits' mean and covariance: it passes the first and
# the third with pictures that are mostly smears. Write down, in the cell below the check, what you tried and what
# each change did.
#
# <details><summary>Hint</summary>
#
# 500 steps are few: the paper's rate is too small for them. Which of lesson 02's levers let you play with larger ones?
# And what do you hand over at the end: the last weights?
# </details>
# <details><summary>Stronger hint</summary>
#
# Adam without memory ($\beta_1=0$) at 1e-3 for G and 2e-3 for D, and an average of G with decay 0.99, batch norm's
# statistics included: item 7's loop does it. Hand over the average, in eval mode.
# </details>


# %%
def train_on_digits(sample_real, budget):
    """Train a generator on handwritten digits.

    sample_real: called with n, returns n real digits (n, 1, 8, 8) in [-1, 1]; counts what you draw.
    budget: how many you may draw in all.
    Returns the generator: a module or function, latents (n, 32) from a standard normal -> digits (n, 1, 8, 8).
    """
    ### BEGIN SOLUTION
    G = nn.Sequential(
        nn.Unflatten(1, (32, 1, 1)),
        *(nn.ConvTranspose2d(32, 32, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU()),  # 2×2
        *(nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),  # 4×4
        *(nn.ConvTranspose2d(16, 1, 4, 2, 1), nn.Tanh()),  # 8×8
    )
    D = nn.Sequential(
        *(nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2)),  # 4×4
        *(nn.Conv2d(16, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32), nn.LeakyReLU(0.2)),  # 2×2
        *(nn.Conv2d(32, 1, 2), nn.Flatten(0)),
    )
    average = copy.deepcopy(G)
    optimizer_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.99), fused=True)
    optimizer_D = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.0, 0.99), fused=True)
    for step in range(budget // 64):
        fake = G(torch.randn(64, 32))
        loss = F.softplus(-D(sample_real(64))).mean() + F.softplus(D(fake.detach())).mean()
        optimizer_D.zero_grad()
        loss.backward()
        optimizer_D.step()
        D.requires_grad_(False)
        loss = F.softplus(-D(fake)).mean()
        optimizer_G.zero_grad()
        loss.backward()
        optimizer_G.step()
        D.requires_grad_(True)
        memory = min(0.99, step / (step + 10))
        with torch.no_grad():
            for old, new in zip(average.state_dict().values(), G.state_dict().values()):
                old.copy_(memory * old + (1 - memory) * new)
    return average.eval()
    ### END SOLUTION


# %% points=3
check("03.digits", train_on_digits)

# %% [markdown]
# *Your notes: what you tried, which distance each change gave, and what you would try next.*

# %%
progress("03")
