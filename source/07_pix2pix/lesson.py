# %% [markdown]
# # 07 · pix2pix: from a map to a picture
#
# **After this notebook you can** build a U-Net and a PatchGAN, say what the terms L1, L2 and adversarial each ask of a
# generator, and judge paintings by more than their L1.
#
# | | |
# |---|---|
# | In short | U-Net, PatchGAN, and why the best L1 is not the best picture |
# | Time | 45 minutes to read, 1 minute to compute on two cores |
# | Builds on | 01 (the game), 03 (transposed convolutions, batch norm), 05 (features, Fréchet distance) |
# | Panels | paint an island with the mouse, and train a painter of your own: the end of section 10 |
#
# So far noise became pictures. From here on **an image goes in and an image comes out**. The top row below shows relief
# maps, where colour means height. The middle row is what a generator made of them. We call it a **painter**. It has
# never seen America. The bottom row is what NASA saw from space.

# %%
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_gan import data, metrics, models, plots
from course_gan.errors import CourseError
from course_gan.page import Profile, claim
from course_gan.recipes import build
from course_gan.files import ROOT
from course_gan.training import Backend, Pix2Pix, train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
STEPS = None  # steps of each of the two short games in section 6
WIDTH = None  # channels of their first map
OWN_MAP = None  # path of a map of heights of your own, for section 10
FROM_SCRATCH = False  # True: train a painter of the Earth in section 10 (20 minutes), and use it from there on

# %%
profile = Profile(PROFILE)
STEPS = profile.fill(STEPS, smoke=4, cpu=250, gpu=2000)
WIDTH = profile.fill(WIDTH, smoke=4, cpu=16, gpu=64)
MAPS = profile.fill(None, smoke=60, cpu=600, gpu=1000)  # held-out maps
torch.manual_seed(SEED)
settings, weights = models.load_weights("07_earth")  # scripts/07_earth.py trained it
painter = models.UNetGenerator(**settings)
painter.load_state_dict(weights)
places = torch.tensor(
    [data.earth.PLACES[name] for name in ("Patagonia", "Florida", "Amazon", "Grand Canyon", "Caribbean")]
)
there = data.earth.at(places[:, 0], places[:, 1], size=128, scale=2.0)  # longitude, latitude; a crop is 1,900 km wide
latitudes = data.earth.place_planes(places[:, 1], size=128, scale=2.0)  # of every pixel, as a fourth channel
earth_maps = torch.cat([there.inputs.images, latitudes], dim=1)  # uint8 (5, 4, 128, 128)


# %%
def paint(network, maps, noise=0):  # uint8 maps (n, c, h, w) to uint8 pictures; noise: the seed of what is drawn
    torch.manual_seed(noise)
    with torch.no_grad():
        return data.to_uint8(torch.cat([network.eval()(part) for part in data.to_float(maps).split(64)]))


first = torch.cat([earth_maps[:, :3], paint(painter, earth_maps), there.targets.images])
figure = plots.image_grid(first, columns=5, rows=["map", "made", "real"])
plots.show(
    figure, "Patagonia, Florida, the Amazon, the Grand Canyon, the Caribbean: relief, painted, and real.", key=True
)

# %% [markdown]
# ## 1 · Pairs, and what is held out
#
# A training example is a **pair** $(a,b)$: an input and the picture that belongs to it. For the Earth, $a$ is a relief
# map (NOAA's ETOPO1) with the latitude as a fourth channel, and $b$ is the same place from space (NASA's Blue Marble).
# Training sees the world from Europe to New Zealand. The Americas are **held out**: no pixel of them was seen.
#
# The map does not determine the picture. It says "a plain at 10° south", but not whether somebody cleared the forest.
# For one $a$ there are many right $b$.
#
# To study this we need a task where *all* right answers are known. Sections 1 to 9 use one. A random map has four to
# ten cells in four colours: green for grass, orange for gravel, vermilion for brick, blue for night sky. The picture is
# the same map, filled with pieces of real photographs that are cut at random places. Pieces for training come from the
# first 70 % of each photograph, those for testing from the last 30 %.

# %%
maps, real = (part.images for part in data.texture_maps(MAPS, 64, seed=0, split="test"))  # uint8 (n, 3, 64, 64)
figure = plots.image_grid(torch.cat([maps[:5], real[:5]]), columns=5, rows=["map", "real"])
plots.show(figure, "Five maps of the small task, and a right answer to each.")

# %% tags=["nbval-check-output"]
labels = data.colour_decode(maps)  # colours back to classes 0 … 3, (n, 64, 64)
print("classes:", ", ".join(data.MAP_CLASSES))
print("colours are exact:", torch.equal(data.colour_code(labels), maps))
train_maps, train_real = (part.images for part in data.texture_maps(200, 64, seed=0, split="train"))
seen = {map_.numpy().tobytes() for map_ in train_maps}
print("test maps among the training maps:", sum(map_.numpy().tobytes() in seen for map_ in maps))

# %% [markdown]
# *What you should see:* three of the four classes are grey photographs. Only their texture tells gravel from grass.
#
# **A data set of your own.** In the pix2pix data sets a file holds both halves of a pair, A left and B right. You can
# train on any folder of such files. Here we write one and read it again:

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
practice = build("07", "smoke", data="textures").game  # a tiny game, for one step on them
values = practice.step(data.Batches(pairs, batch_size=3))
print("one step on them:", ", ".join(values))

# %% [markdown]
# ## 2 · The generator: down, up, and across
#
# An **encoder–decoder** first goes *down*: it halves the side and widens the channels again and again. Then it goes
# *up*, as in lesson 03. All that it knows of the input passes through the smallest feature map, in the middle. At depth
# 5 that is 2 × 2 places, and every border has to be redrawn from them.
#
# The **U-Net** (Ronneberger et al., [arXiv:1505.04597](https://arxiv.org/abs/1505.04597)) adds **skips**: each feature
# map on the way up is stacked with the one of the same size on the way down.
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
# The published network goes down eight times, from 256 × 256 to a single place. Is ours the same, and is it the
# library's?


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
# From here on we use the library's. With `residual=True` it has a block
# $x+\mathrm{conv}(\mathrm{relu}(\mathrm{conv}(x)))$ behind each convolution, as in ResNet. With skips that is a
# **residual U-Net** (Zhang et al., [arXiv:1711.10684](https://arxiv.org/abs/1711.10684)).
#
# **Where is the noise?** There is no latent. Isola et al. found that the generator learned to ignore it. They kept
# *dropout* in the three innermost up-steps, also when painting.
#
# > **Predict:** a network is trained to make the mean absolute difference to the real picture small. What will it paint
# > where the map says brick?
#
# ## 3 · What L1 and L2 ask for
#
# **L1** is the mean absolute difference between painting and real picture, **L2** the mean squared one. At one pixel of
# one map the real value $y$ is random, because the piece of brick was cut anywhere. The network must name *one* number
# $c$.
#
# **L2.** $\frac{d}{dc}\,\mathbb E(y-c)^2=2(c-\mathbb E y)$, zero at the **mean**.
#
# **L1.** $\frac{d}{dc}\,\mathbb E|y-c|=P(y<c)-P(y>c)$, zero where both are ½: the **median**.
#
# A pixel in the middle of a brick region could be any pixel of the photograph. So mean and median are the same for all
# of them. **Check** on the real pixels, with every tone:

# %%
tones = torch.arange(256.0)
best = {}
for k, name in enumerate(data.MAP_CLASSES):
    y = train_real.float().mean(dim=1)[data.colour_decode(train_maps) == k]  # grey values, all pixels of the class
    share = torch.histc(y, 256, 0, 256) / len(y)  # how often each grey value occurs
    gap = (tones[:, None] - tones).abs()  # (c, y): what naming the tone c costs where the pixel is y
    best[name] = (
        (gap @ share).argmin().item(),  # gap @ share: the expected cost of each tone
        (gap.square() @ share).argmin().item(),
        y.median().item(),
        y.mean().item(),
    )

# %%
print("best tone for       L1     L2     median  mean")
for name, four in best.items():
    print(f"{name:<16}" + "{:7.0f}{:7.0f}{:10.1f}{:7.1f}".format(*four))
claim("largest gap, best tone for L1 to the median", max(abs(b[0] - b[2]) for b in best.values()), 0, 1.5, exact=True)
claim("largest gap, best tone for L2 to the mean", max(abs(b[1] - b[3]) for b in best.values()), 0, 1.5, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Plain grey: the median of all brick, without bricks and without mortar. A line of mortar would nearly always be in the
# wrong place, and cost more than none.
# </details>
#
# > **Claim to check: "L1 makes sharp pictures, L2 blurred ones."** The paper prefers L1 because it "encourages less
# > blurring". By the algebra, L1 is sharp where the *median* is: at a border, or where more than half of the right
# > answers agree. Elsewhere it is as flat as L2. Section 8 measures both.
#
# And a perfect painter? Suppose that it paints $y'$, drawn like $y$ but independent of it. Then
#
# $$\mathbb E(y-y')^2=\operatorname{Var}y+\operatorname{Var}y'=2\operatorname{Var}y,$$
#
# **twice** what the flat mean pays. For L1, $\mathbb E|y-y'|\ge\mathbb E|y-\text{median}|$, because no value of $y'$ is
# a better answer than the median.
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
# *What you should see:* **the claim is wrong** where the input leaves something open. The last row is as good as a
# picture can be. By both measures it is the worst of the three: they compare it with *one* of many right answers. We
# need a judge that asks "could this be real?": a discriminator.
#
# ## 4 · PatchGAN: a judge of small things
#
# L1 already says where the borders run. What is missing is local: blades, stones, mortar. So D need not see the whole
# picture. **PatchGAN** is a stack of convolutions that stops early and gives a *map* of logits, one for each patch. It
# sees map and picture together, in six channels: good grass in the wrong place is wrong.


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
# **How much does one logit see?** This is its **field**. Walk back from the logit: it sees $f=1$ place of its own map.
# Let a layer have kernel $k$ and stride $s$. Then $f$ neighbouring places of its output lie $s$ apart on its input, and
# the last of them is $k$ wide:
#
# $$f\;\leftarrow\;(f-1)\,s+k .$$
#
# Backwards, the published D has layers of stride 1, 1 and then 2, 2, 2, all with $k=4$: $1\to4\to7\to16\to34\to70$. It
# judges patches of 70 × 70. **Check** with the network: take the gradient of one logit with respect to the image, and
# count how far it is not zero. (Without batch norm, which in training looks at everything.)
#
# > **Predict:** two implementations have the same number of weights, to the last one. Do they have the same field?


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
figure = plots.receptive_field(real[5], [16, 34, 70])
figure.set_figwidth(6)
plots.show(figure, "What one logit of PatchGAN sees of one of our 64 × 64 pictures with 1, 2 and 3 layers.", key=True)

# %% [markdown]
# *What you should see:* 16 pixels of our pictures hold a stone or a blade. 34 hold how stones lie together, and where a
# border runs. 70 is more than the picture. Neighbouring fields overlap. The games of section 6 have 2 layers, the
# painter of the Earth has 3.
#
# > **Claim to check: "it has 2,768,705 weights, so it is the published PatchGAN."** Below, one layer more has stride 2.

# %%
wrong = PatchGAN(strides=[2, 2, 2, 2])
claim("its weights", count(wrong), 2_768_705, 2_768_705, exact=True)
claim("its field", by_formula(wrong), 94, 94, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# No. A stride has no weights: their number is the same, and the patches measure 94 pixels instead of 70. **The claim is
# wrong.**
# </details>
#
# ## 5 · One step of each player
#
# D learns to tell the pair (map, real) from the pair (map, painted). Its loss is halved, to slow it down. G minimises
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
# The library's game takes the same step, from the same weights, on the same pairs. (Dropout is off, because the library
# draws new masks for each player.)

# %% tags=["nbval-check-output"]
shape = {"width": 8, "depth": 4, "max_multiplier": 4, "dropout": 0.0}
G, D = models.UNetGenerator(**shape), models.PatchDiscriminator(6, 8, 2, norm="batch")
twins = models.UNetGenerator(**shape), models.PatchDiscriminator(6, 8, 2, norm="batch")
for twin, player in zip(twins, (G, D)):
    twin.double().load_state_dict(player.double().state_dict())  # double precision, so that rounding does not show
game = Pix2Pix(*twins, l1=10.0, backend=Backend("cpu", "fp32"))
adam = {"lr": 2e-4, "betas": (0.5, 0.999)}
optimisers = {"G": torch.optim.Adam(G.parameters(), **adam), "D": torch.optim.Adam(D.parameters(), **adam)}
batch = data.to_float(train_maps[:8]).double(), data.to_float(train_real[:8]).double()
one_step(G, D, optimisers, *batch)
game.discriminator_step(batch), game.generator_step(batch)
for name, mine, theirs in (("G", G, game.generator), ("D", D, game.discriminator)):
    same = zip(mine.parameters(), theirs.parameters(), strict=True)
    print(name, "after one step, equal weights:", all(torch.allclose(m, t, atol=1e-9) for m, t in same))

# %% [markdown]
# ## 6 · Two short games
#
# We train the same small U-Net twice, from the same weights, on the same pairs: once with L1 alone, once with D as
# well.

# %%
small = {"data": "textures", "width": WIDTH, "residual": False, "discriminator_width": WIDTH, "patch_layers": 2}
short = {"seed": SEED, "steps": STEPS, "batch_size": 16, "lr": 1e-3, "ema": 0.0, **small}
recipes = {
    "L1 alone": build("07", PROFILE, adversarial=0.0, **short),
    "L1 + adversarial": build("07", PROFILE, **short),
}
chosen = recipes["L1 + adversarial"].settings
histories = {name: [] for name in recipes}  # the L1 of every step, while they are played
watched = maps[3:8]

# %% tags=["nbval-check-output"]
print("weights of the terms: adversarial", chosen.adversarial, "  L1", chosen.l1, "  L2", chosen.l2)
print("betas:", chosen.betas, "  layers of D:", chosen.patch_layers, "  the order of moves:", *game.sides)


# %%
def play(recipe, history, losses, caption, *below):  # to its last step, also when it was stopped before
    def progress():  # maps, answers, and what else is given, in rows of five
        return torch.cat([watched, data.to_uint8(recipe.game.sample(data.to_float(watched))), *below])

    live = plots.LiveFigure(losses=losses, columns=5, caption=caption)
    left = recipe.steps - recipe.game.steps
    for record in train(recipe.game, recipe.batches, left):
        history.append(record["l1"])
        live.update(record, images=progress)
    if left > 0:
        print(f"{left} steps of {recipe.settings.batch_size} pairs, {record.seconds:.0f} seconds")
    else:
        print(f"already trained for {recipe.game.steps:,} steps")


caption = "L1 alone: its loss over the steps, and below it maps and answers at the end."
play(recipes["L1 alone"], histories["L1 alone"], ["l1"], caption)

# %%
caption = "L1 and adversarial: the losses of both players, and below them maps, answers and real paintings at the end."
both_players = ["l1", "adversarial", "discriminator_loss"]
play(recipes["L1 + adversarial"], histories["L1 + adversarial"], both_players, caption, real[3:8])
last_fifth = {name: torch.tensor(history[-(STEPS // 5) :]).mean() for name, history in histories.items()}
ratio = last_fifth["L1 + adversarial"] / last_fifth["L1 alone"]
claim("L1 at the end of training, with D over without", ratio, 1.02, 2)

# %% [markdown]
# *What you should see:* without D, crisp borders and flat tones, the medians of section 3. With D, the regions fill
# with grain and stripes. The textures are crude: the game is short. L1 is *higher* with D.
#
# ## 7 · A judge, judged first
#
# "Looks like gravel" should be a number. The course has a classifier of textures (`scripts/05_features.py`) that knows
# our four and two more. It takes 64 × 64 pictures of *one* texture. It has learned from photographs at full size. Our
# maps are filled with photographs *shrunk by two*.
#
# > **Predict:** how often does it name 64 × 64 pieces of real gravel rightly, at the scale of our maps?

# %%
judge = models.load_features("textures")
names = list(data.textures())  # the judge's order
ANSWERS = torch.tensor([names.index(name) for name in ("grass", "gravel", "brick", "hubble")])  # the maps' order


def named(images, classes):  # share of uint8 (m, 3, 64, 64) named as the classes of the map say
    return (judge.classify(images)["texture"] == ANSWERS[classes]).float()


own_test = json.loads((ROOT / "results" / "05_features.json").read_text(encoding="utf-8"))["textures"]["test_accuracy"]
claim("the judge on its own test, textures named rightly", own_test["texture"], 0.98, 1)
pieces = data.textures().patches(64, 600, SEED, "test", shrink=2).where(texture="gravel")  # 100; gravel is class 1
claim("real gravel at the maps' scale, named rightly", named(pieces.images, torch.ones(100).long()).mean(), 0, 0.3)


# %% [markdown]
# <details><summary>Answer</summary>
#
# Hardly ever: to this judge, stones of half the size are not gravel. It names 99 % of its own test rightly, and would
# have called every *perfect* painter a failure.
# </details>
#
# **Try a judge on real pictures before you use it.** We cut windows of 32 × 32 that lie **wholly in one region**, and
# double their size. Now stones have the size that the judge knows.


# %%
def windows(labels):  # (map, class, top, left): one for each map and class that has room for it
    found = []
    for k in range(len(data.MAP_CLASSES)):
        inside = F.avg_pool2d((labels == k).float(), 32, 1) == 1  # (n, h - 31, w - 31)
        for i in inside.flatten(1).any(dim=1).nonzero().flatten().tolist():
            places = inside[i].nonzero()
            found.append((i, k, *places[len(places) // 2].tolist()))
    return found


def cut(images, found):  # uint8 (n, 3, h, w) to (m, 3, 64, 64)
    return data.resize(torch.stack([images[i, :, y : y + 32, x : x + 32] for i, _, y, x in found]), 64)


found = windows(labels)
classes = torch.tensor([k for _, k, _, _ in found])
fresh = {split: data.paint(labels, split, data.derived_generator(SEED, 2)) for split in ("test", "train")}


# %%
unit = judge.extract(cut(real, found)).square().mean().sqrt()  # as in lesson 05: features of size 1
reference = judge.extract(cut(real, found)) / unit


def verdict(images):  # uint8 (n, 3, 64, 64), painted for `maps`: what share is named rightly, and how far from real
    pieces = cut(images, found)
    distance = metrics.frechet_distance(reference, judge.extract(pieces) / unit)
    return {"accuracy": named(pieces, classes).mean().item(), "Fréchet": distance, "L1": l1(images, real)}


painters = {name: data.to_uint8(recipe.game.sample(data.to_float(maps))) for name, recipe in recipes.items()}
painters |= {"real, held-out parts": fresh["test"], "real, training parts": fresh["train"]}
verdicts = {name: verdict(images) for name, images in painters.items()}
for name, scores in verdicts.items():
    print(f"{name:<22}" + "   ".join(f"{score} {value:6.3f}" for score, value in scores.items()))

# %%
ceiling, training_parts = verdicts["real, held-out parts"], verdicts["real, training parts"]
without, with_d = verdicts["L1 alone"], verdicts["L1 + adversarial"]
claim("real paintings, windows named rightly", ceiling["accuracy"], 0.9, 1)
claim("real paintings from training parts, named rightly", training_parts["accuracy"], 0.85, 1)
claim("L1 alone, windows named rightly", without["accuracy"], 0, 0.15)
claim("L1 + adversarial, windows named rightly", with_d["accuracy"], 0.2, 0.95)
claim("Fréchet distance, L1 alone over L1 + adversarial", without["Fréchet"] / with_d["Fréchet"], 1.5, 50)
claim("L1 of real paintings over that of L1 alone", ceiling["L1"] / without["L1"], 1.05, 2)

# %% [markdown]
# *What you should see:* real paintings score a little under 100 %, because the judge misreads some windows of grass.
# Real pieces from the *training* parts score a little less, and a painter that knows no others can hardly score more.
# L1 alone has the best L1, and the worst of everything else.
#
# ## 8 · The terms, alone and together
#
# `python scripts/07_pix2pix.py compare` trained each combination of terms from three seeds, and judged it on the same
# held-out windows. Two more numbers show *what* went wrong:
#
# - **contrast**: the spread of grey values in a window, as a share of that in the real one. Flat tones have 0.
# - **edge**: of the pixels within two pixels of where the night sky ends, the share that is dark where the map says
#   sky, and bright where it does not.

# %%
study = json.loads((ROOT / "results" / "07_comparisons.json").read_text(encoding="utf-8"))


def over_seeds(variant, score):
    return torch.tensor([run[score] for run in study["runs"] if run["variant"] == variant])


def sheet(name, rows, columns=4):  # six pictures per row, maps and real ones on top; shown larger by a quarter
    pixels = torch.from_numpy(np.array(Image.open(ROOT / "results" / f"{name}.png").convert("RGB"))).permute(2, 0, 1)
    pictures = pixels.unfold(1, 64, 64).unfold(2, 64, 64)[:, :, :columns].permute(1, 2, 0, 3, 4).flatten(0, 1)
    return plots.image_grid(data.resize(pictures, 80), columns=columns, rows=["map", "real", *rows], scale=0.8)


# %%
def compare(variants):
    figure, axes = plots.panels(1, 4, height=0.32 * len(variants) + 0.9, width=9.4, sharey=True)
    for axis, score in zip(axes, ("accuracy", "frechet", "edge", "contrast")):
        for place, variant in enumerate(reversed(variants)):
            axis.plot(over_seeds(variant, score), [place] * 3, "o", ms=5, color=plots.COLOURS["generator"], alpha=0.7)
        axis.axvline(study["real"]["test"][score], color=plots.COLOURS["real"], ls="--")
        axis.set(title=score.replace("frechet", "Fréchet distance"), yticks=range(len(variants)), xlim=(0, None))
    axes[0].set_yticklabels(reversed(variants))
    axes[1].set(xscale="log", xlim=(0.05, 100), xticks=[0.1, 1, 10, 100])
    axes[2].set_xlim(0.5, 1)
    axes[3].set_xlim(0, 1.4)
    return figure


# %%
LOSSES = ["L1", "L2", "L1 + L2", "adversarial", "adversarial + L1", "adversarial + L2", "all three"]
LOSSES += ["adversarial + 100·L1"]
plots.show(
    sheet("07_losses", LOSSES),
    "Four held-out maps, real paintings, and what each combination of terms painted after 400 steps (seed 0).",
    key=True,
)

# %%
plots.show(
    compare(LOSSES),
    "Eight combinations of terms, a dot for each of three seeds; dashed: real paintings. Accuracy, edge and contrast "
    "should be at the dashed line, the Fréchet distance low (logarithmic scale; edge begins at one half).",
)


# %%
def mean(variant, score):
    return over_seeds(variant, score).mean()


FLAT = LOSSES[:3]
SCORES = ("accuracy", "frechet", "l1", "edge", "contrast")
for variant in LOSSES:
    print(f"{variant:<22}" + "   ".join(f"{score} {mean(variant, score):6.3f}" for score in SCORES))
claim("contrast of L1, L2 and both, the largest", max(over_seeds(v, "contrast").max() for v in FLAT), 0, 0.1)
claim("accuracy of L1, L2 and both, the largest", max(over_seeds(v, "accuracy").max() for v in FLAT), 0, 0.05)
real_edge = study["real"]["test"]["edge"]
claim("edge of L1, L2 and both, the least", min(over_seeds(v, "edge").min() for v in FLAT), real_edge, 1)
claim("edge, adversarial alone, the largest", over_seeds("adversarial", "edge").max(), 0.5, 0.87)
claim("edge, adversarial + L1, the least", over_seeds("adversarial + L1", "edge").min(), 0.88, 1)
claim("mean accuracy, adversarial + L1", mean("adversarial + L1", "accuracy"), 0.65, 0.9)
claim("mean accuracy, adversarial + 100·L1", mean("adversarial + 100·L1", "accuracy"), 0.2, 0.6)

# %% [markdown]
# *What you should see:*
#
# - **L1, L2, both:** three rows that look alike. Tones are flat, and next to no window is named rightly. Borders are
#   even crisper than real ones, because a real night has stars. So the first claim of section 3 is **wrong** here: L1
#   is as flat as L2.
# - **Adversarial alone:** texture everywhere, ragged borders, wrong tones, and three seeds that differ.
# - **The sums** share the work: the distance says where and which tone, D says how it should look. L2 does its part
#   about as well as L1. All three terms are no better than two.
# - **100 · L1**, the weight of the paper, is too heavy *here*: large parts stay flat. In the paper more of the picture
#   follows from the input, and training is far longer. Our recipe has 10.
#
# ## 9 · Skips, depth, residual blocks
#
# > **Predict:** a U-Net of depth 2 gets depth 3, then 5, then 6. Up to which depth does its accuracy grow? And in which
# > of the four scores is the encoder–decoder, which has no skips, the worst of all?
#
# In the middle of a large region the network sees only one colour. Convolutions treat all places alike. So what it
# paints there must be the same everywhere, or periodic, up to the noise of dropout. To lay bricks it needs to know
# *where it is*, and only a border tells it. How far does it see? We walk back as in section 4, through the down-steps:

# %% tags=["nbval-check-output"]
for depth in (2, 3, 5, 6):
    with torch.device("meta"):
        network = models.UNetGenerator(width=16, depth=depth, max_multiplier=4)
    field = by_formula(network.downs)
    side = 64 // 2**depth
    print(
        f"depth {depth}: innermost {side:2} × {side:<2} places, each sees {field:3} pixels, {count(network):9,} weights"
    )

# %%
ARCHITECTURES = ["encoder–decoder, depth 5", "U-Net, depth 2", "U-Net, depth 3", "adversarial + L1", "U-Net, depth 6"]
ARCHITECTURES += ["residual U-Net, depth 5"]
called = [name.replace("adversarial + L1", "U-Net, depth 5") for name in ARCHITECTURES]
caption = "The same maps by six generators, all trained with the adversarial term and L1 for 400 steps (seed 0)."
plots.show(sheet("07_architectures", [name.replace(", ", "\n") for name in called]), caption, key=True)

# %%
figure = compare(ARCHITECTURES)
figure.axes[0].set_yticklabels(reversed(called))
plots.show(figure, "Six generators, a dot for each of three seeds; dashed: real paintings.")
seconds = {name: over_seeds(name, "cpu_seconds").mean() for name in ARCHITECTURES}
claim("edge, encoder–decoder, the largest", over_seeds(ARCHITECTURES[0], "edge").max(), 0.5, 0.75)
claim("edge, U-Net of the same depth, the least", over_seeds("adversarial + L1", "edge").min(), 0.88, 1)
claim("accuracy, U-Net of depth 2, the largest", over_seeds("U-Net, depth 2", "accuracy").max(), 0.1, 0.45)
claim("accuracy, U-Net of depth 3, the least", over_seeds("U-Net, depth 3", "accuracy").min(), 0.5, 0.9)
claim("time of residual blocks over none", seconds["residual U-Net, depth 5"] / seconds["adversarial + L1"], 1.2, 2.2)

# %% [markdown]
# <details><summary>Answer</summary>
#
# From depth 2 to 3 accuracy more than doubles: 22 pixels reach across a stone, and often to a border. After that it
# hardly grows, and only the edges still gain. The encoder–decoder is worst at edges: two pixels in three near them are
# right, where a coin would give one in two.
# </details>
#
# *What you should see:* depth 6 and residual blocks change neither accuracy nor Fréchet distance by more than the seeds
# do. Residual blocks draw the cleanest edges, and take about 1.6 times as long.
#
# ## 10 · The Earth
#
# `python scripts/07_earth.py` trained what `course-gan train 07` trains. Can D see blur here? The script took a painter
# that was trained by L1 alone. A fresh D learned for 200 steps to tell its blurred paintings from real pictures. D sees
# pairs as in section 5: a relief map in strong colours, and a dark photograph.
#
# > **Predict:** what share of the patches does D tell rightly? (Chance is one half.)

# %%
view = json.loads((ROOT / "results" / "07_view.json").read_text(encoding="utf-8"))
by_view = {}
for run in view["runs"]:
    by_view.setdefault(run["view"], []).append(run["told_rightly"])
by_view = {name: torch.tensor(told) for name, told in by_view.items()}  # (seeds, blocks of 20 steps)
steps = [view["every"] * (k + 1) for k in range(len(view["runs"][0]["told_rightly"]))]
figure = plots.curves(by_view, x=steps, ylabel="patches told rightly (chance: 0.5)")
plots.show(
    figure, "A fresh D against blurred paintings: the mean of three seeds, and the band from the least to the largest."
)
means = {name: told[:, -1].mean().item() for name, told in by_view.items()}
for name, value in means.items():
    print(f"{name:<28} {value:.3f} of patches told rightly at the end")
claim("map as loud as it is, told rightly at the end", means["map as loud as it is"], 0.58, 0.63, exact=True)
claim("map at 0.3", means["map at 0.3"], 0.79, 0.83, exact=True)
claim("map at 0.3, detail at 1.5", means["map at 0.3, detail at 1.5"], 0.96, 0.98, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Six in ten. The map varies far more from pixel to pixel than the picture does, and blur is a small thing in a quiet
# picture. With the map at 0.3 of its contrast D tells eight in ten. Let D also see the picture's fine detail, which is
# its difference from the mean over 5 × 5 pixels, multiplied by 1.5. Then it tells 97 in 100.
# </details>
#
# The library calls this D `PairDiscriminator`. Three more things differ from the sections above. There are *no batch
# norms*, because a batch has only 8 small crops. D has *spectral norm and the hinge loss* (lesson 04). And G gets *a
# channel of noise* beside the map. Without it and dropout, even land would be one stamp, repeated (section 9).

# %%
record = json.loads((ROOT / "results" / "07_earth.json").read_text(encoding="utf-8"))


def pictures(name, side=128):  # a sheet in results/, five pictures per row, as uint8 (n, 3, side, side)
    pixels = torch.from_numpy(np.array(Image.open(ROOT / "results" / f"{name}.webp").convert("RGB"))).permute(2, 0, 1)
    return pixels.unfold(1, side, side).unfold(2, side, side).permute(1, 2, 0, 3, 4).flatten(0, 1)


rows = ["map", "L1 alone", "L1 +\nadversarial", "real"]
plots.show(
    plots.image_grid(pictures("07_earth"), columns=5, rows=rows),
    "The same network, data and steps; the second row was trained by L1 alone, the third with D.",
    key=True,
)

# %%
strip = pictures("07_earth_steps")[5:]  # without the first row, after 100 steps
figure = plots.image_grid(strip, columns=5, rows=[f"{step:,}" for step in record["shown"]["steps"][1:]])
plots.show(figure, "The five places after 300 to 10,000 steps, by the average of G's weights.")

# %% [markdown]
# *What you should see:* both painters know the sea, the shelf, the desert and the forest. L1 alone paints each as a
# flat wash: the median again. With D the land gets grain, and coasts get edges. Specks like clearings or peaks appear
# *that do not exist*.
#
# **In numbers, with controls.** The judge is `features_earth`. It names the surface of a crop, and was trained on the
# same half of the world, so the Americas are new to it too.

# %%
print(f"{'':<22}{'Fréchet':>9}{'named rightly':>15}{'L1':>8}{'detail':>8}")
for name, scores in record["scores"].items():
    print(
        f"{name:<22}{scores['frechet']:9.2f}{scores['named_rightly']:15.2f}{scores['l1']:8.3f}{scores['detail']:8.2f}"
    )
judged = record["judged"]
print(f"{judged['places']} places that overlap; of {judged['clear']} one surface covers 60 % and can be named")
made, flat = record["scores"]["L1 + adversarial"], record["scores"]["L1 alone"]
claim("Fréchet distance, with D over L1 alone", made["frechet"] / flat["frechet"], 0.11, 0.15, exact=True)
claim("named rightly, with D", made["named_rightly"], 0.78, 0.82, exact=True)
claim("named rightly, L1 alone", flat["named_rightly"], 0.74, 0.78, exact=True)
for surface, n in record["of_each_surface"].items():
    if n > 0:
        print(f"{surface:<9} {n:4} places, named rightly with D: {made['by_surface'][surface]:.2f}")

# %% [markdown]
# *What you should see:* **the controls first.** The judge is right on blurred pictures, so it cannot see blur. On
# pictures of the wrong place it is right in four cases of ten, because most places are sea or forest. The *Fréchet
# distance* sees blur (33), and hardly the wrong place (0.1). Each measure is blind where the other sees.
#
# **With D** the distance falls to about an eighth of L1 alone's. The detail rises from a third of the real one to nine
# tenths. L1 gets *worse*, as in section 3. D adds little to *which* surface it is. The sea and the mountains are right.
# Of the forests three in five are: on a plain, forest and savanna are both possible. Ice never is, because the relief
# does not say where snow lies. (One training of each kind, seed 0. The places overlap.)
#
# **An island of your own.** In training some maps were reduced to six heights. So the painter also understands what
# *you* paint: sea, shore, plain, hill, mountain, snow. `OWN_MAP` takes a picture in the six colours below.

# %%
mine = painter
if FROM_SCRATCH:
    recipe = build("07", PROFILE, seed=SEED)
    for _ in train(recipe.game, recipe.batches, recipe.steps):
        pass
    mine = recipe.game.averages["generator"].module.cpu()
for name, colour in zip(data.earth.HEIGHTS, data.earth.HEIGHT_COLOURS.tolist()):
    print(f"{name:<10} #{bytes(colour).hex()}   red {colour[0]:3}, green {colour[1]:3}, blue {colour[2]:3}")


# %%
def read_map(path, longest=256):  # a picture in the six colours to heights, int64 (1, h, w); sides divide by 32
    try:
        picture = Image.open(path).convert("RGB")
    except OSError as error:
        reason = error.strerror or "it is no picture"
        raise CourseError(f"OWN_MAP is {path}: {reason}; give the path of a PNG or JPEG file") from None
    scale = longest / max(picture.size)
    width, height = (max(32, round(side * scale / 32) * 32) for side in picture.size)
    pixels = torch.from_numpy(np.array(picture.resize((width, height), Image.Resampling.NEAREST))).float()
    return torch.cdist(pixels.flatten(0, 1), data.earth.HEIGHT_COLOURS.float()).argmin(dim=1).view(1, height, width)


def from_space(heights, latitude):  # int64 (1, h, w) and degrees to the relief and the painting, uint8 (1, 3, h, w)
    relief = data.earth.colour_of_heights(heights)
    level = round((latitude / 90 + 1) * 127.5)  # the same everywhere: an island is small
    plane = torch.full_like(relief[:, :1], level)
    return relief, paint(mine, torch.cat([relief, plane], dim=1))


# %%
own = read_map(OWN_MAP) if OWN_MAP else data.earth.island(256, seed=SEED + 4).long()[None]
relief, cold = from_space(own, latitude=60)
warm = from_space(own, latitude=20)[1]
figure = plots.image_grid(
    torch.cat([relief, warm, cold]), columns=3, titles=["painted heights", "at 20° north", "at 60° north"]
)
plots.show(figure, "An island that does not exist, and how it would look from space at two latitudes.", key=True)

# %% [markdown]
# *What you should see:* the same coast and the same mountains, dry at 20° north and green at 60°. The painter has
# learned from half of the world what latitude does to a plain. A wrong path gives one line:

# %% tags=["nbval-check-output"]
try:
    read_map("no/such/file.png")
except CourseError as error:
    print(error)

# %% [markdown]
# **By mouse.** In JupyterLab, run the cells. In the first panel the painter answers after each stroke. Paint a strait,
# or move the island to the north. The second panel trains a painter of the Earth with your settings for 400 steps. Try
# an adversarial weight of 0, the map's contrast at 1, or no noise. What it has trained is `panel.game`, and
# `panels.painter(panel)` lets you paint with that.

# %%
from course_gan import panels

panels.painter(painter if FROM_SCRATCH else None)

# %%
panel = panels.training("07", PROFILE, seed=SEED, steps=400)
panel

# %% [markdown]
# ## Summary
#
# - An encoder–decoder knows what, and loses where. Skips carry the where across. Depth has to reach a border.
# - L1 asks for the median and L2 for the mean of all right answers. Where the input leaves something open both are
#   flat, and a perfect painter has a *worse* L1.
# - PatchGAN judges overlapping patches of map and picture together. Its field is $f\leftarrow(f-1)s+k$, and the number
#   of weights does not show it.
# - The terms share the work: the distance says where and which tone, D says how it should look. D must be able to see
#   what G does wrong.
# - Try a judge on real pictures first, at the scale at which it will be asked, and print that score beside all others.
#
# ## Papers
#
# 1. Isola, Zhu, Zhou, Efros 2016, *Image-to-image translation with conditional adversarial networks*,
#    [arXiv:1611.07004](https://arxiv.org/abs/1611.07004).
# 2. Ronneberger, Fischer, Brox 2015, *U-Net*, [arXiv:1505.04597](https://arxiv.org/abs/1505.04597).
# 3. Zhang, Liu, Wang 2017, *Road extraction by deep residual U-Net*,
#    [arXiv:1711.10684](https://arxiv.org/abs/1711.10684).
#
# **Next:** `exercises/07_pix2pix` where your copy has it; then lesson 08, which learns without pairs.
