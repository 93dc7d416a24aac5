"""The page that looks at this kernel, if there is one."""

import os
import sys
from typing import Any

from course_gan.plots import display

VIEW = "application/vnd.jupyter.widget-view+json"  # the mime type under which a page finds a widget


def kernel_shell() -> Any:
    """IPython's shell of this Jupyter kernel; None outside of one."""
    return sys.modules["IPython"].get_ipython() if display.in_notebook() else None


def live() -> bool:
    """Whether a page that can show widgets looks at this kernel; if not (papermill, a script), a figure has to do.

    Servers tell a kernel which page it serves, runners do not. COURSE_GAN_PANELS=live or static overrules.
    """
    wish = os.environ.get("COURSE_GAN_PANELS")
    if wish is not None:
        return wish == "live"
    shell = kernel_shell()
    if shell is None:
        return False
    server = "JPY_SESSION_NAME" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    return server or "google.colab" in sys.modules or "__vsc_ipynb_file__" in shell.user_ns
