"""The line on the terminal that says what is being done, with rows, bytes and a bar; only where somebody watches.

What does not belong here: what is done (whoever does it says so to ``progress`` of the package).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from evcharge.cli.given import given

if TYPE_CHECKING:
    from evcharge.progress import Watched

STEPS_PER_SECOND = 10
"""How often the line is drawn anew, whatever is told meanwhile: it moves from the first second."""

MEGABYTE = 1_000_000
"""[bytes]"""


def showing_progress(name: str = "", check: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
    """While the block runs, shows on a terminal what is being done.

    Args:
        name: what it is done with, such as a file.
        check: called with whatever is told, shown or not; it may raise an interrupt.
    """
    from evcharge.progress import told_to

    if given("quiet") or given("no_progress") or not sys.stderr.isatty():
        return told_to(_Unseen(check))
    return _shown(name, check)


class _Unseen:
    """Shows nothing."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check

    def step(self, _what: str, _file: Watched | None) -> None:
        self._check()

    def rows(self, _rows: int) -> None:
        self._check()


@contextmanager
def _shown(name: str, check: Callable[[], None]) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from evcharge.progress import told_to

    class Line(Progress):
        """One line, for which the file's position is read anew each time that it is drawn."""

        def __init__(self) -> None:
            parts = ("description", "fields[read]", "fields[rows]")
            words, read, rows = (TextColumn(f"{{task.{part}}}", markup=False) for part in parts)
            columns = (words, BarColumn(), read, rows, TimeElapsedColumn())
            console = Console(stderr=True)
            self._file: Watched | None = None
            super().__init__(*columns, console=console, transient=True, refresh_per_second=STEPS_PER_SECOND)
            self._task = self.add_task(name, total=None, read="", rows="")

        def step(self, what: str, file: Watched | None) -> None:
            check()
            words = ": ".join(filter(None, (name, what)))
            with self.live._lock:  # first the drawing's, as rich's own thread does: no task is drawn half new
                self._file = None
                self.remove_task(self._task)
                self._task = self.add_task(words, total=file.size_bytes if file else None, read="", rows="")
                self._file = file
            self.refresh()

        def rows(self, rows: int) -> None:
            check()
            self.update(self._task, rows=f"{rows:,} rows")
            self.refresh()

        def get_renderables(self):  # type: ignore[no-untyped-def]  # as rich has it
            if file := self._file:
                at, size = file.position(), file.size_bytes
                self.update(self._task, completed=at, read=f"{at / MEGABYTE:,.1f} of {size / MEGABYTE:,.1f} MB")
            yield from super().get_renderables()

    with Line() as line, told_to(line):
        yield
