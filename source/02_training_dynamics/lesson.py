# %% [markdown]
# # 02 · Training dynamics
#
# **After this notebook you can** predict from the phase portrait of a game, or from two eigenvalues, how a training run
# will go wrong; say which of five levers mends it and by how much; and cause, count and cure *mode collapse*.
#
# | | |
# |---|---|
# | In short | why a game is no descent; mode collapse, caused and cured |
# | Time | 45 minutes to read, 2 to 3 minutes to compute |
# | Builds on | 01 (the game, its two losses); derivatives; what a matrix does to a vector |
# | Needs | no internet, no GPU |
#
# Lesson 01 had a theorem: against a *perfect* discriminator the generator walks down a hill, $2\,\mathrm{JSD}-\log 4$,
# to the real density. But in training both players move, and each step of one changes the ground under the other. Is
# there still a hill?

# %%
import math
import os
from functools import partial

import torch
import torch.nn.functional as F
from tqdm.auto import tqdm

from course_gan import data, losses, models, panels, plots, regularizers
from course_gan.page import Profile, claim
from course_gan.recipes import build
from course_gan.training import GAN, Backend, train

plots.use_style()

# %% tags=["parameters"]
PROFILE = os.environ.get("COURSE_GAN_PROFILE", "cpu")
SEED = 0
PORTRAIT_STEPS = None  # steps of each network whose path we draw, section 7
RING_STEPS = None  # steps of each game on the ring, section 8
GRID_STEPS = None  # steps of each game on the grid, section 9

# %%
profile = Profile(PROFILE)
PORTRAIT_STEPS = profile.fill(PORTRAIT_STEPS, smoke=20, cpu=1000, gpu=3000)
RING_STEPS = profile.fill(RING_STEPS, smoke=20, cpu=1000, gpu=4000)
GRID_STEPS = profile.fill(GRID_STEPS, smoke=20, cpu=2000, gpu=6000)
seeds = [3 * SEED + i for i in range(3)]  # what depends on luck is shown for three seeds
torch.set_num_threads(1)  # networks as small as ours: a second thread would mostly wait for the first

# %% [markdown]
# ## 1 · A hill and a game
#
# Take two numbers $\theta$ and $\psi$. On the **hill** $f=\tfrac12(\theta^2+\psi^2)$ both go down. In the smallest
# **game**, $V=\theta\psi$, the player who owns $\theta$ wants $V$ small and the one who owns $\psi$ wants it large.
# (Think of $\theta$ as the generator and of $\psi$ as the discriminator.) Each follows its own slope. Together they
# have a *velocity*:
#
# $$\text{hill: }\; v=\Big(-\frac{\partial f}{\partial\theta},-\frac{\partial f}{\partial\psi}\Big)=(-\theta,-\psi),
# \qquad\qquad \text{game: }\; v=\Big(-\frac{\partial V}{\partial\theta},+\frac{\partial V}{\partial\psi}\Big)
# =(-\psi,\theta).$$
#
# A **phase portrait** draws these velocities as a stream.


# %%
def hill(w):  # velocities (n, 2) at places w (n, 2)
    return -w


def game(w):
    return torch.stack([-w[:, 1], w[:, 0]], dim=1)


figure, axes = plots.panels(1, 2, height=4.0, width=8.0)
plots.phase_portrait(hill, title="hill: every stream ends", axes=axes[0])
plots.phase_portrait(game, title="game: no stream ends", axes=axes[1])
caption = "Two players who descend one hill arrive (left). Two players of a zero-sum game go round and round (right)."
plots.show(figure, caption)

# %% [markdown]
# *Why no stream ends.* Follow the squared distance from the centre, where neither player wants to move:
#
# $$\frac{d}{dt}(\theta^2+\psi^2)=2\theta\,\dot\theta+2\psi\,\dot\psi=2\theta(-\psi)+2\psi\,\theta=0 .$$
#
# It never changes, so every orbit is a circle. The derivative of a velocity is a matrix, the **Jacobian** $J$: its
# entry in row $i$, column $j$ says how component $i$ of the velocity changes with coordinate $j$. For a hill, $J$ holds
# second derivatives of one function, so it is symmetric, and a symmetric matrix only stretches. In the game one sign is
# flipped. The off-diagonal entries are *opposite*, and as long as the diagonal does not dominate, such a matrix turns.
# **Check:**

# %% tags=["nbval-check-output"]
place = torch.tensor([[0.7, -0.4]], dtype=torch.float64)
for name, velocity in (("hill", hill), ("game", game)):
    J = torch.autograd.functional.jacobian(velocity, place)[0, :, 0]  # (2, 2)
    print(f"{name}: J = {[[round(entry + 0.0, 3) for entry in row] for row in J.tolist()]}")
    print("      eigenvalues", [f"{e.real:+.1f} {e.imag:+.1f}i" for e in torch.linalg.eigvals(J).tolist()])
print("growth of θ² + ψ² in the game:", round((2 * place * game(place)).sum().item() + 0.0, 6))

# %% [markdown]
# ### Eigenvalues in one paragraph
#
# A linear step $w\mapsto Aw$ has directions that it merely multiplies, $Au=\lambda u$. After $n$ steps they are
# multiplied by $\lambda^n$. If $|\lambda|<1$ for all of them, everything shrinks to the centre. If one $|\lambda|>1$,
# it is thrown out. For a $2\times2$ matrix, $\lambda$ solves $\lambda^2-(\operatorname{trace}A)\,\lambda+\det A=0$.
# When the two solutions are a complex pair, the step *turns* by the angle of $\lambda$ and scales by $|\lambda|$. The
# two have the same size, and their product is $\det A$, so
#
# $$|\lambda|=\sqrt{\det A}\qquad\text{for a step that turns.}$$
#
# The determinant is the factor by which a step magnifies areas. *A turning game converges exactly if its step shrinks
# areas.*

# %% [markdown]
# ## 2 · From streams to steps
#
# With step size $h$, the learning rate, there are two ways to step. **Simultaneous**: both look, then both move.
# **Alternating**: one moves, the other looks at the *new* place and moves.
#
# $$A_{\text{sim}}=I+hJ=\begin{pmatrix}1&-h\\h&1\end{pmatrix},\qquad\qquad
# A_{\text{alt}}=\underbrace{\begin{pmatrix}1&-h\\0&1\end{pmatrix}}_{\theta\text{ moves second}}
# \underbrace{\begin{pmatrix}1&0\\h&1\end{pmatrix}}_{\psi\text{ moves first}} .$$
#
# *Simultaneous:* $\det A_{\text{sim}}=1+h^2>1$. *Alternating:* both factors have determinant 1, and so has their
# product. (The simultaneous step always turns, the alternating one as long as $h<2$.)
#
# > **Predict:** $h=0.2$, start at distance 1. How far out is each after 100 steps? (Use $|\lambda|=\sqrt{\det A}$.)


# %%
def simultaneous(w, h=0.2):
    theta, psi = w
    return torch.stack([theta - h * psi, psi + h * theta])


def alternating(w, h=0.2):
    theta, psi = w
    psi = psi + h * theta
    return torch.stack([theta - h * psi, psi])


def walk(step, start=(1.0, 0.0), steps=100):  # the places visited, (steps + 1, 2)
    places = [torch.tensor(start, dtype=torch.float64)]
    for _ in range(steps):
        places.append(step(places[-1]))
    return torch.stack(places)


# %% tags=["nbval-check-output"]
for name, step in (("simultaneous", simultaneous), ("alternating", alternating)):
    A = torch.autograd.functional.jacobian(step, torch.zeros(2, dtype=torch.float64))
    sizes = [f"{size:.4f}" for size in torch.linalg.eigvals(A).abs().tolist()]
    print(f"{name:12s}  det A = {torch.det(A):.4f}   √det A = {torch.det(A).sqrt():.4f}   |λ| = {', '.join(sizes)}")

# %%
paths = {"simultaneous": walk(simultaneous, steps=60), "alternating": walk(alternating, steps=60)}
figure, (left, right) = plots.panels(1, 2, height=3.9, width=8.4)
plots.phase_portrait(game, paths, limits=(-3.5, 3.5), axes=left)
distances = {name: walk(step).norm(dim=1) for name, step in zip(paths, (simultaneous, alternating))}
plots.curves(distances, ylabel="distance from the centre", smooth=1, axes=right)
right.set_yscale("log")
right.set(yticks=[1, 2, 4, 7], yticklabels=["1", "2", "4", "7"])
right.minorticks_off()
caption = (
    "The game θψ with step size 0.2, from the same start. Stepping together, the players spiral out, by the same factor "
    "each time (a straight line on the logarithmic scale). Taking turns, they stay near the circle for ever."
)
plots.show(figure, caption)

# %%
claim("distance after 100 simultaneous steps", distances["simultaneous"][-1], 7.10, 7.11, exact=True)
claim("the same by (1 + h²)^50", (1 + 0.2**2) ** 50, 7.10, 7.11, exact=True)
claim("largest distance in 100 alternating steps", distances["alternating"].max(), 1.0, 1.12, exact=True)
claim("smallest distance in 100 alternating steps", distances["alternating"].min(), 0.9, 1.0, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Simultaneous: $(\sqrt{1+h^2})^{100}=1.04^{50}\approx7.1$ times as far. Alternating: still about 1.
# </details>
#
# *What you should see:* the order of moves alone decides between explosion and a steady orbit. This is one reason why
# GAN code lets D move and then shows G the *new* D. But an orbit is not convergence.

# %% [markdown]
# ## 3 · Dirac-GAN: the smallest GAN
#
# Now a real GAN with two numbers (Mescheder and colleagues, 2018). The data are one point, $x=0$. The generator makes
# one point, $x=\theta$. The discriminator has one weight: its logit is $\psi x$. The goal is $\theta=0$ and $\psi=0$: a
# D that says one half.
#
# The logit of the real point is always 0. What is left of lesson 01's $V$ is $\log(1-\sigma(\psi\theta))$, so
#
# $$\dot\psi=+\frac{\partial V}{\partial\psi}=-\theta\,\sigma(\psi\theta),\qquad
# \dot\theta=-\frac{\partial V}{\partial\theta}=+\psi\,\sigma(\psi\theta).$$
#
# The common factor $\sigma(\psi\theta)>0$ sets the speed, not the direction. The direction $(\psi,-\theta)$ is that of
# our game, turned the other way round, so every orbit is a circle again. Near the centre $\sigma\approx\tfrac12$, so
# $J=\begin{pmatrix}0&1/2\\-1/2&0\end{pmatrix}$, with eigenvalues $\pm\tfrac i2$.
#
# Near its resting place a smooth step acts like the matrix of its derivatives. So *the eigenvalues there decide whether
# the players can come to rest*. (With $-\log D$ for the generator the factor is $\sigma(-\psi\theta)$, also $\tfrac12$
# at the centre: there both losses of lesson 01 are the same game.)
#
# The function below makes one step. Its arguments are levers: `together` makes the moves simultaneous, `ratio` makes
# D's learning rate a multiple of G's, `moves` lets D move several times per move of G, and `gamma` is the strength of a
# penalty called R1, explained next.


# %%
def move(w, h=0.4, gamma=0.0, ratio=1.0, moves=1, together=False):  # one step of the Dirac-GAN, w = (θ, ψ)
    theta, psi = w
    new = psi
    for _ in range(moves):  # step D
        new = new + h * ratio * (-theta * torch.sigmoid(new * theta) - gamma * new)
    judge = psi if together else new  # the D that G gets to see
    return torch.stack([theta + h * judge * torch.sigmoid(judge * theta), new])  # step G


def matrix(step, size=2):  # the linear map that a step is near the centre
    return torch.autograd.functional.jacobian(step, torch.zeros(size, dtype=torch.float64))


def factor(size=2, step=move, **levers):  # the largest |λ|: what distances are multiplied by
    return torch.linalg.eigvals(matrix(partial(step, **levers), size)).abs().max().item()


# %% [markdown]
# R1 is $\tfrac\gamma2\,\mathbb{E}\,|\nabla_x\,l(x)|^2$ *at the real data*: a penalty on the slope of D there. Our logit
# $l(x)=\psi x$ has slope $\psi$, so the penalty is $\tfrac\gamma2\psi^2$, and it pulls $\psi$ back with $-\gamma\psi$.
# That is **friction**. **Check** our step against autograd on the losses and the R1 of the library:

# %%
theta, psi = torch.tensor([0.8, -0.6], dtype=torch.float64, requires_grad=True)
real, fake = torch.zeros(1, 1, dtype=torch.float64), theta.reshape(1, 1)
loss = losses.get("minimax")
penalty = 0.3 / 2 * regularizers.r1(lambda x: (psi * x).squeeze(1), real)
(by_D,) = torch.autograd.grad(loss.discriminator((psi * real)[0], (psi * fake)[0]) + penalty, psi, retain_graph=True)
(by_G,) = torch.autograd.grad(loss.generator((psi * fake)[0]), theta)
start = torch.tensor([0.8, -0.6], dtype=torch.float64)
step = move(start, h=1.0, gamma=0.3, together=True) - start
claim("θ's velocity against the library's loss, difference", step[0] + by_G, -1e-12, 1e-12, exact=True)
claim("ψ's velocity against the library's loss and R1, difference", step[1] + by_D, -1e-12, 1e-12, exact=True)


# %%
def stream(gamma=0.0, ratio=1.0):  # the velocity of θ and ψ, for the portraits
    def velocity(w):
        theta, psi = w.T
        speed = torch.sigmoid(psi * theta)
        return torch.stack([psi * speed, ratio * (-theta * speed - gamma * psi)], dim=1)

    return velocity


levers = {"simultaneous": {"together": True}, "alternating": {}}
paths = {name: walk(partial(move, **lever), (1.0, 0.0), 80) for name, lever in levers.items()}
figure = plots.phase_portrait(stream(), paths, limits=(-3, 3))
plots.show(figure, "Dirac-GAN, step size 0.4. Simultaneous steps drift outwards, alternating steps circle for ever.")
claim("factor of a simultaneous step, h = 0.4", factor(together=True), 1.0197, 1.0199, exact=True)
claim("factor of an alternating step, h = 0.4", factor(), 1 - 1e-9, 1 + 1e-9, exact=True)
turned = torch.linalg.eigvals(matrix(partial(move, h=0.01))).angle().max()
claim("angle of a small step over h: the ½ of ± i/2", turned / 0.01, 0.4999, 0.5001, exact=True)

# %% [markdown]
# *What you should see:* the generator runs past the data and back, for ever. Each time it passes, D's slope still says
# "further". In a training log this is a loss that swings.
#
# > **Claim to check: "If training oscillates, a smaller learning rate makes it converge."** On a hill it does.
#
# We let simultaneous steps walk for the same *time*, steps × $h$ = 80, with ever smaller $h$:

# %% tags=["nbval-check-output"]
print("  step h    steps    distance from the centre, start 0.50")
for h in (0.4, 0.1, 0.04, 0.01):
    path = walk(partial(move, h=h, together=True), (0.5, 0.0), round(80 / h))
    print(f"{h:8.2f}   {len(path) - 1:6d}    {path[-1].norm():.2f}")

# %%
claim(
    "distance at the end, h = 0.4", walk(partial(move, together=True), (0.5, 0.0), 200)[-1].norm(), 3.4, 3.6, exact=True
)
claim("factor with h = 0.01", factor(h=0.01, together=True), 1 + 1e-6, 1.0001, exact=True)

# %% [markdown]
# **The claim is false for this game.** Near the centre $h/2$ takes the place of $h$, so $\det=1+h^2/4$ is above 1 for
# *every* $h$. A small rate makes the spiral slow, never inward. Convergence needs friction.

# %% [markdown]
# ## 4 · Friction: R1
#
# One D move with friction, with learning rate $a$ times G's, near the centre:
# $\psi\leftarrow\psi+ha(-\tfrac12\theta-\gamma\psi) =(1-ha\gamma)\,\psi-\tfrac{ha}2\,\theta$. One G move:
# $\theta\leftarrow\theta+\tfrac h2\psi$. As matrices,
#
# $$A=\begin{pmatrix}1&h/2\\0&1\end{pmatrix}\begin{pmatrix}1&0\\-ha/2&1-ha\gamma\end{pmatrix},\qquad
# \det A=1-ha\gamma .$$
#
# Areas shrink. If D moves $k$ times before each move of G, $\det A=(1-ha\gamma)^k$. As long as the step still turns,
#
# $$\boxed{\;|\lambda|=(1-h\,a\,\gamma)^{k/2}\;}$$
#
# Friction $\gamma$, D's speed $a$ and D's moves $k$ all shrink the orbit. But **without friction, $\gamma=0$, neither
# speed nor extra moves of D help**: the factor is 1. We test the formula against eigenvalues and against steps of the
# real, curved game.


# %% tags=["nbval-check-output"]
def measured(n=2000, **lever):  # factor a step, from walking the real game
    places = walk(partial(move, **lever), (0.01, 0.0), n)
    distance = places.abs().amax(dim=1)  # the larger of |θ| and |ψ|: squares as small as these would become 0
    return (distance[-1] / distance[0]).item() ** (1 / n)


cases = [(0.0, 1, 1), (0.0, 4, 1), (0.0, 1, 5), (0.1, 1, 1), (0.3, 1, 1), (0.1, 4, 1), (0.1, 10, 1), (0.1, 1, 5)]
print("  γ     a    k     formula   eigenvalue   measured")
for g, a, k in cases:
    lever = {"gamma": g, "ratio": a, "moves": k}
    formula = (1 - 0.4 * a * g) ** (k / 2)
    print(f"{g:4.1f}  {a:3d}  {k:3d}   {formula:9.3f}   {factor(**lever):10.3f}   {measured(**lever):8.3f}")

# %% [markdown]
# > **Predict:** is more friction always better? What happens at $\gamma=4$, more than ten times the strongest above?

# %%
gammas = torch.cat([torch.linspace(0, 1, 41), torch.linspace(1.05, 4, 60)])
theory = torch.tensor([factor(gamma=g.item()) for g in gammas])
tried = [0.1, 0.3, 0.5, 0.7, 1.5, 2.0, 3.0, 4.0]
walked = [measured(gamma=g) for g in tried]

# %%
figure, (left, right) = plots.panels(1, 2, height=3.7, width=9.0)
plots.curves({"largest |λ|": theory}, x=gammas, xlabel="friction γ", ylabel="factor per step", smooth=1, axes=left)
left.plot(tried, walked, "o", color="black", ms=5, label="measured")
left.axhline(1, color="#444444", ls=":", lw=1)
left.legend(loc="lower right")
paths = {f"γ = {g}": walk(partial(move, gamma=g), (1.0, 0.0), 80) for g in (0.0, 0.3, 4.0)}
plots.phase_portrait(None, paths, limits=(-1.2, 1.2), axes=right)
caption = (
    "Left: the factor by which each step shrinks the distance, from eigenvalues (line) and from walking (dots). Right: "
    "no friction circles, some friction spirals in, far too much friction crawls along a line."
)
plots.show(figure, caption)
claim(
    "largest difference of measured and theory",
    max(abs(w - factor(gamma=g)) for w, g in zip(walked, tried)),
    0,
    2e-3,
    True,
)

# %%
claim("factor at γ = 0.3", factor(gamma=0.3), 0.938, 0.939, exact=True)
claim("best factor of all γ", theory.min(), 0.78, 0.82, exact=True)
claim("γ of the best factor", gammas[theory.argmin()], 0.85, 0.95, exact=True)
claim("factor at γ = 4", factor(gamma=4.0), 0.975, 0.976, exact=True)
both = torch.linalg.eigvals(matrix(partial(move, gamma=4.0))).real
claim("the other eigenvalue at γ = 4", both.min(), -0.616, -0.614, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# No. The best is near $\gamma=0.9$, where the step just stops turning. Beyond, both eigenvalues are real. Their product
# is still $1-h\gamma$, but they are unequal: at $\gamma=4$ they are $-0.615$ and $0.975$. The first belongs to D, whose
# own step overshoots (the zigzag in the right panel). The second belongs to G, which crawls: *slower* than $0.938$ at
# $\gamma=0.3$.
# </details>
#
# **The learning rate again.** With friction, $\det A_{\text{sim}}=1-h\gamma+h^2/4$ for simultaneous steps. While they
# turn ($\gamma<1$), they converge exactly if $h<4\gamma$. So with friction a smaller rate can make a game converge.
#
# **Friction of its own.** Data that are not a single point give D some friction. Take a linear D, and data and fakes of
# spread $s$ around 0. The loss $\mathbb{E}\,\mathrm{softplus}(-\psi x)+\mathbb{E}\,\mathrm{softplus}(\psi x')$ has
# curvature $\tfrac14s^2+\tfrac14s^2=\tfrac12s^2$ in $\psi$, because $\mathrm{softplus}''(0)=\tfrac14$. Curvature pulls
# back as $\gamma$ does. **Check** for $s=\tfrac12$:

# %%
x = torch.randn(200_000, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64) / 2
curve = torch.autograd.functional.hessian(lambda w: (F.softplus(-w * x) + F.softplus(w * x)).mean(), x.new_zeros(()))
claim("friction that data of spread 1/2 give to a linear D", curve, 0.123, 0.127, exact=True)

# %% [markdown]
# ## 5 · Two time scales
#
# With friction, a D with $a$ times G's rate feels $a$ times the friction. Heusel and colleagues (2017) call unequal
# rates the *two time-scale update rule*. Let $a$ grow without bound: then D is always at its best answer to the present
# $\theta$. That answer solves $0=-\tfrac12\theta-\gamma\psi$, so $\psi^*=-\theta/2\gamma$, and what is left for G is
#
# $$\dot\theta=\tfrac12\psi^*=-\frac{\theta}{4\gamma}.$$
#
# **There is the hill again.** A perfect D turns the game into a descent, as lesson 01 assumed.


# %%
def best_answers(thetas, gamma):  # ψ with 0 = −θ σ(ψθ) − γψ, by repeated halfway steps
    psi = torch.zeros_like(thetas)
    for _ in range(200):
        psi = (psi - thetas * torch.sigmoid(psi * thetas) / gamma) / 2
    return psi


# %%
figure, axes = plots.panels(1, 3, height=3.2, width=8.4)
titles = ("no friction, D 10 × as fast", "γ = 0.5, equal rates", "γ = 0.5, D 10 × as fast")
for axis, title, (g, a) in zip(axes, titles, ((0.0, 10.0), (0.5, 1.0), (0.5, 10.0))):
    path = walk(partial(move, h=0.1, gamma=g, ratio=a), (1.0, 0.0), 300)
    plots.phase_portrait(stream(g, a), {"path": path}, limits=((-1.4, 1.4), (-3.6, 3.6)), title=title, axes=axis)
    if g:
        thetas = torch.linspace(-1.4, 1.4, 50)
        axis.plot(thetas, best_answers(thetas, g), color="black", ls="--", lw=1.2)
    axis.set(aspect="auto", title=title)
    axis.get_legend().remove()
caption = (
    "Left: a fast D without friction only makes a taller orbit. Middle: friction with equal rates spirals in. Right: "
    "friction and a fast D. The path drops onto D's best answers (dashed) and slides down along them, as on a hill."
)
plots.show(figure, caption)

# %%
fast = walk(partial(move, h=0.01, gamma=0.5, ratio=40.0), (1.0, 0.0), 4000)
late = fast[1000:3000]
claim("ψ / θ on the way, best answer −1 / 2γ = −1", (late[:, 1] / late[:, 0]).mean(), -1.1, -0.95, exact=True)
slide = (late[-1, 0] / late[0, 0]).log() / (0.01 * (len(late) - 1))
claim("rate of the slide, −1 / 4γ = −0.5", slide, -0.55, -0.48, exact=True)

# %% [markdown]
# *What you should see:* without friction the speed of D is wasted on going round. With friction $\psi$ settles almost
# at once, and from there on $\theta$ shrinks: one player is left, and a hill.
#
# Now all the ways to play at once. Each mark is an eigenvalue of one step. Its distance from the origin is the factor
# per step: inside the circle the game converges.

# %%
zoo = {
    "simultaneous": {"together": True},
    "alternating": {},
    "alternating, γ = 0.1": {"gamma": 0.1},
    "alternating, γ = 0.3": {"gamma": 0.3},
    "alternating, γ = 4": {"gamma": 4.0},
    "γ = 0.1, D 10 × as fast": {"gamma": 0.1, "ratio": 10.0},
}

# %% tags=["nbval-check-output"]
for name, lever in zoo.items():
    print(f"{name:28s} factor per step {factor(**lever):.3f}")

# %%
figure, (axis, zoom, side) = plots.panels(1, 3, height=3.3, width=8.8, width_ratios=[1, 1, 0.8])
angle = torch.linspace(-1.2, 1.2, 200)
for where in (axis, zoom):
    where.plot(angle.cos(), angle.sin(), color="#444444", lw=1)
    for (name, lever), mark in zip(zoo.items(), "^oDsvP"):
        values = torch.linalg.eigvals(matrix(partial(move, **lever)))
        where.plot(values.real, values.imag, mark, ms=7, label=name)
    where.set(xlabel="real part", aspect="equal")
axis.set(ylabel="imaginary part", xlim=(-0.75, 1.15), ylim=(-0.95, 0.95))
zoom.set(xlim=(0.9, 1.03), ylim=(0.14, 0.27), title="magnified")
side.set_axis_off()
side.legend(*axis.get_legend_handles_labels(), loc="center left", fontsize=9)
caption = (
    "Eigenvalues of one step of the Dirac-GAN for six ways to play; the line is the circle of factor 1. Simultaneous "
    "steps lie outside, alternating ones on it, friction pulls inside, and a fast D pulls much further."
)
plots.show(figure, caption, key=True)

# %% [markdown]
# *What you should see:* a little friction is a small step inwards. Much friction sends one eigenvalue far inside and
# the other back towards 1, and the slow one decides. A fast D takes both far in.

# %% [markdown]
# ## 6 · Averaging and momentum
#
# **Averaging.** If the players circle, perhaps the *centre* of the circle is enough. Keep a running average of the
# generator's weights, $m\leftarrow\beta m+(1-\beta)\,w$, an *exponential moving average* (EMA), and sample from $m$.
# How much of the circling is left in it? Near the centre an alternating orbit is $w_n=e^{i\omega n}$, with
# $\cos\omega=1-h^2/8$, half the trace of $A$. (A place is written as one complex number; $e^{i\omega}$ turns it by the
# angle $\omega$.) Try $m_n=c\,e^{i\omega n}$: then $c=\beta c\,e^{-i\omega}+(1-\beta)$, so
#
# $$|c|=\frac{1-\beta}{\,|1-\beta e^{-i\omega}|\,}.$$
#
# > **Predict:** does EMA make the *players* converge?


# %%
def average(path, beta=0.98):  # the running average along a path, (steps, 2)
    mean = [path[0]]
    for place in path[1:]:
        mean.append(beta * mean[-1] + (1 - beta) * place)  # average
    return torch.stack(mean)


orbit = walk(move, (1.0, 0.0), 400)
figure = plots.phase_portrait(stream(), {"players": orbit, "their average": average(orbit)}, limits=(-1.4, 1.4))
plots.show(figure, "Alternating steps circle for ever; their moving average (β = 0.98) spirals into the centre.")
small = walk(move, (0.1, 0.0), 3000)
omega = math.acos(1 - 0.4**2 / 8)
left_over = 0.02 / abs(1 - 0.98 * complex(math.cos(omega), -math.sin(omega)))
ratio = average(small)[-600:].norm(dim=1).mean() / small[-600:].norm(dim=1).mean()
claim("share of the circling that stays in the average, by the formula", left_over, 0.100, 0.101, exact=True)
claim("the same, measured", ratio, 0.098, 0.103, exact=True)

# %% [markdown]
# <details><summary>Answer</summary>
#
# No. The players never know of the average. The average keeps circling too, on an orbit a tenth as large. That helps if
# the players circle around something good.
# </details>
#
# The library's `GAN(ema=β)` averages all weights of the generator. One step of it, against the formula:

# %%
small_game = GAN(models.MLPGenerator(1, 1, 8), models.MLPDiscriminator(1, 8), ema=0.5, backend=Backend("cpu"))
batches = data.Batches(torch.randn(64, 1, generator=torch.Generator().manual_seed(SEED)), 32)
list(train(small_game, batches, 20))
before = [weight.clone() for weight in small_game.averages["generator"].module.parameters()]
list(train(small_game, batches, 1))
triples = zip(before, small_game.generator.parameters(), small_game.averages["generator"].module.parameters())
worst = max((after - (0.5 * old + 0.5 * now)).abs().max().item() for old, now, after in triples)
claim("the library's average against m ← βm + (1 − β)w, difference", worst, 0, 1e-6, exact=True)

# %% [markdown]
# **Momentum.** Adam keeps a running mean of past gradients; `betas[0]` says how long its memory is. On a hill memory
# helps, because the past points the same way. In a game that turns, the past points where the others *were*. With
# memory $\beta$ a step is $w_{n+1}=w_n+\beta(w_n-w_{n-1})+(1-\beta)h\,v$. Its state is $(w_n,w_{n-1})$, four numbers,
# and autograd finds the eigenvalues.


# %%
def remember(state, beta, h=0.4):  # a step with memory; state (θ, ψ, θ before, ψ before)
    theta, psi, old_theta, old_psi = state
    new_psi = psi + beta * (psi - old_psi) - (1 - beta) * h * theta * torch.sigmoid(psi * theta)  # step D
    speed = torch.sigmoid(new_psi * theta)
    new_theta = theta + beta * (theta - old_theta) + (1 - beta) * h * new_psi * speed  # step G
    return torch.stack([new_theta, new_psi, theta, psi])


betas = torch.linspace(-0.75, 0.95, 69)
memory = [factor(4, remember, beta=b.item()) for b in betas]
figure = plots.curves({"largest |λ|": memory}, x=betas, xlabel="memory β", ylabel="factor per step", smooth=1)
figure.axes[0].axhline(1, color="#444444", ls=":", lw=1)
plots.show(
    figure, "Memory in a game: with positive β the alternating Dirac-GAN explodes, with negative β it converges."
)
claim("factor without memory", factor(4, remember, beta=0.0), 1 - 1e-6, 1 + 1e-6, exact=True)
claim("factor with β = 0.5", factor(4, remember, beta=0.5), 1.031, 1.034, exact=True)
claim("factor with β = 0.9", factor(4, remember, beta=0.9), 1.056, 1.058, exact=True)
claim("factor with β = −0.5", factor(4, remember, beta=-0.5), 0.985, 0.988, exact=True)

# %% [markdown]
# *What you should see:* memory works against the players. Adam's usual 0.9 throws them out by 5.7 % per step, DCGAN's
# 0.5 by 3.2 %. With 0 they stay on their orbit. Negative memory (Gidel and colleagues, 2018) brakes. This is why lesson
# 01 played with `betas=(0.0, 0.9)`. Friction can outweigh a memory of 0.5: the cured games of section 8 have it.

# %% [markdown]
# ## 7 · The same portrait in a network
#
# Does this say anything about networks with thousands of weights, trained by Adam? We take lesson 01's GAN on the line;
# the data are one bump at 1. We watch two numbers: where the fakes are ($\theta$: their mean, minus 1) and what D tells
# them ($\psi$: the mean slope of its logit at the fakes).
#
# > **Predict** the three portraits: memory 0.9; no memory; no memory, D four times as fast, R1.

# %%
bump = 1 + 0.5 * torch.randn(20_000, 1, generator=torch.Generator().manual_seed(SEED))
probe = torch.randn(512, 1, generator=torch.Generator().manual_seed(1))


def portrait(seed, **settings):  # (steps, 2): mean of the fakes minus 1, mean slope of D there
    torch.manual_seed(seed)
    players = models.MLPGenerator(1, 1, width=32), models.MLPDiscriminator(1, width=32)
    game, path = GAN(*players, seed=seed, ema=None, backend=Backend("cpu"), **settings), []
    for _ in train(game, data.Batches(bump, 256, seed=seed), PORTRAIT_STEPS):
        fakes = game.generator(probe).detach().requires_grad_()
        (slopes,) = torch.autograd.grad(game.discriminator(fakes).sum(), fakes)
        path.append([fakes.mean().item() - 1, slopes.mean().item()])  # record
    return torch.tensor(path)


# %%
ways = {
    "memory 0.9": {"lr": 1e-3, "betas": (0.9, 0.9)},
    "no memory": {"lr": 1e-3, "betas": (0.0, 0.9)},
    "no memory, D 4 ×, R1": {"lr": 5e-4, "lr_discriminator": 2e-3, "betas": (0.0, 0.9), "r1": 0.2},
}
found = {name: [portrait(seed, **way) for seed in tqdm(seeds, name)] for name, way in ways.items()}

# %%
figure, axes = plots.panels(1, 3, height=3.7, width=9.6)
for axis, (name, paths) in zip(axes, found.items()):
    named = {f"seed {seed}": path for seed, path in zip(seeds, paths)}
    plots.phase_portrait(None, named, limits=((-1.6, 2.6), (-3, 3)), axes=axis)
    axis.set_aspect("auto")
    axis.get_legend().remove()
    axis.set(xlabel="mean of the fakes − 1", ylabel="mean slope of D")
    axis.set_title(name, pad=6)
caption = (
    "Paths of three real networks each (one colour a seed), seen through two summaries. They are the portraits of the "
    "Dirac-GAN: wide orbits, a spiral, and a slide along a line into the centre (cross)."
)
plots.show(figure, caption, key=True)

# %%
distance = {name: torch.stack(paths).norm(dim=2) for name, paths in found.items()}  # (seeds, steps)
tail = PORTRAIT_STEPS // 5
claim("memory 0.9: mean distance, least of three seeds", distance["memory 0.9"].mean(1).min(), 0.4, 5)
claim("no memory: distance in the last fifth, largest", distance["no memory"][:, -tail:].mean(1).max(), 0, 0.3)
best = distance["no memory, D 4 ×, R1"][:, -4 * tail :]
claim("no memory, D 4 ×, R1: distance after the first fifth, largest", best.mean(1).max(), 0, 0.2)

# %% [markdown]
# <details><summary>Answer</summary>
#
# Orbits, a spiral, a slide. With memory 0.9 the fakes fly past the data, again and again. Without, the friction that D
# has of its own is enough to spiral in. With all three levers the path drops onto the line of best answers and slides
# down.
# </details>
#
# A training log shows the same motion. There are five levers: the order of moves, friction, D's rate, D's number of
# moves, memory.
#
# | you see | it is | pull this lever |
# |---|---|---|
# | swings that grow | a step that magnifies areas | alternate; shorten the memory |
# | swings that stay | an orbit without friction | R1; a faster D, if there is some friction |
# | swings that shrink, slowly | an orbit with little friction | more of it, or a faster D |
# | no swings, hardly any motion | too much friction, D has no slope | less R1 |
# | samples that jump from place to place | a G faster than its judge | next section |

# %% [markdown]
# ## 8 · Mode collapse: caused, counted, cured
#
# What if the *generator* is the fast one? Then it plays against a D that hardly moves. Its loss is an average of
# $-\log D(x)$ over its samples, and no average is smaller than its smallest term. So it should put *every* sample on
# the one point where D is largest. **A generator that is far too fast does not learn a distribution. It learns a
# point.** When D has learned that this point is fake, the largest D is elsewhere, and the samples run there. At any
# time they cover a few modes of the data at most: this is *mode collapse*. Lesson 01 assumed $\min_G\max_D$ (D answers
# G). A fast G plays $\max_D\min_G$ (G answers D), another game.
#
# **Check** the step from an average to its smallest term, with a hundred random distributions on a hundred places (a
# *fine* is $-\log D$ at a place):

# %%
fine = F.softplus(-torch.randn(100, generator=torch.Generator().manual_seed(SEED)))  # −log D at a hundred places
shares = torch.randn(100, 100, generator=torch.Generator().manual_seed(SEED + 1)).mul(3).softmax(dim=1)
claim("least average fine minus the fine at the best place", (shares @ fine).min() - fine.min(), 0, 1, exact=True)

# %% [markdown]
# We cause collapse on the ring of lesson 01: the generator's rate is 16 times the discriminator's. Then two cures: make
# D four times as fast as G, or keep the bad rates and let D move five times per move of G. All games have a memory of
# 0.5 and an average with $\beta=0.99$.
#
# A mode is *found* if it owns at least a fifth of its fair share of 2,000 samples, within three standard deviations. We
# count ten times during each run, for three seeds.


# %%
def count_modes(points, centres, std=0.05):  # how many modes are found, and the share of points near any
    nearest, owner = torch.cdist(points, centres).min(dim=1)
    near = nearest < 3 * std
    owned = torch.bincount(owner[near], minlength=len(centres)) / len(points)
    return int((owned > 0.2 / len(centres)).sum()), near.float().mean().item()


def follow(centres, seed, **settings):  # samples at the end, those of the average, and ten counts on the way
    recipe, counts = build("02", PROFILE, seed=seed, **settings), []
    for record in train(recipe.game, recipe.batches, recipe.steps):
        if record.step % (recipe.steps // 10) == 0:
            counts.append(count_modes(recipe.game.sample(n=2000, ema=False), centres)[0])  # record
    return recipe.game.sample(n=2000, ema=False), recipe.game.sample(n=2000), counts


# %%
centres, on_ring = data.ring_modes(), {"data": "ring", "layers": 3, "steps": RING_STEPS}
ways = {
    "G 16 × as fast": {"lr": 4e-3, "lr_discriminator": 2.5e-4},
    "D 4 × as fast": {"lr": 1e-3, "lr_discriminator": 4e-3},
    "G 16 ×, D moves 5 times": {"lr": 4e-3, "lr_discriminator": 2.5e-4, "discriminator_steps": 5},
}
runs = {n: [follow(centres, seed, **on_ring, **way) for seed in tqdm(seeds, n)] for n, way in ways.items()}


# %%
def show_samples(rows, centres, limit, height):  # title -> (n, 2) for each seed: a row a title, a column a seed
    figure, axes = plots.panels(len(rows), len(seeds), height=height, width=7.4, sharex=True, sharey=True)
    for i, (name, clouds) in enumerate(rows.items()):
        for axis, seed, cloud in zip(axes[i * len(seeds) :], seeds, clouds):
            plots.scatter(None, cloud[:700], centres, limits=(-limit, limit), axes=axis)
            axis.get_legend().remove()
            found = count_modes(cloud, centres)[0]
            axis.set(xlabel="", ylabel="", title=f"{name}\nseed {seed}: {found} of {len(centres)}")
    return figure


caption = (
    "Samples after training (vermillion) and the eight real modes (rings), three seeds a row. With a generator 16 times "
    "as fast as its judge everything is heaped near one place or is on its way to the next. Both cures find all "
    "modes, or nearly all."
)
rows = {name: [run[0] for run in results] for name, results in runs.items()}
plots.show(show_samples(rows, centres, 1.6, 8.4), caption, key=True)

# %%
x = [RING_STEPS // 10 * (i + 1) for i in range(10)]
counts = {name: torch.tensor([run[2] for run in results]).float() for name, results in runs.items()}  # (seeds, 10)
figure = plots.curves(counts, x=x, ylabel="modes found (of 8)")
figure.axes[0].set_ylim(-0.3, 8.5)
plots.show(figure, "Modes found during training: mean of three seeds, and the band from the least to the largest.")
late = {name: table[:, 5:].mean(1) for name, table in counts.items()}
claim("G 16 × as fast: modes in the second half, most of three seeds", late["G 16 × as fast"].max(), 0, 3)
claim("D 4 × as fast: modes at the end, least", counts["D 4 × as fast"][:, -1].min(), 7, 8)
claim("D moves 5 times: modes at the end, least", counts["G 16 ×, D moves 5 times"][:, -1].min(), 6, 8)
averaged = [count_modes(run[1], centres)[1] for run in runs["G 16 × as fast"]]
claim("collapsed: share of the average's samples near a mode, largest", max(averaged), 0, 0.3)

# %% [markdown]
# *What you should see:* with the fast G all samples are in one clump. The clump runs from place to place and often
# overshoots, so at many counts it is near no mode at all. Both cures find the modes, but not always: of eight values of
# `SEED`, one had a run with five moves of D that ended with no mode.
#
# Averaging is no third cure. The averaged generator is near no mode either (the last claim): it is the mean of
# generators that stood at different places. **EMA calms an orbit. It gives G no reason to cover what it forgot.** G's
# loss is an average over its *own* samples, so a forgotten mode costs nothing. Only D can call G back, and for that D
# has to be quick enough.

# %% [markdown]
# ## 9 · Twenty-five modes
#
# A grid of 5 × 5 is harder, so both networks get one more layer. We cause and cure as before. The last row is the
# *averaged* generator of the cured runs.
#
# > **Predict:** how many of the 25 does the fast generator hold at a time? What will averaging do this time?

# %%
nodes, on_grid = data.grid_modes(5, spacing=0.5), {"data": "grid", "layers": 4, "steps": GRID_STEPS}
two_ways = {n: ways[n] for n in ("G 16 × as fast", "D 4 × as fast")}
grid_runs = {n: [follow(nodes, seed, **on_grid, **way) for seed in tqdm(seeds, n)] for n, way in two_ways.items()}

# %%
rows = {name: [run[0] for run in results] for name, results in grid_runs.items()}
rows["D 4 ×, averaged"] = [run[1] for run in grid_runs["D 4 × as fast"]]
caption = (
    "A grid of 25 modes. Above, the generator 16 times as fast as the discriminator; in the middle, the discriminator "
    "four times as fast; below, the averaged generators of the middle row."
)
plots.show(show_samples(rows, nodes, 1.5, 8.4), caption)

# %%
collapsed, cured = (torch.tensor([run[2] for run in results]).float() for results in grid_runs.values())
claim("grid, G 16 × as fast: modes in the second half, most", collapsed[:, 5:].mean(1).max(), 0, 8)
claim("grid, D 4 × as fast: modes at the end, least", cured[:, -1].min(), 18, 25)
calm = [count_modes(run[1], nodes) for run in grid_runs["D 4 × as fast"]]
raw = [count_modes(run[0], nodes) for run in grid_runs["D 4 × as fast"]]
gain = sum(after[1] - before[1] for before, after in zip(raw, calm)) / len(seeds)
claim("grid: what averaging adds to the share near a mode, mean of three seeds", gain, -0.01, 0.3)
claim("grid, the averages: modes, least", min(found for found, _ in calm), 20, 25)
claim("grid, the averages: share of samples near a mode, least", min(share for _, share in calm), 0.5, 1)

# %% [markdown]
# <details><summary>Answer</summary>
#
# A few at most. This time averaging does no harm, and may help a little: the cured players circle around something
# good.
# </details>
#
# *What you should see:* under the fast G a clump, often outside the frame. Under the fast D rows or columns are found
# first, as strings, and the strings break up later. The grid is not finished.
#
# These rates are right for these networks only. Where the levers must stand you read off a portrait, a count, or the
# measures of lesson 05.
#
# ## 10 · Your own hands on the levers
#
# The panel plays *your* game with the rates that collapse, and counts by our own `count_modes`. (In JupyterLab, run the
# cell: buttons and sliders appear.) Step D and G one at a time. Then Run. After some 500 steps Pause, set the rates to
# 0.001 for G and 0.005 for D, and Run on: how long do the modes take to come back? Press Reset, which keeps the levers,
# and Run: how long now?

# %%
mine = build("02", PROFILE, seed=SEED, **on_ring, lr=4e-3, lr_discriminator=2.5e-4)
panel = panels.dynamics(mine.game, mine.batches.tensors[0], centres, count=count_modes)
panel

# %% [markdown]
# ## Summary
#
# - A game is not a descent: the Jacobian of its velocity turns. A turning step scales by $|\lambda|=\sqrt{\det A}$.
# - Simultaneous steps magnify areas and explode; alternating ones keep them and circle. Without friction no learning
#   rate changes that.
# - Friction (R1, or the curvature of D's own loss) shrinks: $|\lambda|=(1-ha\gamma)^{k/2}$ for D's speed $a$ and moves
#   $k$. A perfect D is the limit, and there the game is a hill.
# - Momentum works against a game; EMA calms what you sample, not what plays.
# - A generator faster than its judge learns a point: mode collapse. Make D the faster one.
#
# **Read on:** Mescheder, Geiger and Nowozin, *Which Training Methods for GANs do actually Converge?*, arXiv:1801.04406
# (Dirac-GAN, R1); Heusel et al., *GANs Trained by a Two Time-Scale Update Rule*, arXiv:1706.08500; Gidel et al.,
# *Negative Momentum for Improved Game Dynamics*, arXiv:1807.04740.
#
# **Now do** `exercises/02_training_dynamics`.
