# %% [markdown]
# # The clinic
#
# **After this page you can** look at a training that went wrong, say which tests would tell one fault from another,
# make them in a minute, and name the fault before you change a line.
#
# | | |
# |---|---|
# | In short | symptoms, tests and faults; twelve patients in its exercise |
# | Time | 40 minutes to read, less than a minute to compute |
# | Builds on | 01 (both moves, the losses), 03 (batch norm, initialisation), 04 (critics and penalties) |
# | Needs | no internet, no GPU |
#
# A GAN seldom fails with an error message. It trains, and what comes out is wrong: often one word on one line is
# missing. Reading the code helps little, because its author reads what was meant. Physicians do something else. They
# know how a healthy body behaves, they take a few vital signs, and for every suspicion they know a *test* that could
# contradict it.
#
# All patients of the clinic are one script on lesson 01's ring of eight Gaussians. Each differs from the healthy one in
# one part. Three cases are worked through here. Twelve more, one of them healthy, are in `exercises/clinic`.

# %%
import copy
import inspect
import math
import os

import torch
import torch.nn.functional as F
from torch import nn

from course_gan import data, plots
from course_gan.catalogue import script
from course_gan.page import Profile, claim

clinic = script("clinic")
plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
STEPS = None  # rounds of each run on the ring
STEPS_DIGITS = None  # rounds of the generator of digits, section 4

# %%
profile = Profile(PROFILE)
STEPS = profile.fill(STEPS, smoke=40, cpu=600, gpu=2000)
STEPS_DIGITS = profile.fill(STEPS_DIGITS, smoke=20, cpu=400, gpu=2000)
torch.set_num_threads(1)  # networks as small as ours: a second thread would mostly wait for the first

# %% [markdown]
# ## 1 · A healthy body
#
# This is the whole script. It stands in `source/clinic/script.py`, so that all patients share it. Each of its arguments
# can be replaced, and a patient replaces one part.

# %% tags=["nbval-check-output"]
print(inspect.getsource(clinic.train))

# %% [markdown]
# > **Predict:** the healthy script runs for 600 rounds. Where will D's loss stand at the end, where G's? Will the
# > logits of real and fake points drift apart?

# %%
healthy = clinic.train(STEPS, SEED)
caption = (
    "A healthy run. Losses stand near log 4 and log 2 (dotted). What D says of real and fake points stays within one "
    "unit. No vital sign dies or explodes. There are fakes on all eight places."
)
clinic.show(healthy, caption)

# %%
last = max(1, STEPS // 5)
claim("D's loss, mean of the last fifth", sum(healthy.losses["discriminator loss"][-last:]) / last, 1.2, 1.42)
claim("G's loss, mean of the last fifth", sum(healthy.losses["generator loss"][-last:]) / last, 0.65, 1.0)
gap = healthy.signs["real logit"][-1] - healthy.signs["fake logit"][-1]
claim("mean logit of real points minus that of fakes, at the end", gap, -0.3, 1.0)
modes, precision = clinic.score(healthy.fake)
claim("modes found", modes, 8, 8)
claim("share of the fakes within 0.2 of a mode", precision, 0.6, 0.95)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Near $\log 4$ and $\log 2$, a little below and above, because D is always a little ahead; lesson 01 derived both. The
# logits do not drift apart: as soon as D is sure of something, G moves there.
# </details>
#
# *What you should see:* healthy does not mean finished. A fifth to a third of the fakes still lie between the places,
# on the ring. And the slope of D rises throughout, and G's gradient with it. The places are narrow, so a better D is a
# steeper one, and nothing in this script limits its slope. None of this is a fault.
#
# **How to read the chart.** It has four panels, the same for every patient.
#
# *Losses* (above left) say how the game stands, not how good the samples are. Both near the dotted lines means that D
# cannot tell the two apart. That is so when both players are perfect, and also when neither has learnt anything.
#
# *Mean logits* (above right) say how sure D is. A D that says +15 of real points and −15 of fakes has won.
#
# *Vital signs* (below left, logarithmic). The **gradient of the generator** is what G learns from: 1e-6 is silence. The
# **slope of D at a point** is what a penalty holds near some value. The **largest weight of D** is what clipping
# bounds. The **spread of the fakes** is 0 when all latents give the same sample.
#
# *Samples* (below right) decide. Nothing else does.

# %% [markdown]
# ## 2 · From symptom to fault
#
# Each row has what you see, the fault you suspect, and a test. The third column matters most: **a test is good if the
# suspected fault and the next likely one give different outcomes.**
#
# | what you see | suspect | the test that decides |
# |---|---|---|
# | samples do not move; G's gradient is tiny, D is sure | **saturating loss** | G's gradient at a logit of −15: 1e-7, where $-\log D$ has 1 |
# | samples few or torn; D is sure, G's gradient is *large* | **overpowering discriminator** | slow D down or speed G up: does it recover? |
# | losses at log 4 and log 2 from the first step; samples do not move | **loss never back-propagated** | give D an easy task for 100 steps: does its loss fall? |
# | D's loss never below 1.006 | **sigmoid twice** | the smallest value that the loss can take, on paper (section 3) |
# | a classifier's loss stops at 1.46 and it is nearly always right | **softmax before cross-entropy** | the loss of a perfect answer |
# | D sees the difference, G hardly moves, G's gradient is neither large nor tiny | **missing detach** | does G hold a gradient after D's move? |
# | losses swing wider and wider | **gradients pile up** | the same step from clean and from littered gradients (section 5) |
# | D's logits are the wrong way round | **labels swapped** | after 50 easy steps, whose logits are larger? |
# | critic with penalty: slope far below 1, at $1/\sqrt n$ of a batch of $n$ | **one norm over the batch** | the penalty of twice the batch: same value? |
# | critic with clipping: a weight outside its bound | **weights clipped before the step** | the largest weight right *after* a step |
# | spread of the fakes near 0 before the first step | **initialisation never applied** | standard deviation of each layer's weights, against the one you asked for |
# | the same, in a network with norms | **eps for momentum** | send a norm features of variance 0.01: does variance 1 come out? |
# | losses calm down, then jump at an interruption | **resume loses the optimiser** | a run with an interruption and one without: same weights? |
# | one latent, two samples | **samples in training mode** | draw it in other company (section 4) |
# | held-out pictures as easy as training pictures | **test data in training** | distance of each to its nearest training picture: any 0? |
# | wobbling losses, good samples | **healthy** | all of the above |
#
# The first two rows are easily confused. In both D is sure and G loses. The size of G's gradient tells them apart:
# where it is tiny, G needs another loss; where it is large, the players need another balance. And losses at log 4 are
# seen in the best and in the worst of games: look at the samples.

# %% [markdown]
# ## 3 · Case one: a loss with a floor
#
# *Complaint:* "D learns in the beginning and then stops, far from 0. In the end it gets worse." Its losses:


# %%
def discriminator_step(G, D, optimizer, real, z):
    real_answer, fake_answer = torch.sigmoid(D(real)), torch.sigmoid(D(G(z).detach()))
    loss = F.binary_cross_entropy_with_logits(real_answer, torch.ones(len(real)))
    loss = loss + F.binary_cross_entropy_with_logits(fake_answer, torch.zeros(len(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def generator_step(G, D, optimizer, z):
    answer = torch.sigmoid(D(G(z)))
    loss = F.binary_cross_entropy_with_logits(answer, torch.ones(len(z)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# %% [markdown]
# *First thought:* D is weak. *Test:* let it play alone for 200 rounds, against a generator that does not move. Eight
# tight clusters against one clump: any D can tell them apart, and its loss should go to 0.

# %%
alone = min(200, STEPS // 2)
patient = clinic.train(
    STEPS, SEED, head_start=alone, discriminator_step=discriminator_step, generator_step=generator_step
)
caption = (
    "Case one. D plays alone for a third of the time. Its loss falls, and stops at 1.006 like something that hit the "
    "ground, although its logits (right) say that it is perfectly sure. Then G, too, hears nothing."
)
clinic.show(patient, caption)

# %% [markdown]
# D is *not* weak: its logits of real points and of fakes are more than 10 apart, and it still pays 1.006. When a loss
# stops at a number, **ask for the smallest value that its formula can take.** `binary_cross_entropy_with_logits` has a
# sigmoid inside. What goes in is an answer $s$ that has been through a sigmoid already, and lies between 0 and 1:
#
# $$\text{loss}=\log(1+e^{-s_\text{real}})+\log(1+e^{s_\text{fake}}),\qquad 0<s<1.$$
#
# The best it can do is $s_\text{real}=1$, $s_\text{fake}=0$, which costs $\log(1+e^{-1})+\log 2=0.3133+0.6931=1.0064$.
# The name of the fault: **sigmoid twice**.

# %%
floor = math.log(1 + math.exp(-1)) + math.log(2)
claim("the floor on paper", floor, 1.00640, 1.00642, exact=True)
reached = min(patient.losses["discriminator loss"])
sure = max(r - f for r, f in zip(patient.signs["real logit"], patient.signs["fake logit"]))
claim("how far apart D's mean logits were, at most", sure, 10, 100)
claim("the lowest loss of the run, above the floor", reached - floor, 0, 0.005)
heard = patient.signs["gradient of the generator"][alone // 10 + 1 :]
claim("G's gradient at its most silent, after G has begun", min(heard), 0, 1e-4)

# %% [markdown]
# The same happens to classifiers: `nn.CrossEntropyLoss` has a softmax inside. Send it probabilities, and a *perfect*
# answer among ten classes, $(1,0,\dots,0)$, costs $-\log\frac{e}{e+9}$.

# %% tags=["nbval-check-output"]
perfect = F.one_hot(torch.tensor([3]), 10).float()
print(f"a perfect answer, through one softmax more: {F.cross_entropy(perfect, torch.tensor([3])).item():.4f}")
print(f"on paper, log(1 + 9/e):                     {math.log(1 + 9 / math.e):.4f}")
print(f"as logits that are sure, 50 and 0:          {F.cross_entropy(50 * perfect, torch.tensor([3])).item():.4f}")

# %% [markdown]
# *Mended:* leave one sigmoid out. The course leaves out D's (lesson 01).
#
# > **Claim to check: "if the samples look right, the code is right."**
#
# > **Predict:** the same patient, without the 200 rounds that D played alone. Does it find the ring?

# %%
unnoticed = clinic.train(STEPS, SEED, discriminator_step=discriminator_step, generator_step=generator_step)
modes, precision = clinic.score(unnoticed.fake)
claim("modes that the patient finds when nobody has a head start", modes, 7, 8)
claim("share of its fakes near a mode", precision, 0.5, 0.95)
quiet = sum(unnoticed.signs["gradient of the generator"][1:]) / sum(healthy.signs["gradient of the generator"][1:])
claim("its gradient of the generator, in units of the healthy one", quiet, 0, 0.5)

# %% [markdown]
# <details><summary>Answer</summary>
#
# It does, almost as well as the healthy one. Adam divides by the size of the gradient, so even a tiny one moves G. And
# where D is never sure, the second sigmoid is nearly a straight line. But that is luck: of eight seeds that we tried,
# three (3, 5 and 7) find one mode or none.
# </details>
#
# **The claim is false.** A fault may do nothing until the data are harder, D gets ahead, or the seed is another. That
# is why parts are tested by what they promise, and not by how a run looks.

# %% [markdown]
# ## 4 · Case two: it depends on the company
#
# *Complaint:* "My generator of digits is fine in training. When I draw a few pictures at a time, the same latent looks
# different each time; one picture alone gives an error." A generator with batch norm, trained on the 8×8 digits:


# %%
def networks():
    hidden = []
    for inputs in (16, 128, 128):
        hidden += [nn.Linear(inputs, 128), nn.BatchNorm1d(128), nn.ReLU()]
    G = nn.Sequential(*hidden, nn.Linear(128, 64), nn.Tanh())
    bend = nn.LeakyReLU(0.2)
    D = nn.Sequential(nn.Linear(64, 128), bend, nn.Linear(128, 128), bend, nn.Linear(128, 1), nn.Flatten(0))
    return G, D


def optimizers(G, D):
    return [torch.optim.Adam(player.parameters(), lr=1e-3, betas=(0.5, 0.99)) for player in (G, D)]


digits = data.digits("train").images.float().flatten(1) / 127.5 - 1  # (1437, 64)
case_two = clinic.train(
    STEPS_DIGITS, SEED, sample=lambda n: digits[torch.randint(len(digits), (n,))], latent=16, networks=networks,
    optimizers=optimizers,
)  # fmt: skip

# %% [markdown]
# *Test:* draw the same ten latents in two kinds of company: all ten together, and two at a time. A generator is a
# function of the latent. If it is one, both rows are the same.

# %%
G, latents = copy.deepcopy(case_two.G), torch.randn(10, 16, generator=torch.Generator().manual_seed(SEED + 1))


@torch.no_grad()
def in_two_companies():  # the same latents, drawn ten at a time and two at a time, (2, 10, 64)
    return torch.stack([G(latents), torch.cat([G(pair) for pair in latents.split(2)])])


mean_before = G[1].running_mean.clone()
as_left = in_two_companies()  # this copy of G is still in training mode, as the training left it
drift = (G[1].running_mean - mean_before).abs().max()
G.eval()
as_it_should = in_two_companies()
rows = ["training,\nten", "training,\ntwo", "evaluation,\nten", "evaluation,\ntwo"]
pictures = torch.cat([as_left, as_it_should]).reshape(40, 1, 8, 8)
caption = (
    "Case two. The same ten latents in each row. In training mode (upper rows) a picture depends on how many were "
    "drawn with it; in evaluation mode (lower rows) it does not."
)
plots.show(plots.image_grid(pictures, columns=10, rows=rows), caption, key=True)

# %%
change = (as_left[0] - as_left[1]).abs().mean()
claim("training mode: mean change of a pixel with the company", change, 0.05, 1)
claim("evaluation mode: the same", (as_it_should[0] - as_it_should[1]).abs().max(), 0, 1e-5, exact=True)
claim("training mode: drawing moved a running mean by", drift, 1e-4, 10)

# %% [markdown]
# In training mode batch norm subtracts the mean *of the batch*, so every sample sees the others. With two in a batch,
# each feature becomes +1 or −1 and nothing in between. And drawing *changes* the model, because the running averages go
# on averaging. The name: **samples in training mode**. *Mended:* draw under `G.eval()` and `torch.no_grad()`, and then
# restore the mode. The library's `game.sample` does so.
#
# The test is a *property that must hold for every right program*: a sample depends on its latent alone. So it needs no
# threshold and no trained eye.

# %% [markdown]
# ## 5 · Case three: the same step twice
#
# *Complaint:* "The longer I train the worse it gets. A smaller learning rate only makes it take longer." The step of D:


# %%
def patients_step(G, D, optimizer, real, z):
    real_logits, fake_logits = D(real), D(G(z).detach())
    loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


case_three = clinic.train(STEPS, SEED, discriminator_step=patients_step)
caption = (
    "Case three. D's loss swings wider and wider, far above log 4. D is very sure, then sure of the opposite; the "
    "fakes are chased away from the data."
)
clinic.show(case_three, caption)

# %%
claim("D's largest loss", max(case_three.losses["discriminator loss"]), 4, 1e6)
modes, precision = clinic.score(case_three.fake)
claim("share of case three's fakes near a mode", precision, 0, 0.2)

# %% [markdown]
# Swings that grow mean that a player *overshoots*: it goes on in a direction after the reason for it has gone. Lesson
# 02 showed what momentum does to a game. But the optimiser has none (`betas=(0.0, 0.9)`), so where is the memory?
#
# *Test:* it must be in the weights, in the optimiser, or **in the gradients**. Run the step from the same weights
# twice, once from clean gradients and once from gradients littered with ones. A healthy step ends in the same place.


# %%
def ends(step, litter):  # D's weights after one step of SGD from fixed weights, from gradients filled with `litter`
    torch.manual_seed(1)
    G, D = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    real, z = torch.randn(32, 2) + 2, torch.randn(32, 2)
    for weight in D.parameters():
        weight.grad = torch.full_like(weight, litter)
    step(G, D, torch.optim.SGD(D.parameters(), lr=0.1), real, z)
    return D[0].weight.detach()


def moved_by_litter(step):
    return (ends(step, 1.0) - ends(step, 0.0)).abs().max()


claim("the healthy step's end is moved by litter by", moved_by_litter(clinic.discriminator_step), 0, 1e-6, exact=True)
claim("the patient's is moved by", moved_by_litter(patients_step), 0.099, 0.101, exact=True)

# %% [markdown]
# 0.1 is the learning rate times the litter: all of it counted. The name: **gradients pile up**. The patient's
# `zero_grad` is missing, so each step adds its gradient to the sum of all before, which is momentum without any
# forgetting. *Mended:* one line, `optimizer.zero_grad()`, before `backward()`.

# %% [markdown]
# ## 6 · Four questions for any step
#
# Case three was found by running one step on two tiny linear players. This costs a millisecond. Here are four questions
# to ask of any discriminator's step:
#
# > **Predict:** a step without `detach` is examined, otherwise healthy. Which of the four questions fails?


# %%
def examine(step):
    torch.manual_seed(0)
    G, D = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    optimizer = torch.optim.SGD(D.parameters(), lr=0.05)
    real, z, before = torch.randn(64, 2) + 3, torch.randn(64, 2), D[0].weight.detach().clone()
    step(G, D, optimizer, real, z)
    moved = not torch.equal(D[0].weight, before)
    heard = any(weight.grad is not None and bool(weight.grad.any()) for weight in G.parameters())
    for _ in range(50):
        step(G, D, optimizer, real, z)
    return {
        "D moves": moved,
        "G hears nothing": not heard,
        "litter does not count": torch.allclose(ends(step, 0.0), ends(step, 1.0), atol=1e-6),
        "real above fake": bool(D(real).mean() > D(G(z)).mean()),
    }


# %% tags=["nbval-check-output"]
def variant(cut=lambda x: x.detach(), sign=1, send=lambda loss: loss.backward()):
    def step(G, D, optimizer, real, z):
        loss = F.softplus(-sign * D(real)).mean() + F.softplus(sign * D(cut(G(z)))).mean()
        optimizer.zero_grad()
        send(loss)
        optimizer.step()

    return step


steps = {"healthy": clinic.discriminator_step, "case three": patients_step, "no detach": variant(cut=lambda x: x)}
steps |= {"labels swapped": variant(sign=-1), "no backward": variant(send=lambda loss: None)}
print(f"{'':<16}" + "".join(f"{question:>24}" for question in examine(clinic.discriminator_step)))
for name, step in steps.items():
    print(f"{name:<16}" + "".join(f"{'yes' if passed else 'NO':>24}" for passed in examine(step).values()))

# %% [markdown]
# <details><summary>Answer</summary>
#
# "G hears nothing", and only that one: D's own move is right. Whether the fault does harm depends on whether somebody
# empties G's gradients before G's move.
# </details>
#
# *What you should see:* one NO per fault, each in another column. That is what makes a set of tests a diagnosis:
# **different faults fail differently.**

# %% tags=["nbval-check-output"]
verdicts = {name: tuple(examine(step).values()) for name, step in steps.items()}
print("all questions answered with yes:", [name for name, answers in verdicts.items() if all(answers)])
print("different faults, different answers:", len(set(verdicts.values())) == len(verdicts))

# %% [markdown]
# The other parts have their questions too, and the exercise asks them:
#
# | part | what must hold |
# |---|---|
# | G's step | D's weights stay; G is heard at a logit of −15 |
# | a penalty | doubling the batch by repeating it changes nothing; D's weights get a gradient |
# | a clipped critic | the bound holds *after* the step |
# | an initialisation | each layer's standard deviation is the one you asked for |
# | a norm | whatever goes in, variance 1 comes out |
# | a split | no index on both sides, none lost |
# | a checkpoint | interrupted and uninterrupted runs end in the same weights |
# | a classifier's loss | sure and right costs 0 |

# %% tags=["nbval-check-output"]
slope = torch.tensor([[3.0, 4.0], [0.6, 0.8]])  # of D at two points: norms 5 and 1
for repeats in (1, 2, 8):
    rows = slope.repeat(repeats, 1)
    right, wrong = (rows.norm(dim=1) - 1).square().mean(), (rows.norm() - 1).square()
    print(f"batch of {len(rows):>2}: penalty a sample {right:.2f}, with one norm over the batch {wrong:7.2f}")

# %% [markdown]
# ## Summary
#
# - Know the healthy body: losses near log 4 and log 2, logits close together, no sign that dies or explodes, and
#   samples where the data are.
# - Where a loss stops, work out the smallest value that its formula can take.
# - A good test separates two suspects. The best ones are properties that every right program has: a sample depends on
#   its latent alone, a step does not depend on leftovers, an interruption changes nothing.
# - Test parts on tiny players, where the right answer can be written down.
# - Good samples do not prove good code.
#
# **Read on:** Goodfellow et al., *Generative Adversarial Nets*, arXiv:1406.2661 (the healthy game); Gulrajani et al.,
# *Improved Training of Wasserstein GANs*, arXiv:1704.00028 (why one norm per sample, and why no batch norm in a
# critic); Salimans et al., *Improved Techniques for Training GANs*, arXiv:1606.03498 (what goes wrong, and what was
# tried).
#
# **Now do** `exercises/clinic`: twelve patients, a name for each, and a remedy for all but one.
