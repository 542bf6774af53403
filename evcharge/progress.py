"""What is being done and how far it has come, told to whoever listens: the command line, where somebody watches.

Whoever works says so here and knows no listener; without one nothing is told. What does not belong here: how it is
shown (``cli``), and what was done in the end, which is a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Watched(Protocol):
    """A file that is being read: how far the reading has come, and where it ends [bytes]."""

    @property
    def size_bytes(self) -> int: ...  # noqa: D102

    def position(self) -> int: ...  # noqa: D102


class Listener(Protocol):
    """Who is told what is being done."""

    def step(self, what: str, file: Watched | None) -> None:
        """Something else is done from now on, with no row done yet; ``file`` is what is read for it, if anything."""

    def rows(self, rows: int) -> None:
        """So many rows of the present step are done, counted from its beginning."""


_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tells the listener what is done in the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def step(what: str, file: Watched | None = None) -> None:
    """Says what is done from now on.

    Args:
        what: in a few words, such as "counting days".
        file: the file that is read for it.
    """
    if listener := _listener.get():
        listener.step(what, file)


def rows_done(rows: int) -> None:
    """Says how many rows of the present step are done, counted from its beginning."""
    if listener := _listener.get():
        listener.rows(rows)
