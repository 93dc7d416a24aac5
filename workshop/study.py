"""What the long studies in scripts/ share: trainings that are kept, records in results/, sheets of pictures, a clock.

A study trains what it compares once, each training kept as it ends: whoever interrupts it loses one training. Scores,
records and sheets are made anew each time, each written in one move.
"""

import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from course_gan.errors import CourseError
from course_gan.files import ROOT, write_whole
from course_gan.plots.display import encode, shrunk
from course_gan.plots.grids import mosaic
from course_gan.training import Record, checkpoint, train
from course_gan.training.backend import native_bf16

RESULTS = ROOT / "results"


def machine() -> dict[str, Any]:
    """What a time or a rounding depends on: the processor's name and whether it computes bfloat16 itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cpu = names[0] if names else platform.processor() or platform.machine()
    return {"cpu": cpu, "bf16": native_bf16(torch.device("cpu"))}


def circumstances() -> dict[str, Any]:
    """The machine, how many threads torch computes with, and its version: what a record says of how it was made."""
    return machine() | {"threads": torch.get_num_threads(), "torch": torch.__version__}


def kept(path: Path, settings: Mapping[str, Any], make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `make()` returns, from the file where it was kept; made, and kept there in one move, where there is none.

    path: the file, build/NN/NAME.pt by custom. settings: plain values, all that tells this training from others.
    make: one training; returns tensors, numbers and strings in dicts and lists.
    Raises CourseError, one line that names the file, where it is foreign, damaged or of other settings. It cannot see
    that code has changed: remove build/NN then.
    """
    wanted = as_json(settings)
    if not path.exists():
        content = {"settings": json.dumps(wanted), "made": make()}
        path.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.write(path, content)
        print("made", path.name, flush=True)
    try:
        content = checkpoint.read(path)
    except checkpoint.DamagedError as error:
        raise CourseError(f"{error}; remove it, and it is made anew") from error
    if set(content) != {"settings", "made"}:
        raise CourseError(f"{path} is no training that a study kept; remove it, and it is made anew")
    found = json.loads(content["settings"])
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            differs = f"{name} was {found.get(name)!r}, now it is {wanted.get(name)!r}"
            raise CourseError(f"{path} was made with other settings: {differs}; remove it, and it is made anew")
    return content["made"]


def as_json(value: Any) -> Any:
    """A value as it comes back from a JSON file: tuples as lists, keys as strings."""
    return json.loads(json.dumps(value))


def read(name: str) -> dict[str, Any]:
    """The document in results/NAME.json, empty where there is none yet; CourseError for a file that holds none."""
    path = RESULTS / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read ({error}): restore it, git checkout -- results") from error


def write(name: str, document: Mapping[str, Any]) -> None:
    """Write results/NAME.json in one move; raises ValueError for NaN and infinity, which JSON does not know."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(RESULTS / f"{name}.json", text + "\n")


def record(name: str, command: str, values: Mapping[str, Any], part: str | None = None) -> None:
    """Write results/NAME.json: the command that makes it, the circumstances, and the values.

    values: by name; by custom settings, seeds and runs, each run with its cpu_seconds.
    part: where several commands share the file, what of it is this one's; the other parts stay as they are.
    """
    document = {"command": command, "machine": circumstances(), **values}
    if part is not None:
        document = read(name) | {part: document}
    write(name, document)


def sheet(name: str, images: Tensor | np.ndarray, columns: int) -> None:
    """Write results/NAME.png: images side by side in rows, without gaps, in grey if they are, else in 256 colours.

    images: float in [-1, 1] or uint8, (n, 1 or 3, h, w). columns: images per row.
    """
    pixels = mosaic(images, columns, gap=0)  # (H, W, 3)
    write_whole(RESULTS / f"{name}.png", encode(shrunk(Image.fromarray(pixels)), optimize=True))


def photographs(name: str, images: Tensor, columns: int) -> None:
    """Write results/NAME.webp: as `sheet`, for pictures of more colours than 256, with losses that nobody sees.

    images: float in [-1, 1] or uint8, (n, 3, h, w). columns: images per row.
    """
    pixels = mosaic(images, columns, gap=0)  # (H, W, 3)
    write_whole(RESULTS / f"{name}.webp", encode(Image.fromarray(pixels), "WEBP", quality=92))


def step_and_losses(record: Record) -> dict[str, float]:
    """A step of a training as a record in results/ holds it: its number, and its values with four decimals."""
    values = {name: round(float(value), 4) for name, value in record.values.items()}
    return {"step": record.step} | values


class Clock:
    """CPU seconds of this process since the clock was made, but for those in `with clock.paused():`."""

    def __init__(self) -> None:
        self._began = time.process_time()

    @property
    def seconds(self) -> float:
        """What it shows; not to be read in a pause."""
        return time.process_time() - self._began

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what is done inside: a look at samples does not belong to the training."""
        stopped = time.process_time()
        try:
            yield
        finally:
            self._began += time.process_time() - stopped


def played(recipe: Any, look: Callable[[int], None], shown: Sequence[int] = ()) -> dict[str, Any]:
    """Train a recipe to its end: {"cpu_seconds": …, "losses": those of every hundredth step}.

    recipe: of `course_gan.recipes`. look: called with the number of each step that is in `shown` or a multiple of 100;
    what it does is not counted among the seconds.
    """
    clock = Clock()
    losses = []
    for record in train(recipe.game, recipe.batches, recipe.steps):
        if record.step % 100 == 0:
            losses.append(step_and_losses(record))
        if record.step % 100 == 0 or record.step in shown:
            with clock.paused():
                look(record.step)
        if record.step % 1000 == 0:
            print(recipe.settings.seed, record.step, round(clock.seconds), losses[-1], flush=True)
    return {"cpu_seconds": clock.seconds, "losses": losses}


def rounded(value: Any) -> float | None:
    """A number with four digits; None for the mean of nothing."""
    return float(f"{float(value):.4g}") if float(value) == float(value) else None


def run(parts: Mapping[str, Callable[[], None]], words: Sequence[str] | None = None) -> None:
    """Do the parts of a study that the command line names, in its order, or all: the script's last line.

    words: instead of the command line's. Leaves with status 1 and one line on stderr for what a person can mend.
    """
    chosen = sys.argv[1:] if words is None else words
    for word in chosen:
        if word not in parts:
            sys.exit(f"{word!r} is no part of this study: choose among {', '.join(parts)}")
    for word in chosen or parts:
        try:
            parts[word]()
        except CourseError as error:
            sys.exit(str(error))
