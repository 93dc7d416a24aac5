"""Backend, average, image pool, learning-rate decay, and the watch for NaN."""

import math
import os

import pytest
import torch
from torch import nn

from course_gan.errors import CourseError
from course_gan.training import GAN, Average, Backend, ImagePool, NonFiniteError, RunDirectory, linear_decay, train
from course_gan.training.backend import native_bf16
from course_gan.training.freeze import frozen
from tests.unit.tiny_games import TinyGenerator, images, make, tiny_discriminator

CPU = torch.device("cpu")


# backend


def test_bf16_is_chosen_for_convolutions_on_hardware_that_has_it_and_never_for_points():
    convolutional, points = nn.Sequential(nn.Conv2d(1, 1, 3)), nn.Linear(2, 2)
    auto = Backend("cpu")
    assert auto.bf16(convolutional) == native_bf16(CPU) == torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert not auto.bf16(points)
    assert Backend("cpu", "bf16").bf16(points)
    assert not Backend("cpu", "fp32").bf16(convolutional)


def test_without_bf16_in_the_hardware_nothing_is_emulated(monkeypatch):
    monkeypatch.setattr("course_gan.training.backend.native_bf16", lambda device: False)
    assert not Backend("cpu").bf16(nn.Conv2d(1, 1, 3))


def test_autocast_covers_the_forward_pass_and_the_weights_stay_float32():
    game, batches = make("GAN", backend=Backend("cpu", "bf16"))
    seen = []
    game.discriminator[0].register_forward_hook(lambda *args: seen.append(args[2].dtype))
    for record in train(game, batches, 2):
        assert record.values["discriminator_loss"].dtype == torch.float32
    assert set(seen) == {torch.bfloat16}
    assert {p.dtype for p in game.players.parameters()} == {torch.float32}
    assert game.sample().dtype == torch.float32


def _first_values(backend):
    """Without dropout, whose masks depend on format and layout."""
    torch.manual_seed(0)
    game = GAN(TinyGenerator(), tiny_discriminator(dropout=False), backend=backend)
    return game, game.step(iter([images(8)]))


def test_bf16_and_fp32_agree_on_the_first_losses_to_two_digits():
    values = [_first_values(Backend("cpu", dtype))[1] for dtype in ("bf16", "fp32")]
    torch.testing.assert_close(*values, rtol=2e-2, atol=2e-2, check_dtype=False)


def test_channels_last_changes_the_layout_and_not_the_result():
    values = []
    for channels_last in (True, False):
        game, found = _first_values(Backend("cpu", "fp32", channels_last=channels_last))
        weight = game.discriminator[2].weight  # 2 → 2 channels
        assert weight.is_contiguous(memory_format=torch.channels_last) == channels_last
        values.append(found)
    torch.testing.assert_close(*values, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA GPU here")
def test_a_device_that_is_not_there_is_one_line():
    with pytest.raises(CourseError) as error:
        Backend("cuda")
    assert str(error.value) == "device is 'cuda', but torch finds no such device here: use 'auto' or 'cpu'"


def test_contradictory_settings_are_refused():
    with pytest.raises(ValueError, match="dtype is 'fp16', but has to be 'auto', 'fp32' or 'bf16'"):
        Backend("cpu", "fp16")
    with pytest.raises(ValueError, match="compile=True has no second derivatives"):
        GAN(TinyGenerator(), tiny_discriminator(), r1=1.0, backend=Backend("cpu", compile=True))
    with pytest.raises(ValueError, match="ema is 1.0, but has to be at least 0 and below 1"):
        make("GAN", ema=1.0)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_on_cuda_a_step_never_waits_for_the_device_and_agrees_with_the_cpu():
    cpu, batches = make("GAN", backend=Backend("cpu", "fp32"))
    wanted = cpu.step(batches)
    game, batches = make("GAN", device="cuda")
    batch = [game.backend.to_device(next(batches)) for _ in range(4)]
    values = game.step(iter(batch[:2]))
    torch.testing.assert_close({k: v.cpu() for k, v in values.items()}, wanted, rtol=1e-3, atol=1e-3)
    torch.cuda.set_sync_debug_mode("error")
    try:
        game.step(iter(batch[2:]))
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("there_and_back", [("cuda", "cpu"), ("cpu", "cuda")])
def test_a_checkpoint_goes_from_one_device_to_the_other(there_and_back, tmp_path):
    for device in there_and_back:
        game, batches = make("CycleGAN", device=device)
        with RunDirectory(tmp_path) as run:
            run.restore(game, batches)
            for _ in train(game, batches, 2, run):
                pass
    assert game.steps == 4


# freezing


def test_frozen_modules_are_restored_even_after_an_exception():
    module = tiny_discriminator()
    buffers = list(module.buffers())
    with pytest.raises(RuntimeError, match="size"), frozen([module]):
        module(images(4, size=4))  # its last convolution does not fit, its batch norm does
    assert all(now is then for now, then in zip(module.buffers(), buffers))
    assert buffers[-1] == 0  # batches tracked
    assert all(p.requires_grad for p in module.parameters())


def test_what_was_frozen_before_stays_so():
    module = tiny_discriminator().requires_grad_(False)
    with frozen([module]):
        pass
    assert not any(p.requires_grad for p in module.parameters())


# average


def test_the_average_of_a_constant_is_the_constant():
    module = nn.BatchNorm1d(3)
    average = Average(module, 0.9)
    for _ in range(5):
        average.update_parameters(module)
    for key, value in module.state_dict().items():
        torch.testing.assert_close(average.module.state_dict()[key], value)


def test_the_average_follows_weights_and_buffers_as_the_formula_says():
    module = nn.BatchNorm1d(1)
    average, wanted = Average(module, 0.9), {}
    for n in range(200):
        with torch.no_grad():
            for tensor in (module.weight, module.running_mean):
                tensor.copy_(torch.tensor([math.sin(n / 10)]))
        module.num_batches_tracked += 1
        decay = 0.0 if n == 0 else min(0.9, (1 + n) / (10 + n))
        for name in ("weight", "running_mean"):
            wanted[name] = decay * wanted.get(name, 0.0) + (1 - decay) * math.sin(n / 10)
        average.update_parameters(module)
        assert average.module.weight.item() == pytest.approx(wanted["weight"], abs=1e-5)
        assert average.module.running_mean.item() == pytest.approx(wanted["running_mean"], abs=1e-5)
    assert average.module.num_batches_tracked == 200
    assert not average.module.weight.requires_grad


def test_the_average_moves_once_a_step_however_often_d_moves():
    game, batches = make("GAN", discriminator_steps=3)
    list(train(game, batches, 4))
    assert game.averages["generator"].n_averaged == 4


# image pool


def test_the_pool_fills_first_and_returns_what_came():
    pool, batch = ImagePool(4, torch.Generator().manual_seed(0)), images(4)
    assert torch.equal(pool.query(batch), batch)
    assert torch.equal(torch.stack(pool.images), batch)


def test_a_full_pool_returns_an_old_image_half_of_the_time_and_keeps_the_new_one_then():
    pool = ImagePool(10, torch.Generator().manual_seed(0))
    pool.query(torch.arange(10.0).view(-1, 1, 1, 1))
    old = 0
    for value in range(10, 2010):
        before = {float(image) for image in pool.images}
        returned = float(pool.query(torch.full((1, 1, 1, 1), float(value))))
        after = {float(image) for image in pool.images}
        if returned == value:
            assert after == before
        else:
            old += 1
            assert after == before - {returned} | {value}
    assert 920 < old < 1080  # p = ½: 4 standard deviations are 89


def test_a_pool_of_size_0_returns_every_batch_and_no_pool_keeps_gradients():
    batch = images(3).requires_grad_()
    assert torch.equal(ImagePool(0).query(batch), batch)
    assert not ImagePool(2).query(batch).requires_grad
    with pytest.raises(ValueError, match="the size of an image pool is -1, but has to be at least 0"):
        ImagePool(-1)


# learning rate


def test_linear_decay_is_cyclegans():
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, rates = linear_decay(optimizer, 100, 100), []
    for _ in range(200):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([1 - max(0, e + 1 - 100) / 101 for e in range(200)])
    assert rates[99] == 1.0
    assert min(rates) == pytest.approx(1 / 101)
    with pytest.raises(ValueError, match="constant is -1 and decay 3"):
        linear_decay(optimizer, -1, 3)


def test_a_game_decays_the_rate_of_each_side_from_its_first_move():
    game, batches = make("AdaIN", pretrain=5, decay=(2, 9), lr=1.0)
    list(train(game, batches, 8))
    rates = {side: optimizer.param_groups[0]["lr"] for side, optimizer in game.optimizers.items()}
    assert rates == pytest.approx({"generator": 1 - 2 / 10, "autoencoder": 1 - 7 / 10})


# NaN and inf


def _poisoned_loss(game, batches):
    batches.tensors[0][:, 0, 0, 0] = math.inf


def _poisoned_gradient(game, batches):
    game.generator.paint.weight.register_hook(lambda gradient: gradient * math.nan)


def _poisoned_weight(game, batches):
    game.optimizers["discriminator"].param_groups[0]["lr"] = math.inf


POISONS = [
    (_poisoned_loss, "the discriminator's loss is NaN"),
    (_poisoned_gradient, "the gradient of generator.paint.weight is NaN"),
    (_poisoned_weight, "the weight discriminator.0.weight is inf"),
]
ADVICE = "saved checkpoints are untouched, go on from them with a lower learning rate"


def _run_into(poison, folder, at_once):
    """A run that makes three steps, saves, and then meets the poison; returns the error and what was saved before."""
    game, batches = make("GAN", decay=None)
    game.watch.at_once = at_once
    with RunDirectory(folder) as run:
        list(train(game, batches, 3, run))
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    poison(game, batches)
    with pytest.raises(NonFiniteError) as error, RunDirectory(folder) as run:
        list(train(game, batches, 20, run, save_every=5))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept
    assert "step-00000003.pt" in kept
    return game, str(error.value)


@pytest.mark.parametrize(("poison", "found"), POISONS)
def test_nan_stops_the_run_at_once_by_name_and_leaves_the_last_checkpoint(poison, found, tmp_path):
    game, message = _run_into(poison, tmp_path, at_once=True)
    assert message == f"stopped at step 4: {found}; {ADVICE}"
    if poison is _poisoned_gradient:  # seen before the optimiser used it
        assert all(p.isfinite().all() for p in game.players.parameters())


@pytest.mark.parametrize(("poison", "found"), POISONS)
def test_an_accelerator_is_asked_before_a_save_and_the_range_of_steps_is_named(poison, found, tmp_path):
    _, message = _run_into(poison, tmp_path, at_once=False)  # its flag works on any device
    assert message.startswith("stopped between steps 4 and 5: the ")
    assert message.endswith(f"; {ADVICE}")


def test_the_flag_is_read_before_an_interrupted_run_is_saved(tmp_path):
    game, batches = make("GAN")
    game.watch.at_once = False

    def run_and_interrupt():
        with RunDirectory(tmp_path) as run:
            for _ in train(game, batches, 9, run):
                if game.steps == 2:
                    raise KeyboardInterrupt
                with torch.no_grad():
                    game.generator.paint.weight.fill_(math.nan)

    with pytest.raises(NonFiniteError, match="stopped between steps 1 and 2: "):
        run_and_interrupt()
    assert sorted(os.listdir(tmp_path)) == [".course_gan", "lock"]
