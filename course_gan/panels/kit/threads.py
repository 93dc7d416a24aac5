"""Work in the background: one thread a panel at most, one step or drawing at a time in the whole process."""

import atexit
import gc
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import torch

from course_gan.errors import CourseError

# One step or drawing at a time in this process: torch's global random state and matplotlib's style are shared.
STAGE = threading.RLock()
BREATH = 2e-4  # seconds between two steps, in which another panel takes the stage


class Worker:
    """At most one background thread, which draws records until there are no more, one fails, or it is asked to halt.

    name: of the thread. running: whether it is at work; not while it only says how it ended.
    """

    def __init__(self, name: str):
        self.name = name
        self.running = False
        self._thread: threading.Thread | None = None
        self._halt = threading.Event()

    def start(
        self,
        records: Callable[[], Iterator],
        seen: Callable[[Any], float | None],
        ended: Callable[[BaseException | None], Any],
    ) -> None:
        """Call seen(record) for each of records(), and at last ended(error, or None); CourseError if it is running.

        seen: gives the seconds to wait before the next record, or None for next to none.
        """
        if self.running:
            raise CourseError("it is running already: pause or stop it first")
        self._join(None)
        self._halt.clear()
        self.running = True
        self._thread = threading.Thread(None, self._work, self.name, (records, seen, ended), daemon=True)
        _WORKERS.add(self)
        self._thread.start()

    def halt(self, patience: float = 30.0) -> None:
        """Let the step that is being made be the last one, and wait for it, at most so many seconds."""
        self._halt.set()
        self._join(patience)

    def _join(self, patience: float | None) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(patience)

    def _work(self, records: Callable, seen: Callable, ended: Callable) -> None:
        error = None
        try:
            with STAGE:
                steps = iter(records())
            while not self._halt.is_set():
                with STAGE:
                    record = next(steps, None)
                    if record is None:
                        break
                    wait = seen(record)
                self._halt.wait(wait or BREATH)
        except BaseException as raised:  # whatever it is, it has to reach the panel: nobody reads a thread's traceback
            error = raised
            traceback.clear_frames(error.__traceback__)  # they hold the tensors that did not fit
        finally:
            _WORKERS.discard(self)
            self.running = False
        if error is not None:
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        ended(error)


_WORKERS: set[Worker] = set()


@atexit.register
def _halt_all() -> None:
    """A thread inside torch while the interpreter is taken down may crash it."""
    for worker in list(_WORKERS):
        worker.halt(5.0)
