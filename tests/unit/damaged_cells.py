"""One random change of a notebook's structure, of those that editors and people make."""

import copy

DAMAGE = ("delete", "copy", "move", "lose", "lose ids", "split", "merge", "edit", "empty", "retype")


def damage(cells, random_):
    """One random change of a notebook's structure."""
    what, at = random_.choice(DAMAGE), random_.randrange(len(cells))
    one = cells[at]
    if what == "delete":
        del cells[at]
    elif what == "copy":
        cells.insert(random_.randrange(len(cells)), copy.deepcopy(one) | {"id": f"c{random_.getrandbits(32)}"})
    elif what == "move":
        cells.insert(random_.randrange(len(cells) - 1), cells.pop(at))
    elif what == "lose":
        one["metadata"] = {}
    elif what == "lose ids":
        for each in cells:
            each["id"] = f"i{random_.getrandbits(32)}"
    elif what == "split":
        text = one["source"].splitlines()
        cut = random_.randrange(len(text) + 1)
        second = copy.deepcopy(one) | {"id": f"s{random_.getrandbits(32)}", "source": "\n".join(text[cut:])}
        one["source"] = "\n".join(text[:cut])
        cells.insert(at + 1, second)
    elif what == "merge" and at + 1 < len(cells):
        one["source"] += "\n" + cells.pop(at + 1)["source"]
    elif what == "edit":
        one["source"] += f"\nedit_{random_.getrandbits(32)} = 1"
    elif what == "empty":
        one["source"] = ""
    elif what == "retype":
        one["cell_type"] = random_.choice(["code", "markdown", "raw"])
