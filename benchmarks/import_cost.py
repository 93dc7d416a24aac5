"""What `import course_gan` adds to `import torch`: python benchmarks/import_cost.py, into import_cost.json beside it.

Fresh processes, alternating, so that both see the same machine; medians.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from course_gan.files import write_whole
from workshop import study

RUNS = 9
STATEMENTS = {
    "torch": "import torch",
    "torch and course_gan": "import torch, course_gan",
    "torch and the core": "import torch, course_gan.data, course_gan.models, course_gan.losses, course_gan.training",
}


def seconds(statement: str) -> float:
    """How long a fresh interpreter takes for a statement."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began


def measure() -> dict[str, Any]:
    """Medians of all statements, and how they compare to the first."""
    for statement in STATEMENTS.values():  # once for the file cache
        seconds(statement)
    times = {name: [] for name in STATEMENTS}
    for _ in range(RUNS):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    medians = {name: round(statistics.median(values), 3) for name, values in times.items()}
    return {
        "median_seconds": medians,
        "ratio_to_torch": {name: round(median / medians["torch"], 3) for name, median in medians.items()},
        "runs": RUNS,
        "machine": study.machine(),
        "versions": {"python": sys.version.split()[0], "torch": torch.__version__},
    }


def main() -> None:
    """Measure, write import_cost.json and print it."""
    text = json.dumps(measure(), indent=2)
    write_whole(Path(__file__).with_suffix(".json"), text + "\n")
    print(text)


if __name__ == "__main__":
    main()
