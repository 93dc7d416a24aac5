"""Weights that come with the course: files in checkpoints/, half precision, each with its SHA-256 beside it."""

import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from course_gan.errors import CourseError
from course_gan.files import INSTALLED, ROOT

CHECKPOINTS = ROOT / "checkpoints"


def save_weights(name: str, network: nn.Module, settings: Mapping[str, Any]) -> str:
    """Write a network's weights to checkpoints/NAME.pt, and return their SHA-256, which is written beside them.

    network: one, or an nn.ModuleDict of several; settings: plain values, what it takes to build the network again.
    Raises CourseError in an installed package: what a package manager keeps is not written.
    """
    if INSTALLED:
        raise CourseError(f"{CHECKPOINTS} belongs to the installed package: ship weights from a checkout")
    weights = dict(network.state_dict())
    for key, value in weights.items():
        if value.is_floating_point():
            weights[key] = value.half()
    path = CHECKPOINTS / f"{name}.pt"
    torch.save({"settings": dict(settings), "weights": weights}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_suffix(".pt.sha256").write_text(f"{digest}  {path.name}\n")
    return digest


def load_weights(name: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The settings and the state dict (half precision; load_state_dict widens it) of checkpoints/NAME.pt.

    Raises CourseError for a file that is missing or is not the one that was shipped. Only plain tensors are loaded.
    """
    path = CHECKPOINTS / f"{name}.pt"
    record = path.with_suffix(".pt.sha256")
    advice = "install the course anew" if INSTALLED else "restore it: git checkout -- checkpoints"
    for file in (path, record):
        if not file.is_file():
            raise CourseError(f"{file}: missing; {advice}")
    wanted = record.read_text().split()[0]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wanted:
        raise CourseError(f"{path}: damaged, SHA-256 is {found[:12]}…, wanted {wanted[:12]}…; {advice}")
    saved = torch.load(path, map_location="cpu", weights_only=True)
    return saved["settings"], saved["weights"]
