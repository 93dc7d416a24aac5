"""Wrong answers that the checks of exercise 08 must reject, and right ones, written otherwise, that they must accept."""

import math
import random
from collections import Counter

import torch
import torch.nn.functional as F
from torch import nn


def returns(value):
    return lambda *_: value


# ── there and back ──────────────────────────────────────────────────────────────────────────────────────────────────


def distance(x, y):
    return (x - y).abs().mean()


def two(cycle=None, identity=None, d=distance):
    def both(G, back, a, b):
        there = cycle(G, back, a, b) if cycle else d(back(G(a)), a) + d(G(back(b)), b)
        return there, identity(G, back, a, b) if identity else d(G(b), b) + d(back(a), a)

    return both


def two_in_one_pass(G, back, a, b):
    """Each translator sees one long batch."""
    n, m = len(a), len(b)
    fake_b, same_b = G(torch.cat([a, b])).split([n, m])
    fake_a, same_a = back(torch.cat([b, a])).split([m, n])
    cycle = F.l1_loss(back(fake_b), a) + F.l1_loss(G(fake_a), b)
    return [cycle.reshape(1), F.l1_loss(same_b, b) + F.l1_loss(same_a, a)]


def whole(judge=lambda s: (s - 1).square().mean(), share=lambda w, i: (w, i), fakes=lambda x: x):
    def loss(G, back, D_a, D_b, a, b, weight, identity):
        (cycle, alone), (of_cycle, of_identity) = two()(G, back, a, b), share(weight, identity)
        return judge(D_b(fakes(G(a)))) + judge(D_a(fakes(back(b)))) + of_cycle * cycle + of_identity * alone

    return loss


def whole_at_once(G, back, D_a, D_b, a, b, weight, identity):
    fake_a, fake_b = back(b), G(a)
    terms = [F.mse_loss(s, torch.ones_like(s)) for s in (D_a(fake_a), D_b(fake_b))]
    terms += [weight * F.l1_loss(x, y) for x, y in ((G(fake_a), b), (back(fake_b), a))]
    terms += [identity * F.l1_loss(net(x), x) for net, x in ((G, b), (back, a))]
    return torch.stack(terms).sum()


def discriminators_exchanged(G, back, D_a, D_b, a, b, weight, identity):
    return whole()(G, back, D_b, D_a, a, b, weight, identity)


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def by_search(counts_a, counts_b):
    """Counts place by place: each symbol of A takes one of the unused symbols of B with its share."""
    total_a, total_b = sum(counts_a), sum(counts_b)
    free, found = [c * total_a for c in counts_b], 1
    for count in counts_a:
        found *= free.count(count * total_b)
        if count * total_b in free:
            free.remove(count * total_b)
    return found


def by_fractions(counts_a, counts_b):
    a, b = (Counter(round(c / sum(counts), 9) for c in counts) for counts in (counts_a, counts_b))
    return float(math.prod(map(math.factorial, a.values()))) if a == b else 0.0


# ── pools ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Pool:
    """The pool of the lesson, with places where it can be taken wrongly."""

    chance, store_always, fill_first, place = 0.5, False, True, staticmethod(lambda n: int(torch.randint(n, ())))

    def __init__(self, size):
        self.size, self.images = size, []

    def cut(self, images):
        return images.detach()

    def query(self, images):
        return torch.stack([self.exchange(image) for image in self.cut(images)])

    def exchange(self, image):
        if self.fill_first and len(self.images) < self.size:
            self.images.append(image)
        elif self.images and random.random() < self.chance:
            place = self.place(len(self.images))
            image, self.images[place] = self.images[place], image
        elif len(self.images) < self.size:
            self.images.append(image)
        return image


class Attached(Pool):
    def cut(self, images):
        return images


class KeepsTheOld(Pool):
    def exchange(self, image):
        if len(self.images) < self.size:
            self.images.append(image)
        elif random.random() < 0.5:
            return self.images[random.randrange(self.size)]
        return image


class StoresBoth(Pool):
    def exchange(self, image):
        if len(self.images) < self.size:
            self.images.append(image)
            return image
        place = random.randrange(self.size)
        old, self.images[place] = self.images[place], image
        return old if random.random() < 0.5 else image


class FirstInFirstOut(Pool):
    def exchange(self, image):
        if len(self.images) < self.size:
            self.images.append(image)
        elif random.random() < 0.5:
            self.images.append(image)
            return self.images.pop(0)
        return image


class WholeBatch(Pool):
    def query(self, images):
        if len(self.images) < self.size:
            self.images += list(images.detach())
        elif random.random() < 0.5:
            chosen = random.sample(range(len(self.images)), len(images))
            old = torch.stack([self.images[i] for i in chosen])
            for i, image in zip(chosen, images.detach()):
                self.images[i] = image
            return old
        return images.detach()


class OneCoin(Pool):
    def query(self, images):
        self.chance = random.randint(0, 1)
        return super().query(images)


class Mixes(Pool):
    def exchange(self, image):
        old = super().exchange(image)
        mixed = image.clone()
        mixed[:, :1] = old[:, :1]
        return mixed


class Tensor(Pool):
    """Kept in one tensor, the coins thrown for the whole batch."""

    def query(self, images):
        images, coins = images.detach().clone(), torch.rand(len(images))
        for i in range(len(images)):
            if len(self.images) < self.size:
                self.images = torch.cat([self.images, images[i : i + 1]]) if len(self.images) else images[i : i + 1]
                self.images = self.images.clone()
            elif coins[i] > 0.5:
                k = torch.randint(self.size, (1,))
                images[i : i + 1], self.images[k] = self.images[k].clone(), images[i : i + 1].clone()
        return images


class WithNoGrad(Pool):
    @torch.no_grad()
    def query(self, images):
        returned = []
        for image in images:
            if len(self.images) < self.size:
                self.images.append(image.clone())
                returned.append(image)
            elif random.randint(0, 1):
                random.shuffle(self.images)
                returned.append(self.images.pop())
                self.images.append(image.clone())
            else:
                returned.append(image)
        return torch.stack(returned)


def pool(name, **changed):
    return type(name, (Pool,), changed)


# ── D's move ────────────────────────────────────────────────────────────────────────────────────────────────────────


def squares(real, fake):
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def d_step(loss=squares, cut=lambda f: f.detach(), clear=True, ask=lambda pool, fake: pool(fake)):
    def step(D, optimizer, real, fake, pool):
        value = loss(D(real), D(ask(pool, cut(fake))))
        if clear:
            optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value.item()

    return step


def d_step_by_grad(D, optimizer, real, fake, pool):
    with torch.no_grad():
        old = pool(fake)
    answers = D(torch.cat([real, old]))
    wanted = torch.zeros_like(answers)
    wanted[: len(real)] = 1
    value = 0.5 * (F.mse_loss(answers[: len(real)], wanted[: len(real)]) + answers[len(real) :].pow(2).mean())
    for weight, slope in zip(D.parameters(), torch.autograd.grad(value, list(D.parameters()))):
        weight.grad = slope
    optimizer.step()
    return value.detach()


# ── the noise test and the examiner ─────────────────────────────────────────────────────────────────────────────────


def factor(error=lambda x, a: (x - a).abs().mean(), wind=lambda n: n, at=lambda there, a, n: there(a) + n):
    def answer(there, back, a, noise):
        return error(back(at(there, a, wind(noise))), a) / error(back(there(a)), a)

    return answer


def examined(there, back, a, copies=True, closes=True, noise=0.05, limit=0.1, order=("copies", "loses", "hides")):
    """Parts of it can be left out, and the questions asked in another order."""

    def error(sigma):
        translated = there(a)
        return (back(translated + sigma * torch.randn_like(translated)) - a).abs().mean()

    asked = {
        "copies": lambda: copies and (there(a) - a).abs().mean() < 0.1,
        "loses": lambda: closes and error(0.0) > limit,
        "hides": lambda: noise and error(noise) > limit,
    }
    return next((name for name in order if asked[name]()), "honest")


def by_numbers(there, back, a):
    """Squares in place of absolute values, and rounding to 8 bits, four times coarser, in place of noise."""
    middle = there(a)
    if F.mse_loss(middle, a) < 1e-3:
        return "copies"
    if F.mse_loss(back(middle), a) > 0.05:
        return "loses"
    rounded = (middle * 12).round() / 12
    return "hides" if F.mse_loss(back(rounded), a) > 0.05 else "honest"


# ── the translators ─────────────────────────────────────────────────────────────────────────────────────────────────


class Shift(nn.Module):
    """A small correction added to the point, or without `leaning` a network that starts anywhere."""

    def __init__(self, leaning=True, width=64):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.last, self.leaning = nn.Linear(width, 2), leaning
        if leaning:
            nn.init.zeros_(self.last.weight)

    def forward(self, x):
        y = self.last(self.layers(x))
        return x + y if self.leaning else y


def translators(steps=600, weight=3.0, identity=0.0, leaning=True, hinge=False, batch=128, lr=2e-3):
    """A training of another make than the solution's; parts can be left out."""

    def train(sample_a, sample_b, budget):
        G, back, *judges = (
            Shift(leaning),
            Shift(leaning),
            *(
                nn.Sequential(
                    nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
                )
                for _ in "ab"
            ),
        )
        sides = [nn.ModuleList([G, back]), nn.ModuleList(judges)]
        optimizers = [torch.optim.Adam(s.parameters(), betas=(0.0, 0.9)) for s in sides]
        for step in range(steps):
            for optimizer, rate in zip(optimizers, (lr, 2 * lr)):
                optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
            a, b = sample_a(batch), sample_b(batch)
            fakes, reals = (back(b), G(a)), (a, b)
            scores = [D(fake) for D, fake in zip(judges, fakes)]
            loss = sum(-s.mean() if hinge else (s - 1).square().mean() for s in scores)
            loss = loss + weight * ((back(fakes[1]) - a).abs().mean() + (G(fakes[0]) - b).abs().mean())
            loss = loss + identity * ((back(a) - a).abs().mean() + (G(b) - b).abs().mean())
            optimizers[0].zero_grad()
            loss.backward()
            optimizers[0].step()
            loss = 0
            for D, real, fake in zip(judges, reals, fakes):
                r, f = D(real), D(fake.detach())
                loss = loss + (F.relu(1 - r).mean() + F.relu(1 + f).mean() if hinge else squares(r, f))
            optimizers[1].zero_grad()
            loss.backward()
            optimizers[1].step()
        return G, back

    return train


def as_functions(sample_a, sample_b, budget):
    G, back = translators(batch=100)(sample_a, sample_b, budget)
    return [lambda x: G(x).double(), lambda x: back(x.float())]


def copies(sample_a, sample_b, budget):
    return lambda x: x, lambda x: x


def one_camp(sample_a, sample_b, budget):
    a, b = sample_a(1), sample_b(1)
    return lambda x: b + 0.05 * torch.randn_like(x), lambda x: a + 0.05 * torch.randn_like(x)


def next_camp(sample_a, sample_b, budget):
    """Caesar: his cycle closes and his heaps are right, but he turns one camp too far."""
    a, b = sample_a(3000), sample_b(3000)

    def angle(points):
        return torch.atan2(points[:, 1], points[:, 0])

    start, other = (torch.atan2((6 * angle(p)).sin().mean(), (6 * angle(p)).cos().mean()) / 6 for p in (a, b))
    turn = (other - start + math.pi / 6) % (math.pi / 3) - math.pi / 6 + math.pi / 3
    matrix = 1.3 * torch.tensor([[turn.cos(), -turn.sin()], [turn.sin(), turn.cos()]])
    return lambda x: x @ matrix.T, lambda x: x @ torch.linalg.inv(matrix).T


def greedy(sample_a, sample_b, budget):
    sample_b(budget + 1)


WRONG = {
    "08.cycle_and_identity": {
        "one way only": two(cycle=lambda G, back, a, b: distance(back(G(a)), a)),
        "fakes detached": two(
            cycle=lambda G, back, a, b: distance(back(G(a).detach()), a) + distance(G(back(b).detach()), b)
        ),
        "targets exchanged": two(cycle=lambda G, back, a, b: distance(back(G(b)), b) + distance(G(back(a)), a)),
        "identity in the source domain": two(identity=lambda G, back, a, b: distance(G(a), a) + distance(back(b), b)),
        "squares": two(d=lambda x, y: (x - y).square().mean()),
        "sums": two(d=lambda x, y: (x - y).abs().sum()),
        "halved": two(d=lambda x, y: (x - y).abs().mean() / 2),
        "no absolute value": two(d=lambda x, y: (x - y).mean()),
        "exchanged": lambda G, back, a, b: two()(G, back, a, b)[::-1],
        "one sum": lambda G, back, a, b: sum(two()(G, back, a, b)),
        "numbers": lambda G, back, a, b: tuple(v.item() for v in two()(G, back, a, b)),
        "the translation compared": two(cycle=lambda G, back, a, b: distance(G(a), a) + distance(back(b), b)),
    },
    "08.perfect_tables": {
        "all tables": lambda a, b: math.factorial(len(a)),
        "always one": returns(1),
        "equal heaps only": lambda a, b: by_search(a, b) if sorted(a) == sorted(b) else 0,
        "the other heap overlooked": lambda a, b: by_search(a, a),
        "never none": lambda a, b: max(1, by_search(a, b)),
        "product of multiplicities": lambda a, b: math.prod(Counter(a).values()) * (by_search(a, b) > 0),
        "sum of factorials": lambda a, b: sum(map(math.factorial, Counter(a).values())) * (by_search(a, b) > 0),
        "largest group alone": lambda a, b: math.factorial(max(Counter(a).values())) * (by_search(a, b) > 0),
        "true or false": lambda a, b: by_search(a, b) > 0,
        "order of the symbols counts": lambda a, b: by_search(a, b) if a == b else 0,
    },
    "08.translators_loss": {
        "no identity": whole(share=lambda w, i: (w, 0)),
        "identity times the weight of the cycle": whole(share=lambda w, i: (w, w * i)),
        "no cycle": whole(share=lambda w, i: (0, i)),
        "fixed weights": whole(share=lambda w, i: (10.0, 5.0)),
        "weights exchanged": whole(share=lambda w, i: (i, w)),
        "fakes detached before D": whole(fakes=lambda x: x.detach()),
        "asked for 0": whole(judge=lambda s: s.square().mean()),
        "halved": whole(judge=lambda s: (s - 1).square().mean() / 2),
        "cross-entropy": whole(judge=lambda s: F.softplus(-s).mean()),
        "mean of answers first": whole(judge=lambda s: (s.mean() - 1) ** 2),
        "discriminators exchanged": discriminators_exchanged,
        "a number": lambda *sent: whole()(*sent).item(),
    },
    "08.pool": {
        "not cut off": Attached,
        "old ones are not replaced": KeepsTheOld,
        "new ones are always stored": StoresBoth,
        "first in, first out": FirstInFirstOut,
        "a coin for the whole batch": WholeBatch,
        "filled rightly, then a coin for the whole batch": OneCoin,
        "always an old one": pool("AlwaysOld", chance=1.0),
        "always the new one": pool("AlwaysNew", chance=0.0),
        "one time in four": pool("Quarter", chance=0.25),
        "always the first place": pool("FirstPlace", place=staticmethod(lambda n: 0)),
        "never the last place": pool("NoLast", place=staticmethod(lambda n: int(torch.randint(max(1, n // 2), ())))),
        "exchanges before it is full": pool("Early", fill_first=False),
        "mixes pictures": Mixes,
        "one picture for the batch": pool("One", query=lambda self, images: self.exchange(images.detach()[0])),
        "no query": type("NoQuery", (), {"__init__": lambda self, size: None}),
    },
    "08.discriminator_step": {
        "not detached": d_step(cut=lambda f: f),
        "pool not asked": d_step(ask=lambda pool, fake: fake),
        "pool asked, answer unused": d_step(ask=lambda pool, fake: (pool(fake), fake)[1]),
        "pool asked twice": d_step(ask=lambda pool, fake: (pool(fake), pool(fake))[1]),
        "not halved": d_step(loss=lambda r, f: 2 * squares(r, f)),
        "labels swapped": d_step(loss=lambda r, f: squares(f, r)),
        "real ones alone": d_step(loss=lambda r, f: (r - 1).square().mean() / 2),
        "cross-entropy": d_step(loss=lambda r, f: (F.softplus(-r).mean() + F.softplus(f).mean()) / 2),
        "gradients never emptied": d_step(clear=False),
        "means before squares": d_step(loss=lambda r, f: ((r.mean() - 1) ** 2 + f.mean() ** 2) / 2),
        "−1 for fakes": d_step(loss=lambda r, f: squares(r, f + 1)),
        "sums": d_step(loss=lambda r, f: ((r - 1).square().sum() + f.square().sum()) / 2),
    },
    "08.noise_factor": {
        "upside down": lambda there, back, a, noise: 1 / factor()(there, back, a, noise),
        "difference": lambda there, back, a, noise: (factor()(there, back, a, noise) - 1) * distance(back(there(a)), a),
        "noise on the way in": factor(at=lambda there, a, n: there(a + n)),
        "squares": factor(error=lambda x, a: (x - a).square().mean()),
        "the largest error": factor(error=lambda x, a: (x - a).abs().max()),
        "noise of its own": factor(wind=lambda n: n.std() * torch.randn_like(n)),
        "noise twice": factor(wind=lambda n: 2 * n),
        "compared with the noisy translation": lambda there, back, a, n: distance(back(there(a) + n), back(there(a))),
        "without absolute value": factor(error=lambda x, a: (x - a).mean()),
        "always one": returns(1.0),
        "noise added in place": lambda there, back, a, n: (
            distance(back(there(a)), a),
            distance(back(there(a.add_(n))), a),
        )[0],
    },
    "08.name_the_trick": {
        "always honest": returns("honest"),
        "overlooks copies": lambda G, back, a: examined(G, back, a, copies=False),
        "believes every cycle": lambda G, back, a: examined(G, back, a, noise=0.0),
        "never looks at the clean cycle": lambda G, back, a: examined(G, back, a, closes=False),
        "noise that drowns all": lambda G, back, a: examined(G, back, a, noise=1.0),
        "noise first": lambda G, back, a: examined(G, back, a, order=("copies", "hides", "loses")),
        "noise too weak": lambda G, back, a: examined(G, back, a, noise=1e-5),
        "expects an exact cycle": lambda G, back, a: examined(G, back, a, limit=1e-3),
        "returns nothing": returns(None),
        "true or false": lambda G, back, a: examined(G, back, a) == "honest",
    },
    "08.translators": {
        "untrained": translators(steps=1),
        "trained for a moment": translators(steps=50),
        "copies": copies,
        "one camp for all": one_camp,
        "Caesar": next_camp,
        "no cycle": translators(steps=300, weight=0.0),
        "identity outweighs all": translators(steps=100, identity=50.0),
        "spends too much": greedy,
        "one translator": lambda sample_a, sample_b, budget: Shift(),
        "blew up": lambda sample_a, sample_b, budget: (lambda x: x * math.nan, lambda x: x),
        "returns nothing": returns(None),
    },
}

RIGHT = {
    "08.cycle_and_identity": {"four distances": two(), "one pass": two_in_one_pass},
    "08.perfect_tables": {"symbol by symbol": by_search, "by fractions": by_fractions},
    "08.translators_loss": {"term by term": whole(), "at once": whole_at_once},
    "08.pool": {"the lesson's": Pool, "one tensor": Tensor, "no_grad and shuffle": WithNoGrad},
    "08.discriminator_step": {
        "plain": d_step(),
        "one batch, gradients by hand": d_step_by_grad,
        "detached behind the pool": d_step(cut=lambda f: f, ask=lambda pool, fake: pool(fake).detach()),
    },
    "08.noise_factor": {
        "means": factor(),
        "sums": factor(error=lambda x, a: (x - a).abs().sum()),
        "l1_loss, a number": lambda there, back, a, n: (
            F.l1_loss(back(there(a) + n), a).item() / F.l1_loss(back(there(a)), a).item()
        ),
    },
    "08.name_the_trick": {"noise": examined, "rounding": by_numbers},
    "08.translators": {"least squares": translators(), "functions that answer in 64 bits": as_functions},
}
