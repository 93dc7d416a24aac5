"""Where and how to compute: device, number format, layout, compilation, processes. Nothing else names a device."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn

from course_gan.errors import CourseError
from course_gan.training.batch import Batch

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)


def _choose_device(name: str) -> torch.device:
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    device = torch.device(next(kind for kind in there if there[kind]) if name == "auto" else name)
    if not there.get(device.type):
        raise CourseError(f"device is {name!r}, but torch finds no such device here: use 'auto' or 'cpu'")
    return device


def native_bf16(device: torch.device) -> bool:
    """Whether the device multiplies in bfloat16 itself; emulated on a CPU it is 14 times slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)  # not in every build of torch
    return device.type == "cpu" and supported is not None and supported()


class Backend:
    """One answer to where and how for all the players of a game.

    device: "auto" (cuda, else mps, else cpu) or a torch device name; CourseError when it is not there.
    dtype: "fp32", "bf16" (autocast), or "auto": bf16 where the hardware has it and the players are convolutional.
    channels_last: True, False, or "auto": together with bf16.
    compile: compile the players' forward passes; refused with gradient penalties, whose second derivative it lacks.
    Started by torchrun (WORLD_SIZE > 1), it joins the process group: nccl on cuda, gloo elsewhere.
    """

    def __init__(
        self,
        device: str = "auto",
        dtype: str = "auto",
        channels_last: bool | str = "auto",
        compile: bool = False,
    ):
        if dtype not in ("auto", "fp32", "bf16"):
            raise ValueError(f"dtype is {dtype!r}, but has to be 'auto', 'fp32' or 'bf16'")
        self.device = _choose_device(device)
        self.dtype = dtype
        self.compile = compile
        self._channels_last = channels_last
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device.index or int(os.environ.get("LOCAL_RANK", 0)))
        if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.world_size = dist.get_world_size() if dist.is_initialized() else 1

    def bf16(self, module: nn.Module) -> bool:
        """Whether `module` is computed in bfloat16."""
        if self.dtype == "auto":
            return native_bf16(self.device) and any(isinstance(layer, CONVOLUTIONS) for layer in module.modules())
        return self.dtype == "bf16"

    def autocast(self, module: nn.Module) -> torch.autocast:
        """The context for forward passes and losses of `module`; backward belongs outside."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16(module))

    def prepare(self, module: nn.Module) -> nn.Module:
        """Bring a player to the device, in the layout and with the synchronised norms that training uses."""
        if self.world_size > 1 and self.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        channels_last = self.bf16(module) if self._channels_last == "auto" else self._channels_last
        module.to(self.device, memory_format=torch.channels_last if channels_last else torch.preserve_format)
        if self.compile:
            module.compile()  # in place: names in the state dict stay as they are
        return module

    def parallel(self, module: nn.Module) -> nn.Module:
        """The player as its own move calls it: with several processes, one whose gradients are averaged over them."""
        if self.world_size == 1 or not any(p.requires_grad for p in module.parameters()):
            return module
        # Buffers are not broadcast: that would write to them between two forward passes of one move.
        return nn.parallel.DistributedDataParallel(module, broadcast_buffers=False)

    @torch.no_grad()
    def average_buffers(self, modules: Iterable[nn.Module]) -> None:
        """Make running statistics equal in all processes."""
        if self.world_size > 1:
            for buffer in (b for module in modules for b in module.buffers() if b.is_floating_point()):
                dist.all_reduce(buffer)
                buffer.div_(self.world_size)

    def to_device(self, batch: Batch, dtype: torch.dtype | None = None) -> Batch:
        """A batch, or a tuple of them, on the device; real numbers in the format dtype, where one is given."""
        if isinstance(batch, (tuple, list)):
            return tuple(self.to_device(part, dtype) for part in batch)
        return batch.to(self.device, dtype if batch.is_floating_point() else None, non_blocking=True)

    @contextmanager
    def randomness(self, seed: int) -> Iterator[None]:
        """Inside, torch's global random state (dropout, a penalty's ε) comes from `seed`; outside it is undisturbed."""
        with torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            # torch.manual_seed would queue a call for every device it might find later: 2 ms and a leak a move.
            torch.default_generator.manual_seed(seed)
            if self.device.type != "cpu":
                getattr(torch, self.device.type).manual_seed(seed)
            yield

    def gather(self, batch: Tensor) -> Tensor:
        """The batches (b, ...) of all processes by rank, as one (b * world_size, ...), without gradient."""
        if self.world_size == 1:
            return batch.detach()
        parts = [torch.empty_like(batch, memory_format=torch.contiguous_format) for _ in range(self.world_size)]
        dist.all_gather(parts, batch.detach().contiguous())
        return torch.cat(parts)

    def any(self, flag: bool) -> bool:
        """Whether the flag is raised in any process."""
        if self.world_size > 1:
            shared = torch.tensor(float(flag), device=self.device)
            dist.all_reduce(shared)
            flag = bool(shared)
        return flag
