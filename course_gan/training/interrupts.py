"""Ctrl-C and SIGTERM, noted while work is going on and obeyed by it where nothing is half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def noted(second_acts: bool = False) -> Iterator[list[int]]:
    """Inside, the numbers of Ctrl-C and SIGTERM are put in the list, and nothing else happens: the caller looks there.

    A handler that raises would do so anywhere, between a lock's taking and its release too; none does here.
    second_acts: note only the first of each kind; the next acts as it did outside, for work that looks seldom.
    Outside the main thread, which alone is told of signals, the list stays empty.
    """
    received: list[int] = []
    before = {}

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if second_acts:
            signal.signal(number, before[number])

    if threading.current_thread() is threading.main_thread():
        for number in NUMBERS:
            before[number] = signal.getsignal(number) or signal.SIG_DFL  # None: set by something other than Python
            signal.signal(number, note)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def consequence(received: list[int]) -> BaseException:
    """What to raise for signals that were noted: SystemExit(143) if SIGTERM is among them, else KeyboardInterrupt."""
    return SystemExit(143) if signal.SIGTERM in received else KeyboardInterrupt()
