# %% [markdown]
# # Exercise 09 · CUT
#
# Eight items, about 95 minutes. You write PatchNCE and the parts around it, put a step into order, find what the measure
# cannot see, catch faults by measuring, and end with describers that find patches again behind a translator that you do
# not know. No GPU, no internet; every check answers within a second or two, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `patch_nce` | ●●○ | 10 | the loss, for a batch, with gradients where they belong | 2 |
# | 2 | `loss_bounds` | ●○○ | 5 | estimating before computing | 1 |
# | 3 | `describe` | ●○○ | 10 | from features at some places to descriptions | 1 |
# | 4 | `order_a_step` | ●●○ | 10 | who moves when | 2 |
# | 5 | `blind_spot` | ●●○ | 10 | what a measure cannot see | 2 |
# | 6 | `generator_loss` | ●●○ | 10 | all terms, with their weights | 2 |
# | 7 | `name_the_fault` | ●●● | 15 | diagnosis by experiment | 3 |
# | 8 | `find_again` | ●●● | 25 | an open experiment with a measured outcome | 3 |
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
import torch.nn.functional as F
from torch import nn

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · PatchNCE
#
# ●●○ · 10 minutes · *lesson 09, section 2, Which patch is it?*
#
# A query describes a place of the output, a key the same place of the input. Each query is asked which of the $n$ keys **of
# its own picture** is its own: similarities are cosines, divided by the temperature $\tau$, and the loss is the mean of
#
# $$-\log\frac{e^{\langle q_i,k_i\rangle/\tau}}{\sum_j e^{\langle q_i,k_j\rangle/\tau}}$$
#
# over all places of all pictures, in nats. What comes in is not of length 1 yet. Keys are what is looked for: no gradient
# goes into them.
#
# <details><summary>Hint</summary>
#
# Bring all vectors to length 1 along the last axis, cut the keys off from their graph, and one batched matrix product gives
# all similarities, (b, n, n). Where in it are the right answers?
# </details>
# <details><summary>Stronger hint</summary>
#
# This is a classifier with n classes: row i of each picture has class i. `F.cross_entropy` wants the rows of all pictures
# below each other, (b·n, n), and a class for each. It stays finite where an exponential would not.
# </details>


# %%
def patch_nce(queries, keys, temperature):
    """PatchNCE of descriptions that are not of unit length yet.

    queries, keys: (b, n, c), the same places of outputs and of inputs. temperature: a positive number.
    Returns a scalar tensor with a gradient to queries, and none to keys.
    """
    ### BEGIN SOLUTION
    queries = F.normalize(queries, dim=2)
    keys = F.normalize(keys.detach(), dim=2)
    similar = queries @ keys.transpose(1, 2) / temperature  # (b, n, n)
    right = torch.arange(keys.shape[1]).repeat(len(keys))
    return F.cross_entropy(similar.flatten(0, 1), right)
    ### END SOLUTION


# %% points=2
check("09.patch_nce", patch_nce)

# %% [markdown]
# ## 2 · How bad, how good?
#
# ●○○ · 5 minutes · *lesson 09, section 2, Which patch is it?*
#
# Before you read a curve, know its ends. Write down, as formulas of $n$ and $\tau$, what PatchNCE says
#
# - of one who **guesses**: all $n$ similarities are equal;
# - of the **best** that is likely in many dimensions: a query equals its own key, and all other keys are at right angles to it.
#
# Make your estimate for $n=256$ and $\tau=0.07$ first: is the best one nearer to 0.1, to 0.01 or to 0.0001? Temperatures down
# to 0.001 are sent.
#
# <details><summary>Hint</summary>
#
# Put the cosines of both cases into the formula of item 1. For the best one, divide above and below the fraction bar by what
# stands above it.
# </details>
# <details><summary>Stronger hint</summary>
#
# The cosine of a right angle is 0, that of equal directions 1. After the division no exponent is positive any more, so that
# nothing can overflow; `math.log1p(x)` is $\log(1+x)$, exact for small $x$ too.
# </details>


# %%
def loss_bounds(n, temperature):
    """What PatchNCE says of a guess, and of a query that equals its key while all others are at right angles.

    n: how many places, at least 1. temperature: a positive number. Returns two numbers in nats: guess, best.
    """
    ### BEGIN SOLUTION
    guess = math.log(n)
    best = math.log1p((n - 1) * math.exp(-1 / temperature))
    return guess, best
    ### END SOLUTION


# %% points=1
check("09.loss_bounds", loss_bounds)

# %% [markdown]
# ## 3 · Describe some places
#
# ●○○ · 10 minutes · *lesson 09, section 3, Who describes a patch?*
#
# Take the feature vectors at some places, the same places in every picture, send them through a head and bring what comes out
# to length 1. A place is one number: row · w + column. A head that answers with zeros has no direction; zeros are fine
# then, NaN is not.
#
# <details><summary>Hint</summary>
#
# With rows and columns in one axis, an index picks the places. The head wants the channels last.
# </details>
# <details><summary>Stronger hint</summary>
#
# `flatten(2)` gives (b, c, h·w), with places in the order that the task uses. `F.normalize` divides by no less than a tiny
# number.
# </details>


# %%
def describe(features, places, head):
    """Descriptions of length 1 of some places.

    features: (b, c, h, w). places: int64 (n,), row · w + column. head: a module, (..., c) -> (..., width).
    Returns (b, n, width).
    """
    ### BEGIN SOLUTION
    vectors = features.flatten(2)[:, :, places].transpose(1, 2)  # (b, n, c)
    return F.normalize(head(vectors), dim=2)
    ### END SOLUTION


# %% points=1
check("09.describe", describe)

# %% [markdown]
# ## 4 · Put a step into order
#
# ●●○ · 10 minutes · *lesson 09, section 4, One step, in the open*
#
# These nine lines are one step of CUT, in a wrong order. `describe` sends pictures through the first layers of G and through
# the heads; `optimizer_G` holds the weights of both. D moves before G, as everywhere in the course, and G is judged by
# the D that has moved.
#
# | | |
# |---|---|
# | **P** | `average.update(G)` |
# | **Q** | `loss_D = F.relu(1 - D(b)).mean() + F.relu(1 + D(fake.detach())).mean()` |
# | **R** | `loss = loss + patch_nce(describe(fake), keys)` |
# | **S** | `optimizer_G.zero_grad(); loss.backward(); optimizer_G.step()` |
# | **T** | `fake = G(a)` |
# | **U** | `loss = -D(fake).mean()` |
# | **V** | `keys = describe(a).detach()` |
# | **W** | `optimizer_D.zero_grad(); loss_D.backward(); optimizer_D.step()` |
# | **X** | `loss = loss + patch_nce(describe(G(b)), describe(b).detach())` |
#
# Return the nine letters as a text. Several orders are right, and each of them passes.
#
# <details><summary>Hint</summary>
#
# For each line, ask which names it reads and which line makes them. That settles nearly all of it. Then: which line changes
# weights that another line has used, or will use?
# </details>
# <details><summary>Stronger hint</summary>
#
# A line that begins with `loss = loss +` needs a loss that is there already, and one with a step needs all of its terms. The
# lines of D belong together. One line has much freedom: what it makes is read only once.
# </details>


# %%
def order_a_step():
    """The nine letters P to X, as a text, in an order in which the step is right."""
    ### BEGIN SOLUTION
    return "TVQWURXSP"
    ### END SOLUTION


# %% points=2
check("09.order_a_step", order_a_step)

# %% [markdown]
# ## 5 · What PatchNCE cannot see
#
# ●●○ · 10 minutes · *lesson 09, section 6, What PatchNCE cannot see*
#
# You get a mosaic of 64 tiles, one pixel each, no two alike, and all of them warm: red above green above blue. Return another
# picture in $[-1,1]$, **far** from it (a mean absolute change of at least 0.3), for which PatchNCE is nearly content.
#
# The check trains a head on the pixels for a moment, one head for both pictures, on 48 of the tiles and with $\tau=0.07$.
# Then it asks about the 16 tiles that it kept back, and wants a loss of at most **25 %** of a guess, $\log 16$. So a head
# that has learnt the tiles by heart is of no use. A head is a small smooth network: it can learn that *this* colour there and
# *that* colour here are to be described alike. What can it not learn?
#
# <details><summary>Hint</summary>
#
# The heads see one pixel at a time. What may happen to the colours, as long as no two become alike? And what must not
# happen to the places?
# </details>
# <details><summary>Stronger hint</summary>
#
# Think of the negative of a photo, or of a print whose inks were put into the wrong channels. One head serves both pictures:
# colours that the mosaic does not have itself are safest.
# </details>


# %%
def blind_spot(x):
    """Another picture, far from x, in which heads that learn find every place of x again.

    x: picture (1, 3, 8, 8) in [-1, 1]. Returns a picture of the same shape and range.
    """
    ### BEGIN SOLUTION
    return -x
    ### END SOLUTION


# %% points=2
check("09.blind_spot", blind_spot)

# %% [markdown]
# ## 6 · The generator's loss
#
# ●●○ · 10 minutes · *lesson 09, sections 4, One step, in the open, and 5, What holds the content*
#
# The hinge objective for G, plus `contrast` times PatchNCE between $a$ and $G(a)$, plus `identity` times PatchNCE between $b$
# and $G(b)$. `describe` gives descriptions of unit length of some places, the same places for all pictures. In CUT it is made of
# G's own first layers and of the heads, so that *it* learns too; but only by its queries.
#
# <details><summary>Hint</summary>
#
# Which of the two pictures gives the keys? Item 1 cuts them off for you, if you hand them over at the right place. It also
# makes them of length 1 once more, which changes nothing.
# </details>
# <details><summary>Stronger hint</summary>
#
# Under the hinge objective G has no hinge: it minimises minus the mean of D's answers. Then twice item 1, the translation
# first.
# </details>


# %%
def generator_loss(G, D, describe, a, b, temperature, contrast, identity):
    """What G and the heads minimise together.

    G: pictures (m, c, h, w) -> the same shape. D: pictures -> maps of answers. describe: pictures -> (m, n, width), of
    length 1. a, b: pictures of the domains. contrast, identity: weights, 0 or more. Returns a scalar tensor.
    """
    ### BEGIN SOLUTION
    fake = G(a)
    kept = G(b)
    adversarial = -D(fake).mean()
    of_a = patch_nce(describe(fake), describe(a), temperature)
    of_b = patch_nce(describe(kept), describe(b), temperature)
    return adversarial + contrast * of_a + identity * of_b
    ### END SOLUTION


# %% points=2
check("09.generator_loss", generator_loss)

# %% [markdown]
# ## 7 · Name the fault
#
# ●●● · 15 minutes · *lesson 09, sections 2, Which patch is it?, and 3, Who describes a patch?*
#
# Somebody's `patch_nce(queries, keys, temperature)` is meant to do what item 1 asks. Write an examiner that **runs** it on
# descriptions of its own and names what is wrong:
#
# | answer | meaning |
# |---|---|
# | `"healthy"` | it does what item 1 asks |
# | `"keys move"` | a gradient goes into the keys |
# | `"not normalised"` | it takes the vectors as they come, whatever their lengths |
# | `"temperature multiplied"` | it multiplies by the temperature instead of dividing |
# | `"other pictures"` | the wrong answers come from all pictures of the batch, not from the own one alone |
# | `"right answer missing"` | below the fraction bar, the sum leaves out the right key |
#
# Each patient has one fault at most.
#
# <details><summary>Hint</summary>
#
# One of the faults shows in a gradient, the others in values. Choose what you send so that all of them would *show*: how
# many pictures, which lengths, which temperature?
# </details>
# <details><summary>Stronger hint</summary>
#
# Send keys with `requires_grad_()`, and two pictures or more. Write down what each fault would answer for the very vectors you
# sent, and see which of them came. With a right key missing, a loss can fall below 0.
# </details>


# %%
def name_the_fault(patch_nce):
    """Examine somebody's PatchNCE by running it.

    patch_nce: called as patch_nce(queries, keys, temperature), as in item 1. Returns one of the six words of the table.
    """
    ### BEGIN SOLUTION
    queries = 3 * torch.randn(2, 5, 4)
    keys = 3 * torch.randn(2, 5, 4)
    queries.requires_grad_()
    keys.requires_grad_()
    found = patch_nce(queries, keys, 0.3)
    _, slope = torch.autograd.grad(found, [queries, keys], allow_unused=True)
    if slope is not None and slope.abs().max() > 1e-6:
        return "keys move"

    def expected(q, k, right_counts=True):
        similar = q @ k.transpose(1, 2)
        right = similar.diagonal(dim1=1, dim2=2)
        below = similar if right_counts else similar.masked_fill(torch.eye(q.shape[1]).bool(), -torch.inf)
        return (below.logsumexp(dim=2) - right).mean()

    q, k = F.normalize(queries, dim=2), F.normalize(keys, dim=2)
    answers = {
        "healthy": expected(q / 0.3, k),
        "not normalised": expected(queries / 0.3, keys),
        "temperature multiplied": expected(q * 0.3, k),
        "other pictures": expected(q.flatten(0, 1)[None] / 0.3, k.flatten(0, 1)[None]),
        "right answer missing": expected(q / 0.3, k, right_counts=False),
    }
    return min(answers, key=lambda name: (answers[name] - found).abs())
    ### END SOLUTION


# %% points=3
check("09.name_the_fault", name_the_fault)

# %% [markdown]
# ## 8 · Open experiment: find it again
#
# ●●● · 25 minutes, of which the check takes a few seconds each time · *lesson 09, sections 2, Which patch is it?, and 3, Who
# describes a patch?*
#
# A translator that you do not know has turned pictures into others: the colours were mixed, light was folded (what was very
# light and what was very dark are both dark now), everything is a little blurred, and there is noise. It is the same
# translator for all pictures of a check, and another one in the next check. `sample(n)` gives $n$ pictures and their
# translations, cut into the 64 overlapping patches of an 8 × 8 grid each: two tensors (n, 64, 3, 6, 6), where patch $i$ of
# one belongs to patch $i$ of the other. Because you get patches, no describer can tell a place by where it lies. You may
# draw **4,000 pairs**, and not one more.
#
# Train describers by PatchNCE: one of the pictures' patches, one of the translations', or the same for both, as in CUT. You
# pass when, on 40 fresh pairs, at least **85 %** of the translations' patches are described more like their own patch (by the
# cosine) than like any of the other 63 of their picture.
#
# Write down, in the cell below the check, what you tried and what each change did. Try it once with one describer for both
# sides, once with only a few wrong answers instead of 63, once at another temperature, and once untrained: how much do random
# networks find?
#
# <details><summary>Hint</summary>
#
# A describer may be very plain: all 108 numbers of a patch in a row, one hidden layer, some dozen numbers out. Item 1 is the
# loss. Count the pairs that you draw: a few hundred steps of a few pictures are within the budget.
# </details>
# <details><summary>Stronger hint</summary>
#
# Item 1 cuts the keys off, so that a describer of their own would never learn. With two describers, ask both ways round:
# queries among keys, and keys among queries. Adam, 3e-3 falling to 0, $\tau=0.07$, eight pairs a step and a few hundred steps
# take a second or two.
# </details>


# %%
def find_again(sample, budget):
    """Train describers that find patches again behind a translator.

    sample: called with n, returns patches of n pictures and of their translations, each (n, 64, 3, 6, 6); count what you
    draw. budget: how many pairs you may draw in all.
    Returns two modules or functions, patches (m, 3, 6, 6) -> descriptions (m, c): of pictures, and of translations.
    """
    ### BEGIN SOLUTION

    def describer():
        return nn.Sequential(nn.Flatten(), nn.Linear(108, 64), nn.ReLU(), nn.Linear(64, 32))

    of_pictures, of_translations = describer(), describer()
    weights = [*of_pictures.parameters(), *of_translations.parameters()]
    optimizer = torch.optim.Adam(weights, lr=3e-3)
    batch = 8
    steps = min(400, budget // batch)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=steps)
    for _ in range(steps):
        pictures, translations = sample(batch)
        keys = of_pictures(pictures.flatten(0, 1)).view(batch, 64, 32)
        queries = of_translations(translations.flatten(0, 1)).view(batch, 64, 32)
        # Here both sides learn: item 1 asked one way, then the other.
        loss = patch_nce(queries, keys, 0.07) + patch_nce(keys, queries, 0.07)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return of_pictures, of_translations
    ### END SOLUTION


# %% points=3
check("09.find_again", find_again)

# %% [markdown]
# *Your notes: what you tried, what each change did to the share found again, and what you would try next.*

# %%
progress("09")
