# %% [markdown]
# # 10 · Style transfer with AdaIN: one picture's content in another's statistics
#
# **After this notebook you can** say which numbers make a style, exchange them between two pictures, train an encoder and
# a decoder for it without any downloaded weights, and put your own photo into any style: at any strength, in a mixture
# of styles, or only in one place.
#
# | | |
# |---|---|
# | In short | any photo in any style, strength, mixtures and masks, and what a small encoder cannot carry |
# | Time | 45 minutes to read; 1 minute to compute on two cores |
# | Builds on | lesson 03 (convolutions up and down); lesson 00 (photos and textures). There is no discriminator here |
# | Panel | your own pictures, strength, mixtures and places by mouse: the end of section 8 |
#
# This is where we are going. On top four pictures to take the style from, at the left three photos; a network that was
# trained for ten minutes on one core fills in the rest. Two of the pictures it had never seen.

# %%
import json
import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from course_gan import data, models, plots
from course_gan.errors import CourseError
from course_gan.page import Profile, claim
from course_gan.recipes import build
from course_gan.data import read_picture
from course_gan.models import load_adain, stylize
from course_gan.files import ROOT
from course_gan.training import AdaIN, Backend, train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
STEPS = None  # steps of the live training in section 5
STYLE = None  # weight of the style loss in that training
SIZE = None  # side of the pictures that are shown, in pixels
FROM_SCRATCH = False  # True: train the networks of this lesson here, instead of loading them from checkpoints/

# %%
profile = Profile(PROFILE)
torch.manual_seed(SEED)
SIZE = profile.fill(SIZE, smoke=64, cpu=256, gpu=512)
LIVE = {"widths": (16, 32, 64), "repeats": (1, 1), "image_size": 64, "pretrain": 200, "steps": 600}  # in section 5
LIVE = profile.fill(None, smoke={}, cpu=LIVE, gpu=LIVE)
encoder, decoder = load_adain()  # checkpoints/10_adain.pt, written by `python scripts/10_adain.py train`
photos, textures = data.photos(), data.textures()


def square(picture, size=SIZE):  # uint8 (3 or 1, h, w) to float (1, 3, size, size) in [-1, 1]
    return data.to_float(data.resize(picture.expand(3, -1, -1)[None], size))


# %%
styles = {name: square(textures[name]) for name in ("gravel", "retina", "ihc")}
styles["flower"] = square(photos["flower"])
contents = {name: square(photos[name]) for name in ("coffee", "astronaut", "china")}


def table_of(contents, styles, paint):  # a first row of styles, then a row for each content
    rows = [torch.cat([torch.ones(1, 3, SIZE, SIZE), *styles])]
    rows += [torch.cat([content, *(paint(content, style) for style in styles)]) for content in contents]
    return torch.cat(rows)


def in_style(content, style, **options):
    return stylize(encoder, decoder, content, [style], **options)


gallery = table_of(contents.values(), styles.values(), in_style)
figure = plots.image_grid(gallery, columns=5, titles=["", *styles], rows=["style", *contents])
caption = "Three photos in four styles. The network never saw the cup of coffee, nor the stained tissue called ihc."
plots.show(figure, caption, key=True)

# %% [markdown]
# *What you should see:* each picture is still the photo of its row, and wears its column's colours, contrast and surface. How
# that is done, how well, and what this network cannot do, is the rest of this notebook.
#
# ## 1 · A style is a list of means and spreads
#
# Start with the simplest picture of a picture: its pixels, channel by channel, without their places. Red has a mean
# $\mu$ and a standard deviation $\sigma$; so have green and blue. Give content $x$ the mean and deviation of a style
# $y$, by a stretch and a shift, $x\mapsto ax+b$ with $a>0$:
#
# - a stretch multiplies the deviation: we need $a\,\sigma(x)=\sigma(y)$, so $a=\sigma(y)/\sigma(x)$;
# - the mean must come out right: $a\,\mu(x)+b=\mu(y)$, so $b=\mu(y)-a\,\mu(x)$.
#
# Put together, with nothing left to choose:
#
# $$\mathrm{AdaIN}(x,y)=\sigma(y)\,\frac{x-\mu(x)}{\sigma(x)}+\mu(y).$$
#
# That is **adaptive instance normalisation** (Huang and Belongie,
# [arXiv:1703.06868](https://arxiv.org/abs/1703.06868)): the fraction normalises each picture by itself ("instance"), and
# what batch norm would learn as scale and shift is *read off another picture* ("adaptive").


# %%
def statistics(x):  # (b, c, h, w) to two tensors (b, c, 1, 1)
    mean = x.mean(dim=(2, 3), keepdim=True)
    variance = (x - mean).square().mean(dim=(2, 3), keepdim=True)
    return mean, (variance + 1e-5).sqrt()  # 1e-5: a flat channel must not divide by 0


def exchange(content, style):
    (content_mean, content_std), (style_mean, style_std) = statistics(content), statistics(style)
    return style_std * (content - content_mean) / content_std + style_mean


photo, style = contents["astronaut"], styles["retina"]
painted = exchange(photo, style)
missed = [(a - b).abs().max().item() for a, b in zip(statistics(painted), statistics(style), strict=True)]
claim("largest miss of the style's means and deviations", max(missed), 0, 1e-3, exact=True)
claim("exchanged back, largest change of a pixel", (exchange(painted, photo) - photo).abs().max(), 0, 1e-3, exact=True)

# %% [markdown]
# The second number says that the exchange has an **inverse**: give the picture its own statistics back, and it is the
# old one. AdaIN destroys nothing; it moves two numbers a channel and keeps the *pattern*, $(x-\mu)/\sigma$, as it was. Is ours
# the library's?

# %% tags=["nbval-check-output"]
x, y = torch.randn(2, 5, 12, 9), 3 * torch.randn(1, 5, 7, 20) + 1
print("statistics are the library's:", all(map(torch.allclose, statistics(y), models.channel_statistics(y))))
print("the exchange is the library's:", torch.allclose(exchange(x, y), models.adain(x, y), atol=1e-5))
print("a style of another size will do:", tuple(exchange(x, y).shape))

# %% [markdown]
# > **Predict:** before the exchange we *shuffle the style's pixels*, so that nobody could tell what it shows. What becomes
# > of the result?

# %%
order = torch.randperm(SIZE * SIZE)
shuffled = {name: s.flatten(2)[..., order].view_as(s) for name, s in styles.items()}
chosen = ("gravel", "retina", "ihc")
rows = torch.cat([torch.cat([source[n] for n in chosen]) for source in (styles, shuffled)])
rows = torch.cat([rows, *(exchange(photo, source[n]).clamp(-1, 1) for source in (styles, shuffled) for n in chosen)])
names = ["style", "the same, shuffled", "pixels exchanged\nwith the style", "with the shuffled"]
figure = plots.image_grid(rows, columns=3, titles=chosen, rows=names, scale=0.6)
plots.show(
    figure, "Means and deviations of pixels, exchanged: palette and contrast come over. Shuffling changes nothing."
)
gap = max((exchange(photo, styles[n]) - exchange(photo, shuffled[n])).abs().max().item() for n in chosen)
claim("largest change of a pixel by shuffling the style", gap, 0, 1e-3, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Nothing. A mean does not know where its pixels stood. That is the limit of this section: a heap of gravel and the same
# pixels as noise are one style to it. Palette, yes; grain, no.
# </details>
#
# ## 2 · Features look around
#
# A convolution's output at a pixel depends on the *neighbours*. If a channel answers to "bright above, dark below", then
# its mean says how much of that the picture holds, and its deviation how unevenly. So exchange the statistics not of
# pixels but of features. The encoder has the layout of VGG, a classifier of 2014, with fewer channels: convolutions with
# ReLU, and between the levels a pooling that halves the sides. It returns the first ReLU of each level: relu1_1, relu2_1, relu3_1.


# %%
class Encoder(nn.Module):
    def __init__(self, widths=(32, 64, 128), repeats=(2, 2)):
        super().__init__()
        layers, inputs, self.taps = [], 3, []
        for width, repeat in zip(widths, (*repeats, 1), strict=True):
            layers += [nn.MaxPool2d(2)] if layers else []
            self.taps.append(len(layers) + 1)  # behind the first ReLU of each level
            for _ in range(repeat):
                layers += [nn.Conv2d(inputs, width, 3, padding=1, padding_mode="reflect"), nn.ReLU()]
                inputs = width
        self.features = nn.Sequential(*layers)

    def forward(self, x):
        found = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            found += [x] if index in self.taps else []
        return found


# %% tags=["nbval-check-output"]
ours = Encoder(encoder.widths, encoder.repeats).eval()
ours.load_state_dict(encoder.state_dict())  # raises if a name or a shape differs
look = torch.rand(1, 3, 64, 64) * 2 - 1
for level, (mine, theirs) in enumerate(zip(ours(look), encoder(look), strict=True), 1):
    print(f"relu{level}_1 {tuple(mine.shape)!s:<18} is the library's: {torch.allclose(mine, theirs, atol=1e-5)}")
print("padding by", ours.features[0].padding_mode, "so that no picture gets a frame")

# %% [markdown]
# **Do such statistics know a texture?** Ask them to name one. Six textures; every patch is made grey and gets mean 0 and
# deviation 1, so that brightness and contrast betray nothing. A patch from the held-out part of a texture is named after the
# nearest of 240 training patches: near in means and deviations, each in units of its own spread.
#
# > **Predict:** which share is named right by the statistics of the *pixels*? By features with **random** weights? By
# > features of the trained encoder?


# %%
def colourless(images):  # uint8 (n, 3, h, w) to mean 0 and deviation 1, grey
    light = data.to_float(images).mean(dim=1, keepdim=True)
    light = light - light.mean(dim=(2, 3), keepdim=True)
    return (light / light.std(dim=(2, 3), keepdim=True).clamp_min(0.01) / 2).expand(-1, 3, -1, -1)


def listed(images, features):  # one row of means and deviations a picture
    with torch.no_grad():
        return torch.cat([s.flatten(1) for x in features(images) for s in statistics(x)], dim=1)


def share_named(features, train_set, test_set):
    known, asked = (listed(colourless(patches.images), features) for patches in (train_set, test_set))
    unit = known.std(dim=0) + 1e-6
    nearest = torch.cdist(asked / unit, known / unit).argmin(dim=1)
    return (train_set.labels["texture"][nearest] == test_set.labels["texture"]).float().mean().item()


# %%
train_set, test_set = textures.patches(64, 240, SEED, "train"), textures.patches(64, 120, SEED, "test")
random_encoder = models.AdaINEncoder(3, encoder.widths, encoder.repeats)
named = {"pixels": lambda x: [x], "random features": random_encoder, "trained features": encoder}
named = {name: share_named(features, train_set, test_set) for name, features in named.items()}
six = colourless(test_set.images[:6]) * 0.9
plots.show(
    plots.image_grid(six, columns=6, titles=list(textures)),
    "One patch of each texture without its colours, as the statistics see it. Your own eye names most of them.",
)
claim("textures named by statistics of pixels, share", named["pixels"], 0.15, 0.5)
claim("by features with random weights", named["random features"], 0.75, 1.0)
claim("by the trained encoder's, more than by those", named["trained features"] - named["random features"], -0.12, 0.05)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Pixels: about a third. By construction their statistics are alike; what is left betrays only patches that are quite flat,
# of the night sky and of the retina's rim, and the rest is guessing. *Random* features: nearly nine in ten, and the trained
# ones do no better. That is not a slip. A random filter is still a filter, it answers to some pattern of neighbours, and a
# few hundred such answers tell six textures apart ([arXiv:1606.00021](https://arxiv.org/abs/1606.00021)). Training the
# encoder is not needed to *recognise* a style.
# </details>
#
# So what is it needed for? For the way back.
#
# ## 3 · The way back: a decoder and two losses
#
# Nobody wants to look at 128 channels. A **decoder** $g$ turns features into a picture, and for that the features must still
# hold what is in the picture. So encoder $f$ and decoder $g$ are first trained together, on nothing but pictures, to give each
# picture back, $g(f(x))\approx x$: an autoencoder, **self-supervision** at its plainest. Then $f$ is frozen for good, and $g$
# learns to paint the exchanged features
#
# $$t=\mathrm{AdaIN}(f(c),f(s)),\qquad \hat x=g(t)$$
#
# under two losses, both measured by the frozen encoder. Content: $\hat x$, encoded again, should be what was asked for.
# Style: its statistics should be the style's, at every level.
#
# $$L_c=\lVert f(\hat x)-t\rVert^2,\qquad
# L_s=\sum_{\text{levels}}\lVert\mu(f_l(\hat x))-\mu(f_l(s))\rVert^2+\lVert\sigma(f_l(\hat x))-\sigma(f_l(s))\rVert^2.$$
#
# (In code the squares are averaged, not summed.) One step of the decoder, in the open:


# %%
def decoder_step(f, g, optimiser, content, style, style_weight=10.0):
    wanted = f(style)
    target = exchange(f(content)[-1], wanted[-1])
    found = f(g(target))  # the encoder's weights rest, but the gradient passes through it
    content_loss = F.mse_loss(found[-1], target)
    style_loss = 0.0
    for mine, other in zip(found, wanted, strict=True):
        for a, b in zip(statistics(mine), statistics(other), strict=True):
            style_loss = style_loss + F.mse_loss(a, b)
    optimiser.zero_grad()
    (content_loss + style_weight * style_loss).backward()
    optimiser.step()  # only the decoder's weights are in this optimiser
    return content_loss.item(), style_loss.item()


# %% tags=["nbval-check-output"]
shape = {"widths": (4, 8), "repeats": (1,)}
f, g = models.AdaINEncoder(3, **shape), models.AdaINDecoder(3, **shape)
twin = AdaIN(models.AdaINEncoder(3, **shape), models.AdaINDecoder(3, **shape), backend=Backend("cpu", "fp32"))
twin.encoder.load_state_dict(f.state_dict())
twin.decoder.load_state_dict(g.state_dict())
batch = torch.rand(4, 3, 32, 32) * 2 - 1, torch.rand(4, 3, 32, 32) * 2 - 1
losses = decoder_step(f, g, torch.optim.Adam(g.parameters(), lr=1e-4), *batch)
values = twin.generator_step(batch)
print("content loss equal:", np.isclose(losses[0], values["content"], rtol=1e-4))
print("style loss equal:  ", np.isclose(losses[1], values["style"], rtol=1e-4))
same = [torch.allclose(a, b, atol=1e-6) for a, b in zip(g.parameters(), twin.decoder.parameters(), strict=True)]
print("decoders equal after the step:", all(same), "  the encoder did not move:", torch.equal(*[
    e.features[0].weight for e in (f, twin.encoder)
]))  # fmt: skip

# %% [markdown]
# **No norm in the decoder.** Batch norm and instance norm help nearly every generator of this course.
#
# > **Claim to check: "an instance norm after the exchange would do the decoder good too."**

# %%
target = [exchange(encoder(contents["coffee"])[-1], encoder(styles[n])[-1]) for n in ("retina", "gravel")]
before = (target[0] - target[1]).abs().mean().item()
normed = [F.instance_norm(t, eps=1e-9) for t in target]
after = (normed[0] - normed[1]).abs().mean().item()
claim("two styles' features, mean difference", before, 0.05, 100, exact=True)
claim("the same behind an instance norm, as a share of that", after / before, 0, 0.05, exact=True)

# %% [markdown]
# It would wipe out every style: a norm sets means to 0 and deviations to 1, and the style *was* the means and deviations.
# Behind it all styles are the same picture. The decoder is convolutions, ReLU and upsampling, nothing else.
#
# ## 4 · What changes without ImageNet
#
# The paper's encoder is VGG-19, trained on a million labelled photographs: a file of 574 MB. Ours has seen patches of six
# photos and five textures, and the maps and paintings of lesson 07. So the recipe of this lesson differs in four things:
#
# 1. **Units.** Nobody balanced our channels. The loudest is more than ten times louder than the median and would count for
#    most; a third sleep. So differences are taken in units of the style's own deviation, channel by channel. Pixels, and the
#    differences between their colours, count as one more level (`normalise=True`).
# 2. **Scales.** A deepest feature sees 24 pixels across. Coarser grain is shown to the encoder by pictures at a half and at a
#    quarter of their size (`scales=3`).
# 3. **Colours.** So few pictures are few styles. Every batch is recoloured at random: channels exchanged, stretched,
#    inverted, shifted.
# 4. **Grain to grow from.** A decoder does the same at every place. In a flat sky all places are alike, so all it could
#    paint there is flatness. A little noise on the content gives texture something to grow from, in training and afterwards.
#
# They sound sensible. Whether the first two are worth anything is measured in section 9, with a surprise. First the numbers
# of point 1 and 2, then what the fourth does, in the sky over the pavilion:

# %%
loudness = torch.cat([statistics(encoder(photo)[-1])[1].flatten(1) for photo in contents.values()]).mean(dim=0)
asleep = (loudness < 0.01 * loudness.max()).float().mean()
claim("deviation of the loudest channel over that of the median one", loudness.max() / loudness.median(), 10, 20)
claim("share of channels asleep (under a hundredth of the loudest)", asleep, 0.2, 0.45)
claim("pixels that a deepest feature sees across", models.receptive_field(encoder), 24, 24, exact=True)

# %%
from course_gan.metrics import grain

flat = contents["china"][..., : SIZE // 3, SIZE * 5 // 8 :]
skies = [in_style(contents["china"], styles["gravel"], grain=spread) for spread in (0.0, 0.05, 0.1, 0.2)]
cut = [sky[..., : SIZE // 3, SIZE * 5 // 8 :] for sky in skies]
figure = plots.image_grid(torch.cat([flat, *cut]), titles=["photo", "grain 0", "0.05", "0.1", "0.2"])
plots.show(figure, "A piece of sky in the style of gravel, with more and more noise under the photo.")
fine = [grain(piece)[:2].mean().item() for piece in cut]  # section 6 says how it is measured
claim("grain of the sky with noise of 0.1, against none", fine[2] / fine[0], 4, 16)

# %% [markdown]
# *What you should see:* without noise the sky stays nearly flat; with it, a surface appears, about eight times as rough at
# 0.1. `stylize` adds 0.12 unless it is told otherwise, as the training did.
#
# ## 5 · Train
#
# First the two learn to see, then the decoder learns to paint. The live training below is a small one, under half a minute
# long (`FROM_SCRATCH = True` trains the full one instead, and the lesson goes on with it: ten minutes on a quiet core). The
# command line trains the full one too: `course-gan train 10 --profile cpu --out runs/10`.

# %%
small = {} if FROM_SCRATCH else LIVE
recipe = build("10", PROFILE, seed=SEED, **(small | {"style": STYLE} | ({"steps": STEPS} if STEPS else {})))
game, seeing = recipe.game, min(recipe.game.pretrain, recipe.steps // 2)


def triples():  # photo, texture, and the photo in that texture; none of them trained on
    return torch.stack(recipe.preview().split(8), dim=1).flatten(0, 1)


caption = "The autoencoder's loss. Below, in threes: photo, texture, and what the untrained exchange makes of them."
live = plots.LiveFigure(losses=["autoencoder_loss"], columns=12, caption=caption)
for record in train(game, recipe.batches, seeing):
    live.update(record, images=triples)
print(f"{seeing} steps of learning to see, {record.seconds:.0f} seconds")

# %%
game.pretrain = seeing
caption = "Content and style loss of the decoder. Below: the same photos and textures, and now the trained exchange."
if game.steps == seeing:  # it has not begun to paint; one that was stopped goes on, with its history
    live = plots.LiveFigure(losses=["content", "style"], columns=12, caption=caption)
    history = []
left = recipe.steps - game.steps
for record in train(game, recipe.batches, left):
    history.append((record["content"], record["style"]))
    live.update(record, images=triples)
if left > 0:
    print(f"{left} steps of learning to paint, {record.seconds:.0f} seconds")
else:
    print(f"already trained for {game.steps:,} steps")
encoder, decoder = (game.encoder.cpu(), game.decoder.cpu()) if FROM_SCRATCH else (encoder, decoder)

# %%
content_loss, style_loss = torch.tensor(history).T
fifth = len(history) // 5 or 1
claim("style loss, last fifth against first", style_loss[-fifth:].mean() / style_loss[:fifth].mean(), 0.5, 0.9)
claim("style loss, last fifth", style_loss[-fifth:].mean(), 1.5, 3.5)
claim("content loss, last fifth against first", content_loss[-fifth:].mean() / content_loss[:fifth].mean(), 0.8, 1.1)
claim("content loss, last fifth", content_loss[-fifth:].mean(), 0.15, 0.35)

# %% [markdown]
# *What you should see:* groups of three: a photo, a texture, and the one in the other. The autoencoder's decoder gives
# blurred pictures with roughly the right colours. Then the style loss falls, from one seed to the next by a fifth to a third
# in these few steps, while the decoder learns to colour and to roughen; the spikes are mostly batches with flat styles,
# whose own small deviations are the unit. The content loss hardly moves: the two want different things, and neither gets
# all it wants. In lessons 01 to 05 losses said little about the pictures. This is no game: nobody plays against the decoder,
# and a loss that falls means what it says.

# %% [markdown]
# ## 6 · Look, and measure
#
# From here on by the shipped networks (or by yours, with `FROM_SCRATCH`). Three questions, three numbers, none of which is a
# loss of the training:
#
# - **palette**: how far are the colours from the style's? The mean distance between equal quantiles of the pixels, channel
#   by channel (0 is the same palette).
# - **grain**: shrink a picture to half its size, four times over, and note how strong the detail is that each halving takes
#   away. By how many doublings do these four spreads differ from the style's, on average? (0 is the same grain, 1 means
#   twice or half.)
# - **edges**: is the photo still there? Correlation of the strength of edges with the photo's.

# %%
from course_gan.metrics import edges_kept, grain_distance, palette_distance

with torch.no_grad():
    ways = {"photo": lambda c, s: c, "pixels exchanged": exchange, "networks": in_style}
    scores = {name: [] for name in ways}
    for name, way in ways.items():
        for content in contents.values():
            for style in styles.values():
                image = way(content, style).clamp(-1, 1)
                measured = palette_distance(image, style), grain_distance(image, style), edges_kept(image, content)
                scores[name].append(measured)
scores = {name: torch.tensor(rows).mean(dim=0).tolist() for name, rows in scores.items()}
for name, (palette, doublings, edges) in scores.items():
    print(f"{name:<18} palette {palette:.2f}   grain {doublings:.2f}   edges {edges:.2f}")

# %%
claim("palette: networks against the photo", scores["networks"][0] / scores["photo"][0], 0.15, 0.35)
claim("palette: pixels exchanged against the photo", scores["pixels exchanged"][0] / scores["photo"][0], 0.2, 0.4)
claim("grain: networks against the photo", scores["networks"][1] / scores["photo"][1], 0.45, 0.7)
claim("grain: pixels exchanged against the photo", scores["pixels exchanged"][1] / scores["photo"][1], 0.9, 1.2)
claim("edges kept by the networks", scores["networks"][2], 0.4, 0.55)

# %%
large = [("coffee", "ihc"), ("china", "gravel")]
rows = [torch.cat([contents[c], styles[s], in_style(contents[c], styles[s])]) for c, s in large]
figure = plots.image_grid(torch.cat(rows), columns=3, titles=["photo", "style", "photo in that style"], scale=0.8)
plots.show(figure, "Two of them, larger. In the upper row neither photo nor style was in the training.", key=True)

# %% [markdown]
# *What you should see:* nobody would mistake the photo, but colours, contrast and surface are the style's. The palette's
# distance shrank to about a quarter of what it was, much as when pixels are exchanged; the grain's to about six tenths,
# where the exchange of pixels leaves it as it was. The price is paid in edges: the correlation falls to about a half.
#
# **Did it learn its eleven pictures by heart?** The two losses of section 3, once for pictures that were in the training (on
# parts of them that were kept back), and once for the two that were not:


# %%
from copy import deepcopy


def losses_on(photo_names, texture_names):
    content = photos.patches(96, 56, 5, "test").where(photo=photo_names).images[:8]
    style = textures.patches(96, 48, 5, "test").where(texture=texture_names).images[:8]
    judge = AdaIN(*deepcopy((encoder, decoder)), normalise=True, scales=3, backend=Backend("cpu", "fp32"))
    values = judge.generator_step((data.to_float(content), data.to_float(style)))  # the losses before the step
    return values["content"].item(), values["style"].item()


seen = losses_on(["astronaut", "china", "flower"], ["gravel", "hubble", "retina"])
unseen = losses_on(["coffee"], ["ihc"])
print(f"content loss: {seen[0]:.3f} seen, {unseen[0]:.3f} never seen;  style loss: {seen[1]:.3f}, {unseen[1]:.3f}")

# %%
claim("content loss on never seen pictures, against seen", unseen[0] / seen[0], 0.8, 1.25)
claim("style loss on never seen pictures, against seen", unseen[1] / seen[1], 0.6, 1.2)

# %% [markdown]
# It did not: the cup and the tissue cost no more than the others.
#
# **And what can it not do?** Give it styles whose point is not palette and grain but *form*: stripes, dots, a brick wall,
# the petals of a flower.


# %%
def drawn(inside, colour, ground):  # a pattern (h, w) of 0 and 1 in two colours
    colours = [torch.tensor(c).view(3, 1, 1) for c in (colour, ground)]
    return (torch.where(inside, *colours) * 2 - 1)[None]


row, column = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
hard = {
    "stripes": drawn((row + column) // 8 % 2 == 0, (0.9, 0.75, 0.1), (0.1, 0.1, 0.5)),
    "dots": drawn((row % 16 - 8) ** 2 + (column % 16 - 8) ** 2 < 25, (0.8, 0.1, 0.1), (0.95, 0.9, 0.8)),
    "brick": square(textures["brick"]),
    "flower": styles["flower"],
}

# %%
results = {name: in_style(contents["china"], style) for name, style in hard.items()}
middle = slice(SIZE // 4, SIZE // 2), slice(SIZE // 2, SIZE * 3 // 4)  # roof, sky and water
near = [image[..., *middle] for image in results.values()]
near = torch.cat([F.interpolate(x, size=(SIZE, SIZE)) for x in near])
rows = torch.cat([*hard.values(), *results.values(), near])
figure = plots.image_grid(
    rows, columns=4, titles=list(hard), rows=["style", "result", "four times\nas near"], scale=0.75
)
plots.show(
    figure, "Four styles made of forms. Contrast and grain come over, of the palette more or less; no form does."
)


# %%
def diagonal(image):  # how much more brightness changes across the stripes than along them, 0.5 where neither
    light = image.mean(dim=1)
    across = (light[:, 1:, 1:] - light[:, :-1, :-1]).square().mean()
    along = (light[:, 1:, :-1] - light[:, :-1, 1:]).square().mean()
    return (across / (across + along)).item()


lean = {
    "style": diagonal(hard["stripes"]),
    "photo": diagonal(contents["china"]),
    "result": diagonal(results["stripes"]),
}
claim("change across the stripes, share: the style", lean["style"], 0.95, 1.0, exact=True)
claim("the photo", lean["photo"], 0.45, 0.55)
claim("the photo in that style", lean["result"], 0.45, 0.65)
far = {n: palette_distance(results[n], hard[n]) / palette_distance(contents["china"], hard[n]) for n in hard}
for name, low, high in (("brick", 0.1, 0.3), ("flower", 0.2, 0.4), ("dots", 0.5, 0.75), ("stripes", 0.85, 1.05)):
    claim(f"palette's distance left, share: {name}", far[name], low, high)

# %% [markdown]
# *What you should see:* a grey wall without bricks, the flower's orange and dark green without petals, red and cream (most of
# it cream) without dots. The stripes are worst: contrast and a coarse grain, but neither their direction nor even their
# yellow and blue, opposites that lie side by side within what one feature sees. The numbers: nearly all the brightness of
# the stripes changes across them, in the result it changes about as much along as across; and of the palette's distance a
# fifth is left for bricks, a third for the flower, six tenths for dots and nearly all for stripes.
#
# Why? Two reasons, and the size of the network is only the second. Means and deviations of single channels do not say which
# channels answer *together*, and it takes several together to make a dot (Gram matrices say more,
# [arXiv:1508.06576](https://arxiv.org/abs/1508.06576)). And a feature of this encoder sees 24 pixels and chooses among 128
# words; VGG's relu4_1 has 512, learnt from a million photographs, and in the paper's pictures strokes and hatchings do come
# over. Here they do not.
#
# ## 7 · Hands on: strength, mixtures, masks
#
# Features can be blended before they are decoded. With shares $w_i\ge0$ that sum to at most 1,
#
# $$t=f(c)+\sum_i w_i\,\bigl(\mathrm{AdaIN}(f(c),f(s_i))-f(c)\bigr).$$
#
# One style with share $\alpha$: that is **strength**. Several styles: a **mixture**. Shares that differ from place to place: a
# **mask**. The library's `stylize(encoder, decoder, content, styles, weights, strength, mask)` is that formula, but for the
# noise of section 4, which `grain=0` leaves out:

# %% tags=["nbval-check-output"]
content, first, second = contents["coffee"], styles["retina"], styles["ihc"]
with torch.no_grad():
    features = encoder(content)[-1]
    moved = [exchange(features, encoder(s)[-1]) - features for s in (first, second)]
    by_hand = decoder(features + 0.5 * (0.75 * moved[0] + 0.25 * moved[1])).clamp(-1, 1)
library = stylize(encoder, decoder, content, [first, second], weights=[3, 1], strength=0.5, grain=0)
print("a mixture at half strength is the library's:", torch.allclose(by_hand, library, atol=1e-4))

# %%
alphas = (0.0, 0.25, 0.5, 0.75, 1.0)
rows = [
    torch.cat([c, *(in_style(c, s, strength=a) for a in alphas)])
    for c, s in zip(contents.values(), (second, first, hard["dots"]))
]
figure = plots.image_grid(
    torch.cat(rows),
    columns=6,
    titles=["photo", *(f"α = {a:g}" for a in alphas)],
    rows=["in ihc", "in retina", "in dots"],
)
plots.show(figure, "From no style to all of it: three photos at five strengths.")

# %% [markdown]
# *What you should see:* no jump anywhere; each dial goes smoothly from the photo's colours to the style's, and the surface
# grows with it.
#
# > **Claim to check: "strength 0 gives the photo back."**

# %%
with torch.no_grad():
    back = torch.cat([in_style(c, first, strength=0.0) for c in contents.values()])
error = (back - torch.cat(list(contents.values()))).square().mean().item()
claim("strength 0: error (root of the mean square), as a share of black to white", error**0.5 / 2, 0.08, 0.15)

# %% [markdown]
# Not quite: it gives back what decoder and encoder make of it, $g(f(c))$, without the finest detail and with the decoder's
# idea of colour, off by about a tenth of the way from black to white. Whoever wants a dial that starts at the photo itself
# has to blend the *pictures* at its lower end.
#
# Now four styles at the corners, and everything between them; the weights of a place are the products you know from
# bilinear interpolation:

# %%
corners = [styles["retina"], styles["ihc"], hard["stripes"], styles["flower"]]
side = torch.linspace(0, 1, 5)
shares = [((1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u) for v in side.tolist() for u in side.tolist()]
small_cup = square(photos["coffee"], SIZE // 2)
mixed = torch.cat([stylize(encoder, decoder, small_cup, corners, weights=w) for w in shares])
plots.show(
    plots.image_grid(mixed, columns=5, scale=0.55),
    "The cup in retina (top left), ihc (top right), stripes (bottom left), the flower (bottom right), and in between.",
)

# %% [markdown]
# *What you should see:* the middle has something of each: the flower's dark, the retina's red, the contrast of the
# stripes. It was painted once, from mixed features; it is no fade of four pictures.
#
# And a mask for each style: the pavilion and its trees in one, sky and water in another. Any map of numbers from 0 to 1 will
# do, of any size; this one is made of the photo's own brightness.

# %%
pavilion = contents["china"]
light = F.pad(pavilion.mean(dim=1, keepdim=True), (4, 4, 4, 4), mode="reflect")
light = F.avg_pool2d(light, 9, 1)[0, 0]  # brightness (SIZE, SIZE), a little blurred
building = torch.sigmoid(20 * (0.35 - light))  # 1 where it is dark, 0 in the bright sky, soft between
two = stylize(encoder, decoder, pavilion, [first, styles["flower"]], mask=torch.stack([building, 1 - building]))
one = stylize(encoder, decoder, pavilion, [hard["dots"]], mask=1 - building)
shown = torch.cat([pavilion, F.interpolate(building.expand(1, 3, -1, -1) * 2 - 1, size=(SIZE, SIZE)), two, one])
figure = plots.image_grid(
    shown, titles=["photo", "mask", "retina inside,\nflower outside", "dots outside,\nnothing inside"]
)
plots.show(figure, "Styles by place: two styles with a mask each, and one style around a building that gets none.")
outside = (one - in_style(pavilion, hard["dots"]))[..., : SIZE // 4, -SIZE // 4 :].abs().mean().item()
claim("up in the sky, mean change against the style everywhere", outside, 0, 0.02, exact=True)

# %% [markdown]
# *What you should see:* two styles that meet along the roof's edge; on the right the building in its own colours, as in the
# column $\alpha=0$ above, under a sky like that of a picture which has the style everywhere.
#
# ## 8 · Any size, and your own picture
#
# Everything here is a convolution or a statistic, so any size will do; a style may have another than the photo. The one
# catch: pooling halves sides, and an odd side does not halve. `stylize` mirrors the photo's last rows and columns until it
# does, and cuts the result.

# %% tags=["nbval-check-output"]
for height, width in ((64, 64), (200, 131), (131, 200), (512, 512)):
    picture = F.interpolate(pavilion, size=(height, width), mode="bilinear")
    print(f"{height} × {width} in, {' × '.join(str(side) for side in in_style(picture, first).shape[2:])} out")

# %% [markdown]
# Your own pictures go in by path. Here a file is written first, so that the cell runs for everybody: **put the path of
# your photo in its place.** A picture is turned upright if the camera says so, and made smaller where a side is over 512
# pixels. A style of your own goes in the same way: `in_style(mine, read_picture("/home/me/painting.jpg"))`.

# %%
import tempfile

folder = Path(tempfile.mkdtemp())
Image.fromarray(photos["rocket"].permute(1, 2, 0).numpy()).save(folder / "my_photo.jpg")
my_photo = folder / "my_photo.jpg"  # ← your photo here, for instance "/home/me/cat.jpg"
my_styled = folder / "my_photo_styled.png"  # ← and here where the result should go

mine = read_picture(my_photo, longest=min(512, 2 * SIZE))
mine_styled = torch.cat([mine, *(in_style(mine, styles[name]) for name in ("retina", "flower"))])
Image.fromarray(data.to_uint8(mine_styled[1]).permute(1, 2, 0).numpy()).save(my_styled)
plots.show(plots.image_grid(mine_styled), "A photo read from a file, and in two styles: the retina's and the flower's.")

# %% [markdown]
# What is no picture is said in one line:

# %% tags=["nbval-check-output"]
(folder / "notes.png").write_text("no picture at all")
for name in ("holiday.jpg", "notes.png"):
    try:
        read_picture(folder / name)
    except CourseError as error:
        print(str(error).replace(str(folder), "…"))

# %% [markdown]
# **By mouse.** The panel does all of sections 7 and 8 by `stylize`. (In JupyterLab, run the cell: menus, sliders and
# fields for uploads appear; what you upload stays on your machine.) Put a photo of yours into the style of another of
# your photos; give its bright parts one style and, with *second style elsewhere*, the rest another. Below the sliders is a
# link to the result. `make app` serves the same panel as a page of its own.

# %%
from course_gan import panels

panels.stylist()

# %% [markdown]
# ## 9 · What the choices do
#
# `python scripts/10_adain.py compare` trained a small base (the live one of section 5) and six arms that each change one
# thing, three seeds each, for equal steps, and scored them on 28 pairs of patches that no training saw. Palette and grain are distances
# to the style: small is good. Edges are kept from the photo: large is good. A fourth number, **tint**, is how far red, green and blue differ
# where the style is grey and they should not: small is good.
#
# > **Predict:** which two arms fail, and at what? Which weight of the style loss, 1, 10 or 100, gives most style?

# %% tags=["nbval-check-output"]
results_file = json.loads((ROOT / "results" / "10_adain.json").read_text(encoding="utf-8"))
study, long_runs = results_file["compare"], results_file["long"]["runs"]
MEASURES = ("palette", "grain", "edges", "tint")
arms = {arm: {m: np.array([r[m] for r in study["runs"] if r["arm"] == arm]) for m in MEASURES} for arm in study["arms"]}
print(f"{'mean ± deviation of 3 seeds':<28}" + "".join(f"{name:>16}" for name in MEASURES))
print(f"{'the photo, untouched':<28}" + "".join(f"{study['untouched'][m]:8.3f}{'':8}" for m in MEASURES))
for arm, values in arms.items():
    cells = [f"{values[m].mean():.3f} ± {values[m].std(ddof=1):.3f}" for m in MEASURES]
    print(f"{arm:<28}" + "".join(f"{cell:>16}" for cell in cells))

# %%
figure, axes = plots.panels(1, 4, height=3.2, width=9.8, sharey=True)
for axis, measure in zip(axes, MEASURES, strict=True):
    for row, values in enumerate(arms.values()):
        axis.plot(values[measure], [row] * 3, "o", color=plots.CYCLE[row % 7], alpha=0.6, ms=6)
    axis.axvline(study["untouched"][measure], color="black", lw=1, ls=":")
    axis.set(title=measure, yticks=range(len(arms)))
axes[0].set_yticklabels(list(arms))
axes[0].invert_yaxis()
caption = "Seven arms, a dot for each seed; dotted, what the untouched photos score. Left is good, but for edges."
plots.show(figure, caption)


# %%
def tiles(name, side):  # a sheet in results/ as its pictures
    sheet = torch.from_numpy(np.array(Image.open(ROOT / "results" / name).convert("RGB")))
    return sheet.unflatten(0, (-1, side)).unflatten(2, (-1, side)).permute(0, 2, 4, 1, 3).flatten(0, 1)


titles = [f"seed {seed}" for seed in (0, 1, 2)] * 2
figure = plots.image_grid(tiles("10_arms.png", 64), columns=6, titles=titles, rows=["content, style", *arms], scale=0.6)
plots.show(figure, "Two contents with their styles (top row), and below each arm's answers from three seeds.")


# %%
def apart(one, other, measure):  # standard errors between two means; more than 2.8 count, as in lesson 04
    a, b = arms[one][measure], arms[other][measure]
    return abs(a.mean() - b.mean()) / np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 3)


mean = {arm: {m: values[m].mean() for m in MEASURES} for arm, values in arms.items()}
weights = [apart("base", arm, m) for arm in ("style weight 1", "style weight 100") for m in MEASURES]
claim("style weights 1 and 100 against 10: most standard errors apart", max(weights), 0, 2.8, exact=True)
claim(
    "the paper's loss: grain, standard errors from the base",
    apart("base", "the paper's loss", "grain"),
    2.8,
    6,
    exact=True,
)
claim("the paper's loss: tint, the same", apart("base", "the paper's loss", "tint"), 6, 20, exact=True)
claim("one scale: the most of the four", max(apart("base", "one scale", m) for m in MEASURES), 0, 2.8, exact=True)

# %%
claim("random encoder: edges", mean["random encoder"]["edges"], 0.25, 0.29, exact=True)
claim("base: edges", mean["base"]["edges"], 0.38, 0.42, exact=True)
claim("autoencoder alone: palette", mean["autoencoder alone"]["palette"], 0.09, 0.11, exact=True)
claim(
    "autoencoder alone: grain, as a share of the untouched",
    mean["autoencoder alone"]["grain"] / study["untouched"]["grain"],
    0.85,
    0.95,
    exact=True,
)

# %% [markdown]
# <details><summary>Answer</summary>
#
# The *random encoder* loses the photo: edges 0.27 against 0.40. Here is what training the encoder is for: random features tell
# styles apart, but not everything of the picture can be won back from them. The *autoencoder alone*, whose decoder never trained on
# styles, loses the grain. And the weight makes no difference at all.
# </details>
#
# > **Claim to check: "an autoencoder is enough; exchange the statistics and decode."**
#
# Half true. Its palette is as near to the style's as the base's, and it keeps edges best. But nine tenths of the grain's
# distance are still there. Palette is a matter of features; grain has to be learnt by the decoder.
#
# > **Claim to check: "the weight of the style loss says how strong the style will be."**
#
# Not between 1 and 100: four measures, no difference beyond noise. Even at weight 1 the style loss (section 5: about 2.5) is
# ten times the content loss (about 0.25), and Adam divides out how large a gradient is. The dial is the
# strength of section 7, after training.
#
# **And our own improvements?** The *scales* bought nothing that these measures see: one scale cannot be told from three (what
# little there is, is in favour of one). *Units* are a trade: the paper's plain loss comes *nearer* to the style's grain, and pays with colour, as its tint shows.
# A short training need not speak for a long one, so `python scripts/10_adain.py long` trained the paper's loss once more, at the full
# size and length of the shipped networks (one seed):

# %% tags=["nbval-check-output"]
for arm, values in long_runs.items():
    print(f"{arm:<18}" + "".join(f"{m} {values[m]:.3f}   " for m in MEASURES))

# %%
figure = plots.image_grid(tiles("10_long.png", 128), columns=4, rows=list(long_runs), scale=0.8)
plots.show(
    figure,
    "Pavilion in gravel, cup in ihc, astronaut in retina, cat in the night sky: by the shipped loss and by the paper's.",
)
ratio = {m: long_runs["the paper's loss"][m] / long_runs["as shipped"][m] for m in MEASURES}
claim("tint at full length: the paper's loss over the shipped", ratio["tint"], 1.8, 2.2, exact=True)
claim("grain, the same", ratio["grain"], 0.9, 1.0, exact=True)
claim("palette, the same", ratio["palette"], 0.85, 0.95, exact=True)
claim("edges, the same", ratio["edges"], 0.85, 0.95, exact=True)

# %% [markdown]
# *What you should see:* in grey gravel the paper's loss leaves red and blue fringes, twice the tint. It is nearer to the
# style's grain and palette by five and ten per cent, and keeps ten per cent less of the edges, which one seed each cannot
# tell from chance. So what the shipped recipe has over the paper's is cleaner colour, no more: a reason to like it, and not
# the reasons for which it was made.

# %% [markdown]
# ## 10 · With the real VGG-19
#
# If you have torchvision's file `vgg19-dcbb9e9d.pth` (574 MB; nothing here downloads it), the paper's encoder is one call
# away, up to relu4_1 and frozen, and everything above goes with it: a decoder that mirrors it, no pretraining, the paper's
# loss (`AdaIN(encoder, decoder)`; the authors' own code takes 160,000 steps, on a GPU). Without the file the next cell says what to do.

# %%
try:
    published = models.vgg19_encoder()  # or vgg19_encoder("/path/to/vgg19-dcbb9e9d.pth")
    print("VGG-19 found: train AdaIN(published, models.AdaINDecoder(3, published.widths, published.repeats))")
except CourseError as error:
    print(str(error).replace(str(Path.home()), "~"))

# %% [markdown]
# The path can be walked without the file: the same network with random weights has the right number of them, and its decoder
# turns out a picture of the right shape (not one worth looking at).

# %%
layout = (64, 128, 256, 512), (2, 2, 4)  # VGG-19 to relu4_1
stand_in, mirror = models.AdaINEncoder(3, *layout, imagenet=True), models.AdaINDecoder(3, *layout)
weights = [sum(p.numel() for p in network.parameters()) for network in (stand_in, mirror, encoder, decoder)]
claim("weights of VGG-19 up to relu4_1", weights[0], 3_505_728, 3_505_728, exact=True)
claim("weights of the decoder that mirrors it", weights[1], 3_505_219, 3_505_219, exact=True)
claim("times as many as in the networks of this lesson", sum(weights[:2]) / sum(weights[2:]), 10, 60)
image = stylize(stand_in, mirror, square(photos["coffee"], 64), [square(textures["ihc"], 64)])
claim("side of what comes out", image.shape[-1], 64, 64, exact=True)

# %% [markdown]
# ## Summary
#
# - A style, to AdaIN, is a list of means and deviations. Exchanging them is one stretch and one shift a channel, and it has an inverse.
# - Of pixels they are palette and contrast; of features, which look around, they hold grain as well. Random features tell
#   textures apart already.
# - The encoder is trained to *keep* pictures (an autoencoder), then frozen; the decoder is trained to *paint* exchanged
#   features. No norm in it: a norm would wipe the style out.
# - Strength, mixtures and masks are one formula: shares of styles, added up among the features.
# - A small encoder without ImageNet carries palette, contrast and grain, for photos and styles it never saw. Forms (strokes,
#   bricks, dots) it does not.
#
# ## Papers
#
# 1. Huang, Belongie 2017, *Arbitrary style transfer in real-time with adaptive instance normalization*,
#    [arXiv:1703.06868](https://arxiv.org/abs/1703.06868).
# 2. Gatys, Ecker, Bethge 2015, *A neural algorithm of artistic style*,
#    [arXiv:1508.06576](https://arxiv.org/abs/1508.06576): where it began, with Gram matrices and no decoder.
# 3. Ustyuzhaninov, Brendel, Gatys, Bethge 2016, *Texture synthesis using shallow convolutional networks with random filters*,
#    [arXiv:1606.00021](https://arxiv.org/abs/1606.00021).
#
# **Next:** `exercises/10_adain` where your copy has it. Lesson 11 puts AdaIN *inside* a generator, where a latent instead
# of a picture says the statistics.
