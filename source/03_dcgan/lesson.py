# %% [markdown]
# # 03 · DCGAN: letters out of noise
#
# **After this notebook you can** build a convolutional generator and discriminator from the rules of the DCGAN paper,
# say what each rule is for, start them as the paper does, train them on real glyphs, and walk through the space of
# pictures that a generator has made up.
#
# | | |
# |---|---|
# | In short | every rule left out, walks between letters, coasts that do not exist |
# | Time | 45 minutes to read; 3 to 4 minutes to compute on two cores |
# | Builds on | lesson 01 (the two losses), lesson 00 (the glyphs); what a convolution is |
# | Panels | training, and sliders on the latents: section 14 |
#
# Below are ten places that are on no map. A network painted them after it had seen NASA's pictures of the Earth. First
# you train such a network on letters, in three minutes.

# %%
import copy
import json
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_gan import data, metrics, models, panels, plots
from course_gan.errors import CourseError
from course_gan.page import Profile, claim
from course_gan.recipes import build
from course_gan.files import ROOT
from course_gan.training import GAN, Backend, RunDirectory, train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
STEPS = None  # steps of training
WIDTH = None  # channels of the generator's largest hidden map
LR = None  # learning rate of both players
BATCH_SIZE = None

# %% [markdown]
# The settings are those of `course-gan train 03`. `None` means "as the profile says".

# %%
profile = Profile(PROFILE)
torch.manual_seed(SEED)
coast_settings, coast_weights = models.load_weights("03_earth")  # scripts/03_earth.py trained it
coasts = models.DCGANGenerator(**coast_settings).eval()
coasts.load_state_dict(coast_weights)


def paint_coasts(z):  # latents (n, 100) to uint8 pictures (n, 3, 64, 64)
    with torch.no_grad():
        return data.to_uint8(coasts(z))


coast_latents = torch.randn(1000, 100, generator=torch.Generator().manual_seed(5))
namer = models.load_features("earth")  # says how much of a picture is sea, desert, forest, ice, mountain and grass
with torch.no_grad():
    shares = namer.logits(data.to_float(paint_coasts(coast_latents)))["surface"].softmax(dim=1)  # (1000, 6)
with_coast = (shares[:, 0] - 0.5).abs() < 0.25  # a quarter to three quarters sea
chosen = paint_coasts(coast_latents[with_coast][:10])
figure = plots.image_grid(data.resize(chosen, 128), columns=5)
plots.show(figure, "Ten places that do not exist, from space: the first of 1,000 samples that have a coast.", key=True)

# %% [markdown]
# These are the letters that the network of this page has to imitate:

# %%
recipe = build("03", PROFILE, seed=SEED, steps=STEPS, width=WIDTH, lr=LR, batch_size=BATCH_SIZE)
size = recipe.settings.image_size
letters = data.glyphs(size, "train", recipe.settings.copies, seed=SEED)  # what D is shown, to the pixel
figure = plots.image_grid(letters.subset(torch.randperm(len(letters))[:40]).images, columns=10)
plots.show(
    figure,
    "40 real glyphs, slightly turned and scaled. D is shown such pictures; G never sees one and has to imitate them.",
)

# %% [markdown]
# ## 1 · Five rules
#
# The first GANs failed on larger pictures. In 2015 Radford, Metz and Chintala wrote down what those convolutional
# networks that trained had in common ([arXiv:1511.06434](https://arxiv.org/abs/1511.06434)):
#
# | rule | because |
# |---|---|
# | strided and transposed convolutions, no pooling | the network learns its own way down and up |
# | batch norm in both players | keeps signals from dying or exploding |
# | ... but not on G's output and D's input | there the true scale is needed |
# | no fully connected hidden layers | fewer weights, and position keeps its meaning |
# | ReLU in G, tanh at its end; LeakyReLU 0.2 in D | D must pass gradients back even where it says no |
#
# **Batch norm** takes each channel, subtracts its mean $\mu$ over the batch and all pixels, divides by its spread, and
# applies a scale $\gamma$ and a shift $\delta$ that are learnt: $y=\gamma\,(x-\mu)/\sqrt{\sigma^2+\varepsilon}+\delta$.
# In train mode $\mu$ and $\sigma^2$ are those of the batch. In eval mode they are running averages.
#
# The last row goes back to lesson 01: everything G learns reaches it *through* D. A ReLU passes no gradient where its
# input is negative; a leaky one has slope 0.2 there.
#
# ## 2 · Going up: the transposed convolution
#
# A convolution with stride makes a map smaller. We need the opposite. So let each pixel of a map of side $n$ *stamp*
# the whole kernel, of side $k$, times its value, onto the output. The stamps are $s$ pixels apart (the stride), and $p$
# pixels are cut off every border (the padding). The last stamp starts at $s(n-1)$ and is $k$ wide, so
#
# $$\text{side} = s\,(n-1) + k - 2p.$$
#
# With $k=4$, $s=2$, $p=1$ that is $2n$. Here is stamping, compared with PyTorch's layer:


# %%
def stamp(x, kernel, stride, padding):  # x: (n, n), kernel: (k, k)
    n, k = x.shape[0], kernel.shape[0]
    out = torch.zeros(stride * (n - 1) + k, stride * (n - 1) + k)
    for i in range(n):
        for j in range(n):
            out[stride * i : stride * i + k, stride * j : stride * j + k] += x[i, j] * kernel
    return out[padding : len(out) - padding, padding : len(out) - padding]


# %% tags=["nbval-check-output"]
x, kernel = torch.randn(4, 4), torch.randn(4, 4)
theirs = F.conv_transpose2d(x[None, None], kernel[None, None], stride=2, padding=1)[0, 0]
print("side from 4:", stamp(x, kernel, 2, 1).shape[0], "  by the formula:", 2 * (4 - 1) + 4 - 2 * 1)
print("stamping is the transposed convolution:", torch.allclose(stamp(x, kernel, 2, 1), theirs, atol=1e-5))

# %% [markdown]
# **The checkerboard.** Count how many stamps land on each output pixel. If that number differs from pixel to pixel, a
# network that wants to paint plain grey has to work against its own layers.
#
# > **Predict:** one layer, stamps two pixels apart. With a kernel of side 4, how many stamps cover an inner pixel? And
# > with a kernel of side 3? And after a second such layer?


# %%
def stamps_on_each_pixel(kernel, layers):
    count = torch.ones(6, 6)
    for _ in range(layers):
        count = stamp(count, torch.ones(kernel, kernel), stride=2, padding=1)
    return count[4:-4, 4:-4]  # away from the border


three, four = stamps_on_each_pixel(3, layers=2), stamps_on_each_pixel(4, layers=2)
scaled = [F.interpolate((m / m.max() - 0.8)[None, None], size=(72, 72))[0] for m in (three, four)]
figure = plots.image_grid(torch.stack(scaled), titles=["kernel 3", "kernel 4"])
plots.show(
    figure, "Stamps on each pixel after two layers of stride 2: uneven with kernel 3, the same everywhere with 4."
)
claim("kernel 4, one layer: stamps on an inner pixel", stamps_on_each_pixel(4, layers=1).mean(), 4, 4, exact=True)
claim("kernel 3, one layer: most stamps on an inner pixel", stamps_on_each_pixel(3, layers=1).max(), 4, 4, exact=True)
claim("kernel 4, two layers: most over fewest stamps", float(four.max() / four.min()), 1, 1, exact=True)
claim("kernel 3, two layers: most over fewest stamps", float(three.max() / three.min()), 9, 9, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Along one axis a kernel of side 4 covers each inner pixel 4 / 2 = 2 times: 2 × 2 = 4 stamps per layer, everywhere. A
# kernel of side 3 covers every second place twice and those between once. After a second layer the counts along an axis
# run 3, 2, 3, 1, so in two dimensions the most is 9 times the fewest. **Let the stride divide the kernel.**
# </details>
#
# With random kernels the variance of a pixel grows with its stamps. So with kernel 3 the *spread* should vary by a
# factor of $\sqrt 9=3$. A thousand pairs of layers, on plain white:


# %%
def through_two_layers(kernel, generator, channels=8):  # a white (1, channels, 6, 6) → (1, 1, 24, 24) or so
    first = torch.randn(channels, channels, kernel, kernel, generator=generator)
    second = torch.randn(channels, 1, kernel, kernel, generator=generator)
    x = F.conv_transpose2d(torch.ones(1, channels, 6, 6), first, stride=2, padding=1)
    return F.conv_transpose2d(x, second, stride=2, padding=1)[0, :, 4:-4, 4:-4]


random = torch.Generator().manual_seed(SEED)
drawn = {k: torch.stack([through_two_layers(k, random) for _ in range(1000)]) for k in (3, 4)}
spread = {k: pictures.std(dim=0) for k, pictures in drawn.items()}  # over networks, pixel by pixel
shown = [drawn[3][0], spread[3], drawn[4][0], spread[4]]
shown = [F.interpolate((m / m.abs().max())[None], size=(144, 144))[0] for m in shown]
titles = [f"kernel {k}\n{what}" for k in (3, 4) for what in ("one network", "spread of 1,000")]
caption = "What two transposed convolutions with random kernels make of plain white, and the spread of each pixel."
plots.show(plots.image_grid(torch.stack(shown), columns=4, titles=titles), caption)
claim("kernel 3: largest over smallest spread of a pixel", spread[3].max() / spread[3].min(), 2.5, 4, exact=True)
claim("kernel 4: the same", spread[4].max() / spread[4].min(), 1, 1.35, exact=True)

# %% [markdown]
# *What you should see:* with kernel 3 every fourth row and column stays dark. With kernel 4 none does.
#
# ## 3 · The generator
#
# The latent vector is a map of side 1 with 100 channels. One transposed convolution makes it 4 × 4. Each further block
# doubles the side and halves the channels.


# %%
class Generator(nn.Module):
    def __init__(self, latent_dim=100, channels=3, width=64, image_size=64):
        super().__init__()
        self.latent_dim = latent_dim
        widths = [width * 2**level for level in range(image_size.bit_length() - 3)][::-1]  # 8w, 4w, 2w, w at 64×64
        layers = self.block(latent_dim, widths[0], stride=1, padding=0)  # 1×1 → 4×4
        for inputs, outputs in pairwise(widths):
            layers += self.block(inputs, outputs, stride=2, padding=1)  # doubles the side
        layers += [nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, bias=False), nn.Tanh()]  # no norm on the output
        self.layers = nn.Sequential(*layers)

    def block(self, inputs, outputs, stride, padding):
        convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]

    def forward(self, z):  # (b, latent_dim)
        return self.layers(z[:, :, None, None])  # (b, channels, image_size, image_size)


# %% [markdown]
# Why `bias=False`? Batch norm subtracts each channel's mean, and with it whatever a bias adds. The shapes, block by
# block:

# %% tags=["nbval-check-output"]
generator = Generator(image_size=64)
z = torch.randn(2, 100)[:, :, None, None]
for layer in generator.layers:
    z = layer(z)
    if not isinstance(layer, nn.BatchNorm2d | nn.ReLU):
        print(f"{type(layer).__name__:<16} {tuple(z.shape)}")

# %% [markdown]
# ## 4 · The discriminator
#
# The mirror image: convolutions of stride 2 halve the side and double the channels, until the map is 4 × 4. One last
# convolution makes it a single number, the **logit**, without a sigmoid (lesson 01).


# %%
class Discriminator(nn.Module):
    def __init__(self, channels=3, width=64, image_size=64):
        super().__init__()
        widths = [width * 2**level for level in range(image_size.bit_length() - 3)]  # w, 2w, 4w, 8w at 64×64
        layers = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
        layers += [nn.Conv2d(widths[-1], 1, 4, bias=False)]  # 4×4 → 1×1
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x).flatten()  # (b,)


# %% [markdown]
# Are these the published networks? At 64 × 64, three channels and width 64, the number of weights is known:


# %%
def count(network):
    return sum(p.numel() for p in network.parameters())


claim("weights of the generator at the published size", count(Generator()), 3_576_704, 3_576_704, exact=True)
claim("weights of the discriminator at the published size", count(Discriminator()), 2_765_568, 2_765_568, exact=True)

# %% [markdown]
# And are they the library's? Equal weights must give equal answers:

# %% tags=["nbval-check-output"]
ours = Generator(channels=1, width=16, image_size=32), Discriminator(channels=1, width=16, image_size=32)
library = models.DCGANGenerator(100, 1, 16, 32), models.DCGANDiscriminator(1, 16, 32)
inputs = torch.randn(8, 100), torch.randn(8, 1, 32, 32)
for mine, theirs, given in zip(ours, library, inputs, strict=True):
    theirs.load_state_dict(mine.state_dict())  # raises if a name or a shape differs
    print(type(mine).__name__, "is the library's:", torch.equal(mine(given), theirs(given)))

# %% [markdown]
# From here on we use the library's.
#
# ## 5 · Initialisation, applied and seen
#
# The paper draws weights from $\mathcal N(0, 0.02^2)$. In its authors' code norm layers start at scale
# $\mathcal N(1, 0.02^2)$ and shift 0. Nothing crashes if nobody calls this function. So test the assembled network:


# %%
def initialise(module):
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def convolution_weights(network):
    return torch.cat([m.weight.detach().flatten() for m in network.modules() if isinstance(m, nn.ConvTranspose2d)])


untouched = Generator(channels=1, width=32, image_size=32)
applied = Generator(channels=1, width=32, image_size=32).apply(initialise)
claim("spread of the weights after initialise", convolution_weights(applied).std().item(), 0.0198, 0.0202, exact=True)
ours_std, theirs = convolution_weights(applied).std(), convolution_weights(models.DCGANGenerator(100, 1, 32, 32)).std()
claim("the library's spread against ours", (theirs / ours_std).item(), 0.99, 1.01, exact=True)

# %% [markdown]
# What does the spread do? The *last* layer has no norm behind it. Each of its pixels is a sum over 4 of the 16 kernel
# places and $w$ channels. A term is a weight (spread $\sigma$) times a ReLU of something standard normal, whose mean
# square is $\tfrac12$. Independent terms add their variances, so before the tanh
#
# $$\text{spread of a pixel} = \sigma\sqrt{4\,w\cdot\tfrac12} = \sigma\sqrt{2w} = 8\,\sigma\quad\text{for } w=32.$$
#
# PyTorch's default for 16 kernel places and one output channel is uniform between $\pm1/\sqrt{16}=\pm\tfrac14$, of
# spread $\tfrac14/\sqrt3=0.144$.
#
# > **Predict:** which of the two untrained generators starts closer to grey, and which has pixels where tanh is flat?

# %%
with torch.no_grad():
    z = torch.randn(64, 100)
    before_tanh = {"PyTorch's default": untouched.layers[:-1](z[:, :, None, None])}
    before_tanh["DCGAN's 0.02"] = applied.layers[:-1](z[:, :, None, None])
bins = torch.linspace(-1, 1, 81)
hist = {n: torch.histogram(x.tanh().flatten(), bins, density=True).hist for n, x in before_tanh.items()}
figure = plots.densities((bins[1:] + bins[:-1]) / 2, hist, xlabel="pixel")
plots.show(figure, "Pixels painted by two untrained generators: the default's are densest at black and white.")
spread = {name: x.std().item() for name, x in before_tanh.items()}
claim("spread before the tanh, DCGAN's (8 × 0.02 = 0.16)", spread["DCGAN's 0.02"], 0.08, 0.26, exact=True)
claim("spread before the tanh, default (8 × 0.144 = 1.15)", spread["PyTorch's default"], 0.70, 1.60, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# DCGAN's starts near grey. The default's pixels crowd at both ends, where tanh is flat and passes back little gradient.
# </details>
#
# ## 6 · One step of the game, in the open
#
# The losses are those of lesson 01, on logits: D pays $\mathrm{softplus}(-D(x))$ for a real picture and
# $\mathrm{softplus}(D(G(z)))$ for a fake, G pays $\mathrm{softplus}(-D(G(z)))$. In D's turn the fakes are **detached**,
# so that nothing flows back into G. G's turn leaves gradients in D, so each turn first clears its own.


# %%
def discriminator_turn(G, D, optimiser, real, z):
    # draw
    fake = G(z).detach()  # no gradient into G: this is D's turn
    # judge
    loss = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
    # step D
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def generator_turn(G, D, optimiser, z):
    # judge
    loss = F.softplus(-D(G(z))).mean()  # the gradient flows through D into G ...
    # step G
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()  # ... but only G's weights are in this optimiser
    return loss.item()


# %% [markdown]
# The library's game does the same. Give both the same weights and batches, and compare every weight after one step of
# each:

# %% tags=["nbval-check-output"]
G, D = models.DCGANGenerator(100, 1, 8, 16), models.DCGANDiscriminator(1, 8, 16)
twins = models.DCGANGenerator(100, 1, 8, 16), models.DCGANDiscriminator(1, 8, 16)
for network in (G, D, *twins):
    network.double()  # so that rounding does not matter
twin = GAN(*twins, backend=Backend("cpu", "fp32"))
twin.generator.load_state_dict(G.state_dict())
twin.discriminator.load_state_dict(D.state_dict())
real, z_d, z_g = (torch.randn(8, *shape).double() for shape in ((1, 16, 16), (100,), (100,)))
queue = [z_d, z_g]
twin.draw_latents = lambda n: queue.pop(0)  # the same latents for both
adam = {"lr": 2e-4, "betas": (0.5, 0.999)}
discriminator_turn(G, D, torch.optim.Adam(D.parameters(), **adam), real, z_d)
generator_turn(G, D, torch.optim.Adam(G.parameters(), **adam), z_g)
twin.discriminator_step(real), twin.generator_step(real)
for name, mine, theirs in (("G", G, twin.generator), ("D", D, twin.discriminator)):
    pairs = zip(mine.parameters(), theirs.parameters(), strict=True)
    print(name, "after one step, equal weights:", all(torch.allclose(a, b, atol=1e-9) for a, b in pairs))

# %% [markdown]
# ## 7 · Train
#
# Adam runs with the paper's $\beta_1=0.5$ instead of the usual 0.9, because a long memory hurts in a game (lesson 02).
# There 0 was better still; exercise 8 lets you try it on pictures.
#
# The game also keeps lesson 02's **exponential moving average** (EMA) of G's weights,
# $m\leftarrow\beta m+(1-\beta)\,w$. This $\beta$ is not Adam's; the next cell prints both. We sample from the average.

# %% tags=["nbval-check-output"]
print("Adam's betas:", recipe.game.optimizers["generator"].defaults["betas"], "  EMA's:", recipe.settings.ema)
print("latent numbers a picture:", recipe.game.latent_dim, "  fixed latents to watch:", len(recipe.game.fixed_latents))

# %%
game = recipe.game
if game.steps == 0:  # a new game; one that was stopped goes on, with its history
    history = []
    live = plots.LiveFigure(
        losses=["discriminator_loss", "generator_loss"],
        columns=16,
        caption="Losses of both players, and what G makes of the same 32 latents, at the end of training.",
    )
left = recipe.steps - game.steps
for record in train(game, recipe.batches, left):
    # record
    history.append((record["discriminator_loss"], record["generator_loss"]))
    live.update(record, images=lambda: game.sample()[:32])
if left > 0:
    print(f"{left} steps of {recipe.settings.batch_size} pictures, {record.seconds:.0f} seconds")
else:
    print(f"already trained for {game.steps:,} steps")

# %% [markdown]
# *What you should see:* first blobs, then strokes, then strokes that join. The losses do not fall. D's stays well below
# $2\log 2\approx 1.386$, the loss of a discriminator that knows nothing, and G's above $\log 2\approx 0.693$. In lesson
# 01 both came to rest *at* those values, because there G could become exactly right. Here it cannot in the time it has:
# D keeps a lead, and that lead is what teaches G.

# %%
tail = torch.tensor(history[len(history) // 2 :]).mean(dim=0)
claim(
    "the loss of a discriminator that knows nothing", float(2 * F.softplus(torch.zeros(()))), 1.386, 1.387, exact=True
)
claim("D's mean loss in the second half", tail[0], 0.35, 0.8)
claim("G's mean loss in the second half", tail[1], 1.7, 3.2)

# %% [markdown]
# Stopping the cell (■) loses nothing; running it again goes on.
#
# ## 8 · Look, and look for cheating

# %%
raw, averaged = game.sample(ema=False), game.sample()
figure = plots.image_grid(averaged[:40], columns=10)
plots.show(figure, "Letters that nobody drew: what G makes of 40 of its fixed latents.", key=True)

# %% [markdown]
# *What you should see:* letters and digits you can name, and glyphs that no alphabet has.
#
# **Can they be read?** Ask a classifier of real glyphs (`scripts/05_features.py`). The largest of its 62 probabilities
# says how sure it is that a picture is *some* letter or digit.
#
# > **Predict:** which share does it name with at least 90 % certainty: of real glyphs held back from training, of the
# > samples, and of what G painted before training?

# %%
judge = models.load_features("glyphs")


def certainty(images):  # (n, 1, size, size) to the largest of 62 probabilities, and whose it is
    images = F.interpolate(images, size=(32, 32))  # the judge's size (the smoke profile paints smaller ones)
    return judge.logits(images)["character"].softmax(dim=1).max(dim=1)


held_back = data.to_float(data.glyphs(size, split="test").images)
untrained = build("03", PROFILE, seed=SEED, width=WIDTH).game.sample(n=512)
shown = {"real": held_back, "sampled": game.sample(n=512), "untrained": untrained}
sure = {name: (certainty(images).values >= 0.9).float().mean().item() for name, images in shown.items()}
claim("real glyphs named with 90 % certainty, share", sure["real"], 0.95, 1.0)
claim("samples named with 90 % certainty, share", sure["sampled"], 0.25, 0.5)
claim("pictures of the untrained G, share", sure["untrained"], 0.0, 0.02)

# %%
read = [data.CHARACTERS[i] for i in certainty(averaged[:20]).indices]
figure = plots.image_grid(averaged[:20], columns=10, titles=read)
plots.show(figure, "20 samples, and above each the character that the classifier takes it for.")

# %% [markdown]
# <details><summary>Answer</summary>
#
# Nearly all real glyphs, between a quarter and a half of the samples, and none of the untrained G's pictures.
# </details>
#
# A second measure: inside, the classifier makes 64 *features* of a picture. The **Fréchet distance** (lesson 05)
# compares their means and covariances with those of held-back glyphs. Small is good. Real training glyphs are the
# yardstick.

# %%
some = torch.randperm(len(letters), generator=torch.Generator().manual_seed(SEED))[:512]
compared = shown | {"training": data.to_float(letters.subset(some).images)}
features = {name: judge.extract(F.interpolate(images, size=(32, 32))) for name, images in compared.items()}
distance = {name: metrics.frechet_distance(features["real"], features[name]) for name in compared}
claim("Fréchet distance of training glyphs to held-out glyphs", distance["training"], 80, 140)
claim("Fréchet distance of the samples to held-out glyphs", distance["sampled"], 170, 420)
claim("of the untrained G's pictures, in units of that", distance["untrained"] / distance["sampled"], 18, 50)

# %% [markdown]
# **The average and the last weights**, with the same latents: the same letters, with a stroke here and there that only
# one of them has.

# %%
figure = plots.image_grid(torch.cat([raw[:8], averaged[:8]]), columns=8, rows=["last weights", "average"])
plots.show(figure, "The same eight latents through G's last weights and through the average of its weights.", key=True)

# %% [markdown]
# > **Claim to check: "a generator trained this long just recites its training pictures."**
# >
# > Measure the distance from each sample to its nearest training glyph, and from *real* glyphs that were held back.
# > Nearer than a quarter of what is usual for those counts as recited.


# %%
def nearest(images, among):
    distance = torch.cdist(images.flatten(1), among.flatten(1))
    return distance.min(dim=1)  # values and indices


known = data.to_float(letters.images)
to_train = nearest(averaged, known)
from_test = nearest(held_back, known).values
limit = 0.25 * from_test.median()
recited = (to_train.values < limit).float().mean()
# %%
upright = data.to_float(data.glyphs(size, "train", 1).images[:300])
turned = data.random_affine(upright, generator=torch.Generator().manual_seed(SEED))  # recited, and turned anew
caught = {
    "copies": nearest(known[:300], known).values < limit,
    "copies, moved by a pixel": nearest(known[:300].roll(1, dims=3), known).values < limit,
    "training letters, turned anew": nearest(turned, known).values < limit,
}
for name, found in caught.items():
    print(f"{name:<30} called recited: {found.float().mean():.1%} of {len(found)}")
figure = plots.image_grid(
    torch.cat([averaged[:8], known[to_train.indices[:8]]]), columns=8, rows=["sample", "nearest real"]
)
plots.show(figure, "Eight samples, and below each the training glyph nearest to it, pixel by pixel.")
claim("share of samples that lie on top of a training glyph", recited, 0, 0.02)
claim("copies that the test finds, share", caught["copies"].float().mean(), 1, 1)
claim("recited letters, turned anew, that it finds", caught["training letters, turned anew"].float().mean(), 0, 0.2)

# %% [markdown]
# *What you should see:* similar letters, not copies. But look at the controls, which *are* recited: the test finds
# exact copies, and hardly one that was moved by a pixel or turned anew. So **this test cannot tell**. Section 13 has a
# better one.
#
# > **Claim to check: "for sampling it makes no difference whether the network is in train or in eval mode."**
# >
# > In train mode batch norm uses the statistics of *this* batch. So a picture depends on who else is in the batch.

# %%
network = copy.deepcopy(game.averages["generator"].module)  # a copy, since train mode moves the running statistics
fixed = game.fixed_latents.to(game.backend.device)
pixels = {}
with torch.no_grad():
    for mode in (True, False):
        network.train(mode)
        alone_with_3, with_all = network(fixed[:4])[0], network(fixed)[0]
        pixels[mode] = (alone_with_3 - with_all).abs().mean().item()
claim("same latent, other company, train mode: mean change of a pixel", pixels[True], 0.005, 0.08)
claim("same latent, other company, eval mode: mean change of a pixel", pixels[False], 0, 1e-3, exact=True)

# %% [markdown]
# **The claim is false.** The library's `game.sample` samples in eval mode.
#
# ## 9 · Each rule, left out
#
# `scripts/03_rules.py` trains a smaller game (width 16, 1,200 steps) with one rule left out at a time, from three seeds
# each. Three further arms change the initialisation, $\beta_1$ and G's kernel.
#
# > **Predict:** which omission ruins the pictures, and which makes no difference?

# %%
study = json.loads((ROOT / "results" / "03_rules.json").read_text(encoding="utf-8"))
ARMS = list(dict.fromkeys(run["arm"] for run in study["runs"]))
sheet = torch.from_numpy(np.asarray(Image.open(ROOT / "results" / "03_rules.png")).copy())  # a row of 16 an arm
rows = torch.stack([part for row in sheet.split(32) for part in row.split(32, dim=1)[:5]])[:, None]
caption = (
    "Samples of seed 0 after 1,200 steps of a small network: all rules, and each left out. Same latents in a column."
)
plots.show(plots.image_grid(rows, columns=5, rows=ARMS, scale=0.75), caption, key=True)

# %%
MEASURES = {
    "frechet": "Fréchet distance",
    "frechet_on_black": "Fréchet distance,\npaper brought to black",
    "named": "share named",
    "named_on_black": "share named,\npaper brought to black",
}
# %%
score = {m: {arm: np.array([r[m] for r in study["runs"] if r["arm"] == arm]) for arm in ARMS} for m in MEASURES}
figure, axes = plots.panels(1, 4, height=3.9, width=11.0, sharey=True)
for axis, values, label in zip(axes, score.values(), MEASURES.values(), strict=True):
    for row, arm in enumerate(ARMS):
        axis.plot(values[arm], [row] * len(values[arm]), "o", color=plots.CYCLE[0] if row else "black", alpha=0.6)
        axis.plot(values[arm].mean(), row, "|", color="black", ms=16)
    axis.axvline(values["all rules"].mean(), color="black", lw=1, ls=":")
    axis.set(xlabel=label, yticks=range(len(ARMS)))
for axis in axes[:2]:
    axis.set(xscale="log", xlim=(200, 300_000))
for axis in axes[2:]:
    axis.set_xlim(0, 1.05)
axes[0].set_yticklabels(ARMS)
axes[0].invert_yaxis()
plots.show(figure, "Each arm's three seeds (dots) and their mean (bar); dotted: the mean with all rules.", key=True)

# %% [markdown]
# Before you believe the first figure, **a control:** real training letters, which are perfect, on lighter and lighter
# paper.

# %%
for row in study["control"]:
    print(
        f"real letters on paper of {row['paper']:4.0%} grey: distance {row['frechet']:9,.0f}   named {row['named']:.0%}"
    )
mean = {measure: {arm: values.mean() for arm, values in by_arm.items()} for measure, by_arm in score.items()}
black = {arm: mean["frechet_on_black"][arm] / mean["frechet_on_black"]["all rules"] for arm in ARMS}
lighter = {row["paper"]: row["frechet"] for row in study["control"]}
claim(
    "perfect letters on paper of 20 % grey, over the same on black", lighter[0.2] / lighter[0.0], 4000, 5000, exact=True
)
claim("norm everywhere, paper brought to black: times all rules", black["norm everywhere"], 18, 21, exact=True)
claim("dense layers", black["dense layers"], 50, 57, exact=True)
claim("Adam's β₁ = 0.9", black["Adam's β₁ = 0.9"], 13, 16, exact=True)
claim("no batch norm", black["no batch norm"], 2.8, 3.2, exact=True)
claim("kernel 3 in G", black["kernel 3 in G"], 1.2, 1.4, exact=True)
claim("ReLU in D", black["ReLU in D"], 0.75, 0.9, exact=True)
claim("pooling, upsampling", black["pooling, upsampling"], 0.55, 0.65, exact=True)
claim("default weights", black["default weights"], 0.9, 1.0, exact=True)
# %%
ghosts = mean["named"]["norm everywhere"], mean["named_on_black"]["norm everywhere"]
claim("norm everywhere: share named", ghosts[0], 0.95, 0.98, exact=True)
claim("norm everywhere: share named, paper brought to black", ghosts[1], 0.1, 0.17, exact=True)
ink = (data.to_float(letters.images).mean() + 1) / 2
claim("share of ink in the glyphs", ink, 0.095, 0.11)
paper = sheet.split(32)[ARMS.index("norm everywhere")].float().median() / 255
claim("norm everywhere: its paper (0 black, 1 white)", paper, 0.2, 0.27, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# *Perfect* letters on paper of 20 % grey score thousands of times worse than on black. So the first figure mostly ranks
# the arms by their paper. With the paper brought to black, three omissions are still fatal in every seed: dense layers
# (some 50 times the distance with all rules), norm everywhere (20 times), and $\beta_1=0.9$ (14 times). Without batch
# norm it is three times. Kernel 3 costs a third. The others do no harm, and pooling and upsampling did *better*.
# </details>
#
# Why has the row "norm everywhere" no black? Before the tanh, its norm gives the pixels the mean 0 and the spread 1. If a
# share $p=0.1$ of them is ink, paper lies at $-\sqrt{p/(1-p)}\approx-0.33$. On a scale from 0 (black) to 1 that is a
# grey of $\tfrac12(1+\tanh(-0.33))=0.34$. The norm's scale and shift could mend it. But Adam moves a weight by about its
# rate, 0.0004 per step: in 1,200 steps to 1.48 and −0.48 at best. That gives
# $\tfrac12(1+\tanh(-0.33\cdot1.48-0.48))=0.12$. So paper should lie between 0.12 and 0.34. In three seeds it is 0.20 to
# 0.25.
#
# The third figure calls the *broken* arms the best: 97 % of the grey ghosts are named, and with the paper brought to
# black one in eight. Grey paper fooled both measures.
#
# ## 10 · A walk through the space of letters
#
# How long is a latent? The square of its length is a sum of 100 squares of standard normal numbers, each with mean 1
# and variance 2, so
#
# $$\mathbb E\,\lVert z\rVert^2 = 100,\qquad \operatorname{Var}\lVert z\rVert^2 = 200.$$
#
# Near length $10$ the square changes 20 times as fast as the length, so the length has spread
# $\sqrt{200}/20\approx0.71$: latents lie on a thin *shell*. Half-way on a straight line each coordinate is
# $\tfrac12(z_0+z_1)$ with variance $\tfrac12$, so the length is near $10/\sqrt2\approx 7.07$. There G was never
# trained.

# %%
many = torch.randn(20_000, 2, 100, generator=torch.Generator().manual_seed(SEED))
claim("mean length of a latent", many[:, 0].norm(dim=1).mean(), 9.95, 10.0, exact=True)
claim("variance of its square", many[:, 0].square().sum(1).var(), 190, 210, exact=True)
claim("spread of the length", many[:, 0].norm(dim=1).std(), 0.69, 0.73, exact=True)
claim("mean length half-way on the straight road", many.mean(dim=1).norm(dim=1).mean(), 7.0, 7.1, exact=True)

# %% [markdown]
# The great circle, *slerp*, stays on the shell. With $\omega$ the angle between the two, $z(t)=\dfrac{\sin
# a}{\sin\omega}\,z_0+\dfrac{\sin b}{\sin\omega}\,z_1$, where $a=(1-t)\,\omega$ and $b=t\,\omega$. If both ends have
# length $r$, then $z_0\cdot z_1=r^2\cos\omega$, and with $a+b=\omega$
#
# $$\lVert z(t)\rVert^2=r^2\,\frac{\sin^2a+\sin^2b+2\sin a\,\sin b\,\cos(a+b)}{\sin^2(a+b)}=r^2,$$
#
# because the numerator is $\sin^2(a+b)$ multiplied out.


# %%
def straight(a, b, t):
    return (1 - t) * a + t * b


def slerp(a, b, t):
    omega = torch.acos(F.cosine_similarity(a, b, dim=0))
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


ends = [(game.fixed_latents[i], game.fixed_latents[j]) for i, j in ((0, 1), (2, 3), (4, 5))]
road = torch.linspace(0, 1, 8)
walks = torch.stack([slerp(a, b, t) for a, b in ends for t in road])
figure = plots.image_grid(game.sample(walks), columns=8, rows=[f"walk {i}" for i in range(1, 4)])
plots.show(
    figure,
    "Three walks along great circles: the first and last column are two latents, the rest lies between.",
    key=True,
)

# %%
both = {way.__name__: game.sample(torch.stack([way(*ends[0], t) for t in road])) for way in (straight, slerp)}
change = (both["straight"] - both["slerp"]).abs().mean().item()
print(f"straight road and great circle, mean change of a pixel: {change:.3f} of 2")
half_way = slerp(*ends[0], torch.tensor(0.5)).norm() / torch.stack(ends[0]).norm(dim=1).mean()
claim("great circle: length half-way over the mean length of the ends", half_way, 0.99, 1.03, exact=True)

# %% [markdown]
# *What you should see:* strokes bend, grow and let go. Straight line or great circle makes hardly a difference here:
# length 7 is near enough to the shell.
#
# Is there a direction $d$ that means **bold**? Let the classifier say how bold each of many samples is, and subtract
# the mean latent of the least bold fifth from that of the boldest. Then add a multiple of $d$ to latents of letters
# that are *not* bold, at unchanged length.

# %%
BOLD = torch.tensor(["Bol" in name or name == "cmb10" for name in data.TYPEFACES])  # "Bold", "BolIta", ...


def boldness(images):  # the probability that the classifier gives to the bold typefaces together
    images = F.interpolate(images, size=(32, 32))
    return judge.logits(images)["typeface"].softmax(dim=1)[:, BOLD].sum(dim=1)


def moved(z, direction, amount):  # along a direction, at unchanged length
    new = z + amount * direction
    return new * z.norm(dim=1, keepdim=True) / new.norm(dim=1, keepdim=True)


pool = torch.randn(1024, 100, generator=torch.Generator().manual_seed(SEED + 1))
bold = boldness(game.sample(pool))
direction = pool[bold > bold.quantile(0.8)].mean(dim=0) - pool[bold < bold.quantile(0.2)].mean(dim=0)
direction /= direction.norm()

# %%
others = torch.randn(256, 100, generator=torch.Generator().manual_seed(SEED + 2))  # not those d was made of
light = others[boldness(game.sample(others)) < 0.2]
amounts = (0, 1, 2, 4)
pictures = [game.sample(moved(light, direction, amount)) for amount in amounts]
figure = plots.image_grid(torch.cat([p[:8] for p in pictures]), columns=8, rows=[f"+ {a} d" for a in amounts])
plots.show(
    figure,
    "Eight letters that are not bold, moved along the direction “bold” by 0, 1, 2 and 4 unit lengths.",
    key=True,
)
share = [(boldness(p) > 0.5).float().mean().item() for p in pictures]
ink = [((p + 1) / 2).mean().item() for p in pictures]
claim("called bold before (so they were chosen), share", share[0], 0, 0.02)
claim("called bold at + 4, share", share[-1], 0.9, 1)
claim("ink at + 4 over ink before", ink[-1] / ink[0], 1.7, 2.7)

# %% [markdown]
# *What you should see:* strokes grow thicker from row to row, while most letters stay the letters they were.
#
# > **Predict:** what becomes of the pictures if all latents are made shorter, $z\to\psi z$ with $\psi<1$?

# %%
psis = (1.0, 0.4, 0.1)
truncated = torch.cat([game.sample(psi * game.fixed_latents[:8]) for psi in psis])
plots.show(
    plots.image_grid(truncated, columns=8, rows=[f"ψ = {psi}" for psi in psis]),
    "The same eight latents, shortened more and more: the pictures lose their ink and grow alike.",
)
variety = [game.sample(psi * game.fixed_latents).std(dim=0).mean().item() for psi in psis]
claim("variety at ψ = 0.1, as a share of that at ψ = 1", variety[-1] / variety[0], 0, 0.4)

# %% [markdown]
# <details><summary>Answer</summary>
#
# They fade and grow alike, towards what G paints at $z=0$. This **truncation** gives up variety in the hope of fewer
# failures. Here it does not pay: G was never trained inside the shell.
# </details>
#
# ## 11 · Pull the plug
#
# A small run saves a checkpoint every 20 steps. At step 47 we copy its folder, as if somebody pulled the plug.
#
# > **Predict:** the copy goes on from step 40 and plays 41 to 60 again. Will its weights at step 60 equal those of the
# > run that was never interrupted: nearly, or bit for bit? And if only the *weights* had been saved?


# %%
small = {"seed": SEED, "width": 8, "image_size": 16, "copies": 1, "steps": 60}


def play(folder, unplug_at=None):  # to step 60, from wherever the folder says
    small_one = build("03", PROFILE, **small)
    with RunDirectory(folder) as run:
        start = run.restore(small_one.game, small_one.batches)
        for record in train(small_one.game, small_one.batches, 60 - start, run, save_every=20):
            if record.step == unplug_at:
                shutil.copytree(folder, folder.with_name("unplugged"))
    return small_one.game, start


def leaves(state, path=""):  # every tensor and number in a nested state: path → value
    if isinstance(state, dict | list | tuple):
        parts = state.items() if isinstance(state, dict) else enumerate(state)
        return {key: value for name, part in parts for key, value in leaves(part, f"{path}/{name}").items()}
    return {} if isinstance(state, str) or state is None else {path: torch.as_tensor(state)}


# %% tags=["nbval-check-output"]
import shutil
import tempfile

scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # gone when the notebook's kernel ends
runs = Path(scratch.name)
whole, _ = play(runs / "whole", unplug_at=47)
print("on the disk at step 47:", *sorted(path.name for path in RunDirectory(runs / "unplugged").checkpoints()))
resumed, start = play(runs / "unplugged")
first, second = leaves(whole.state_dict()), leaves(resumed.state_dict())
same = sum(torch.equal(first[path], second[path]) for path in first)
print(f"went on from step {start}; at step 60 equal bit for bit: {same} of {len(first)} items of the state")

# %% [markdown]
# Now the checkpoint of step 60 with one kind of item forgotten at a time, and 20 further steps:


# %%
def twenty_more(forget=None):  # from the checkpoint of step 60, one kind of item as in a new game
    other = build("03", PROFILE, **small)
    fresh = copy.deepcopy(other.game.state_dict())
    with RunDirectory(runs / "whole", writer=False) as run:
        run.restore(other.game, other.batches)
    other.game.load_state_dict(other.game.state_dict() | ({forget: fresh[forget]} if forget else {}))
    list(train(other.game, other.batches, 20))
    return other.game.sample(n=8)


# %% tags=["nbval-check-output"]
everything = twenty_more()
for forgotten in (None, "optimizers", "averages", "random"):
    same = torch.equal(twenty_more(forgotten), everything)
    print(f"{forgotten or 'nothing':<10} forgotten: the same samples 20 steps later: {same}")

# %% [markdown]
# <details><summary>Answer</summary>
#
# Bit for bit, in every item. With the weights alone it would be another run: Adam's memory of past gradients, the
# average and the random state each show in the samples.
# </details>
#
# The command line does the same: `course-gan train 03 --out runs/03 --resume`.
#
# ## 12 · Turning one knob: a sweep
#
# `scripts/03_sweep.py` executes this notebook with four learning rates and three seeds, on small pictures (16 × 16),
# and reads back two numbers of section 8:

# %%
sweep = json.loads((ROOT / "results" / "03_sweep.json").read_text(encoding="utf-8"))
RATES = sorted({run["lr"] for run in sweep["runs"]})
found = {
    m: np.array([[r[m] for r in sweep["runs"] if r["lr"] == rate] for rate in RATES]) for m in ("named", "frechet")
}
figure, axes = plots.panels(1, 2, height=3.2, width=9.0)
for axis, values, label in zip(axes, found.values(), ("share named", "Fréchet distance"), strict=True):
    axis.plot(RATES, values, "o", color=plots.CYCLE[0], alpha=0.6)
    axis.plot(RATES, values.mean(axis=1), color="black", lw=1)
    axis.set(xscale="log", xlabel="learning rate of both players", ylabel=label)
axes[0].set_ylim(0, 1)
axes[1].set_yscale("log")
caption = "Twelve executions of this notebook: four learning rates, three seeds each (dots), and their mean (line)."
plots.show(figure, caption)

# %%
named, distances = found["named"].mean(axis=1), found["frechet"].mean(axis=1)
claim("rate 0.0001: mean share named", named[0], 0.87, 0.89, exact=True)
claim("the other three rates: largest mean share", named[1:].max(), 0.25, 0.26, exact=True)
claim("rate 0.0001: mean Fréchet distance", distances[0], 61_500, 62_500, exact=True)
claim("the other three rates: largest mean distance", distances[1:].max(), 2900, 3050, exact=True)
claim("the other three: smallest", distances[1:].min(), 1050, 1100, exact=True)
claim("rate 0.0016: worst seed over best", found["frechet"][2].max() / found["frechet"][2].min(), 5, 5.5, exact=True)

# %% [markdown]
# *What you should see:* the share says, take the smallest rate (88 % against 25 % at the most). The distance says,
# anything *but* that (62,000 against 3,000 or less). Both look at its paper, which is still grey. Between the other
# rates the seeds decide: at 0.0016 the worst of three is five times as far as the best.
#
# ## 13 · The same in colour: coasts that do not exist
#
# `course-gan train 03 -p data earth` plays the same game with 12,000 crops of NASA's Blue Marble from the eastern half
# of the world, each 950 km wide. It takes most of an hour. `scripts/03_earth.py` did it once, with seed 0.

# %%
record = json.loads((ROOT / "results" / "03_earth.json").read_text(encoding="utf-8"))


def cut_up(name, columns):  # a sheet in results/, eight pictures of 64 pixels a row, to the first columns of it
    pixels = torch.from_numpy(np.array(Image.open(ROOT / "results" / f"{name}.webp").convert("RGB"))).permute(2, 0, 1)
    return pixels.unfold(1, 64, 64).unfold(2, 64, 64)[:, :, :columns].permute(1, 2, 0, 3, 4).flatten(0, 1)


caption = (
    "The same five latents after more and more steps: first colours, then seas, then coasts, then what lies on them."
)
strip = data.resize(cut_up("03_earth", columns=5)[5:], 128)  # without the first row, after 100 steps
figure = plots.image_grid(strip, columns=5, rows=[f"{step:,}" for step in record["shown"][1:]])
plots.show(figure, caption, key=True)

# %% [markdown]
# A classifier of surfaces picks the ends of four walks: the samples that are most surely sea, desert, forest and ice.

# %%
ends = {name: coast_latents[shares[:, k].argmax()] for k, name in enumerate(data.earth.COVERS)}
road = torch.linspace(0, 1, 5)
tours = [("sea", "desert"), ("desert", "forest"), ("forest", "ice"), ("ice", "sea")]
walks = torch.stack([slerp(ends[start], ends[end], t) for start, end in tours for t in road])
figure = plots.image_grid(
    data.resize(paint_coasts(walks), 128), columns=5, rows=[f"{start}\nto {end}" for start, end in tours]
)
plots.show(figure, "Four walks through the space of places, each from one kind of ground to another.", key=True)

# %% [markdown]
# *What you should see:* the sea does not fade into the desert. It gets a coast, and the coast moves in.
#
# > **Predict:** is a sample one of the 12,000 places of the training, moved or mirrored a little?
#
# The test compares the middle of a sample with every window of every crop, mirrored too, shrunk to 14 × 14. Whatever is
# nearer than 98 of 100 real pictures *of the Americas*, on which nobody trained, is accused. The controls are copies.

# %%
pairs_shown = data.resize(cut_up("03_earth_nearest", columns=5), 128)
figure = plots.image_grid(pairs_shown, columns=5, rows=["sample", "nearest"])
plots.show(figure, "Five samples, and below each the crop of the training that is nearest to it.")
FOUND = ("copies", "copies, mirrored", "copies, moved by 3 pixels", "copies with noise of 0.1")
MISSED = ("copies, a tenth brighter", "two copies, averaged")
for name, share in record["accused"].items():
    print(f"{name:<28} accused: {share:6.1%} of {record['searched']}")
# %%
accused = record["accused"]
claim("samples accused of copying, share", accused["samples"], 0.02, 0.05, exact=True)
claim(
    "copies, mirrored, moved or noisy, that are found: the least share",
    min(accused[n] for n in accused if n in FOUND),
    0.94,
    1,
    exact=True,
)
claim(
    "copies made brighter, or averaged: the largest share",
    max(accused[n] for n in accused if n in MISSED),
    0,
    0.05,
    exact=True,
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Of 500 samples 3.4 % are accused, of innocent pictures 2 %: hardly more than chance. Copies that are mirrored, moved
# or noisy are found nearly always. Brighter copies and averages of two are *not*.
# </details>
#
# How real and how various are they? We compare with 1,000 real crops of the same half of the world, and add controls.

# %%
print(f"{'':<22}{'Fréchet':>9}{'one clear surface':>19}{'precision':>11}{'recall':>8}")
for name, told in record["scores"].items():
    print(f"{name:<22}{told['frechet']:9.2f}{told['clear']:19.2f}{told['precision']:11.2f}{told['recall']:8.2f}")
sampled, fresh = record["scores"]["samples"], record["scores"]["real, the same half"]
claim("one clear surface: samples less real crops", sampled["clear"] - fresh["clear"], -0.15, 0.15, exact=True)
claim("Fréchet distance of the samples", sampled["frechet"], 13, 14.5, exact=True)
claim("recall of the samples", sampled["recall"], 0.13, 0.2, exact=True)
print("surface:", "".join(f"{name:>10}" for name in sampled["surfaces"]))
for name, told in (("samples", sampled), ("real", fresh)):
    print(f"{name:<8}", "".join(f"{count:10}" for count in told["surfaces"].values()))

# %% [markdown]
# *What you should see:* the sea comes as often as it should, the desert and the forest more often. Mountains hardly
# come at all: 3 of 1,000 samples against 46. So the **recall** is low, the share of real crops that have a sample near
# them.
#
# MNIST and CelebA work too, where you have the files:

# %%
for name in ("mnist", "celeba"):
    try:
        there = build("03", PROFILE, seed=SEED, data=name, width=WIDTH)
        print(f"{name}: there; course-gan train 03 --out runs/{name} -p data {name}")
    except CourseError as error:
        print(error)

# %% [markdown]
# ## 14 · Your turn
#
# The first panel holds the game of this page. (In JupyterLab, run the cells.) Enter more steps and press Resume, or
# change a setting and press Start.

# %%
panel = panels.training(recipe)
panel

# %% [markdown]
# The second walks through its latents. *Component 1* goes with the largest change among 1,024 samples. Does it do the
# same to every letter?

# %%
panels.latent(panel)

# %% [markdown]
# ## Summary
#
# - A transposed convolution stamps its kernel, evenly if the stride divides the kernel.
# - DCGAN's players are mirror images: sides double while channels halve.
# - One step: D on detached fakes, then G through D. The losses do not fall when the pictures get better.
# - Sample from the average, in eval mode, and walk on the shell.
# - A measure needs controls: the perfect answer, the perfect answer damaged in one way, and what it is said to detect.
#
# ## Papers
#
# 1. Radford, Metz, Chintala 2015, *Unsupervised representation learning with deep convolutional generative adversarial
#    networks*, [arXiv:1511.06434](https://arxiv.org/abs/1511.06434).
# 2. Ioffe, Szegedy 2015, *Batch normalization*, [arXiv:1502.03167](https://arxiv.org/abs/1502.03167).
# 3. White 2016, *Sampling generative networks*, [arXiv:1609.04468](https://arxiv.org/abs/1609.04468): slerp.
#
# **Next:** `exercises/03_dcgan` where your copy has it; then lesson 04.
