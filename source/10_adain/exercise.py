# %% [markdown]
# # Exercise 10 · Style transfer with AdaIN
#
# Eight items, about 100 minutes. You measure what a style is, exchange it and give it back, write the decoder's move and
# the mixture of styles, find faults by measuring, and end with a picture that you paint without any decoder. No GPU, no
# internet; every check answers within a second, except the last.
#
# | | item | difficulty | minutes | practises | points |
# |---|---|---|---|---|---|
# | 1 | `channel_statistics` | ●○○ | 5 | means and deviations, over the right axes | 1 |
# | 2 | `exchange` | ●○○ | 10 | AdaIN | 2 |
# | 3 | `give_back` | ●○○ | 10 | its inverse, derived | 1 |
# | 4 | `style_loss` | ●●○ | 10 | statistics compared, level by level | 2 |
# | 5 | `blend` | ●●○ | 15 | strength, mixtures and masks as one formula | 2 |
# | 6 | `decoder_step` | ●●○ | 10 | a gradient through an encoder that rests | 2 |
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
# ●○○ · 5 minutes · *lesson 10, A style is a list of means and spreads*
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
# ●○○ · 10 minutes · *lesson 10, A style is a list of means and spreads*
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
# ## 3 · And back
#
# ●○○ · 10 minutes · *lesson 10, A style is a list of means and spreads*
#
# The exchange destroys nothing. You get features that went through it, and all four statistics that took part. Solve the
# formula of item 2 for $x$, on paper, and return the content.
#
# <details><summary>Hint</summary>
#
# $t=ax+b$ is solved by $x=(t-b)/a$. What are $a$ and $b$ here?
# </details>
# <details><summary>Stronger hint</summary>
#
# Take the style's mean away, divide by the style's deviation; what you hold then is the normalised content.
# </details>


# %%
def give_back(painted, content_mean, content_std, style_mean, style_std):
    """The inverse of the exchange.

    painted: features after the exchange, (b, c, h, w). The statistics that took part: (b or 1, c, 1, 1).
    Returns the content's features, (b, c, h, w).
    """
    ### BEGIN SOLUTION
    return content_std * (painted - style_mean) / style_std + content_mean
    ### END SOLUTION


# %% points=1
check("10.give_back", give_back)

# %% [markdown]
# ## 4 · The style loss
#
# ●●○ · 10 minutes · *lesson 10, The way back: a decoder and two losses*
#
# Two lists of features, of what was painted and of the style, level by level. At each level: the mean squared difference
# of the means plus that of the deviations, averaged over pictures and channels. The levels are added up.
#
# <details><summary>Hint</summary>
#
# Item 1 on each of the two, then `F.mse_loss` for the means and for the deviations. The levels differ in size and number
# of channels, so do not stack them.
# </details>
# <details><summary>Stronger hint</summary>
#
# Two nested loops with `zip`: over the levels, and over the two statistics. Start with `loss = 0.0`.
# </details>


# %%
def style_loss(found, wanted):
    """How far the statistics of two lists of features are apart.

    found, wanted: lists of features (b, c_l, any, any), one for each level l. Returns a scalar tensor with a gradient.
    """
    ### BEGIN SOLUTION
    loss = 0.0
    for mine, other in zip(found, wanted, strict=True):
        for a, b in zip(channel_statistics(mine), channel_statistics(other), strict=True):
            loss = loss + F.mse_loss(a, b)
    return loss
    ### END SOLUTION


# %% points=2
check("10.style_loss", style_loss)

# %% [markdown]
# ## 5 · Strength, mixtures, masks
#
# ●●○ · 15 minutes · *lesson 10, Hands on: strength, mixtures, masks*
#
# $$t=x+\sum_i w_i\,\bigl(\mathrm{AdaIN}(x,s_i)-x\bigr)$$
#
# One style and one number: strength. Several styles: a mixture. Shares that are maps, one for each style: masks. Write it so
# that both kinds of shares work. What the shares leave over stays content.
#
# <details><summary>Hint</summary>
#
# Every style is exchanged with the content **as it came**, not with what the style before it made. The statistics of the
# content are those of the whole picture, masks or not.
# </details>
# <details><summary>Stronger hint</summary>
#
# Going through `zip(styles, shares)`, a share is a tensor of no dimensions or of shape (h, w); both stretch to (1, c, h, w)
# by themselves. Do not write `+=` on the content that you were given.
# </details>


# %%
def blend(content, styles, shares):
    """Features in a mixture of styles.

    content: (1, c, h, w). styles: a list of k features (1, c, any, any).
    shares: (k,), or masks (k, h, w); at each place they sum to at most 1. Returns (1, c, h, w).
    """
    ### BEGIN SOLUTION
    blended = content
    for style, share in zip(styles, shares, strict=True):
        blended = blended + share * (exchange(content, style) - content)
    return blended
    ### END SOLUTION


# %% points=2
check("10.blend", blend)

# %% [markdown]
# ## 6 · The decoder's move
#
# ●●○ · 10 minutes · *lesson 10, The way back: a decoder and two losses*
#
# The target is the exchange of the deepest features. The decoder paints it, the encoder looks at the painting. Content loss:
# mean squared difference of its deepest features from the **target**. Style loss: item 4, at all levels. Only the decoder
# moves, by content loss plus `weight` times style loss; what lay in its gradients before does not count.
#
# <details><summary>Hint</summary>
#
# The encoder's weights rest because the optimiser does not hold them. But the gradient has to pass *through* the encoder
# when it looks at the painting: no `no_grad` around that call.
# </details>
# <details><summary>Stronger hint</summary>
#
# `wanted = encoder(style)`, `target = exchange(encoder(content)[-1], wanted[-1])`, `found = encoder(decoder(target))`; two
# losses; empty, backward, step.
# </details>


# %%
def decoder_step(encoder, decoder, optimizer, content, style, weight):
    """One move of the decoder.

    encoder: pictures -> a list of features, deepest last. decoder: deepest features -> pictures. optimizer: holds the
    decoder's weights. content, style: pictures (b, c, h, w). weight: of the style loss.
    Returns two numbers: content loss, style loss (without the weight).
    """
    ### BEGIN SOLUTION
    wanted = encoder(style)
    target = exchange(encoder(content)[-1], wanted[-1])
    found = encoder(decoder(target))
    of_content, of_style = F.mse_loss(found[-1], target), style_loss(found, wanted)
    optimizer.zero_grad()
    (of_content + weight * of_style).backward()
    optimizer.step()
    return of_content.item(), of_style.item()
    ### END SOLUTION


# %% points=2
check("10.decoder_step", decoder_step)

# %% [markdown]
# ## 7 · Name the fault
#
# ●●● · 15 minutes · *lesson 10, A style is a list of means and spreads*
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
# ●●● · 25 minutes, of which the check takes a few seconds each time · *lesson 10, The way back: a decoder and two losses,
# and Look, and measure*
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
