"""The order to stop taking work, seen by a process and by every child that it has forked."""

import os
import select


class Drain:
    """A pipe with one byte in it that nobody reads: readable for all, at once and for good.

    A warm shutdown of Celery's prefork pool tells the parent only; its children inherit this pipe, and a
    supervisor that waits for its trainer waits for the pipe in the same call.
    """

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    def begin(self) -> None:
        """Give the order. Safe in a signal handler, and more than once."""
        os.write(self._writer, b"!")

    @property
    def begun(self) -> bool:
        return bool(select.select([self.reader], [], [], 0)[0])
