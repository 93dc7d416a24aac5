# %% [markdown]
# # Exercise 00 · Warm-up
#
# Four small items, about 30 minutes. Nothing here is about GANs yet: you get to know how exercises work, on things that
# every later lesson relies on. Every check answers at once.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `to_float` | ●○○ | 5 | from bytes to the range of a network's output | 1 |
# | 2 | `to_bytes` | ●○○ | 5 | and back, for any network's output | 1 |
# | 3 | `warp` | ●●○ | 10 | an affine map for each image | 2 |
# | 4 | `in_both` | ●●○ | 10 | diagnosis: has the test set leaked? | 2 |
#
# **How it works.** Replace each `raise NotImplementedError()` and run the cell, then the one below it. `check` calls
# *your* function on fresh random inputs and compares with a reference of its own. How you write the answer is your
# affair. Nothing stops you from going on with an item open. Stuck? Two hints are folded below each task.
#
# > **For instructors.** `check` is for the learner; nbgrader gives points by the hidden line of each grade cell.
# > nbgrader's own `autograde` runs what was handed in **unprotected, as you**: use it only for code of people whom you
# > would let use your account.

# %%
import torch
import torch.nn.functional as F

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## How a check reads
#
# A check that says ✗ also says what is wrong. Here are two wrong answers to item 1, which wants bytes 0 … 255 brought
# into the range −1 … 1. Run the cell; then read on.


# %%
def halfway_there(images):
    return images.float() / 255


def in_place(images):
    images -= 128  # bytes that wrap round, and not even ours
    return images.float() / 127.5


check("00.to_float", halfway_there)  # wrong on purpose
check("00.to_float", in_place)  # wrong on purpose

# %% [markdown]
# Line by line:
#
# - **expected …, got …** is the worst disagreement, and `at [...]` the place in the answer where it is. The first
#   function is off by 1 where a byte is 0: it must have made 0 of what should be −1.
# - **on** is the input. Tensors of up to six numbers are shown whole, larger ones by kind and shape. Inputs are drawn
#   anew each time: run the cell again, and the numbers change.
# - **read** names the section that helps.
# - The second function is told something else first: it wrote into the tensor that it was given. Whoever sent that
#   tensor may still need it.
#
# The other marks: `○ not written yet` is an item that still raises `NotImplementedError`, `✓ passed` is one that is
# done. When your code raises an error, the check shows it in one line, with the line of yours that it comes from. A
# check wants the function *itself*; if you write `check("00.to_float", to_float(x))`, it says so.

# %% [markdown]
# ## 1 · From bytes to the range of a tanh
#
# ●○○ · 5 minutes · *lesson 00, section 5*
#
# Bytes 0 … 255 become numbers in [−1, 1]: 0 is −1, 255 is 1, and the steps between are equal.
#
# <details><summary>Hint</summary>
#
# A straight line through two points. What is its slope?
# </details>
# <details><summary>Stronger hint</summary>
#
# The range of the bytes is 255 wide, that of the numbers is 2 wide and begins at −1. First `.float()`: bytes have no
# place for a fraction or a sign.
# </details>


# %%
def to_float(images):
    """Bytes to numbers in [-1, 1].

    images: uint8, any shape. Returns a floating-point tensor of that shape.
    """
    ### BEGIN SOLUTION
    return images.float() / 127.5 - 1
    ### END SOLUTION


# %% points=1
check("00.to_float", to_float)

# %% [markdown]
# ## 2 · And back
#
# ●○○ · 5 minutes · *lesson 00, section 5*
#
# From a network's output back to bytes: **round** to the nearest, and cut off what lies outside [−1, 1]. Not every
# network ends in a tanh.
#
# <details><summary>Hint</summary>
#
# Turn the formula of item 1 round. What does `.to(torch.uint8)` do with 254.99, and what with 300?
# </details>
# <details><summary>Stronger hint</summary>
#
# The conversion itself cuts fractions off, and 300 would wrap round to 44. So `round` and `clamp` come before it.
# </details>


# %%
def to_bytes(x):
    """Numbers to bytes: -1 becomes 0 and 1 becomes 255, rounded; below -1 is 0, above 1 is 255.

    x: floating-point, any shape. Returns uint8 of that shape.
    """
    ### BEGIN SOLUTION
    return ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    ### END SOLUTION


# %% points=1
check("00.to_bytes", to_bytes)

# %% [markdown]
# ## 3 · One map per image
#
# ●●○ · 10 minutes · *lesson 00, section 6*
#
# Warp a batch of images, **each by its own** matrix. The matrix says where to *read*: the output pixel at $(x,y)$ takes
# its colour from $M\,(x,y)$ of the input, both in coordinates that run from −1 to 1 between the **outer edges** of the
# picture (`align_corners=False`). Between pixels, interpolate linearly. Outside the picture there is **paper**, −1.
#
# <details><summary>Hint</summary>
#
# `F.affine_grid` and `F.grid_sample` do the work. The first wants matrices (b, 2, 3), the last column a translation.
# The second takes what is outside for 0.
# </details>
# <details><summary>Stronger hint</summary>
#
# Nothing is shifted, so the third column is 0; `torch.cat` puts it beside the others. What must be added to an image so
# that its paper is 0? Undo it after the sampling.
# </details>


# %%
def warp(images, matrices):
    """Read each image through its own linear map.

    images: (b, c, h, w) in [-1, 1]. matrices: (b, 2, 2), from output to input coordinates, x before y.
    Returns (b, c, h, w).
    """
    ### BEGIN SOLUTION
    maps = torch.cat([matrices, torch.zeros(len(images), 2, 1)], dim=2)
    where = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images + 1, where, align_corners=False) - 1
    ### END SOLUTION


# %% points=2
check("00.warp", warp)

# %% [markdown]
# ## 4 · Has the test set leaked?
#
# ●●○ · 10 minutes · *lesson 00, section 3*
#
# Somebody gives you a training set and a test set and says that they share nothing. How many pictures of the test set
# are also in the training set, **pixel by pixel**? A test picture counts once, however
# often the training set has it; two equal test pictures count twice. Nearly equal is not equal.
#
# <details><summary>Hint</summary>
#
# Two pictures with the same sum need not be the same picture. Compare whole pictures: each of one set with each of the
# other, or make of each picture something that can be put into a `set`.
# </details>
# <details><summary>Stronger hint</summary>
#
# `picture.numpy().tobytes()` is the same for equal pictures only, and `in` a Python `set` is quick.
# </details>


# %%
def in_both(train, test):
    """How many test pictures the training set has as well.

    train: uint8 (n, 1, h, w). test: uint8 (m, 1, h, w). Returns a number from 0 to m.
    """
    ### BEGIN SOLUTION
    seen = {picture.numpy().tobytes() for picture in train}
    return sum(picture.numpy().tobytes() in seen for picture in test)
    ### END SOLUTION


# %% points=2
check("00.in_both", in_both)

# %% [markdown]
# What passes is kept in `progress.json` of your copy; the cell below shows it for these items, and
# `course-gan progress` for all lessons.

# %%
progress("00")
