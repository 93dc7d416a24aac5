"""What a result file says of the machine it was made on."""

import platform
from pathlib import Path

import torch

from course_gan.training.backend import native_bf16


def machine() -> dict[str, object]:
    """Return what a time or a rounding depends on: the processor's name and whether it computes bfloat16 itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cpu = names[0] if names else platform.processor() or platform.machine()
    return {"cpu": cpu, "bf16": native_bf16(torch.device("cpu"))}
