"""Output that is not UTF-8, that is cut off, or that does not fit on the disk: never a traceback."""

import io
import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from course_gan import console
from course_gan.cli import main
from course_gan.files import ROOT
from course_gan.grading.record import MARK

ENCODINGS = ("ascii", "cp1252", "latin-1", "cp437", "shift_jis", "utf-8", "utf-16", "iso8859-15")
TEXT = "✓ ○ ✗ … × β ü 漢 \udce9"  # the last is a byte of a file's name that is no UTF-8


def stream(encoding: str, errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors, newline="")


def written(file: io.TextIOWrapper) -> str:
    file.flush()
    return file.buffer.getvalue().decode(file.encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_whatever_is_said_can_be_written(encoding):
    file = stream(encoding)
    console.say(TEXT, file)
    for character, shown in zip(TEXT.split(), written(file).split(), strict=True):
        assert shown in (character, console.PLAIN.get(character), ascii(character)[1:-1])


def test_what_the_encoding_has_is_left_as_it_is():
    for encoding, text in (("utf-8", "✓ ○ ✗ … β 漢"), ("cp1252", "… × ü"), ("shift_jis", "○ × β 漢")):
        file = stream(encoding)
        console.say(text, file)
        assert written(file) == f"{text}\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_marks_of_passed_open_and_failed_can_be_told_apart(encoding):
    marks = ["ok", "open", "failed"]
    plain = {MARK[status].encode(encoding, console.HANDLER) for status in marks}
    assert len(plain) == 3
    assert all(len(mark) == 1 for mark in plain)  # so that tables stay tables


def test_a_stream_of_a_strange_encoding_or_of_none_is_written_as_it_takes_it(monkeypatch):
    plain = io.StringIO()
    console.say("✓", plain)
    assert plain.getvalue() == "✓\n"
    plain.strange = "encoding"
    monkeypatch.setattr(sys, "stdout", None)
    console.say("✓")  # as under pythonw: nowhere
    console.speak_plainly()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_whoever_writes_to_the_commands_streams_is_plain_too(encoding, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, stream(encoding))
    console.speak_plainly()
    print("✓ lesson")
    print("✗ lesson", file=sys.stderr)
    assert written(sys.stdout) == "+ lesson\n"
    assert written(sys.stderr) == "x lesson\n"


def commands(group: click.Group) -> list[list[str]]:
    return [[]] + [[name] for name in group.commands]


@pytest.mark.parametrize("words", commands(main), ids=lambda words: " ".join(words) or "course-gan")
def test_the_help_is_plain_itself(words):
    """click writes it past our streams."""
    assert CliRunner().invoke(main, [*words, "--help"]).output.isascii()


SCRIPT = """
import sys, torch
from course_gan.grading import check, progress
from course_gan.page import claim
from course_gan.plots import image_grid, show
check("01.discriminator_loss", lambda real, fake: real.mean())
check("01.nonsense ✓", None)
progress("01")
claim("the share of λ, ✓", 0.5, 0, 1)
show(image_grid(torch.zeros(1, 1, 8, 8)), "one × one ✓")
from course_gan.cli import main
sys.argv = ["course-gan", "progress", "01"]
try:
    main()
except SystemExit as end:
    assert not end.code, end
sys.argv = ["course-gan", "train", "dcgan", "--settings"]
main()
"""
SETUPS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("setup", SETUPS)
def test_checks_claims_and_commands_are_heard_by_a_file_of_any_encoding(setup, tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "PYTHONUTF8")}
    environment |= SETUPS[setup] | {"PYTHONPATH": str(ROOT), "COURSE_GAN_CLAIMS": "", "COURSE_GAN_PROFILE": "cpu"}
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with open(tmp_path / "out.txt", "wb") as file:
        ended = subprocess.run([sys.executable, script], env=environment, stdout=file, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr.decode()) == (0, "")
    said = (tmp_path / "out.txt").read_bytes().decode("cp1252" if setup == "cp1252" else "ascii")
    assert "x 01.discriminator_loss: " in said
    assert "+ the share of lambda, + = 0.5" in said
    assert said.count("01: 0 of 8 pass") == 2
    assert "  o optimal_discriminator " in said
    assert "Adam's beta" in said


def ended_with(*words: str, out: int) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "course_gan", *words], stdout=out, stderr=subprocess.PIPE, env=environment
    )


def test_a_reader_who_has_gone_ends_the_command_silently():
    """As in `course-gan progress | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = ended_with("progress", "01", out=writing)
    os.close(writing)
    assert ended.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no device that is always full")
def test_a_full_disk_under_the_output_is_one_line():
    with open("/dev/full", "wb") as full:
        ended = ended_with("progress", "01", out=full.fileno())
    assert (ended.returncode, ended.stderr) == (1, b"course-gan: No space left on device\n")
