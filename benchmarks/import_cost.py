"""What `import course_gan` adds to `import torch`: python benchmarks/import_cost.py, into import_cost.json beside it.

Fresh processes, alternating, so that both see the same machine; medians.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

from workshop.machine import machine

RUNS = 9
STATEMENTS = {
    "torch": "import torch",
    "torch and course_gan": "import torch, course_gan",
    "torch and the core": "import torch, course_gan.data, course_gan.models, course_gan.losses, course_gan.training",
}


def seconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


for statement in STATEMENTS.values():  # once for the file cache
    seconds(statement)
times = {name: [] for name in STATEMENTS}
for _ in range(RUNS):
    for name, statement in STATEMENTS.items():
        times[name].append(seconds(statement))
medians = {name: round(statistics.median(values), 3) for name, values in times.items()}
result = {
    "median_seconds": medians,
    "ratio_to_torch": {name: round(m / medians["torch"], 3) for name, m in medians.items()},
    "runs": RUNS,
    "machine": machine(),
    "versions": {"python": sys.version.split()[0], "torch": torch.__version__},
}
Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n")
print(json.dumps(result, indent=2))
