# %% [markdown]
# # Exercise 10 · Style transfer
#
# Eight items, about 95 minutes. You measure what a style is in three ways, find what one of them cannot see, write
# the norm that holds many styles, find faults by measuring, and end with a picture that you paint without any network that
# was trained. No GPU, no internet; every check answers within a second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `channel_statistics` | ●○○ | 5 | means and deviations, over the right axes | 1 |
# | 2 | `exchange` | ●○○ | 10 | AdaIN | 2 |
# | 3 | `sliced_distance` | ●●○ | 10 | clouds of patches compared by sorting | 2 |
# | 4 | `gram` | ●○○ | 5 | channels that answer together | 1 |
# | 5 | `blind_spot` | ●●○ | 15 | what a measure cannot see | 2 |
# | 6 | `conditional_norm` | ●●○ | 10 | many styles in one network | 2 |
# | 7 | `name_the_fault` | ●●● | 15 | diagnosis by measured statistics | 3 |
# | 8 | `paint` | ●●● | 25 | an open experiment with a measured outcome | 3 |
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
import torch
import torch.nn.functional as F

from course_gan.grading import check, progress

torch.set_num_threads(1)

# %% [markdown]
# ## 1 · Means and deviations
#
# ●○○ · 5 minutes · *lesson 10, Statistics carry the palette*
#
# For each channel of each picture: the mean over its places, and the deviation $\sqrt{\operatorname{var}+10^{-5}}$, where
# the variance is the mean squared distance from the mean (divided by the number of places, not by one less). Keep four
# dimensions, so that the results can be added to the features.
#
# <details><summary>Hint</summary>
#
# Which of the four axes are places? `keepdim=True` leaves a 1 where they were.
# </details>
# <details><summary>Stronger hint</summary>
#
# `torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)` gives both, in this order; the small number goes *under* the
# root, where it also keeps the gradient of a flat channel finite.
# </details>


# %%
def channel_statistics(x):
    """Mean and deviation of each channel of each picture.

    x: features (b, c, h, w). Returns two tensors (b, c, 1, 1): means, deviations sqrt(variance + 1e-5).
    """
    ### BEGIN SOLUTION
    mean = x.mean(dim=(2, 3), keepdim=True)
    variance = (x - mean).square().mean(dim=(2, 3), keepdim=True)
    return mean, (variance + 1e-5).sqrt()
    ### END SOLUTION


# %% points=1
check("10.channel_statistics", channel_statistics)

# %% [markdown]
# ## 2 · The exchange
#
# ●○○ · 10 minutes · *lesson 10, Statistics carry the palette*
#
# $$\mathrm{AdaIN}(x,y)=\sigma(y)\,\frac{x-\mu(x)}{\sigma(x)}+\mu(y)$$
#
# The style may have another size than the content, and there may be one style for a whole batch of contents. The gradient
# flows to both.
#
# <details><summary>Hint</summary>
#
# Item 1, twice. Where shapes (b, c, h, w) and (b or 1, c, 1, 1) meet, PyTorch stretches the ones.
# </details>
# <details><summary>Stronger hint</summary>
#
# One line after the two calls. Nothing is detached, and no size of the style ever appears.
# </details>


# %%
def exchange(content, style):
    """Content with the style's means and deviations.

    content: (b, c, h, w). style: (b or 1, c, any, any). Returns (b, c, h, w).
    """
    ### BEGIN SOLUTION
    (content_mean, content_std), (style_mean, style_std) = channel_statistics(content), channel_statistics(style)
    return style_std * (content - content_mean) / content_std + style_mean
    ### END SOLUTION


# %% points=2
check("10.exchange", exchange)

# %% [markdown]
# ## 3 · The distance of two heaps of patches
#
# ●●○ · 10 minutes · *lesson 10, A style is a heap of patches*
#
# Two clouds of $m$ points each, a point per column. Along each direction (a row) both become $m$ numbers on a line. Sort
# both, compare smallest with smallest and so on, and take the mean squared difference, over points and directions.
#
# <details><summary>Hint</summary>
#
# A matrix product looks along all directions at once. Which axis of the product holds the points?
# </details>
# <details><summary>Stronger hint</summary>
#
# `(directions @ found).sort(dim=1).values` are the sorted numbers of one cloud; the gradient passes through `sort`.
# </details>


# %%
def sliced_distance(found, wanted, directions):
    """The squared sliced Wasserstein distance of two clouds.

    found, wanted: (d, m). directions: (k, d). Returns a scalar tensor with a gradient to found.
    """
    ### BEGIN SOLUTION
    along_found = (directions @ found).sort(dim=1).values
    along_wanted = (directions @ wanted).sort(dim=1).values
    return (along_found - along_wanted).square().mean()
    ### END SOLUTION


# %% points=2
check("10.sliced_distance", sliced_distance)

# %% [markdown]
# ## 4 · The Gram matrix
#
# ●○○ · 5 minutes · *lesson 10, Gram matrices*
#
# $G_{ij}=\frac1{hw}\sum_p f_i(p)\,f_j(p)$, for each picture of the batch: which channels answer together, and how strongly.
#
# <details><summary>Hint</summary>
#
# With the places in one axis it is a matrix times its transpose.
# </details>
# <details><summary>Stronger hint</summary>
#
# `x.flatten(2)` is (b, c, h·w); `transpose(1, 2)` turns it. Divide by the number of places, not of channels.
# </details>


# %%
def gram(x):
    """Gram matrices of features.

    x: (b, c, h, w). Returns (b, c, c).
    """
    ### BEGIN SOLUTION
    flat = x.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]
    ### END SOLUTION


# %% points=1
check("10.gram", gram)

# %% [markdown]
# ## 5 · What a measure cannot see
#
# ●●○ · 15 minutes · *lesson 10, Statistics carry the palette, and A style is a heap of patches*
#
# You get a picture. Return another one, of the same shape, that statistics take for it: every channel has the same mean
# and the same deviation. But its **patches** must be far from the picture's: their sliced distance (item 3, patches of
# 3 × 3, in units of the patches' variance) has to be at least 0.02, where two halves of one texture are at 0.005. It
# must not leave the range of the picture.
#
# <details><summary>Hint</summary>
#
# What may you do to pixels without changing any mean or deviation?
# </details>
# <details><summary>Stronger hint</summary>
#
# Lesson 10, section 1 did it with one call of `torch.randperm`. Move the colours of a pixel together or apart, both will do.
# </details>


# %%
def blind_spot(x):
    """Another picture with the same means and deviations, and other patches.

    x: picture (1, c, h, w). Returns (1, c, h, w).
    """
    ### BEGIN SOLUTION
    order = torch.randperm(x.shape[2] * x.shape[3])
    return x.flatten(2)[:, :, order].view_as(x)
    ### END SOLUTION


# %% points=2
check("10.blind_spot", blind_spot)

# %% [markdown]
# ## 6 · Conditional instance norm
#
# ●●○ · 10 minutes · *lesson 10, One network for all styles*
#
# Each channel of each picture is brought to mean 0 and deviation 1 (with $10^{-5}$ under the root). Then it is
# multiplied by a scale and shifted. Every style has its own row of scales and of shifts, and a picture gets the *mixture* of
# rows that its shares say.
#
# <details><summary>Hint</summary>
#
# Mix the rows first: shares (b, s) times scale (s, c) is one scale for each picture and channel.
# </details>
# <details><summary>Stronger hint</summary>
#
# `F.instance_norm(x)` does the first half. `(shares @ scale)[:, :, None, None]` can be multiplied with (b, c, h, w).
# </details>


# %%
def conditional_norm(x, scale, shift, shares):
    """Instance norm with scales and shifts of a mixture of styles.

    x: features (b, c, h, w). scale, shift: a row per style, (s, c). shares: (b, s). Returns (b, c, h, w).
    """
    ### BEGIN SOLUTION
    normed = F.instance_norm(x, eps=1e-5)
    return normed * (shares @ scale)[:, :, None, None] + (shares @ shift)[:, :, None, None]
    ### END SOLUTION


# %% points=2
check("10.conditional_norm", conditional_norm)

# %% [markdown]
# ## 7 · Name the fault
#
# ●●● · 15 minutes · *lesson 10, Statistics carry the palette*
#
# Somebody's `exchange(content, style)` is meant to do what item 2 asks. Write an examiner that **runs** it on features of its
# own and names what is wrong:
#
# | answer | meaning |
# |---|---|
# | `"healthy"` | it does what item 2 asks |
# | `"over the batch"` | statistics over all pictures of the batch together, as batch norm has them |
# | `"over the channels"` | statistics over all channels of a picture together, as layer norm has them |
# | `"roles exchanged"` | it paints the style in the content's statistics |
# | `"variance"` | it takes variances for deviations |
# | `"mean kept"` | the result has the content's mean |
#
# Each patient has one fault at most. Content and style that you send may have equal shapes.
#
# <details><summary>Hint</summary>
#
# You know the statistics that the answer should have, channel by channel and picture by picture. Send features with several
# pictures and channels whose means and deviations all differ, or faults will look alike.
# </details>
# <details><summary>Stronger hint</summary>
#
# Write down what each fault would answer, for the very features you sent, and see which of the six answers came:
# `torch.allclose(..., atol=1e-3)`. Item 1 with other axes gives you two of them.
# </details>


# %%
def name_the_fault(exchange):
    """Examine an exchange of statistics by running it.

    exchange: called as exchange(content, style), as in item 2. Returns one of the six words of the table.
    """
    ### BEGIN SOLUTION
    content, style = torch.randn(2, 3, 6, 6), torch.randn(2, 3, 6, 6)
    content = content * (1 + torch.arange(6.0).view(2, 3, 1, 1)) + 10 * torch.randn(2, 3, 1, 1)
    style = style * (9 - torch.arange(6.0).view(2, 3, 1, 1)) + 10 * torch.randn(2, 3, 1, 1)

    def expected(x, y, dims=(2, 3), power=0.5, keeps=False):
        (m, v), (wanted, variance) = ((z.mean(dims, True), z.var(dims, correction=0, keepdim=True)) for z in (x, y))
        return (x - m) * (variance / v) ** power + (m if keeps else wanted)

    answers = {
        "healthy": expected(content, style),
        "over the batch": expected(content, style, dims=(0, 2, 3)),
        "over the channels": expected(content, style, dims=(1, 2, 3)),
        "roles exchanged": expected(style, content),
        "variance": expected(content, style, power=1.0),
        "mean kept": expected(content, style, keeps=True),
    }
    found = exchange(content, style)
    return min(answers, key=lambda name: (answers[name] - found).abs().max())
    ### END SOLUTION


# %% points=3
check("10.name_the_fault", name_the_fault)

# %% [markdown]
# ## 8 · Open experiment: paint without a decoder
#
# ●●● · 25 minutes, of which the check takes a few seconds each time · *lesson 10, Pixels that learn, and
# Gram matrices*
#
# Before AdaIN, style transfer had no decoder: the **pixels themselves** were the weights, and an optimiser moved them until
# the statistics were right. Do that. You get a piece of a photo and a piece of a real texture (gravel or grass), each
# (1, 3, 48, 48) in $[-1,1]$, and `features`: a fixed network with random filters, pictures → a list of three (the pixels
# themselves, 24 channels, 48 channels at half the size). You may call it **200 times**, and not once more.
#
# You pass when, for each of two commissions,
#
# - **style:** the distance of statistics, in units of the style's own deviations, is at most **20 %** of what the exchange of
#   *pixels* (item 2 on the pictures) leaves. It is the sum over the three levels of
#   $\mathrm{mean}_c\left[\left(\frac{\mu-\mu_s}{\sigma_s}\right)^2+\left(\frac{\sigma-\sigma_s}{\sigma_s}\right)^2\right]$;
# - **content:** the edges are still the photo's: the strength of edges of the brightness (mean over colours, blurred by a mean
#   over 3 × 3) correlates with the photo's with at least **0.25**;
# - all values lie in $[-1,1]$.
#
# Write down, in the cell below the check, what you tried and what each change did. Where you *start* matters more than you
# may think: try noise, the photo, and the exchanged pixels.
#
# <details><summary>Hint</summary>
#
# `x = start.clone().requires_grad_()` and `torch.optim.Adam([x], lr)`. The statistics of the style are computed once, outside
# the loop. Item 4's loss works, but loud channels drown the others; the units of the measure balance them. From noise the
# style comes out right and no edge is left; why?
# </details>
# <details><summary>Stronger hint</summary>
#
# Start at `exchange(content, style).clamp(-1, 1)`. 120 steps, rate 0.03, falling to 0. Add a tenth of a content loss: the
# squared difference of the deepest features from the exchange of the deepest features, also in units of the style's
# deviations. Detach and clamp at the end.
# </details>


# %%
def paint(content, style, features, calls):
    """Move the pixels of a picture until its statistics are the style's and its edges the photo's.

    content, style: pictures (1, 3, 48, 48) in [-1, 1]. features: pictures -> a list of three features; counts its calls.
    calls: how often you may call it. Returns the picture, (1, 3, 48, 48) in [-1, 1].
    """
    ### BEGIN SOLUTION
    of_style, deepest = features(style), features(content)[-1]
    wanted = [channel_statistics(level) for level in of_style]
    target, unit = exchange(deepest, of_style[-1]), wanted[-1][1]
    x = exchange(content, style).clamp(-1, 1).requires_grad_()
    steps = min(120, calls - 2)
    optimizer = torch.optim.Adam([x], lr=0.03)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, total_iters=steps)
    for _ in range(steps):
        found = features(x)
        loss = 0.1 * ((found[-1] - target) / unit).square().mean()
        for level, (mean, deviation) in zip(found, wanted, strict=True):
            m, d = channel_statistics(level)
            loss = loss + (((m - mean) / deviation).square() + ((d - deviation) / deviation).square()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return x.detach().clamp(-1, 1)
    ### END SOLUTION


# %% points=3
check("10.paint", paint)

# %% [markdown]
# *Your notes: what you tried, what each change did to style and edges, and what you would try next.*

# %%
progress("10")
