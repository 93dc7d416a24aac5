"""What panels compute, against references: the game on a line, a game of the plane, walks through latents."""

import math

import numpy as np
import pytest
import torch

from course_gan import models
from course_gan.errors import CourseError
from course_gan.panels.latent_walk import directions, walks
from course_gan.panels.plane_game import trail
from course_gan.panels.plane_game.levers import LEVERS
from course_gan.panels.plane_game.players import PlaneGame
from course_gan.panels.two_densities import game_on_a_line as line
from course_gan.panels.two_densities.panel import SHOWN
from course_gan.training import GAN, Backend

X = torch.linspace(-20, 20, 8001, dtype=torch.float64)


def normal(mean, std):
    return torch.exp(-0.5 * ((X - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


def divergence(a, b):
    """KL(a‖b) on lesson 01's grid."""
    return torch.trapezoid(torch.where(a > 0, a * (a / b.clamp_min(1e-300)).log(), 0.0), X).item()


@pytest.mark.parametrize(("gap", "spread", "place", "width"), [(1.5, 0.5, 1.0, 1.0), (0.7, 0.4, -2.0, 0.6)])
def test_the_game_on_a_line_is_lesson_01s(gap, spread, place, width):
    p = 0.5 * normal(-gap, spread) + 0.5 * normal(gap, spread)

    def jsd(theta):
        q = normal(theta, width)
        return 0.5 * divergence(p, (p + q) / 2) + 0.5 * divergence(q, (p + q) / 2)

    def slope(function, h=1e-4):
        return (function(place + h) - function(place - h)) / (2 * h)

    reading = line.read(gap, spread, place, width)
    assert reading.divergence == pytest.approx(jsd(place), abs=1e-6)
    assert reading.value == pytest.approx(2 * jsd(place) - math.log(4), abs=1e-6)
    assert reading.saturating == pytest.approx(slope(lambda t: 2 * jsd(t)), abs=1e-5)
    kl = slope(lambda t: divergence(normal(t, width), p))
    assert reading.non_saturating == pytest.approx(kl - slope(lambda t: 2 * jsd(t)), abs=1e-4)


def test_the_line_is_finite_at_every_corner_of_the_sliders():
    for gap in (0.0, 3.0):
        for spread in (0.3, 1.5):
            for width in (0.3, 1.5):
                everywhere = line.read(gap, spread, np.linspace(*SHOWN, 25), width)
                assert all(np.isfinite(values).all() for values in everywhere)
                assert (everywhere.divergence >= -1e-9).all()
                assert (everywhere.divergence <= math.log(2) + 1e-9).all()


def test_equal_densities_leave_nothing_to_tell():
    reading = line.read(0.0, 1.0, 0.0, 1.0)
    assert reading.value == pytest.approx(-math.log(4), abs=1e-9)
    assert (abs(reading.saturating), abs(reading.non_saturating)) == (pytest.approx(0, abs=1e-9),) * 2


def test_a_look_at_the_line_holds_the_densities_the_best_answer_and_the_game_at_every_place():
    places = np.array([-2.0, 0.5, 4.0])
    curves, here = line.look(1.5, 0.5, 3.0, 1.0, places)
    x = torch.tensor(line.X)
    p = 0.5 * sum(torch.exp(torch.distributions.Normal(m, 0.5).log_prob(x)) for m in (-1.5, 1.5))
    q = torch.exp(torch.distributions.Normal(3.0, 1.0).log_prob(x))
    np.testing.assert_allclose(curves.real, p, atol=1e-12)
    np.testing.assert_allclose(curves.generator, q, atol=1e-12)
    seen = np.abs(line.X) < 6
    np.testing.assert_allclose(curves.best[seen], (p / (p + q))[seen], atol=1e-9)
    np.testing.assert_allclose(here, line.read(1.5, 0.5, 3.0, 1.0))
    alone = [line.read(1.5, 0.5, place, 1.0) for place in places]
    for name in ("value", "saturating", "non_saturating"):
        np.testing.assert_allclose(getattr(curves, name), [getattr(reading, name) for reading in alone])


# --- the learner's own game


def plane_game(**options):
    torch.manual_seed(0)
    players = models.MLPGenerator(2, 2, 16), models.MLPDiscriminator(2, 16)
    game = GAN(*players, **{"ema": 0.9, "lr": 1e-3, "backend": Backend("cpu"), **options})
    return PlaneGame(game, torch.randn(300, 2), torch.zeros(1, 2), batch_size=32)


def weights(network):
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


@pytest.mark.parametrize(("side", "other"), [("discriminator", "generator"), ("generator", "discriminator")])
def test_a_move_changes_one_network(side, other):
    players = plane_game()
    before = {name: weights(players.game.players[name]) for name in (side, other)}
    players.move(side)
    assert not torch.equal(weights(players.game.players[side]), before[side])
    assert torch.equal(weights(players.game.players[other]), before[other])


def test_levers_reach_the_game_and_outlive_a_reset():
    players = plane_game()
    start = weights(players.game.generator)
    for name, value in (
        ("lr", 0.02),
        ("lr_discriminator", 0.05),
        ("discriminator_steps", 3),
        ("r1", 0.5),
        ("ema", 0.5),
    ):
        players.set(name, value)
    for _ in range(3):
        players.round()
    assert players.game.steps == 3
    assert not torch.equal(weights(players.game.generator), start)
    players.reset()
    game = players.game
    assert torch.equal(weights(game.generator), start)
    rates = [game.optimizers[side].param_groups[0]["lr"] for side in ("generator", "discriminator")]
    assert (*rates, game.discriminator_steps, game.r1, game.averages["generator"].decay) == (0.02, 0.05, 3, 0.5, 0.5)
    assert (game.steps, players.batches.position) == (0, 0)


def test_after_a_reset_the_game_goes_the_same_way_again():
    players = plane_game()
    ways = []
    for _ in range(2):
        for _ in range(3):
            players.round()
        ways.append(weights(players.game.generator))
        players.reset()
    assert torch.equal(*ways)


def test_a_lever_out_of_range_or_unknown_is_one_line():
    players = plane_game(ema=None)
    with pytest.raises(CourseError, match=r"^learning rate of G is 7, but has to be from 1e-05 to 1$"):
        players.set("lr", 7)
    with pytest.raises(CourseError, match=r"^this game has no 'ema': it has lr, lr_discriminator, "):
        players.set("ema", 0.5)
    assert all(list(notches) == sorted(notches) for _, notches in LEVERS.values())


def test_modes_are_counted_by_the_learners_rule_where_there_is_one():
    players = plane_game()
    assert 0 <= players.found()[1] <= 1
    players.count = lambda samples, centres: (len(samples), len(centres))
    assert players.found() == (1000, 1)
    players.modes = None
    assert players.found() is None


def test_the_field_is_what_d_answers_row_by_row_from_the_bottom():
    players = plane_game()
    field = players.field((-1.0, 2.0), 4)
    corners = torch.tensor([[-1.0, -1.0], [2.0, -1.0], [-1.0, 2.0], [2.0, 2.0]])
    np.testing.assert_allclose(field[[0, 0, 3, 3], [0, 3, 0, 3]], players.judge(corners), rtol=1e-5)
    assert field.shape == (4, 4)


def test_a_trail_follows_the_same_samples_and_keeps_every_score():
    players = plane_game()
    followed = trail.Trail(players)
    for _ in range(trail.TAIL + 3):
        followed.note()
        players.round()
    assert len(followed.path) == trail.TAIL
    assert followed.tails().shape == (trail.FOLLOWED, trail.TAIL, 2)
    np.testing.assert_allclose(followed.tails()[:, -1], followed.path[-1])
    assert [step for step, _ in followed.scores] == list(range(trail.TAIL + 3))
    steps, found = followed.curve()
    assert (steps.tolist(), len(found)) == (list(range(trail.TAIL + 3)), trail.TAIL + 3)
    followed.turn()
    assert (followed.path, len(followed.scores)) == ([], trail.TAIL + 3)
    followed.clear()
    assert followed.scores == []


def test_a_trail_of_a_long_game_is_thinned_and_one_without_modes_has_no_scores():
    players = plane_game()
    followed = trail.Trail(players)
    followed.scores = [(step, 1) for step in range(5000)]
    steps, _ = followed.curve()
    assert len(steps) <= trail.DRAWN
    assert (np.diff(steps) == np.diff(steps)[0]).all()
    players.modes = None
    followed.note()
    assert (math.isnan(followed.scores[-1][1]), followed.share) == (True, None)


def test_data_that_are_no_plane_are_refused():
    for points, found in ((torch.randn(5, 3), r"\(5, 3\)"), (None, "None")):
        with pytest.raises(CourseError, match=rf"^points are {found}, but have to be real data of a plane, \(n, 2\)$"):
            PlaneGame(plane_game().game, points)


# --- latents


class Linear:
    """A game whose images depend on its first two latents alone, on the first one more."""

    latent_dim = 6

    def sample(self, latents):
        pictures = torch.zeros(2, 16)
        pictures[0, :8], pictures[1, 8:] = 3.0, 1.0
        return (latents[:, :2] @ pictures).reshape(-1, 1, 4, 4)


def test_principal_directions_are_those_that_change_the_samples_most():
    first, second = directions.principal_directions(Linear(), count=2)
    torch.testing.assert_close(first.vector.abs(), torch.eye(6)[0], atol=0.02, rtol=0)
    torch.testing.assert_close(second.vector.abs(), torch.eye(6)[1], atol=0.1, rtol=0)
    assert (first.name, second.name) == ("component 1", "component 2")
    assert (first.share, second.share) == (pytest.approx(0.9, abs=0.02), pytest.approx(0.1, abs=0.02))


def test_directions_are_of_length_one_and_the_same_every_time():
    for found in (directions.principal_directions(Linear(), 2), directions.random_directions(6, 3)):
        torch.testing.assert_close(torch.stack([d.vector for d in found]).norm(dim=1), torch.ones(len(found)))
    assert torch.equal(directions.random_directions(6)[0].vector, directions.random_directions(6)[0].vector)


def test_the_great_circle_keeps_its_ends_and_the_length():
    a, b = torch.tensor([3.0, 0, 0]), torch.tensor([0, 3.0, 0])
    road = walks.great_circle(a, b, torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(road[[0, 2]], torch.stack([a, b]))
    torch.testing.assert_close(road[1], torch.tensor([4.5**0.5, 4.5**0.5, 0]))
    torch.testing.assert_close(walks.great_circle(a, a, torch.tensor([0.3])), a[None])


def test_the_walks_pass_the_present_latent_which_is_moved_and_shortened():
    a, b = torch.tensor([3.0, 0, 0]), torch.tensor([0, 3.0, 0])
    named = [
        directions.Direction("up", torch.tensor([0, 0, 1.0])),
        directions.Direction("out", torch.tensor([1.0, 0, 0])),
    ]
    amounts = {"up": 2.0, "out": 0.0, "between": 7.0}
    found = walks.walks(a, b, 0.5, 0.5, named, amounts, "up")
    here, (way, along, shortened) = found[0], found[1:].reshape(3, walks.FRAMES, 3)
    middle = torch.tensor([4.5**0.5, 4.5**0.5, 2.0])
    torch.testing.assert_close(here, 0.5 * middle)
    torch.testing.assert_close(
        way[[0, 3, 6]], 0.5 * torch.stack([torch.tensor([3.0, 0, 2]), middle, torch.tensor([0, 3.0, 2])])
    )
    torch.testing.assert_close(along[:, 2], 0.5 * torch.linspace(-walks.REACH, walks.REACH, walks.FRAMES))
    torch.testing.assert_close(along[:, :2], here[:2].expand(walks.FRAMES, 2))
    torch.testing.assert_close(shortened[-1], walks.LONGEST * middle)
    assert (shortened[0] == 0).all()


def test_nearly_all_latents_have_the_typical_length():
    lengths = torch.randn(1000, 100, generator=torch.Generator().manual_seed(0)).norm(dim=1)
    assert (lengths / walks.typical_length(100) - 1).abs().max() < 0.3
