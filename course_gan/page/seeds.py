"""For how many seeds a claim held when it was tried, as results/NN_claims.json has it."""

import json
from functools import cache

from course_gan.files import ROOT

FEWEST = 8  # seeds that say something about those that a learner may choose


@cache
def _recorded() -> dict[tuple[str, float, float], list[bool]]:
    """(name, low, high) of each recorded claim -> whether it held, for each seed at one thread."""
    found = {}
    for path in sorted((ROOT / "results").glob("*_claims.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        alone = [place for place, run in enumerate(record["runs"]) if run["threads"] == 1]
        for claim in record["claims"]:
            values = [claim["values"][place] for place in alone]
            held = [value is not None and claim["low"] <= value <= claim["high"] for value in values]
            found[claim["name"], claim["low"], claim["high"]] = held
    return found


def exceptions(name: str, low: float, high: float) -> str:
    """ "held for 7 of 8 seeds" where a claim was tried with eight seeds at least and did not hold for all, else ""."""
    held = _recorded().get((name, low, high), [])
    if len(held) < FEWEST or all(held):
        return ""
    return f"held for {sum(held)} of {len(held)} seeds"
