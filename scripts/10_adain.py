"""Train the encoder and decoder by which lesson 10 shows what statistics carry: python scripts/10_adain.py

Writes checkpoints/10_adain.pt with its SHA-256 and results/10_adain.json. Ten minutes of one core; the training is kept
in build/10 and not repeated while it is there.
"""

from typing import Any

from torch import nn

from course_gan.files import ROOT
from course_gan.models import save_weights
from course_gan.recipes.adain import AdaINSettings, Stylist
from workshop import study

KEPT = ROOT / "build" / "10"


def chosen() -> AdaINSettings:
    """The settings of the training."""
    return AdaINSettings(lesson="10", profile="cpu", **Stylist.profiles["cpu"])


def pair_of(recipe: Stylist) -> nn.ModuleDict:
    """Encoder and decoder of a game."""
    return nn.ModuleDict({"encoder": recipe.game.encoder, "decoder": recipe.game.decoder})


def trained() -> dict[str, Any]:
    """The training: CPU seconds, losses, and the weights of both networks."""
    recipe = Stylist(chosen())
    made = study.played(recipe, lambda step: None)
    return made | {"networks": pair_of(recipe).state_dict()}


def train() -> None:
    """Ship the networks, in half precision."""
    settings = chosen()
    made = study.kept(KEPT / "adain.pt", settings.as_dict(), trained)
    pair = pair_of(Stylist(settings))
    pair.load_state_dict(made["networks"])
    values = {
        "settings": settings.as_dict(),
        "cpu_seconds": round(made["cpu_seconds"]),
        "parameters": sum(p.numel() for p in pair.parameters()),
        "sha256": save_weights("10_adain", pair, {"widths": settings.widths, "repeats": settings.repeats}),
        "losses": made["losses"],
    }
    study.record("10_adain", "python scripts/10_adain.py", values)


if __name__ == "__main__":
    study.run({"train": train})
