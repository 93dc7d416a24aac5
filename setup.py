"""Packs the course beside the library; all else about the package is in pyproject.toml.

A wheel holds the course's folders in course_gan/course, an sdist holds them as they are here. An editable install needs
neither: it has the checkout.
"""

import glob
import os
import shutil

from setuptools import Command, setup
from setuptools.command.build import build

COURSE = (
    "notebooks/*.ipynb",
    "exercises/*/*.ipynb",
    "checkpoints/*.pt",
    "checkpoints/*.pt.sha256",
    "results/*.json",
    "results/*.png",
    "docs/panel_*.png",  # shown by pages
    "source/*/checks.py",
    "source/*/script.py",
    "source/*/questions.toml",
)


class BuildCourse(Command):
    """Copies the course into the package that is being built; setuptools asks it for files as it asks build_py."""

    description = "copy the course's notebooks, exercises, checks, questions and so on beside the library"
    user_options = ()

    def initialize_options(self) -> None:
        self.build_lib = None
        self.editable_mode = False

    def finalize_options(self) -> None:
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    def get_source_files(self) -> list[str]:
        return sorted(path.replace(os.sep, "/") for pattern in COURSE for path in glob.glob(pattern))

    def get_output_mapping(self) -> dict[str, str]:
        packed = os.path.join(self.build_lib, "course_gan", "course")
        return {os.path.join(packed, path): path for path in self.get_source_files()}

    def get_outputs(self) -> list[str]:
        return list(self.get_output_mapping())

    def run(self) -> None:
        if self.editable_mode:
            return
        for target, path in self.get_output_mapping().items():
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(path, target)


class Build(build):
    """Builds from nothing: what an earlier build left in build/lib would be packed as well."""

    sub_commands = (*build.sub_commands, ("build_course", None))

    def run(self) -> None:
        shutil.rmtree(os.path.join(self.build_lib, "course_gan"), ignore_errors=True)
        super().run()


setup(cmdclass={"build": Build, "build_course": BuildCourse})
