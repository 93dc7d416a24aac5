"""A file that a learner uploads, read by the panel that wants it."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import Tensor

from course_gan.errors import CourseError

UPLOAD = Path(__file__).with_name("upload.js")
LARGEST = 8_000_000  # bytes of an upload; Jupyter's servers take messages of up to 10 MiB


def received(name: str, size: int, content: bytes, read: Callable[[Path], Tensor]) -> Tensor:
    """An uploaded file as read(path) gives it.

    name, size: of the file as the page says them, in bytes; content: its bytes, empty where it was too large to send.
    CourseError, which calls the file by its name, where it is over LARGEST or cannot be read.
    """
    if size > LARGEST:
        limit = f"{LARGEST // 10**6} MB at most: save it with fewer pixels, or as a JPEG"
        raise CourseError(f"{name}: {size / 1e6:.1f} MB, but an upload may have {limit}")
    with TemporaryDirectory() as folder:
        file = Path(folder, "picture")
        file.write_bytes(content)
        try:
            return read(file)
        except (CourseError, OSError) as error:
            raise CourseError(str(error).replace(str(file), name)) from error
