"""A claim that did not hold for every seed that was tried says for how many it did."""

import json

import pytest

from course_gan.page import Profile, claim, seeds


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A record of eight seeds at one thread and three at two, in which one claim holds for six of the eight."""
    runs = [{"seed": seed, "threads": 1} for seed in range(8)] + [{"seed": seed, "threads": 2} for seed in range(3)]
    values = [1, 1, 1, 9, 1, None, 1, 1, 1, 1, 1]
    claims = [
        {"name": "modes", "low": 0, "high": 2, "values": values},
        {"name": "always", "low": 0, "high": 9, "values": [1] * 11},
    ]
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "99_claims.json").write_text(json.dumps({"runs": runs, "claims": claims}))
    monkeypatch.setattr(seeds, "ROOT", tmp_path)
    seeds._recorded.cache_clear()
    yield
    seeds._recorded.cache_clear()


def test_the_line_says_for_how_many(recorded, capsys):
    Profile("cpu")
    claim("modes", 1, 0, 2)
    claim("always", 1, 0, 9)
    claim("modes", 1, 0, 3)  # another interval was never tried
    assert capsys.readouterr().out.splitlines() == [
        "✓ modes = 1   (stated: 0 to 2; held for 6 of 8 seeds)",
        "✓ always = 1   (stated: 0 to 9)",
        "✓ modes = 1   (stated: 0 to 3)",
    ]


def test_fewer_than_eight_seeds_say_nothing(recorded, tmp_path):
    path = tmp_path / "results" / "99_claims.json"
    record = json.loads(path.read_text())
    record["runs"] = record["runs"][1:8] + record["runs"][8:]
    for one in record["claims"]:
        one["values"] = one["values"][1:]
    path.write_text(json.dumps(record))
    assert seeds.exceptions("modes", 0, 2) == ""
