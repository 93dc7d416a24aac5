# %% [markdown]
# # 05 · Measuring GANs
#
# **After this notebook you can** derive and compute the Fréchet distance, say why it grows when samples are few, mend
# that with a kernel distance, tell fidelity from variety by precision and recall, count modes, look for copies, and
# report a score that somebody else can compare with theirs.
#
# | | |
# |---|---|
# | In short | Fréchet and kernel distance, precision and recall, and how they disagree |
# | Time | 45 minutes to read with pencil and paper, about 2 minutes to compute |
# | Builds on | 01 (the game, its losses), 03 (DCGAN, the average of the weights); covariance and eigenvalues |
# | Needs | no internet, no GPU |
#
# At the end of a perfect game both losses stand still (lesson 01), so the loss cannot be the score. We try other
# numbers, on sets of pictures whose faults **we know**.

# %%
import copy
import os

import torch
import torch.nn.functional as F
from matplotlib.patches import Circle

from course_gan import data, metrics, plots
from course_gan import recipes
from course_gan.page import Profile, claim
from course_gan.models.features import load_features
from course_gan.training import train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
SAMPLES = None  # pictures in every set that is measured; scores from another number cannot be compared (section 4)
STEPS = None  # steps of the DCGAN in section 10

# %%
profile = Profile(PROFILE)
SAMPLES = profile.fill(SAMPLES, smoke=120, cpu=1000, gpu=1000)
STEPS = profile.fill(STEPS, smoke=20, cpu=800, gpu=5000)
random = torch.Generator().manual_seed(SEED)

# %% [markdown]
# ## 1 · Six sets of pictures, five with a fault we know
#
# The real world of this lesson are the glyphs of lesson 00, each drawn with a small turn, zoom and shift of its own. So
# there are as many real pictures as we like. Five bad generators:
#
# - **noise** on every pixel; **blur**;
# - **chimeras**: the left half of one letter joined to the right half of another;
# - **A to J only**: flawless letters, but ten of the sixty-two (*dropped modes*, lesson 02);
# - **forty pictures**, each flawless, repeated again and again (a *collapse*).

# %%
glyphs = data.glyphs(size=32, split="all")


def wiggle(images, generator):
    return data.random_affine(images, degrees=4, shear=3, zoom=(0.92, 1.05), translate=0.03, generator=generator)


def draw(n, source=glyphs, weights=None):  # n fresh real pictures, (n, 1, 32, 32) in [-1, 1]
    weights = torch.ones(len(source)) if weights is None else weights
    chosen = torch.multinomial(weights, n, replacement=True, generator=random)
    return wiggle(data.to_float(source.images[chosen]), random)


# %%
def noisy(images, strength):
    return (images + strength * torch.randn(images.shape, generator=random)).clamp(-1, 1)


def blurred(images, spread):  # spread of the brush in pixels
    brush = torch.exp(-0.5 * (torch.arange(-8, 9.0) / spread) ** 2)
    brush = brush.outer(brush)[None, None] / brush.sum() ** 2  # (1, 1, 17, 17)
    return F.conv2d(images + 1, brush, padding=8) - 1


def chimeras(images, share=1.0):  # the left half of each of the first images becomes that of another letter
    images, k = images.clone(), int(share * len(images))
    images[:k, :, :, :16] = draw(len(images))[:k, :, :, :16]
    return images


# %%
sets = {
    "real": draw(SAMPLES),
    "noise": noisy(draw(SAMPLES), 0.3),
    "blur": blurred(draw(SAMPLES), 1.0),
    "chimeras": chimeras(draw(SAMPLES)),
    "A to J only": draw(SAMPLES, glyphs.where(character=list("ABCDEFGHIJ"))),
    "forty pictures": draw(40).repeat(SAMPLES // 40, 1, 1, 1),
}
first = torch.cat([torch.cat([images[:4], images[40:44]]) for images in sets.values()])
figure = plots.image_grid(first, columns=8, rows=list(sets))
caption = "Eight pictures of each set: real ones, and five bad generators with one known fault each."
plots.show(figure, caption, key=True)

# %% [markdown]
# *What you should see:* three rows with wrong *pictures*, and two rows in which no single picture is wrong but the
# *set* is. **We compare distributions, not pictures.**
#
# > **Predict:** order the five by how bad they are. Keep your list.
#
# ## 2 · A space to measure in
#
# Shift a letter by three pixels, and pixel by pixel it is a different thing. So we describe each picture by
# **features**: the last hidden layer of a classifier, 64 numbers, trained to tell characters and typefaces apart
# (`scripts/05_features.py`). Published scores use Inception, a network trained on photographs.
#
# The unit of a hidden layer is arbitrary. Here the root mean square of all features of real pictures is 1. (In lesson
# 04 the unit was left as it was.)

# %%
network = load_features("glyphs")
real = draw(SAMPLES)  # the real pictures that everything is compared with
unit = network.extract(real).square().mean().sqrt()


def features(images):  # (n, 1, 32, 32) -> (n, 64)
    return network.extract(images) / unit


reference = features(real)
found = {name: features(images) for name, images in sets.items()}

# %% tags=["nbval-check-output"]
print("features of three pictures:", tuple(features(sets["real"][:3]).shape))
print("the classifier's questions:", {factor: head.out_features for factor, head in network.heads.items()})

# %% [markdown]
# **Check** that the space is better than pixels: shift letters by three pixels, and look for the nearest picture among
# the unshifted ones *of the same typeface*. Is it the same letter?

# %%
ten = glyphs.where(typeface=glyphs.classes["typeface"][::2])
still = data.to_float(ten.images)
shifted = F.pad(still, (3, 0, 0, 0), value=-1)[..., :32]
same_face = ten.labels["typeface"][:, None] == ten.labels["typeface"][None]  # (620, 620)


def found_again(space):  # share of the letters whose nearest unshifted neighbour is themselves
    distance = torch.cdist(space(shifted), space(still)).masked_fill(~same_face, torch.inf)
    return (distance.argmin(dim=1) == torch.arange(len(still))).float().mean().item()


claim("letters found again in pixels", found_again(lambda images: images.flatten(1)), 0.0, 0.2, exact=True)
claim("letters found again in features", found_again(features), 0.85, 1.0, exact=True)

# %% [markdown]
# *What you should see:* in pixels nearly every letter is lost, in features about nine in ten are found again. But
# whatever this network was taught to ignore, every number below is blind to. **A metric is a metric plus a network.**
#
# ## 3 · The Fréchet distance, derived
#
# Two clouds of points. How much *work* is it to move the one onto the other? Pair each $x$ of the first with a $y$ of
# the second, pay the square of the way, and take the cheapest pairing:
#
# $$d^2(p,q)=\min_{\text{pairings}}\ \mathbb E\,\lVert x-y\rVert^2 .$$
#
# **On a line.** Let $x$ have mean $\mu_1$ and spread $\sigma_1$, $y$ have $\mu_2$, $\sigma_2$. Write $x=\mu_1+\tilde
# x$, $y=\mu_2+\tilde y$, and multiply out; the mixed terms vanish, as $\tilde x,\tilde y$ have mean 0:
#
# $$\mathbb E(x-y)^2=(\mu_1-\mu_2)^2+\sigma_1^2+\sigma_2^2-2\,\mathbb E\,\tilde x\tilde y .$$
#
# Only the last term depends on the pairing. By Cauchy and Schwarz $\mathbb E\,\tilde x\tilde y$ is at most
# $\sigma_1\sigma_2$. So
#
# $$\mathbb E(x-y)^2\ \ge\ (\mu_1-\mu_2)^2+(\sigma_1-\sigma_2)^2 .$$
#
# For two *normal* distributions equality can be reached: $y=\mu_2+\frac{\sigma_2}{\sigma_1}(x-\mu_1)$ is normal with
# the right mean and spread, and $\tilde y$ is proportional to $\tilde x$. That pairs the smallest with the smallest.
# **Check**, with 100,000 numbers from $\mathcal N(0,1)$ and as many from $\mathcal N(2, 0.5^2)$: the formula promises
# $2^2+0.5^2=4.25$.

# %% tags=["nbval-check-output"]
fixed = torch.Generator().manual_seed(1)
x = torch.randn(100_000, generator=fixed, dtype=torch.float64)
y = 2 + 0.5 * torch.randn(100_000, generator=fixed, dtype=torch.float64)
pairings = {
    "at random": (x, y),
    "largest with smallest": (x.sort().values, y.sort(descending=True).values),
    "smallest with smallest": (x.sort().values, y.sort().values),
}
for name, (a, b) in pairings.items():
    print(f"{name:<24} costs {(a - b).square().mean().item():.2f}")

# %%
figure, axes = plots.panels(1, 3, height=2.9, sharey=True)
for axis, (name, (a, b)) in zip(axes, pairings.items()):
    some = torch.arange(0, len(a), 200)
    axis.scatter(a[some], b[some], s=4, color=plots.COLOURS["neutral"], lw=0)
    axis.plot([-4, 4], [-4, 4], color="black", lw=0.8, ls=":")
    axis.set(title=f"{name}: {(a - b).square().mean():.2f}", xlabel="x", xlim=(-4, 4), ylim=(-1, 5))
axes[0].set_ylabel("its partner y")
plots.show(figure, "Three ways to pair the same numbers, and what each costs. Dotted: x = y, where moving is free.")
claim("cost of pairing in order", (x.sort().values - y.sort().values).square().mean(), 4.2, 4.3, exact=True)

# %% [markdown]
# *What you should see:* a cloud, a line that falls, and a line that rises, as close to the dotted diagonal as a pairing
# can. Its cost is the promised one.
#
# **In many dimensions**, with means $\mu_1,\mu_2$ and covariances $\Sigma_1,\Sigma_2$, the same multiplication gives
#
# $$\mathbb E\lVert x-y\rVert^2=\lVert\mu_1-\mu_2\rVert^2+\operatorname{tr}\Sigma_1+\operatorname{tr}\Sigma_2
# -2\operatorname{tr}C,\qquad C=\mathbb E\,\tilde x\,\tilde y^\top,$$
#
# and we want the largest possible $\operatorname{tr}C$.
#
# **Step 1.** Write $\tilde x=\Sigma_1^{1/2}u$ and $\tilde y=\Sigma_2^{1/2}v$, where $u$ and $v$ have covariance $I$.
# With $K=\mathbb E\,u v^\top$ we get $\operatorname{tr}C=\operatorname{tr}(\Sigma_1^{1/2}K\,\Sigma_2^{1/2})
# =\operatorname{tr}(K M)$, $M=\Sigma_2^{1/2}\Sigma_1^{1/2}$, by cyclic exchange.
#
# **Step 2.** $K$ stretches nothing: for unit vectors $a,b$, $a^\top K b=\mathbb E\,(a^\top u)(b^\top v)\le 1$, Cauchy
# and Schwarz again.
#
# **Step 3.** Take the singular value decomposition $M=\sum_i s_i\,a_i b_i^\top$. Then $\operatorname{tr}(KM)=\sum_i
# s_i\;b_i^\top K a_i\le \sum_i s_i$, and the orthogonal $K=\sum_i b_i a_i^\top$ reaches it: pair $v=K^\top u$. For
# normal clouds that is allowed, since a normal $u$, turned, is again normal with covariance $I$.
#
# $$\boxed{\,d^2=\lVert\mu_1-\mu_2\rVert^2+\operatorname{tr}\Sigma_1+\operatorname{tr}\Sigma_2-2\sum_i s_i\,}$$
#
# The $s_i$ are the singular values of $\Sigma_2^{1/2}\Sigma_1^{1/2}$, the roots of the eigenvalues of $M^\top
# M=\Sigma_1^{1/2}\Sigma_2\Sigma_1^{1/2}$. The product $\Sigma_1\Sigma_2$ has the same eigenvalues, so papers write the
# last term as $2\operatorname{tr}(\Sigma_1\Sigma_2)^{1/2}$. Computed on features, $d^2$ is called the **Fréchet
# distance**, FD; with Inception's features, *FID*.
#
# **Check** on two random covariances: 10,000 random $K$ never beat the sum, and the best $K$ meets it.


# %%
def root(matrix):  # symmetric square root of a covariance
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp_min(0).sqrt() @ vectors.T


fixed = torch.Generator().manual_seed(2)
first, second = (torch.randn(40, 3, generator=fixed, dtype=torch.float64).T.cov() for _ in range(2))
M = root(second) @ root(first)
a, s, b = torch.linalg.svd(M)  # M = a · diag(s) · b
u, _, v = torch.linalg.svd(torch.randn(10_000, 3, 3, generator=fixed, dtype=torch.float64))
tries = u @ v  # orthogonal, the boldest K there are
best = (tries @ M).diagonal(0, 1, 2).sum(dim=1).max()  # trace of each K M
claim("best of 10,000 random pairings, as a share of Σs", best / s.sum(), 0.5, 1, exact=True)
claim("the pairing of step 3, as a share of Σs", torch.trace((a @ b).T @ M) / s.sum(), 1 - 1e-9, 1 + 1e-9, exact=True)
other_form = torch.linalg.eigvalsh(root(first) @ second @ root(first)).sqrt().sum()
claim("trace of the root of Σ₁^½ Σ₂ Σ₁^½, the same", other_form / s.sum(), 1 - 1e-9, 1 + 1e-9, exact=True)

# %% [markdown]
# The boxed formula in code:


# %%
def frechet_distance(x, y):  # features (n, d) and (m, d)
    x, y = x.double(), y.double()
    gap = (x.mean(0) - y.mean(0)).square().sum()
    first, second = x.T.cov().reshape(x.shape[1], -1), y.T.cov().reshape(x.shape[1], -1)
    overlap = torch.linalg.svdvals(root(second) @ root(first)).sum()
    return (gap + first.trace() + second.trace() - 2 * overlap).item()


# %% tags=["nbval-check-output"]
print(f"on the line: {frechet_distance(x[:, None], y[:, None]):.1f}")
one, two = (torch.randn(500, 16, generator=fixed) for _ in range(2))
print("the library's, random features:", abs(metrics.frechet_distance(one, two) - frechet_distance(one, two)) < 1e-6)
images = data.to_float(glyphs.images)
one, two = features(images[:300]), features(images[300:600])
print("the library's, real features:  ", abs(metrics.frechet_distance(one, two) - frechet_distance(one, two)) < 1e-4)

# %% [markdown]
# Features are not normal. What we compute compares means and covariances; it is 0 whenever those agree, whatever else
# differs.
#
# ### Does it notice what we notice?
#
# Turn up one fault at a time, from nothing to noise of spread 0.5, a blur of 1.5 pixels, and chimeras only.
#
# > **Predict:** which costs more, a trace of noise (spread 0.125) in every picture, or chimeras only?

# %%
SHARES = torch.linspace(0, 1, 5)
fresh = draw(SAMPLES)
ladders = {
    "noise (to a spread of 0.5)": [noisy(fresh, 0.5 * s) for s in SHARES],
    "blur (to 1.5 pixels)": [blurred(fresh, 0.1 + 1.4 * s) for s in SHARES],
    "chimeras (to all of them)": [chimeras(fresh, s) for s in SHARES],
}
scores = {name: [frechet_distance(reference, features(step)) for step in steps] for name, steps in ladders.items()}
figure = plots.curves(scores, x=SHARES, xlabel="strength of the fault, 1 is the strongest", ylabel="FD to real")
figure.axes[0].set_yscale("log")
plots.show(figure, "Fréchet distance to real glyphs as three faults grow; logarithmic scale.", key=True)

# %%
noise_curve, blur_curve, chimera_curve = scores.values()
floor = noise_curve[0]  # real pictures against real pictures
claim("FD of real pictures to real pictures, the floor", floor, 0.05, 0.5)
claim("blur at full strength, FD over the floor", blur_curve[-1] / floor, 400, 1200)
claim("chimeras, all of them, FD over the floor", chimera_curve[-1] / floor, 7, 20)
claim("a quarter of the noise over all of the chimeras", noise_curve[1] / chimera_curve[-1], 4, 8)
claim("a quarter of the blur, FD over the floor", blur_curve[1] / floor, 1, 4)

# %% [markdown]
# <details><summary>Answer</summary>
#
# A trace of noise costs several times as much as replacing **every** letter by a chimera; a trace of blur costs next to
# nothing. In its training the network saw hardly any noise, so noise throws its features far off. And its last layer is
# made of means and maxima over the whole picture: it knows which strokes there are better than where they are.
# </details>
#
# ## 4 · The floor is not zero, and it depends on n
#
# At the left end of the figure *real against real* is not 0. Both sets come from the same distribution, but they are
# finite, so their means and covariances differ by chance, and a square counts every difference as positive. How much?
# Take $d$ independent normal features with variance 1, and $n$ samples in either set.
#
# **The means.** Each has variance $1/n$; the difference of two has $2/n$; over $d$ features that is $2d/n$.
#
# **The covariances.** Let $\Sigma_1=I$ and $\Sigma_2=I+\Delta$ with small $\Delta$, eigenvalues $\delta_k$. The
# covariance part of the formula is
# $\sum_k(\sqrt{1+\delta_k}-1)^2\approx\frac14\sum_k\delta_k^2=\frac14\lVert\Delta\rVert^2$, a quarter of the sum of
# the squares of *all entries*. An estimated variance has variance $2/n$ ($d$ of them), an estimated covariance $1/n$
# ($d(d-1)$ of them): together $d(d+1)/n$, and twice that as both sets are estimated. So
#
# $$\mathbb E\,\mathrm{FD}\ \approx\ \underbrace{\frac{2d}{n}}_{\text{means}}+\underbrace{\frac{d(d+1)}{2n}}_{\text{covariances}} .$$
#
# **It falls like $1/n$ and grows like $d^2$.** For 64 such features and 1,000 samples it is 2.2; 2,048 such features
# would need a million samples for a floor of 2. Real features are correlated and of unequal variance, which makes the
# constant much smaller. Ours have a floor well under 1, and with Inception's 2,048 features and 50,000 pictures
# published floors are a few units. The $1/n$ stays. Check:

# %%
fixed = torch.Generator().manual_seed(3)
for d, n in ((1, 100), (8, 500), (64, 5000)):
    pairs = [torch.randn(2, n, d, generator=fixed, dtype=torch.float64) for _ in range(200 if d < 64 else 4)]
    mean = sum(frechet_distance(*pair) for pair in pairs) / len(pairs)
    claim(f"FD found over FD predicted, d = {d}, n = {n:,}", mean * n / (2 * d + d * (d + 1) / 2), 0.8, 1.2, exact=True)
claim("predicted for d = 64, n = 1,000", (2 * 64 + 64 * 65 / 2) / 1000, 2.15, 2.25, exact=True)
claim("samples for a floor of 2, d = 2,048", (2 * 2048 + 2048 * 2049 / 2) / 2, 1.0e6, 1.1e6, exact=True)

# %% [markdown]
# Now with glyphs: real against real, at several $n$. Beside it, the second metric of this lesson.

# %%
SIZES = [SAMPLES // 10, SAMPLES // 5, SAMPLES * 2 // 5, SAMPLES]
many = features(draw(4 * SAMPLES))  # four times both sets of the largest size are drawn from these
repeats = {"Fréchet distance": [], "kernel distance": []}
for n in SIZES:
    picks = [torch.randperm(len(many), generator=random)[: 2 * n].chunk(2) for _ in range(6)]
    repeats["Fréchet distance"].append([metrics.frechet_distance(many[i], many[j]) for i, j in picks])
    repeats["kernel distance"].append([metrics.kernel_distance(many[i], many[j]).value for i, j in picks])

# %%
figure, axes = plots.panels(1, 2, height=3.0)
inverse = torch.tensor([1 / n for n in SIZES])
for axis, (name, values) in zip(axes, repeats.items()):
    plots.curves({name: torch.tensor(values).T}, x=inverse, xlabel="1/n", ylabel="real against real", axes=axis)
    axis.axhline(0, color="black", lw=0.8, ls=":")
    axis.set_xlim(0, None)
floors = torch.tensor(repeats["Fréchet distance"]).mean(1)
line = torch.linalg.lstsq(torch.stack([torch.ones(4), inverse], dim=1), floors[:, None]).solution.flatten()
axes[0].plot([0, inverse[0]], [line[0], line[0] + line[1] * inverse[0]], color="black", lw=0.8, ls="--")
caption = (
    "Real glyphs against real glyphs, six draws at each of four sizes; few samples at the right. The Fréchet distance "
    "rises in proportion to 1/n (dashed: straight line); the kernel distance scatters around zero at every size."
)
plots.show(figure, caption, key=True)
claim("floor at the smallest n over that at the largest, ten times more", floors[0] / floors[-1], 8, 13)
claim("where the straight line meets 1/n = 0, as a share of the smallest floor", line[0] / floors[-1], -0.5, 0.5)

# %% [markdown]
# *What you should see:* left, a straight line that meets the axis near 0. Reading it off at $1/n=0$ is a published
# remedy ([arXiv:1911.07023](https://arxiv.org/abs/1911.07023)).
#
# > **Claim to check: "our FD is lower than theirs, so our samples are better."**

# %%
chimera_features = features(chimeras(draw(SAMPLES), 0.5))
perfect = floors[0]  # real pictures, a tenth of the samples
claim("FD of perfect pictures, few", perfect, 1, 2.5)
half = frechet_distance(reference, chimera_features)
claim("FD of half chimeras, ten times more, as a share of it", half / perfect, 0.2, 0.6)

# %% [markdown]
# **The claim means nothing** unless both used the same $n$, the same reference pictures and the same network. Here few
# real pictures lose against ten times as many of which every second is a chimera.
#
# ## 5 · A distance without bias: the kernel distance
#
# The bias comes from squaring an *estimated* difference. Send every sample $x$ to a vector of statistics $\phi(x)$ and
# compare means:
#
# $$\mathrm{MMD}^2=\big\lVert\mathbb E\,\phi(x)-\mathbb E\,\phi(y)\big\rVert^2
# =\mathbb E\,k(x,x')+\mathbb E\,k(y,y')-2\,\mathbb E\,k(x,y),\qquad k(x,y)=\phi(x)\cdot\phi(y),$$
#
# with $x,x'$ *two independent* real samples. That is $\lVert a-b\rVert^2=a\cdot a+b\cdot b-2a\cdot b$. Now estimate
# each expectation by a mean over pairs. A sample paired *with itself* is not two independent samples, and
# $k(x,x)=\lVert\phi(x)\rVert^2$ is too large: there is the bias. **Leave those pairs out, and there is no bias at any
# $n$.** The answer can then come out below 0.
#
# The usual kernel (KID) is $k(x,y)=(x\cdot y/d+1)^3$. Multiplied out, $\phi$ contains all products of up to three
# features, so it compares means, covariances *and* third moments.


# %%
def kernel_distance(x, y, keep_self_pairs=False):  # features (n, d), (m, d)
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3  # (n, m)

    def within(a):
        k, n = kernel(a, a), len(a)
        return k.mean() if keep_self_pairs else (k.sum() - k.trace()) / (n * (n - 1))

    x, y = x.double(), y.double()
    return (within(x) + within(y) - 2 * kernel(x, y).mean()).item()


# %% [markdown]
# **Check, without any chance.** Let the whole world be four numbers, all equally likely, and a sample two independent
# draws. There are $4^2=16$ possible samples, so 256 pairs of samples, and we average over *all* of them.
#
# > **Predict:** the same world on both sides, so the truth is 0. How large is the mean *with* self-pairs: near 0.1,
# > near 1, or above 10?

# %% tags=["nbval-check-output"]
worlds = {"the same": torch.tensor([[-1.0], [0.0], [0.5], [2.0]]), "another": torch.tensor([[-1.0], [1], [1], [2]])}
samples = {name: [world[[i, j]] for i in range(4) for j in range(4)] for name, world in worlds.items()}
print("second world   truth             without           with self-pairs")
for name, second_world in worlds.items():
    # Of whole worlds, self-pairs belong in the mean: nothing is estimated.
    truth = kernel_distance(worlds["the same"], second_world, keep_self_pairs=True)
    every_pair = [(x, y) for x in samples["the same"] for y in samples[name]]
    without, with_them = (sum(kernel_distance(*pair, keep) for pair in every_pair) / 256 for keep in (False, True))
    print(f"{name:<14}", *(f"{round(value, 2) + 0.0:<17.2f}" for value in (truth, without, with_them)))

# %% [markdown]
# <details><summary>Answer</summary>
#
# Above 10: half of the pairs within a sample are self-pairs, and $k(2,2)=(2\cdot2+1)^3=125$. Without self-pairs the
# mean is the truth, also where the second world is another.
# </details>
#
# Ours and the library's, which adds a standard error:

# %% tags=["nbval-check-output"]
one, two = torch.randn(2, 300, 16, generator=torch.Generator().manual_seed(4))
theirs = metrics.kernel_distance(one, two)
print("equal:", abs(theirs.value - kernel_distance(one, two)) < 1e-9, "  has an error bar:", theirs.error > 0)

# %% [markdown]
# What are third moments good for? With one feature, $(xy+1)^3=1+3xy+3x^2y^2+x^3y^3$, so
#
# $$\mathrm{MMD}^2=3\,(\text{gap of the means})^2+3\,(\text{gap of }\mathbb E x^2)^2+(\text{gap of }\mathbb E x^3)^2 .$$
#
# For $x=-\log u-1$, with $u$ uniform, mean and $\mathbb Ex^2$ are 0 and 1, as for a normal cloud; but $\mathbb Ex^3$ is
# 2 instead of 0. So the kernel distance should be $2^2=4$, and the Fréchet distance 0.

# %%
uniform = torch.rand(3000, 1, generator=torch.Generator().manual_seed(5))
skewed = -uniform.log() - 1  # mean 0, spread 1, a long tail to the right
normal = torch.randn(3000, 1, generator=torch.Generator().manual_seed(6))
leaning = metrics.kernel_distance(skewed, normal, generator=torch.Generator().manual_seed(7))
print(f"a skewed and a normal cloud: FD {metrics.frechet_distance(skewed, normal):.1f}", end="")
print(f", KD {leaning.value:.0f} ± {leaning.error:.0f}")
claim("KD found less 4, in standard errors", (leaning.value - 4) / leaning.error, -2, 2, exact=True)

# %% [markdown]
# The error bar is wide: third moments hang on a few samples far out in the tail. No bias does not mean no error. The
# kernel distance scatters; only its *mean* is right.

# %%
kernel_real = torch.tensor(repeats["kernel distance"])
spread = kernel_real[0].std() / kernel_real[-1].std()
claim("scatter of the kernel distance, smallest n over largest", spread, 3, 20)
apart = metrics.kernel_distance(reference, found["A to J only"], generator=random)
claim("kernel distance of A to J only, in standard errors", apart.value / apart.error, 4, 25)

# %% [markdown]
# ## 6 · Two numbers instead of one: precision and recall
#
# One number cannot say *what* is wrong. So ask two questions. Are the fakes among the real ones (**precision**,
# fidelity)? Are the real ones among the fakes (**recall**, variety)? "Among" means: draw a ball around each point of a
# set, up to its $k$-th nearest neighbour in that set. A point is among the set if it is in at least one ball.


# %%
def region_radius(points, k):  # (n,): distance of each point to its k-th nearest neighbour
    distance = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    return distance.sort(dim=1).values[:, k]  # column 0 is the point itself


def share_inside(points, others, k):  # share of the points that lie in a ball of the others
    distance = torch.cdist(points, others, compute_mode="donot_use_mm_for_euclid_dist")  # (n, m)
    return (distance <= region_radius(others, k)).any(dim=1).double().mean().item()


def precision_recall(real, fake, k=3):
    real, fake = real.double(), fake.double()
    return share_inside(fake, real, k), share_inside(real, fake, k)


# %% [markdown]
# In the plane it can be seen. Real points on the ring of lesson 02; a generator that makes three of its eight places,
# and smears one of them.

# %%
fixed = torch.Generator().manual_seed(7)
ring = data.ring(160, std=0.08, generator=fixed)
kinds = torch.arange(160) % 3
made = data.ring_modes()[kinds] + torch.randn(160, 2, generator=fixed) * torch.tensor([0.08, 0.08, 0.3])[kinds, None]
figure, axes = plots.panels(1, 2, height=4.0)
for axis, owners, points, title in ((axes[0], ring, made, "precision"), (axes[1], made, ring, "recall")):
    colour = plots.COLOURS["real" if owners is ring else "fake"]
    for centre, radius in zip(owners.tolist(), region_radius(owners, 3).tolist()):
        axis.add_patch(Circle(centre, radius, color=colour, alpha=0.12, lw=0))
    plots.scatter(ring if points is ring else None, made if points is made else None, limits=(-1.9, 1.9), axes=axis)
    axis.get_legend().remove()
    axis.set_title(f"{title}: {share_inside(points, owners, 3):.2f}")
caption = (
    "Left: the region of the real points (blue) and the fakes (vermillion); the share of fakes inside is precision. "
    "Right: the region of the fakes and the real points; the share of real points inside is recall."
)
plots.show(figure, caption, key=True)

# %% tags=["nbval-check-output"]
print("ours:          precision {:.2f}, recall {:.2f}".format(*precision_recall(ring, made)))
print("the library's: precision {:.2f}, recall {:.2f}".format(*metrics.precision_recall(ring, made)))
one, two = torch.randn(2, 400, 8, generator=torch.Generator().manual_seed(8))
print("equal on random features:", precision_recall(one, two) == tuple(metrics.precision_recall(one, two)))

# %% [markdown]
# *What you should see:* the smeared place costs precision; the five missing places cost recall. One point that strays
# far has a huge ball, and counts all it covers as "among". On our six sets:

# %%
print(f"{'':<16} {'FD':>7} {'KD':>8}   precision  recall")
table = {}
for name, cloud in found.items():
    frechet, kernel = metrics.frechet_distance(reference, cloud), metrics.kernel_distance(reference, cloud).value
    table[name] = frechet, kernel, *metrics.precision_recall(reference, cloud)
    print("{:<16} {:7.2f} {:8.3f} {:11.2f} {:7.2f}".format(name, *table[name]))

# %%
claim("real: precision", table["real"][2], 0.85, 1)
claim("real: recall", table["real"][3], 0.85, 1)
for name in ("noise", "blur"):
    claim(f"{name}: precision", table[name][2], 0, 0.8)
claim("chimeras: precision lost against real", table["real"][2] - table["chimeras"][2], 0.1, 0.3)
claim("A to J only: precision", table["A to J only"][2], 0.85, 1)
claim("A to J only: recall", table["A to J only"][3], 0.1, 0.3)
claim("forty pictures: recall", table["forty pictures"][3], 0, 0.2)

# %% [markdown]
# *What you should see:* noise, blur and, a little, chimeras lose precision (what is made is no glyph), and recall with
# it. The ten letters and the forty pictures keep precision and lose only recall (glyphs that are not made). The recall
# of the forty is exactly 0: the neighbours of a repeated picture are its repeats, so its ball has no size. Compare the
# order of the sets by FD with your list.
#
# ## 7 · Counting modes with a classifier
#
# Recall says *that* something is missing. A classifier can say *what*: let it name every sample, and count. A character
# is covered if it gets at least a fifth of its fair share.


# %%
def characters_covered(images):  # how many characters are named often enough, and how often each is named
    counts = torch.bincount(network.classify(images)["character"], minlength=62)  # (62,)
    return int((counts >= 0.2 * len(images) / 62).sum()), counts


named = {name: characters_covered(sets[name]) for name in ("real", "A to J only", "forty pictures", "chimeras")}
figure, axes = plots.panels(3, 1, height=4.6, sharex=True)
for axis, name in zip(axes, ("real", "A to J only", "forty pictures")):
    axis.bar(range(62), named[name][1], color=plots.COLOURS["real" if name == "real" else "fake"])
    axis.set_title(f"{name}: {named[name][0]} of 62 covered", loc="left")
axes[-1].set_xticks(range(62), glyphs.classes["character"], fontsize=7)
plots.show(figure, "How often the classifier names each of the 62 characters, in three sets.")

# %%
claim("characters covered by the real set", named["real"][0], 58, 62)
claim("characters covered by A to J only", named["A to J only"][0], 10, 14)
claim("characters covered by forty pictures", named["forty pictures"][0], 20, 38)
claim("characters “covered” by chimeras", named["chimeras"][0], 50, 62)

# %% [markdown]
# *What you should see:* the missing letters as missing bars. But chimeras "cover" nearly all characters, and not one of
# them is a letter. A classifier *always answers*: use a mode count beside a precision.
#
# ## 8 · Copies, and why scores are taken against pictures that were held back
#
# Now train on a fixed set of pictures from the train half of the glyphs. Two generators: the **honest** one paints new
# pictures of the same kind. The **memoriser** returns pictures of the training set, with a trace of noise (spread
# 0.02).
#
# > **Claim to check: "a low FD shows that the generator does not copy."**
#
# > **Predict:** who has the lower distance to the training pictures, and who to pictures held back from training?

# %%
halves = {split: data.glyphs(32, split) for split in ("train", "test")}
trained_on, held_back = draw(SAMPLES, halves["train"]), draw(SAMPLES, halves["test"])
honest = draw(SAMPLES, halves["train"])
copies = noisy(trained_on[torch.randperm(SAMPLES, generator=random)], 0.02)
against = {"training pictures": features(trained_on), "held-back pictures": features(held_back)}
fd = {}
for name, images in (("honest", honest), ("memoriser", copies)):
    for whom, theirs in against.items():
        fd[name, whom] = metrics.frechet_distance(theirs, features(images))
        print(f"{name:<10} against {whom:<19} FD {fd[name, whom]:6.2f}")

# %%
to_train, to_held_back = ({name: fd[name, whom] for name in ("honest", "memoriser")} for whom in against)
claim("memoriser over honest, FD to training pictures", to_train["memoriser"] / to_train["honest"], 0, 0.15)
claim("memoriser over honest, FD to held-back pictures", to_held_back["memoriser"] / to_held_back["honest"], 0.75, 1.4)
claim("honest: FD to held-back over FD to training pictures", to_held_back["honest"] / to_train["honest"], 1.3, 3.5)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Against the training pictures the memoriser wins: an honest set is another draw, with the floor of section 4. Against
# held-back pictures both do alike. So a score against the training set *rewards* copying. One against held-back
# pictures does not, but neither does it show it.
# </details>
#
# **The claim is false.** So ask directly: how far is each sample from its *nearest training picture*? And how far are
# innocent pictures, real ones that nobody trained on? We plant 20 copies among every 100 honest samples, and accuse
# whatever is nearer than half the distance that 99 of 100 innocents keep.


# %%
def nearest_neighbour(queries, references):  # distances and indices, (n,) each
    distance = torch.cdist(queries.double(), references.double(), compute_mode="donot_use_mm_for_euclid_dist")
    return distance.min(dim=1)


planted = torch.rand(SAMPLES, generator=random) < 0.2
suspects = torch.where(planted[:, None, None, None], copies, honest)
pixels = [images.flatten(1) for images in (suspects, held_back, trained_on)]
to_training, whose = nearest_neighbour(pixels[0], pixels[2])
innocent = nearest_neighbour(pixels[1], pixels[2]).values
limit = innocent.quantile(0.01) / 2
accused = to_training < limit
claim("share of the planted copies that are accused", accused[planted].float().mean(), 0.99, 1)
claim("share of the honest that are accused", accused[~planted].float().mean(), 0, 0.05)

# %% tags=["nbval-check-output"]
few = data.to_float(glyphs.images[:300]).flatten(1)
theirs, ours = metrics.nearest_neighbours(few[200:], few[:200]), nearest_neighbour(few[200:], few[:200])
print("the library finds the same distances:", torch.allclose(theirs.distances[:, 0], ours.values))

# %%
bins = torch.linspace(0, 16, 49)
groups = {"held-back real": innocent, "honest samples": to_training[~planted], "planted copies": to_training[planted]}
heights = {name: torch.histogram(d.float(), bins, density=True).hist for name, d in groups.items()}
centres, label = (bins[1:] + bins[:-1]) / 2, "distance to the nearest training picture, pixel by pixel"
figure = plots.densities(centres, heights, xlabel=label)
figure.axes[0].axvline(limit, color="black", lw=1, ls=":")
figure.axes[0].set_yscale("symlog", linthresh=0.1)
caption = "Distance to the nearest training picture in three groups; dotted: the limit below which we accuse."
plots.show(figure, caption, key=True)

# %%
shown = torch.cat([planted.nonzero()[:4, 0], (~planted).nonzero()[:4, 0]])
pairs = torch.cat([suspects[shown], trained_on[whose[shown]]])
figure = plots.image_grid(pairs, columns=8, rows=["sample", "nearest"])
plots.show(figure, "Samples above, the nearest training picture below: four planted copies, then four honest samples.")

# %% [markdown]
# *What you should see:* the copies in a heap of their own at the left. But these copies are easy. A copy that is moved
# by a pixel, turned anew, or has noise of 0.1 escapes nearly always. **This test finds nearly exact copies only.**
#
# ## 9 · Metrics that disagree, on purpose
#
# - **A** paints chimeras nine times out of ten, and gets all frequencies right.
# - **B** paints flawless letters, of all kinds and in all typefaces; but bold ones come ten times as often as the
#   others.

# %%
bold = torch.tensor(["Bol" in face or face == "cmb10" for face in glyphs.classes["typeface"]])  # (20,)
favoured = torch.where(bold[glyphs.labels["typeface"]], 1.0, 0.1)
contest = {"A": chimeras(draw(SAMPLES), 0.9), "B": draw(SAMPLES, weights=favoured)}
figure = plots.image_grid(torch.cat([images[:16] for images in contest.values()]), columns=8, rows=["A", "", "B", ""])
plots.show(figure, "Sixteen samples of A and sixteen of B.", key=True)

# %% [markdown]
# > **Predict:** whom does the Fréchet distance prefer, and whom do precision and recall prefer? Whom do you?

# %%
result = {}
for name, images in contest.items():
    cloud = features(images)
    kernel = metrics.kernel_distance(reference, cloud).value
    result[name] = metrics.frechet_distance(reference, cloud), kernel, *metrics.precision_recall(reference, cloud)
    print("{}: FD {:.2f}   KD {:.3f}   precision {:.2f}   recall {:.2f}".format(name, *result[name]))
claim("FD of A over FD of B", result["A"][0] / result["B"][0], 0.25, 0.5)
claim("KD of A over KD of B", result["A"][1] / result["B"][1], 0, 0.35)
claim("precision of B less precision of A", result["B"][2] - result["A"][2], 0.1, 0.3)
claim("recall of B less recall of A", result["B"][3] - result["A"][3], 0.1, 0.3)

# %% [markdown]
# <details><summary>Answer</summary>
#
# FD prefers A, whose pictures are no letters, and so does the kernel distance. Precision and recall prefer B. FD sees
# means and covariances, and those of B are wrong; that A's halves do not belong together hardly moves an *average*.
# Precision and recall see only *where there are any samples*, not how many.
# </details>
#
# **Decide what a failure is before you choose the number**, report at least one of each kind, and look at the pictures.
#
# ## 10 · The loss is not the score
#
# > **Claim to check: "the loss going down means the images get better."**
#
# Lesson 03's DCGAN, trained on the train half of the glyphs. Six times we measure its samples (from the average of its
# weights) against held-back pictures.

# %%
recipe = recipes.build("03", PROFILE, seed=SEED, image_size=32, copies=1)
game = recipe.game
batches = data.Batches(halves["train"].to(game.backend.device), recipe.settings.batch_size, SEED, transform=wiggle)
held_back_features = against["held-back pictures"]


def score(images):  # Fréchet distance and recall against held-back pictures
    x = features(images)
    return metrics.frechet_distance(held_back_features, x), metrics.precision_recall(held_back_features, x).recall


MARKS = [STEPS * k // 20 for k in (1, 4, 8, 12, 16, 20)]

# %%
caption = "Losses of both players, and what G makes of the same 64 latents at the end of training."
if game.steps == 0:  # a new game; one that was stopped goes on, with its history
    live = plots.LiveFigure(["discriminator_loss", "generator_loss"], caption=caption, columns=16)
    history, measured, looks = [], {}, []
left = STEPS - game.steps
for record in train(game, batches, left):
    # record
    history.append((record["discriminator_loss"], record["generator_loss"]))
    live.update(record, images=game.sample)
    if record.step in MARKS:
        samples = game.sample(n=SAMPLES)
        measured[record.step] = score(samples)
        looks.append(samples[:8])
        state = copy.deepcopy(game.state_dict())  # the last one: where the next sections begin
if left <= 0:
    print(f"already trained for {game.steps:,} steps")

# %%
figure, axes = plots.panels(2, 1, height=4.6, sharex=True)
losses = torch.tensor(history)  # (STEPS, 2)
steps = torch.arange(1, len(losses) + 1)
plots.curves({"discriminator loss": losses[:, 0], "generator loss": losses[:, 1]}, x=steps, xlabel="", axes=axes[0])
distances = torch.tensor([measured[mark][0] for mark in MARKS])
plots.curves({"FD to held-back pictures": distances}, x=MARKS, ylabel="FD", axes=axes[1])
axes[1].set_yscale("log")
plots.show(figure, "Above: both losses. Below, on a logarithmic scale: Fréchet distance of the samples at six times.")
figure = plots.image_grid(torch.cat(looks), columns=8, rows=[f"step {mark}" for mark in MARKS])
plots.show(figure, "The same eight latents at the six measurements.", key=True)

# %%
early, late = slice(STEPS // 12, STEPS // 6), slice(STEPS - STEPS // 12, STEPS)
claim("FD at the end, as a share of its largest", distances[-1] / distances.max(), 0, 0.02)
claim("D's loss at the end over D's loss early on", losses[late, 0].mean() / losses[early, 0].mean(), 1.1, 4)
fourth = slice(MARKS[3] - STEPS // 12, MARKS[3])
stays = losses[late, 1].mean() / losses[fourth, 1].mean()
claim("G's loss at the end over G's loss at the fourth measurement", stays, 0.6, 1.2)
claim("FD at the end over FD at the fourth measurement", distances[-1] / distances[3], 0, 0.15)

# %% [markdown]
# *What you should see:* the distance falls to less than a fiftieth of its largest value. Over the same steps D's loss
# *rises*: its task becomes harder. G's loss comes down from an early peak. But from the fourth measurement to the last
# it hardly changes, while the distance falls to less than a sixth.
#
# Every loss is a statement about an opponent. So hold the opponent still:
#
# > **Predict:** we freeze D where it is and let only G play on. What do its loss, the distance and the recall do?

# %%
game.load_state_dict(state)
ALONE = max(8, STEPS // 8)
before = game.sample(n=SAMPLES, ema=False)
alone = {"loss": [], "step": [0], "score": [score(before)]}
for step in range(1, ALONE + 1):
    # step G
    alone["loss"].append(float(game.generator_step(next(batches))["generator_loss"]))
    # record
    if step % (ALONE // 4) == 0:
        alone["step"].append(step)
        alone["score"].append(score(game.sample(n=SAMPLES, ema=False)))
after = game.sample(ema=False)

# %%
figure, axes = plots.panels(1, 3, height=2.8)
plots.curves({"generator loss": alone["loss"]}, axes=axes[0])
for axis, k, name in ((axes[1], 0, "FD"), (axes[2], 1, "recall")):
    plots.curves({f"{name} (held back)": [s[k] for s in alone["score"]]}, x=alone["step"], ylabel=name, axes=axis)
    axis.set_ylim(bottom=0)
caption = (
    "G plays on against a frozen D: its loss falls towards 0, the distance to real pictures grows, the recall shrinks."
)
plots.show(figure, caption, key=True)
figure = plots.image_grid(torch.cat([before[:8], after[:8]]), columns=8, rows=["before", "after"])
plots.show(figure, "The same eight latents before and after G played alone.")

# %%
tenth = max(2, ALONE // 10)
first, last = (sum(part) / tenth for part in (alone["loss"][:tenth], alone["loss"][-tenth:]))
claim("G's loss after playing alone, as a share of before", last / first, 0, 0.3)
claim("FD after, over FD before", alone["score"][-1][0] / alone["score"][0][0], 1.5, 20)
claim("recall after less recall before", alone["score"][-1][1] - alone["score"][0][1], -0.4, -0.05)

# %% [markdown]
# <details><summary>Answer</summary>
#
# G's loss falls to a fraction, the distance rises, and the recall falls. G has found where *this* D is wrong. The loss
# measures how well G fools one frozen judge, not how its pictures look.
# </details>
#
# Now give G its old weights back, freeze it, and let D play alone. Its loss falls, and the pictures cannot change at
# all.

# %%
game.load_state_dict(state)
pictures, judge = game.sample(), []
for _ in range(ALONE):
    # step D
    judge.append(float(game.discriminator_step(next(batches))["discriminator_loss"]))
claim("D's loss after playing alone, as a share of before", sum(judge[-tenth:]) / sum(judge[:tenth]), 0, 0.4)
claim("largest change of a pixel meanwhile", (game.sample() - pictures).abs().max(), 0, 1e-6, exact=True)

# %% [markdown]
# **The claim is false** in both directions: losses rise or stand still while pictures improve, and fall while they
# decay or stand still.
#
# ## 11 · A report that somebody else can compare
#
# 1. Real pictures that were **held back** from training; samples from the average of G's weights, in eval mode.
# 2. The **same n** on both sides, stated; beside the score its **floor**, real against real at this n.
# 3. **Error bars**: several draws of samples, and (lesson 04) several trainings.
# 4. One number for fidelity, one for variety, one for copying; the network whose features were used; and pictures.

# %%
game.load_state_dict(state)
latents = torch.randn(3, SAMPLES, game.latent_dim, generator=random)
draws = [game.sample(z) for z in latents]
drawn = torch.tensor([metrics.frechet_distance(held_back_features, features(images)) for images in draws])
other = features(draw(SAMPLES, halves["test"]))  # real, held back, drawn anew
floor = metrics.frechet_distance(held_back_features, other)
precision, recall = metrics.precision_recall(held_back_features, features(draws[0]))
print(f"FD          {drawn.mean():.2f} ± {drawn.std():.2f}   (floor {floor:.2f}; n = {SAMPLES:,}; held-back glyphs)")
kernel = metrics.kernel_distance(held_back_features, features(draws[0]), generator=random)
print(f"KD          {kernel.value:.2f} ± {kernel.error:.2f}")
print(f"precision   {precision:.2f}, recall {recall:.2f}   (k = 3)")
print(f"characters  {characters_covered(draws[0])[0]} of 62 covered")
close = nearest_neighbour(draws[0].flatten(1), pixels[2])[0] < limit
print(f"copies      {close.float().mean():.1%} nearer to a training picture than half of what the innocent keep")

# %%
claim("FD of the DCGAN over the floor", drawn.mean() / floor, 20, 80)
claim("scatter of FD over draws, as a share of FD", drawn.std() / drawn.mean(), 0, 0.1)
claim("share of the DCGAN's samples accused of copying", close.float().mean(), 0, 0.05)

# %% [markdown]
# *What you should see:* a young GAN. Its distance is many times the floor, and the error bar of the draw is small
# beside that gap. No sample is a nearly exact copy; more the test of section 8 cannot say. Set `STEPS = 3000` and
# measure how much better it gets.
#
# ## Summary
#
# - The Fréchet distance is the cheapest way to move one normal cloud onto another:
#   $\lVert\mu_1-\mu_2\rVert^2+\operatorname{tr}\Sigma_1+\operatorname{tr}\Sigma_2-2\operatorname{tr}(\Sigma_1\Sigma_2)^{1/2}$,
#   on features.
# - It is biased, for $d$ independent features by about $(2d+\frac12 d(d+1))/n$, so scores with different $n$ cannot
#   be compared. The kernel distance leaves out self-pairs and has no bias; both have scatter.
# - Precision asks whether what is made is real, recall whether what is real is made. A classifier always answers.
# - None of them sees copies. Look at nearest training pictures, and know which copies that finds.
# - The loss is a statement about the opponent, never about the pictures.
#
# ## Papers
#
# 1. Heusel et al. 2017, *GANs trained by a two time-scale update rule…*,
#    [arXiv:1706.08500](https://arxiv.org/abs/1706.08500): introduces FID.
# 2. Bińkowski et al. 2018, *Demystifying MMD GANs*, [arXiv:1801.01401](https://arxiv.org/abs/1801.01401): KID, and
#    why FID has a bias that cannot be removed.
# 3. Kynkäänniemi et al. 2019, *Improved precision and recall metric for assessing generative models*,
#    [arXiv:1904.06991](https://arxiv.org/abs/1904.06991).
#
# **Next:** `exercises/05_measuring_gans` where your copy has it.
