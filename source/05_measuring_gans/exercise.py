# %% [markdown]
# # Exercise 05 · Measuring GANs
#
# Eight items, about two hours. You write the four metrics of lesson 05, catch copies, take a bias out of a score, find
# out from numbers alone what is wrong with a generator, and end by fooling the metrics yourself. No GPU, no internet;
# every check answers within a second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `frechet_distance` | ●●○ | 15 | a formula where its matrices are singular | 2 |
# | 2 | `kernel_distance` | ●●○ | 10 | a squared difference without bias | 2 |
# | 3 | `precision_recall` | ●●○ | 15 | regions made of balls | 2 |
# | 4 | `mode_count` | ●○○ | 10 | counting what is there, and what is not | 1 |
# | 5 | `find_copies` | ●●○ | 15 | a threshold that has a reason | 2 |
# | 6 | `at_infinity` | ●●○ | 15 | a derivation, and a line through points | 2 |
# | 7 | `name_the_fault` | ●●● | 20 | diagnosis: which metric sees which fault | 3 |
# | 8 | `fool_the_metrics` | ●●● | 30 | an open experiment with a measured outcome | 3 |
#
# **How it works.** Replace each `raise NotImplementedError()` and run the cell, then the one below it. `check` calls
# *your* function on fresh random inputs and compares with a reference of its own. It says what it sent, what it
# expected and what came; how you write the answer is your affair. Nothing stops you from going on with an item open.
# Stuck? Two hints are folded below each task.
#
# Everywhere below, "features" are a matrix with one row per picture, (n, d), in double precision.
#
# > **For instructors.** `check` is for the learner; nbgrader gives points by the hidden line of each grade cell.
# > nbgrader's own `autograde` runs what was handed in **unprotected, as you**: use it only for code of people whom you
# > would let use your account.

# %%
import torch

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · The Fréchet distance
#
# ●●○ · 15 minutes · *lesson 05, section 3*
#
# $$d^2=\lVert\mu_1-\mu_2\rVert^2+\operatorname{tr}\Sigma_1+\operatorname{tr}\Sigma_2-2\operatorname{tr}(\Sigma_1\Sigma_2)^{1/2}$$
#
# with covariances of divisor $n-1$. It has to work in four difficult cases: a single feature, fewer samples than
# features, a feature that never varies, and means far from 0. In the last three the usual routine for a matrix root may
# give NaN, complex numbers or noise.
#
# <details><summary>Hint</summary>
#
# You need no root of a product. The last term is twice the sum of the roots of the eigenvalues of
# $\Sigma_1^{1/2}\Sigma_2\,\Sigma_1^{1/2}$, which is symmetric: `torch.linalg.eigh` never gives complex numbers.
# Eigenvalues that rounding makes slightly negative are 0.
# </details>
# <details><summary>Stronger hint</summary>
#
# `values, vectors = torch.linalg.eigh(matrix)`, then `vectors * values.clamp_min(0).sqrt() @ vectors.T` is the root of
# one covariance. `x.T.cov()` forgets its shape where there is one feature; `torch.atleast_2d` puts it back.
# </details>


# %%
def frechet_distance(real, fake):
    """The squared Fréchet distance of two normal clouds with the features' means and covariances.

    real: (n, d); fake: (m, d); n, m >= 3, also fewer than d. Returns a number.
    """
    ### BEGIN SOLUTION

    def root(matrix):
        values, vectors = torch.linalg.eigh(matrix)
        return vectors * values.clamp_min(0).sqrt() @ vectors.T

    first, second = (torch.atleast_2d(x.T.cov()) for x in (real, fake))
    half = root(first)
    overlap = torch.linalg.eigvalsh(half @ second @ half).clamp_min(0).sqrt().sum()
    gap = (real.mean(0) - fake.mean(0)).square().sum()
    return gap + first.trace() + second.trace() - 2 * overlap
    ### END SOLUTION


# %% points=2
check("05.frechet_distance", frechet_distance)

# %% [markdown]
# ## 2 · The kernel distance
#
# ●●○ · 10 minutes · *lesson 05, section 5*
#
# $$\mathbb E\,k(x,x')+\mathbb E\,k(y,y')-2\,\mathbb E\,k(x,y),\qquad k(x,y)=(x\cdot y/d+1)^3,$$
#
# estimated **without bias**, from all pairs that may be used. The two sets need not be equally large.
#
# <details><summary>Hint</summary>
#
# Which pairs must not count in the first two terms, how many are left, and what is the mean over those?
# </details>
# <details><summary>Stronger hint</summary>
#
# `(k.sum() - k.trace()) / (n * (n - 1))` for the first two; in the third every pair counts. $d$ is the number of
# features, not of samples.
# </details>


# %%
def kernel_distance(real, fake):
    """Squared maximum mean discrepancy under the cubic kernel, without bias; may come out below 0.

    real: (n, d); fake: (m, d); n, m >= 2. Returns a number.
    """
    ### BEGIN SOLUTION

    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(a):
        k, n = kernel(a, a), len(a)
        return (k.sum() - k.trace()) / (n * (n - 1))

    return within(real) + within(fake) - 2 * kernel(real, fake).mean()
    ### END SOLUTION


# %% points=2
check("05.kernel_distance", kernel_distance)

# %% [markdown]
# ## 3 · Precision and recall
#
# ●●○ · 15 minutes · *lesson 05, section 6*
#
# The region of a set: the union of balls around its points, each up to the $k$-th nearest *other* point of the set.
# Precision: the share of fakes in the region of the real points. Recall: the share of real points in the region of the
# fakes. Mind sets that repeat a point, as a collapsed generator does.
#
# <details><summary>Hint</summary>
#
# Two matrices of distances for each number: within the set that owns the region (for the radii), and from the points
# in question to its centres. `torch.cdist` makes both.
# </details>
# <details><summary>Stronger hint</summary>
#
# Sort the rows of the inner matrix. Column 0 is the point itself, so the radius is column `k`. A point is inside where
# *any* ball holds it; each ball has a radius of its own, which belongs to the column.
# </details>


# %%
def precision_recall(real, fake, k):
    """Share of fakes among the real points, and of real points among the fakes.

    real: (n, d); fake: (m, d); k: which neighbour sets the radius, 1 <= k < n, m. Returns two numbers.
    """
    ### BEGIN SOLUTION

    def among(points, others):
        radius = torch.cdist(others, others).sort(dim=1).values[:, k]
        return (torch.cdist(points, others) <= radius).any(dim=1).double().mean()

    return among(fake, real), among(real, fake)
    ### END SOLUTION


# %% points=2
check("05.precision_recall", precision_recall)

# %% [markdown]
# ## 4 · Counting modes
#
# ●○○ · 10 minutes · *lesson 05, section 7*
#
# The lesson warns that a classifier always answers: chimeras "cover" nearly all characters. So count with a condition.
# Each sample belongs to its nearest centre, but only if that is within three standard deviations; else it belongs to
# none. A mode is *covered* if at least `share` of its fair portion of **all** samples (their number over the number of
# modes) belongs to it.
#
# <details><summary>Hint</summary>
#
# `torch.cdist(samples, centres).min(dim=1)` gives distances and owners. Throw the far ones away, then count owners.
# </details>
# <details><summary>Stronger hint</summary>
#
# `torch.bincount(owner[near], minlength=len(centres))` counts modes that have nothing, too. The fair portion is
# `len(samples) / len(centres)`: of all samples, so that a generator of rubbish covers little.
# </details>


# %%
def mode_count(samples, centres, std, share):
    """How many modes are covered, and the share of samples that are near a mode.

    samples: (n, d); centres: (modes, d); std: of each mode; share: in (0, 1). Returns two numbers.
    """
    ### BEGIN SOLUTION
    distance, owner = torch.cdist(samples, centres).min(dim=1)
    near = distance <= 3 * std
    counts = torch.bincount(owner[near], minlength=len(centres))
    return (counts >= share * len(samples) / len(centres)).sum(), near.double().mean()
    ### END SOLUTION


# %% points=1
check("05.mode_count", mode_count)

# %% [markdown]
# ## 5 · Who copied?
#
# ●●○ · 15 minutes · *lesson 05, section 8*
#
# Some samples of a generator are training pictures with a little noise; the others are honest. How many copies there
# are you do not know: perhaps none, perhaps all of them. The unit of the features is different each time, so a fixed
# limit will not do. You may also look at real pictures that were *held back*, which nobody copied.
#
# You pass when at least 95 % of the copies are accused, and at most 3 % of all samples are accused wrongly. (One kind of
# picture is drawn much more narrowly than the others: honest samples of that kind lie nearer to training pictures.)
#
# <details><summary>Hint</summary>
#
# How far is each sample from its nearest training picture? And how far are the innocent? Note that the samples' own
# distances cannot set the limit: what if all of them are copies?
# </details>
# <details><summary>Stronger hint</summary>
#
# The lesson accuses whoever is nearer than half the distance that 99 of 100 innocents keep: `quantile(0.01) / 2`.
# </details>


# %%
def find_copies(samples, training, held_back):
    """Accuse the samples that are copies of training pictures.

    samples: (n, d), of the generator. training: (m, d). held_back: (l, d), real, not trained on.
    Returns a tensor of True (accused) and False, (n,).
    """
    ### BEGIN SOLUTION
    innocent = torch.cdist(held_back, training).min(dim=1).values
    return torch.cdist(samples, training).min(dim=1).values < innocent.quantile(0.01) / 2
    ### END SOLUTION


# %% points=2
check("05.find_copies", find_copies)

# %% [markdown]
# ## 6 · The score at infinity
#
# ●●○ · 15 minutes · *lesson 05, section 4*
#
# The lesson derives the floor of the Fréchet distance for two sets of the *same* size $n$: means and covariances each
# contribute a term in $1/n$. A published remedy reads the score off at $1/n=0$. But suppose your real sets have $n_i$
# pictures and your fake sets $m_i$, and these are *not* equal. Go through the derivation once more: in which quantity
# is the distance then a straight line? Fit that line through all points, by least squares, and return what it promises
# for infinitely many pictures on both sides.
#
# <details><summary>Hint</summary>
#
# A mean over $n$ pictures has variance $1/n$, one over $m$ has $1/m$, and the two sets are independent. What is the
# variance of their difference? The same happens to the covariances.
# </details>
# <details><summary>Stronger hint</summary>
#
# $\mathrm{FD}=a+c\,\big(\frac1n+\frac1m\big)$. With $t_i=\frac1{n_i}+\frac1{m_i}$: the slope is
# $\sum(t_i-\bar t)(y_i-\bar y)/\sum(t_i-\bar t)^2$, and $a=\bar y-\text{slope}\cdot\bar t$. `torch.linalg.lstsq` or
# `numpy.polyfit` will do as well.
# </details>


# %%
def at_infinity(real_sizes, fake_sizes, scores):
    """The Fréchet distance that a straight line through measured ones promises for infinitely many pictures.

    real_sizes, fake_sizes: how many pictures each score was measured with, (k,), double. scores: (k,). Returns a number.
    """
    ### BEGIN SOLUTION
    t = 1 / real_sizes + 1 / fake_sizes
    from_mean = t - t.mean()
    slope = (from_mean * scores).sum() / from_mean.square().sum()
    return scores.mean() - slope * t.mean()
    ### END SOLUTION


# %% points=2
check("05.at_infinity", at_infinity)

# %% [markdown]
# ## 7 · Name the fault
#
# ●●● · 20 minutes · *lesson 05, sections 6, 8 and 9*
#
# Three sets of 400 features: training pictures, real pictures held back, and what a generator made. Real sets hold
# equally many pictures of eight kinds. You cannot look at the pictures, and the unit of the features is different each
# time. What is wrong?
#
# | answer | meaning |
# |---|---|
# | `"healthy"` | as good as a real set |
# | `"copies"` | half of the samples or more are training pictures with a little noise |
# | `"poor samples"` | half of the samples or more are no such pictures: noisy, or chimeras |
# | `"missing kinds"` | three kinds or more are never made |
# | `"wrong frequencies"` | all kinds are made, and made well, but some of them eight times as often as others |
#
# Each generator has one fault at most. For each fault, which metric sees it, and which are fooled?
#
# <details><summary>Hint</summary>
#
# Make a table first: faults down, metrics across (items 1, 3 and 5), and tick what should notice. No single metric has
# a tick in every row. For each metric you need its value for a set that is known to be healthy: which set is that?
# </details>
# <details><summary>Stronger hint</summary>
#
# Ask in this order: copies (item 5), precision, recall, and last the Fréchet distance, against held-back pictures, over
# its floor (the distance between training and held-back pictures). Healthy sets have precision and recall near 0.9, and
# a distance of one to three floors. Print the numbers inside your function while you look for limits.
# </details>


# %%
def name_the_fault(training, held_back, fake):
    """Say from features what is wrong with a generator.

    training, held_back, fake: (n, d) each.
    Returns "healthy", "copies", "poor samples", "missing kinds" or "wrong frequencies".
    """
    ### BEGIN SOLUTION
    if find_copies(fake, training, held_back).double().mean() > 0.2:
        return "copies"
    precision, recall = precision_recall(held_back, fake, 3)
    if precision < 0.75:
        return "poor samples"
    if recall < 0.75:
        return "missing kinds"
    floor = frechet_distance(held_back, training)
    return "wrong frequencies" if frechet_distance(held_back, fake) > 10 * floor else "healthy"
    ### END SOLUTION


# %% points=3
check("05.name_the_fault", name_the_fault)

# %% [markdown]
# ## 8 · Open experiment: fool the metrics
#
# ●●● · 30 minutes, of which the check takes a few seconds each time (stated: 10 s) · *lesson 05, section 9*
#
# You get 400 real features of eight kinds (four features each; you are not told which row is of which kind). Return two
# sets of the same shape, each of which looks good to some metrics and is bad:
#
# - **A** fools the Fréchet distance: its FD is **below 3 times the floor**, though hardly anything in it is real:
#   **precision at most 0.06**;
# - **B** fools precision and recall: **precision at least 0.8 and recall at least 0.7**, though its frequencies are all
#   wrong: FD **above 30 times the floor**. Its samples must be new: at most 10 % may count as copies by the rule of
#   lesson 05, section 8.
#
# All are measured against real features that were *held back*, with $k=3$; the floor is the FD between the given and the
# held-back ones. The check tries two worlds. A normal cloud with the right mean and covariance is not enough for A: by
# chance, about a tenth of it lies among the real ones, often more. Write down, in the cell below the check, what you
# tried and what each change did.
#
# <details><summary>Hint</summary>
#
# A: any cloud can be brought to a given mean and covariance by a linear map. Then only the precision is left to care
# for, and the region that is to be avoided you know, nearly. B: you need no kinds; "left half of the features' cloud
# eight times as often" is a wrong frequency as well. Move off the given points by a part of the way to the next one.
# </details>
# <details><summary>Stronger hint</summary>
#
# A: with $LL^\top$ the covariance of your cloud and $RR^\top$ the one wanted, $x\mapsto RL^{-1}(x-\bar x)+\mu$ does it,
# and it is differentiable. Measure, for each mapped point, its distance to each real one over that one's radius; the
# smallest should be 2 or more. Minimise the mean of what is lacking by Adam *on the points* (100 steps, 0.3). B:
# `torch.multinomial` with weights 8 and 1; a step of 0.6 times the distance of the nearest neighbour, in a random
# direction.
# </details>


# %%
def fool_the_metrics(real):
    """Two sets of fakes: one that the Fréchet distance likes, one that precision and recall like.

    real: features (n, d). Returns A and B, (n, d) each.
    """
    ### BEGIN SOLUTION
    n, d = real.shape
    nearest = torch.cdist(real, real).sort(dim=1).values  # column 0: itself

    def fitted(x):  # with the mean and the covariance of the real features
        own, wanted = (torch.linalg.cholesky(points.T.cov()) for points in (x, real))
        return torch.linalg.solve_triangular(own, (x - x.mean(0)).T, upper=False).T @ wanted.T + real.mean(0)

    x = torch.randn(n, d, dtype=real.dtype, requires_grad=True)
    adam = torch.optim.Adam([x], lr=0.3)
    for _ in range(100):
        clearance = (torch.cdist(fitted(x), real) / nearest[:, 3]).amin(dim=1)  # in radii; below 1 it is "real"
        loss = (2 - clearance).clamp_min(0).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    A = fitted(x).detach()

    weight = torch.where(real[:, 0] > real[:, 0].median(), 1.0, 8.0)
    chosen = torch.multinomial(weight, n, replacement=True)
    direction = torch.nn.functional.normalize(torch.randn(n, d, dtype=real.dtype), dim=1)
    B = real[chosen] + 0.6 * nearest[chosen, 1:2] * direction
    return A, B
    ### END SOLUTION


# %% points=3
check("05.fool_the_metrics", fool_the_metrics)

# %% [markdown]
# *Your notes: what you tried, what each change did, and which fourth number would have caught A and B both.*

# %%
progress("05")
