"""What `course-gan info` says of a training's folder."""

import dataclasses
from pathlib import Path
from typing import Any

from course_gan.catalogue import name_of
from course_gan.recipes import settings
from course_gan.runner.own_source import learns_own
from course_gan.runner.trained import Trained, opened
from course_gan.runner.training_log import last_record

NOT_COMPARED = ("lesson", "profile", "steps", "data", "folder")  # they are told by themselves


def described(run: Path) -> str:
    """A table of what a training's folder holds, some lines long; CourseError, one line, where it holds no run."""
    trained = opened(run)
    chosen = trained.settings
    rows = {
        "lesson": name_of(trained.recipe.lesson),
        "data": _data(trained),
        "steps": f"{trained.steps:,} of {chosen.steps:,}",
        "settings": _settings(trained),
        "players": _players(trained),
        "checkpoint": f"{trained.checkpoint.name}, {trained.checkpoint.stat().st_size / 1e6:.1f} MB",
        "last log": _losses(last_record(run / "log.jsonl")),
    }
    return "\n".join([str(run), *(f"  {name:<10}  {text}" for name, text in rows.items())])


def _data(trained: Trained) -> str:
    chosen = trained.settings
    if not learns_own(trained.recipe, chosen):
        return str(getattr(chosen, "data", "photos and styles of the course"))
    source = trained.content.get("source")
    count = source.get("files") if isinstance(source, dict) else "an unknown number of"
    there = "" if Path(chosen.folder).is_dir() else ", which is not there now"
    return f"{count} picture(s) in {chosen.folder}{there}"


def _settings(trained: Trained) -> str:
    """The settings that are not the profile's."""
    chosen = trained.settings
    data = {"data": chosen.data} if hasattr(chosen, "data") else {}
    usual = dataclasses.asdict(settings(trained.recipe.lesson, chosen.profile, **data))
    others = {
        name: value
        for name, value in dataclasses.asdict(chosen).items()
        if name not in NOT_COMPARED and value != usual[name]
    }
    if not others:
        return f"those of profile {chosen.profile}"
    listed = ", ".join(f"{name} {value}" for name, value in others.items())
    return f"those of profile {chosen.profile}, but {listed}"


def _players(trained: Trained) -> str:
    players = trained.build().game.players
    counts = {name: sum(weight.numel() for weight in player.parameters()) for name, player in players.items()}
    return ", ".join(f"{name} {count:,} parameters" for name, count in counts.items())


def _losses(record: dict[str, Any] | None) -> str:
    if record is None:
        return "none can be read"
    losses = [f"{name} {value:.4g}" for name, value in record.items() if name.endswith("_loss")]
    return f"step {record['step']:,}: {', '.join(losses)}"
