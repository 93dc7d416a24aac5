"""The profile that fills a lesson's parameters: how much it may cost."""

import os
from typing import Any

from course_gan.catalogue import check_profile
from course_gan.errors import CourseError


class Profile:
    """How much a lesson may cost: smoke (seconds, proves it runs), cpu (a 2-core laptop), gpu (larger, same code).

    Arguments: name, one of PROFILES. Raises CourseError for another name, and for gpu where there is no accelerator.
    Claims that follow in the same kernel are held to this profile.
    """

    def __init__(self, name: str):
        self.name = check_profile(name)
        if name == "gpu":
            import torch

            if not (torch.cuda.is_available() or torch.backends.mps.is_available()):
                raise CourseError("profile gpu wants a CUDA or MPS device and found none: use PROFILE = 'cpu'")
        os.environ["COURSE_GAN_PROFILE"] = name  # the learner may have set PROFILE in the notebook itself

    def fill(self, given: Any, **by_profile: Any) -> Any:
        """Return `given`, or what the profile says where it is None; a value given by a person always wins."""
        return by_profile[self.name] if given is None else given

    def __repr__(self):
        return f"Profile({self.name!r})"
