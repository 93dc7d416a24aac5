# %% [markdown]
# # 00 · Start here
#
# **After this notebook you can** tell what your machine will compute with, name the four packaged sets of real images
# and say what each may be used for, change an image by an affine map and know which changes a set forgives, and read
# the three things every later lesson uses: a *profile*, a *claim* and a *check*.
#
# | | |
# |---|---|
# | In short | the machine, the data, augmentation, profiles, claims and checks |
# | Time | 20 minutes to read, well under 2 minutes to compute |
# | Builds on | Python, a little PyTorch (what a tensor is); nothing about GANs |
# | Needs | no internet, no GPU, no download: all pictures come with the packages you have installed |
#
# In this course two networks play against each other. The **generator** makes pictures. The **discriminator** judges
# whether a picture is real. This page shows the pictures that they will learn from. Run the cells from top to bottom
# with **Shift + Enter**; nothing here can break.

# %%
import os
import platform
from collections import Counter

import torch
import torch.nn.functional as F

from course_gan import data, plots
from course_gan.page import Profile, claim

plots.use_style()

# %% [markdown]
# ## 1 · Profiles: the same lesson, small or large
#
# The course runs on a laptop and on a GPU. So every lesson has *one* cell of parameters, and a profile that fills in
# those you leave at `None`:
#
# - **smoke** takes seconds and proves that the code runs; its pictures are not worth looking at;
# - **cpu** is for a laptop with two cores: it takes minutes. What you see on these pages was made so;
# - **gpu** is the same code with a larger model and more data.
#
# Give a number instead of `None` and it wins over the profile. The command line does the same: `course-gan run 00
# --profile cpu -p IMAGES 40`.

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
IMAGES = None  # how many augmented copies to draw in section 6
MATRIX = None  # side of the matrices multiplied in section 2

# %%
profile = Profile(PROFILE)
IMAGES = profile.fill(IMAGES, smoke=6, cpu=8, gpu=8)
MATRIX = profile.fill(MATRIX, smoke=128, cpu=1024, gpu=4096)
generator = torch.Generator().manual_seed(SEED)
profile

# %% [markdown]
# ## 2 · Does the machine answer?
#
# Three facts decide how fast the course runs: which device computes, with how many threads, and whether the processor
# has *bfloat16* (numbers of 16 bits instead of 32). The library asks for all three by itself.

# %%
device = "cpu"
if torch.cuda.is_available():
    device = "cuda"
elif torch.backends.mps.is_available():
    device = "mps"
print("Python     ", platform.python_version(), "on", platform.system())
print("PyTorch    ", torch.__version__)
print("device     ", device)
print("threads    ", torch.get_num_threads())
print("bfloat16   ", "native" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "emulated on this CPU, so not used")

# %% [markdown]
# *What you should see:* Python 3.11 or newer and PyTorch 2.10 or newer. `device cpu` is fine for every lesson.
#
# A network is mostly matrix products. Let the machine do some. We check one number of the product against the
# definition $C_{ij}=\sum_k A_{ik}B_{kj}$.

# %%
a, b = torch.randn(2, MATRIX, MATRIX, generator=generator)
product = a @ b
by_hand = sum(float(a[3, k]) * float(b[k, 5]) for k in range(MATRIX))
claim("matrix product against its definition, difference", abs(float(product[3, 5]) - by_hand), 0, 1e-2, exact=True)

# %% [markdown]
# The line above is a **claim**: a number that the text states, computed beside the text, with the interval in which the
# text is true. The page is not built if a number leaves its interval. With another seed or a smaller network a number
# may leave it. Then the line has a ✗ and says why that can be, and the notebook goes on. (`exact=True` marks a number
# that needs no training. It must hold under every profile and seed, and stops the notebook if it does not.)
#
# Whatever is random takes a *generator*, and equal seeds give equal numbers. On one machine, with one version and one
# number of threads, you get the same run twice.

# %% tags=["nbval-check-output"]
first = torch.randn(3, generator=torch.Generator().manual_seed(7))
again = torch.randn(3, generator=torch.Generator().manual_seed(7))
other = torch.randn(3, generator=torch.Generator().manual_seed(8))
print("same seed, same numbers:     ", torch.equal(first, again))
print("another seed, same numbers:  ", torch.equal(first, other))

# %% [markdown]
# ## 3 · Glyphs: twenty typefaces times sixty-two characters
#
# Matplotlib has the typefaces it sets labels with. We draw every letter and digit in twenty of them. Each picture has
# *two* independent labels, the character and the typeface. Photographs rarely come with two such labels. We shall ask
# generators to change one label and keep the other.
#
# > **Predict:** how many pictures is that, and how many numbers does one 32 × 32 picture hold?

# %%
glyphs = data.glyphs(size=32, split="all")
faces = glyphs.classes["typeface"]
sample = glyphs.where(character=["A", "g", "R", "7"])
order = torch.argsort(sample.labels["typeface"], stable=True)
figure = plots.image_grid(sample.subset(order).images, columns=10)
plots.show(figure, "A, R, g and 7 in all twenty typefaces: upright, slanted, bold, with and without serifs.", key=True)

# %% tags=["nbval-check-output"]
print("pictures ", tuple(glyphs.images.shape), glyphs.images.dtype)
print("factors  ", {name: len(classes) for name, classes in glyphs.classes.items()})
print("darkest and brightest:", int(glyphs.images.min()), int(glyphs.images.max()))

# %% [markdown]
# <details><summary>Answer</summary>
#
# 20 × 62 = 1,240 pictures, and 32 × 32 = 1,024 numbers per picture, one byte per number. Ink is 255 and paper is 0, so
# the letters look white on black. The whole set is 1.3 MB, so it lives in memory as *one* tensor.
# </details>

# %%
claim("glyph pictures", len(glyphs), 1240, 1240, exact=True)
claim("numbers in one picture", glyphs.images[0].numel(), 1024, 1024, exact=True)
claim("megabytes in all", glyphs.images.numel() / 1e6, 1.2, 1.3, exact=True)

# %% [markdown]
# **Train and test.** A model that is measured on what it has learned from may only have memorised it. So the set is cut
# in two once and for all: a pair (character, typeface) is in one half or the other, never in both. Every character and
# every typeface occurs in both.

# %% tags=["nbval-check-output"]
train, test = data.glyphs(split="train"), data.glyphs(split="test")
pairs = [set(zip(s.labels["character"].tolist(), s.labels["typeface"].tolist(), strict=True)) for s in (train, test)]
print("in both halves:            ", len(pairs[0] & pairs[1]))
print("together:                  ", len(pairs[0] | pairs[1]))
print("characters in the test set:", len({c for c, _ in pairs[1]}), "  typefaces:", len({t for _, t in pairs[1]}))

# %% [markdown]
# ## 4 · Digits, textures, photos
#
# **Digits** are 1,797 digits that 13 people wrote by hand, 8 × 8 pixels, from scikit-learn. A font draws its 7 the same
# way every time, a hand never does.

# %%
digits = data.digits(split="all")
order = torch.argsort(digits.labels["digit"], stable=True)
ten_each = torch.cat([order[digits.labels["digit"][order] == d][:10] for d in range(10)])
figure = plots.image_grid(digits.subset(ten_each).images, columns=10, scale=0.6)
plots.show(figure, "Ten handwritten examples of each digit, one digit per row, at 8 × 8 pixels.")
claim("handwritten digits", len(digits), 1797, 1797, exact=True)

# %% [markdown]
# *What you should see:* rows you can read, and within a row no two pictures alike.
#
# **Textures** and **photos** come from scikit-image, scikit-learn and matplotlib. They differ in size, so they are kept
# by name. `patches(size)` cuts as many squares as you like out of them, and gives back the same kind of set as above.

# %%
photos, textures = data.photos(), data.textures()


def square(image, side=144):
    crop = image[..., : min(image.shape[-2:]), : min(image.shape[-2:])].float()
    crop = crop.expand(3, *crop.shape[-2:])  # grey pictures get three equal channels
    return F.interpolate(crop[None], size=(side, side), mode="area")[0].round().to(torch.uint8)


pictures = {name: square(image) for collection in (photos, textures) for name, image in collection.items()}
figure = plots.image_grid(torch.stack(list(pictures.values())), columns=7, titles=list(pictures))
plots.show(figure, "Every photo and texture that the course uses, cut square.", key=True)

# %%
patches = textures.patches(64, n=24, seed=SEED)
figure = plots.image_grid(patches.images, columns=12)
names = [patches.classes["texture"][i] for i in patches.labels["texture"][:4]]
plots.show(figure, f"24 random 64 × 64 patches of the textures; the first four are {', '.join(names)}.")

# %% [markdown]
# *What you should see:* each patch is recognisably a piece of one texture. Training patches and test patches are cut
# from different regions of the pictures.
#
# ### What may you do with them?
#
# Data have owners. Each set has its source and its licence with it; the file `NOTICE` has the full list.

# %%
for collection in (glyphs, digits):
    print(f"{collection.name}\n   source:  {collection.source}\n   licence: {collection.licence}")
for collection in (textures, photos):
    print(collection.name)
    for name in collection:
        print(f"   {name:<13} {collection.licences[name]:<32} {collection.sources[name]}")

# %% [markdown]
# Your own images go in by path: `data.folder("my/pictures", size=64)`. The usual large sets (MNIST, FashionMNIST,
# CIFAR-10, CelebA) go in by name, once *you* have put them on your disk. If they are not there, one line says what to
# put where. You are never given something else instead:

# %%
from course_gan.errors import CourseError

try:
    data.folder("my/pictures", size=64)
except CourseError as error:
    print(error)

# %% [markdown]
# ## 5 · From bytes to the range of a network's output
#
# Networks of this course end in a $\tanh$, whose values lie in $(-1, 1)$. So a byte $v\in\{0,\dots,255\}$ becomes
# $x = v/127.5 - 1$, and back again $v = \mathrm{round}\,(127.5\,(x+1))$.
#
# > **Predict:** is anything lost on the way there and back? What would happen if we left the real pictures as bytes,
# > and a generator with a $\tanh$ played against them?

# %% tags=["nbval-check-output"]
every_byte = torch.arange(256, dtype=torch.uint8)
ours = every_byte.float() / 127.5 - 1
back = (127.5 * (ours + 1)).round().to(torch.uint8)
print("range:", ours.min().item(), "to", ours.max().item(), "  bytes that changed:", int((back != every_byte).sum()))
print("the library does the same:", torch.allclose(data.to_float(every_byte), ours, atol=1e-6))

# %% [markdown]
# <details><summary>Answer</summary>
#
# Nothing is lost: all 256 bytes come back. If the real pictures were left as bytes, the discriminator would know every
# fake by its brightness, because a $\tanh$ never exceeds 1. The generator could not learn to reach 255. When a GAN does
# not train, look at the range of its data first.
# </details>
#
# ## 6 · Augmentation: the same picture, moved a little
#
# 1,240 pictures are few. A letter that is turned by three degrees is still that letter, so we may show it turned. An
# **affine map** sends the point $(x, y)$ of the output to the point of the input where its colour is read:
#
# $$\begin{pmatrix}x'\\y'\end{pmatrix}=\begin{pmatrix}a&b\\c&d\end{pmatrix}\begin{pmatrix}x\\y\end{pmatrix}
# +\begin{pmatrix}t_x\\t_y\end{pmatrix}.$$
#
# Coordinates run from $-1$ to $1$ over the picture. *The map says where to read, so it works the other way round*:
# reading from a square half as wide ($a=d=\tfrac12$) makes the picture twice as large, and a zoom by 1.4 has
# $a=d=1/1.4$. The cell below makes five maps and applies them.

# %%
identity = torch.eye(2)
angle = torch.tensor(20.0).deg2rad()
MAPS = {
    "as it is": identity,
    "rescale ×0.7": identity / 0.7,
    "zoom ×1.4": identity / 1.4,
    "shear": torch.tensor([[1.0, 0.35], [0.0, 1.0]]),
    "turn by 20°": torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])]),
    "flip": torch.diag(torch.tensor([-1.0, 1.0])),
}


def warp(images, matrix):  # images: (b, c, h, w); matrix: (2, 2), or (b, 2, 2) for one map per image
    matrix = matrix.expand(len(images), 2, 2)
    maps = torch.cat([matrix, torch.zeros(len(images), 2, 1)], dim=2)  # (b, 2, 3): no translation
    where = F.affine_grid(maps, list(images.shape), align_corners=False)  # (b, h, w, 2): where each pixel reads
    return F.grid_sample(images + 1, where, align_corners=False) - 1  # outside the picture: paper, -1


# %%
chosen = {"R": faces[0], "b": faces[8], "2": faces[15]}
letters = torch.cat([data.to_float(glyphs.where(character=c, typeface=face).images) for c, face in chosen.items()])
moved = torch.cat([torch.stack([warp(letter[None], m)[0] for m in MAPS.values()]) for letter in letters])
figure = plots.image_grid(moved, columns=len(MAPS), titles=list(MAPS))
plots.show(figure, "Three glyphs under six affine maps, one map per column.")

# %% [markdown]
# *What you should see:* column by column the same change. After all changes but the last, a letter is still the same
# letter. Look at the flipped **b**.
#
# **Which changes are allowed is a property of the data, not of the library.** A mirrored photo of coffee is a photo of
# coffee. Is a mirrored b still a b? We measure it. For each typeface, take the flipped b and look for the lower-case
# letter of the same typeface that differs from it least.

# %%
nearest = []
for face in faces:
    one = glyphs.where(typeface=face)
    letters_here = data.to_float(one.images)
    names = [one.classes["character"][i] for i in one.labels["character"]]
    flipped = letters_here[names.index("b")].flip(-1)
    lower = [i for i, name in enumerate(names) if name.islower()]
    distance = (letters_here[lower] - flipped).square().mean(dim=(1, 2, 3))
    nearest.append(names[lower[int(distance.argmin())]])
print(Counter(nearest).most_common())
claim("typefaces in which a flipped b is nearest to a d", nearest.count("d"), 14, 16, exact=True)

# %% [markdown]
# In 15 of the 20 typefaces the letter nearest to the flipped b is a **d**. A network trained with random flips on
# letters would learn that b and d are one thing, and a *generator* would draw both when asked for one. So glyphs may be
# turned, sheared and zoomed, but never flipped; photos and textures may be flipped as well.
#
# **One map per image.** A common slip is to draw one random map for a whole *batch*. The pictures still look augmented,
# but they are all changed alike. The upper row is the slip, the lower row is right.

# %%
letter = data.to_float(glyphs.where(character="R", typeface=faces[0]).images).repeat(IMAGES, 1, 1, 1)


def turns(n, spread=0.5):
    t = (torch.rand(n, generator=generator) - 0.5) * 2 * spread
    return torch.stack([torch.stack([t.cos(), -t.sin()], -1), torch.stack([t.sin(), t.cos()], -1)], dim=1)  # (n, 2, 2)


slip, right = warp(letter, turns(1)), warp(letter, turns(IMAGES))
figure = plots.image_grid(torch.cat([slip, right]), columns=IMAGES, rows=["one for all", "one each"])
plots.show(figure, "Above: a batch turned by one random angle. Below: each image turned by its own.")

# %% tags=["nbval-check-output"]
different = [len({row.numpy().tobytes() for row in rows}) for rows in (slip, right)]
print("different pictures above: 1?", different[0] == 1)
print("different pictures below: all?", different[1] == len(right))

# %% [markdown]
# The library's `data.random_affine` does all this at once, with one map per image. Is it the same map? Let it only
# mirror (every image, no turn, no shear, no zoom) and compare with our matrix. Then let it do everything.

# %% tags=["nbval-check-output"]
mirrored = data.random_affine(letter, degrees=0, shear=0, zoom=(1, 1), flip=1.0)
print("library and lesson mirror alike:", torch.allclose(mirrored, warp(letter, MAPS["flip"]), atol=1e-5))

# %%
augmented = data.random_affine(letter, generator=torch.Generator().manual_seed(SEED))
photo_patches = data.to_float(photos.patches(64, n=IMAGES, seed=SEED).images)
# fill=None: what lies outside a photo is its mirror image, not black
changed = data.random_affine(photo_patches, flip=0.5, fill=None, generator=torch.Generator().manual_seed(SEED))
figure = plots.image_grid(augmented, columns=IMAGES)
plots.show(figure, "The library's augmentation of one R: small turns, shears and zooms, each its own.")
figure = plots.image_grid(torch.cat([photo_patches, changed]), columns=IMAGES, rows=["patch", "augmented"])
plots.show(figure, "Patches of photos, and below them the same patches augmented, flips included.")

# %% [markdown]
# *What you should see:* no two R alike and each of them a whole R; of the photo patches, about half are mirrored.
#
# ## 7 · Checks
#
# Exercises come with checks. A check knows nothing about how you write. It calls *your* function on fresh random inputs
# and compares with a reference of its own. When you are wrong it says what it sent, what it expected and what came.
# Here is the idea in a few lines, on a function that turns bytes into the range $(-1, 1)$, with a common mistake in it.


# %%
def my_to_float(images):
    return images.float() / 255  # (0, 1): the mistake


def small_check(function):
    sent = torch.randint(0, 256, (2, 1, 4, 4), dtype=torch.uint8)
    kept, expected = sent.clone(), sent.double() / 127.5 - 1
    came = function(sent)
    if not torch.equal(sent, kept):
        return "your function changed its input"
    off = (came.double() - expected).abs().flatten()
    worst = int(off.argmax())
    message = (
        f"for byte {sent.flatten()[worst]} I expected {expected.flatten()[worst]:.3f}, got {came.flatten()[worst]:.3f}"
    )
    return "right" if off.max() < 1e-5 else message


print(small_check(my_to_float))

# %% tags=["nbval-check-output"]
print(small_check(data.to_float))
print(small_check(lambda images: (images.double() - 127.5) / 127.5))  # another right way of writing it

# %% [markdown]
# *What you should see:* the first answer names a byte and two numbers, enough to find the mistake. The other two are
# accepted although they are written differently. Mend `my_to_float` in the cell above and run it again.
#
# In the exercises a check is one line, `check("00.to_float", to_float)`. It also says on which input you failed and
# where to read. `course-gan progress` lists what you have solved. `exercises/00_start_here` begins with two answers
# that are wrong on purpose, so that you see how a check reads.
#
# ## 8 · Panels
#
# Later lessons have *panels*: sliders and buttons on your own objects. A panel computes nothing that a cell could not;
# it calls functions that you may call too. On a page without a running kernel you see a picture of the panel. Run its
# cell in JupyterLab and it comes to life. When something goes wrong, a line above the picture says so, and what you
# have trained stays in `panel.game`. This is the painter of lesson 07 in JupyterLab:

# %%
from IPython import display

from course_gan.files import ROOT

text = "A panel: a brush, six heights and a latitude, an island painted with them, and how it looks from space."
display.Image(ROOT / "docs" / "panel_painter.png", alt=text)

# %% [markdown]
# ## Summary
#
# - A **profile** (smoke, cpu, gpu) fills the parameters you leave at `None`; a number you give wins.
# - A **claim** is a number in the text that the notebook itself has checked; a **check** tests your function by
#   behaviour.
# - Glyphs have two independent labels; digits are real handwriting; textures and photos are cut into patches.
# - Pictures are stored as bytes and computed with as numbers in $[-1, 1]$, because generators end in $\tanh$.
# - Which augmentation is harmless depends on the data: a mirrored b looks like a d. Each image gets a map of its own.
#
# ## Papers
#
# 1. Goodfellow et al. 2014, *Generative adversarial networks*, [arXiv:1406.2661](https://arxiv.org/abs/1406.2661): the
#    game of lesson 01.
# 2. Radford, Metz, Chintala 2015, *Unsupervised representation learning with deep convolutional generative adversarial
#    networks*, [arXiv:1511.06434](https://arxiv.org/abs/1511.06434): the network of lesson 03, and why images are
#    scaled to the range of a $\tanh$.
# 3. Karras et al. 2020, *Training generative adversarial networks with limited data*,
#    [arXiv:2006.06676](https://arxiv.org/abs/2006.06676): which augmentations leak into what a generator makes.
#
# **Next:** warm up with `exercises/00_start_here` where your copy has it, then open lesson 01, *the minimax game*.
