# %% [markdown]
# # 07 · pix2pix: from a map to a picture
#
# **After this notebook you can** build a U-Net and a PatchGAN, say what the terms L1, L2 and adversarial each ask a
# painter for, tell a good painter from one with a good L1, and turn a colour map of your own into grass, gravel, brick
# and night sky.
#
# | | |
# |---|---|
# | Time | 60 minutes to read, 2 minutes to compute on two cores |
# | Builds on | 01 (the game), 03 (transposed convolutions, batch norm), 05 (features, Fréchet distance) |
# | Panel | painting a map with the mouse: it comes with the panels, in a later release |
#
# So far noise became pictures, and nobody could ask for anything. From here on **an image goes in and an image comes
# out**. The top row below is what we ask for, in four colours: grass, gravel, brick, night sky. The middle row is the
# answer of a network that has never seen these maps. The bottom row was cut from real pictures.

# %%
import json
import os
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import nn

from course_gan import data, metrics, models, plots
from course_gan.errors import CourseError
from course_gan.lessons.notebook import Profile, claim
from course_gan.lessons.recipes import build
from course_gan.paths import ROOT
from course_gan.training import Backend, Pix2Pix, train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
STEPS = None  # steps of each of the two short games in section 6
WIDTH = None  # channels of their first map
OWN_MAP = None  # path of a colour map of your own, for section 10
FROM_SCRATCH = False  # True: train the painter of section 10 here (minutes) instead of loading the shipped one

# %%
profile = Profile(PROFILE)
STEPS = profile.fill(STEPS, smoke=4, cpu=250, gpu=2000)
WIDTH = profile.fill(WIDTH, smoke=4, cpu=16, gpu=64)
MAPS = profile.fill(None, smoke=60, cpu=600, gpu=1000)  # held-out maps
torch.manual_seed(SEED)
settings, weights = models.load_weights("07_pix2pix")  # scripts/07_pix2pix.py trained it
painter = models.UNetGenerator(**settings)
painter.load_state_dict(weights)
maps, real = (part.images for part in data.texture_maps(MAPS, 64, seed=0, split="test"))  # uint8 (n, 3, 64, 64)


# %%
def paint(network, maps, masks=0):  # uint8 maps (n, 3, h, w) to uint8 pictures; masks: seed of the dropout, section 2
    torch.manual_seed(masks)
    with torch.no_grad():
        return data.to_uint8(torch.cat([network(part) for part in data.to_float(maps).split(64)]))


painter.eval()
first = torch.cat([maps[:8], paint(painter, maps[:8]), real[:8]])
figure = plots.image_grid(first, columns=8, rows=["map", "painted", "real"])
plots.show(figure, "Eight held-out maps, what the shipped generator paints of them, and real paintings.", key=True)

# %% [markdown]
# ## 1 · Pairs, and what is held out
#
# A training example is a **pair** $(a,b)$: an input and the picture that belongs to it. Ours are made here: a random map
# of four to ten cells, each of a random class, and the same map filled with pieces of real photographs, cut at random
# places. Pieces for training come from the first 70 % of each photograph, those for testing from the last 30 %, and the
# test maps are drawn anew: **neither the maps nor a single pixel** of the test were seen in training.
#
# Note what is *not* determined: the map says "grass here", not *which* blades. For one $a$ there are endlessly many right
# $b$. This will decide the whole lesson.

# %% tags=["nbval-check-output"]
labels = data.colour_decode(maps)  # colours back to classes 0 … 3, (n, 64, 64)
print("classes:", ", ".join(data.MAP_CLASSES))
print("colours are exact:", torch.equal(data.colour_code(labels), maps))
train_maps, train_real = (part.images for part in data.texture_maps(200, 64, seed=0, split="train"))
seen = {map_.numpy().tobytes() for map_ in train_maps}
print("test maps among the training maps:", sum(map_.numpy().tobytes() in seen for map_ in maps))

# %% [markdown]
# **A data set of your own.** The pix2pix data sets come as files that hold both halves side by side, A left, B right. Any
# folder of such files can be trained on; here we write one, and read it again. The central square of each half is taken
# and resampled, so ours, which have the right size already, come back to the pixel.

# %% tags=["nbval-check-output"]
own_folder = Path(tempfile.mkdtemp()) / "meadows"
own_folder.mkdir()
for i, (a, b) in enumerate(zip(train_maps[:6], train_real[:6])):
    both = torch.cat([a, b], dim=2)  # (3, 64, 128)
    Image.fromarray(both.permute(1, 2, 0).numpy()).save(own_folder / f"{i:03}.png")
pairs = data.paired_folder(own_folder, size=64)
print("files:", len(list(own_folder.iterdir())), "  pairs:", len(pairs.inputs), "  licence:", pairs.inputs.licence)
print(
    "as they were:", torch.equal(pairs.inputs.images, train_maps[:6]), torch.equal(pairs.targets.images, train_real[:6])
)
practice = build("07", "smoke").game  # a tiny game, to see that it eats them
values = practice.step(data.Batches(pairs, batch_size=3))
print("one step on them:", ", ".join(values))

# %%
files = torch.cat([pairs.inputs.images, pairs.targets.images], dim=3)[:3]  # (3, 3, 64, 128)
plots.show(
    plots.image_grid(files, columns=3, titles=["000.png", "001.png", "002.png"], scale=0.9),
    "Three files of the folder: the map and its painting side by side. Section 10 takes a single map of yours.",
)

# %% [markdown]
# *What you should see:* three of the four classes are grey photographs. Colour will not help anybody to tell gravel from
# grass; only texture does.
#
# ## 2 · The generator: down, up, and across
#
# In lesson 03 a generator started at a vector. Now the start is an image, so let a network first go *down* to something
# small, halving the side and widening the channels, and then *up* as before: an **encoder–decoder**. Everything the
# network knows of the map has to pass through the smallest map in the middle.
#
# That is good for "what is in the picture" and terrible for "where exactly". With depth 5 a 64 × 64 map becomes 2 × 2
# places of $4w$ numbers each, and every border has to be redrawn from them. The **U-Net** (Ronneberger et al.,
# [arXiv:1505.04597](https://arxiv.org/abs/1505.04597)) adds shortcuts across: each map on the way up is stacked with
# the map of the same size on the way down.
#
#     map 64 ─▶ 32 ─▶ 16 ─▶ 8 ─▶ 4 ─▶ 2        down: LeakyReLU, convolution 4/2/1, batch norm
#                │     │     │    │    │
#                ▼     ▼     ▼    ▼    ▼        the skips: stacked, so the channels double
#     picture ◀─ 32 ◀─ 16 ◀─ 8 ◀─ 4 ◀─ ┘        up: ReLU, transposed convolution 4/2/1, batch norm, (dropout)


# %%
class Dropout(nn.Module):  # as pix2pix has it: at test time too
    def forward(self, x):
        return F.dropout(x, 0.5, training=True)


def down(inputs, outputs, level, depth):  # halves the side
    activation = [nn.LeakyReLU(0.2)] if level > 0 else []  # the picture itself comes in as it is
    norm = [nn.BatchNorm2d(outputs)] if 0 < level < depth - 1 else []  # nor on the innermost map, which may be 1 × 1
    return nn.Sequential(*activation, nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), *norm)


def up(inputs, outputs, drop):  # doubles it
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(outputs), *([Dropout()] if drop else []))


# %%
class UNet(nn.Module):
    def __init__(self, width=64, depth=8, max_multiplier=8, skips=True):
        super().__init__()
        w, self.skips = [3, *(width * min(2**k, max_multiplier) for k in range(depth))], skips
        n = 2 if skips else 1  # a skip doubles what an up-step gets
        self.downs = nn.ModuleList(down(w[k], w[k + 1], k, depth) for k in range(depth))
        ups = [up(w[k + 1] * (n if k < depth - 1 else 1), w[k], drop=k >= depth - 3) for k in range(depth - 1, 0, -1)]
        self.ups = nn.ModuleList([*ups, nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(n * w[1], 3, 4, 2, 1), nn.Tanh())])

    def forward(self, x):  # (b, 3, h, w), sides divisible by 2**depth
        kept = []
        for step in self.downs:
            x = step(x)
            kept.append(x)
        kept.pop()  # the innermost goes straight on
        for step in self.ups:
            x = step(x)
            if kept:
                x = torch.cat([kept.pop(), x], dim=1) if self.skips else (kept.pop(), x)[1]
        return x


# %% [markdown]
# Is it the published network, and is it the library's? The published one goes down eight times, from 256 × 256 to a single
# place, and has 54 million weights (we count them on PyTorch's *meta* device, which knows shapes and holds no numbers).


# %%
def count(network):
    return sum(p.numel() for p in network.parameters())


with torch.device("meta"):
    published = UNet()
claim("weights of the published U-Net", count(published), 54_413_955, 54_413_955, exact=True)

# %% tags=["nbval-check-output"]
x = data.to_float(maps[:4])
for skips in (True, False):
    ours, theirs = UNet(8, 5, 4, skips), models.UNetGenerator(width=8, depth=5, max_multiplier=4, skips=skips)
    theirs.load_state_dict(ours.state_dict())  # raises if a name or a shape differs
    answers = []
    for network in (ours, theirs):
        torch.manual_seed(1)  # the same dropout masks
        answers.append(network(x))
    print(f"skips {skips!s:<5}  {count(ours):,} weights, is the library's:", torch.equal(*answers))
for step in ours.downs:
    x = step(x)
    print("down to", tuple(x.shape))

# %% [markdown]
# From here on we use the library's. It has one thing more, `residual=True`: behind each convolution a block
# $x+\mathrm{conv}(\mathrm{relu}(\mathrm{conv}(x)))$, as in ResNet; with skips that makes a **residual U-Net** (Zhang et
# al., [arXiv:1711.10684](https://arxiv.org/abs/1711.10684)). Section 9 compares them all.
#
# **Where is the noise?** There is no latent vector. Isola et al. found that a generator given one learns to ignore it, and
# kept *dropout*, in the three innermost up-steps, switched on also when painting. Remember that for section 10.
#
# > **Predict:** a network is trained to come as close to the real picture as it can, pixel by pixel, where "close" is the
# > mean absolute difference. What will it paint where the map says brick?
#
# ## 3 · What L1 and L2 ask for
#
# At one pixel, for one map, the real value $y$ is random: the piece of brick was cut anywhere. The network must name *one*
# number $c$.
#
# **L2.** $\frac{d}{dc}\,\mathbb E(y-c)^2=2(c-\mathbb E y)$, zero at the **mean**.
#
# **L1.** $\frac{d}{dc}\,\mathbb E|y-c|=P(y<c)-P(y>c)$, zero where both are ½: the **median**.
#
# Both are *one* value for all brick, since a pixel in the middle of a brick region could be any pixel of the photograph. So
# the answer to both is a flat tone. Check it on the real pixels, trying every tone.

# %%
tones = torch.arange(256.0)
best = {}
for k, name in enumerate(data.MAP_CLASSES):
    y = train_real.float().mean(dim=1)[data.colour_decode(train_maps) == k]  # grey values, all pixels of the class
    share = torch.histc(y, 256, 0, 256) / len(y)
    gap = (y.floor().unique()[None] - tones[:, None]).abs()  # (tones, values that occur)
    share = share[y.floor().unique().long()]
    best[name] = (
        (gap @ share).argmin().item(),
        (gap.square() @ share).argmin().item(),
        y.median().item(),
        y.mean().item(),
    )

# %%
print("best tone for       L1     L2     median  mean")
for name, (l1, l2, median, mean) in best.items():
    print(f"{name:<16}{l1:7.0f}{l2:7.0f}{median:10.1f}{mean:7.1f}")
claim("largest gap, best tone for L1 to the median", max(abs(b[0] - b[2]) for b in best.values()), 0, 1.5, exact=True)
claim("largest gap, best tone for L2 to the mean", max(abs(b[1] - b[3]) for b in best.values()), 0, 1.5, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Plain grey: the median of all brick, with no mortar and no bricks. Any drawn mortar line would be in the wrong place nearly
# always, and cost more than none.
# </details>
#
# > **Claim to check: "L1 makes sharp pictures, L2 blurred ones."** Half of it is in the paper, which prefers L1 because it
# > "encourages less blurring". What the algebra says is that L1 is sharp where the *median* is: at a border, or where more
# > than half of the right answers agree. Where they do not, it is exactly as flat as L2. Section 8 measures both.
#
# And a perfect painter? Say it paints $y'$, drawn like $y$ but independent of it. Then
#
# $$\mathbb E(y-y')^2=\operatorname{Var}y+\operatorname{Var}y'=2\operatorname{Var}y,$$
#
# **twice** what the flat mean pays. For L1, $\mathbb E|y-y'|\ge\mathbb E|y-\text{median}|$, because whatever $y'$ is, naming
# it cannot be better than naming the median.
#
# > **Claim to check: "the lower the L1 to the real picture, the better the picture."**

# %%
flat = {}
train_labels = data.colour_decode(train_maps)
for kind in ("median", "mean"):
    tone = torch.zeros(4, 3)  # one colour for each class
    for k in range(4):
        pixels = train_real.permute(1, 0, 2, 3)[:, train_labels == k].float()  # (3, pixels of the class)
        tone[k] = pixels.median(dim=1).values if kind == "median" else pixels.mean(dim=1)
    flat[kind] = tone[labels].permute(0, 3, 1, 2).round().to(torch.uint8)
again = data.paint(labels, "test", data.derived_generator(SEED, 1))  # the same maps, other pieces of the real thing
paintings = {"flat, medians": flat["median"], "flat, means": flat["mean"], "real, painted again": again}


def l1(images, others):
    return (data.to_float(images) - data.to_float(others)).abs().mean().item()


def l2(images, others):
    return (data.to_float(images) - data.to_float(others)).square().mean().item()


# %%
shown = torch.cat([maps[3:8], real[3:8], *(images[3:8] for images in paintings.values())])
figure = plots.image_grid(shown, columns=5, rows=["map", "real", *paintings], scale=0.8)
plots.show(figure, "Maps, real paintings, the best flat answers for L1 and L2, and the same maps really painted again.")
for name, images in paintings.items():
    print(f"{name:<20} L1 {l1(images, real):.3f}   L2 {l2(images, real):.3f}")
claim("L1 of real paintings over L1 of flat medians", l1(again, real) / l1(flat["median"], real), 1.15, 1.6, exact=True)
claim("L2 of real paintings over L2 of flat means", l2(again, real) / l2(flat["mean"], real), 1.7, 2.1, exact=True)

# %% [markdown]
# *What you should see:* the claim is wrong whenever the input leaves something open. The last row is as good as a picture can
# be, and by both measures it is the worst of the three. A distance to *the* answer punishes whoever gives *an* answer. What we
# want is a judge that asks "could this be real?", and that is a discriminator.
#
# ## 4 · PatchGAN: a judge of small things
#
# Where the borders run, L1 tells very well. What is missing is local: blades, stones, mortar. So D need not see the whole
# picture. **PatchGAN** is a plain stack of convolutions that stops early and gives a *map* of logits, one for each patch. And
# it sees map and picture together, six channels, because grass is a fine thing in the wrong place.


# %%
class PatchGAN(nn.Module):
    def __init__(self, in_channels=6, width=64, layers=3, strides=None):
        super().__init__()
        w = [in_channels, *(width * min(2**k, 8) for k in range(layers + 1))]
        strides = strides or [2] * layers + [1]
        parts = [nn.Conv2d(in_channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]  # no norm on the input
        for k in range(1, layers + 1):
            parts += [nn.Conv2d(w[k], w[k + 1], 4, strides[k], 1, bias=False)]
            parts += [nn.BatchNorm2d(w[k + 1]), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*parts, nn.Conv2d(w[-1], 1, 4, 1, 1))  # logits, no sigmoid

    def forward(self, x):
        return self.layers(x)  # (b, 1, h', w')


claim("weights of the published PatchGAN", count(PatchGAN()), 2_768_705, 2_768_705, exact=True)

# %% tags=["nbval-check-output"]
ours, theirs = PatchGAN(6, 8, 2), models.PatchDiscriminator(6, 8, 2, norm="batch")
theirs.load_state_dict(ours.state_dict())
both = torch.cat([data.to_float(maps[:4]), data.to_float(real[:4])], dim=1)
print("is the library's:", torch.equal(ours(both), theirs(both)))
print("logits for", tuple(both.shape), "are", tuple(ours(both).shape))

# %% [markdown]
# **How much does one logit see?** Walk back from it. It sees $f=1$ place of its own map. If a layer has kernel $k$ and stride
# $s$, then $f$ neighbouring places of its output lie $s$ apart on its input, and the last of them is $k$ wide:
#
# $$f\;\leftarrow\;(f-1)\,s+k .$$
#
# Layers of stride 1, 1 and then 2, 2, 2 (backwards), all with $k=4$: $1\to4\to7\to16\to34\to70$. The published D judges
# patches of 70 × 70. A formula can be misapplied, so ask the network too: take the gradient of one logit by the image and
# count how far it is not zero. (Without norms: batch norm in training looks at everything.)
#
# > **Predict:** two well-meant re-implementations have the same number of weights, to the last one. Do they have the same
# > field?


# %%
def by_formula(network):
    field = 1
    for layer in reversed([m for m in network.modules() if isinstance(m, nn.Conv2d)]):
        field = (field - 1) * layer.stride[0] + layer.kernel_size[0]
    return field


def by_gradient(network, side):
    x = torch.randn(1, 6, side, side, dtype=torch.float64, requires_grad=True)
    network = nn.Sequential(*(m for m in network.double().layers if not isinstance(m, nn.BatchNorm2d)))
    logits = network(x)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    rows = x.grad[0].abs().amax(dim=(0, 2)).nonzero()
    return (rows.max() - rows.min() + 1).item()


for layers, field in zip(range(1, 6), (16, 34, 70, 142, 286)):
    network = PatchGAN(width=1, layers=layers)
    claim(f"field of {layers} layers, by formula", by_formula(network), field, field, exact=True)
    claim(f"field of {layers} layers, by gradient", by_gradient(network, 2 * field + 2), field, field, exact=True)

# %%
figure = plots.receptive_field(data.resize(data.photos()["astronaut"][None], 256)[0], [16, 70, 286])
plots.show(
    figure,
    "What one logit of PatchGAN sees of a 256 × 256 photograph with 1, 3 and 5 layers. With 5 it reaches past the border.",
)
figure = plots.receptive_field(real[5], [16, 34, 70])
plots.show(figure, "The same on one of our 64 × 64 pictures with 1, 2 and 3 layers. We use 2: 34 × 34.", key=True)

# %% [markdown]
# *What you should see:* 16 pixels of our pictures hold a stone or a blade, 34 hold how stones lie together and where a border
# runs, 70 more than there is. Patches are not cut out: neighbouring fields overlap, and all logits share one computation.
#
# > **Claim to check: "it has 2,768,705 weights, so it is the published PatchGAN."** Here is one with stride 2 in one layer more,
# > as much-copied code has it. A stride has no weights.

# %%
wrong = PatchGAN(strides=[2, 2, 2, 2])
claim("its weights", count(wrong), 2_768_705, 2_768_705, exact=True)
claim("its field", by_formula(wrong), 94, 94, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# No: the same weights, to the last, and patches of 94 instead of 70. A count of weights is a good test and not a sufficient one.
# </details>
#
# ## 5 · One step of each player
#
# D learns to tell pairs: (map, real) from (map, painted). Its loss is halved, to slow it down. G minimises
#
# $$\underbrace{\mathrm{softplus}(-D(a,G(a)))}_{\text{adversarial}}+\lambda\,\underbrace{\mathbb E|b-G(a)|}_{\text{L1}} .$$


# %%
def one_step(G, D, optimisers, a, b, weight=10.0):
    fake = G(a)
    real_logits, fake_logits = D(torch.cat([a, b], 1)), D(torch.cat([a, fake.detach()], 1))  # no gradient into G
    d_loss = (F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2
    optimisers["D"].zero_grad()
    d_loss.backward()
    optimisers["D"].step()

    g_loss = F.softplus(-D(torch.cat([a, fake], 1))).mean() + weight * (fake - b).abs().mean()
    optimisers["G"].zero_grad()
    g_loss.backward()  # through D, but only G's weights are in G's optimiser
    optimisers["G"].step()


# %% [markdown]
# The library's game, from the same weights, on the same pairs. Dropout is off for this comparison alone: the game throws its
# masks anew in each player's turn, we threw them once.

# %% tags=["nbval-check-output"]
shape = {"width": 8, "depth": 4, "max_multiplier": 4, "dropout": 0.0}
G, D = models.UNetGenerator(**shape), models.PatchDiscriminator(6, 8, 2, norm="batch")
twins = models.UNetGenerator(**shape), models.PatchDiscriminator(6, 8, 2, norm="batch")
for twin, player in zip(twins, (G, D)):
    twin.load_state_dict(player.state_dict())
game = Pix2Pix(*twins, l1=10.0, backend=Backend("cpu", "fp32"))
adam = {"lr": 2e-4, "betas": (0.5, 0.999)}
optimisers = {"G": torch.optim.Adam(G.parameters(), **adam), "D": torch.optim.Adam(D.parameters(), **adam)}
batch = data.to_float(train_maps[:8]), data.to_float(train_real[:8])
one_step(G, D, optimisers, *batch)
game.discriminator_step(batch), game.generator_step(batch)
for name, mine, theirs in (("G", G, game.generator), ("D", D, game.discriminator)):
    same = zip(mine.parameters(), theirs.parameters(), strict=True)
    print(name, "after one step, equal weights:", all(torch.allclose(m, t, atol=1e-6) for m, t in same))
