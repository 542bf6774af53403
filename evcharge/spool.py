"""What has to wait is put aside in a temporary file, so that memory does not grow with it.

What does not belong here: what waits, and for what (readers of structured formats; the rows of an explanation).
"""

from __future__ import annotations

import marshal
import tempfile
import weakref
from collections.abc import Callable, Iterator
from heapq import merge
from typing import Any, NamedTuple

from evcharge.errors import EvchargeError

MEMORY_BYTES = 16 << 20
"""Bytes that are held in memory before the temporary file is made [16 MiB]."""

RUN_VALUES, PIECE_VALUES = 20_000, 200
"""Values that are sorted in memory at a time, and of each sorted run those that are read back at a time."""


class Span(NamedTuple):
    """Where a list stands in the spool [bytes]."""

    start: int
    length: int


class Spool:
    """Lists of plain values (texts, numbers, truth values, None, and tuples, lists and dicts of these) put aside.

    The temporary file has no name: it is gone with the spool, or with the process, whatever ends that.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115
        self._end = 0
        self.close = weakref.finalize(self, self._file.close)

    def put(self, values: list[Any]) -> Span:
        """Put a list aside.

        Raises:
            EvchargeError: ``no_temporary_room``.
            ValueError: a value is nested too deep.
        """
        data = marshal.dumps(values)
        span = Span(self._end, len(data))
        try:
            self._file.seek(self._end)
            self._file.write(data)
        except OSError as error:
            raise EvchargeError(
                "no_temporary_room",
                f"The folder of temporary files, {tempfile.gettempdir()}, takes no more: {error.strerror or error}.",
                "Make room there, or name another folder in the variable TMPDIR.",
            ) from error
        self._end += len(data)
        return span

    def take(self, span: Span) -> list[Any]:
        """A list that was put aside."""
        self._file.seek(span.start)
        values: list[Any] = marshal.loads(self._file.read(span.length))  # noqa: S302 (this process wrote it)
        return values


class Queue:
    """Values put aside, and handed out in their order.

    Args:
        spool: takes those that were put aside.
        at_once: how many may wait in memory; more than that are put aside together.
    """

    def __init__(self, spool: Spool, at_once: int) -> None:
        self._spool = spool
        self._at_once = at_once
        self._last: list[Any] = []
        self._parts: list[Span | list[Any]] = []

    def add(self, value: Any) -> None:
        """Put a value behind the others."""
        self._last.append(value)
        if len(self._last) >= self._at_once:
            self.put_aside()

    def put_aside(self) -> None:
        """Put aside what waits in memory; what is nested too deep for that stays there."""
        if self._last:
            try:
                self._parts.append(self._spool.put(self._last))
            except ValueError:
                self._parts.append(self._last)
            self._last = []

    def values(self) -> Iterator[Any]:
        """All values in their order."""
        for part in self._parts:
            yield from self._spool.take(part) if isinstance(part, Span) else part
        yield from self._last


class Sorted:
    """Values put aside, and handed out sorted; those of one key in the order in which they came.

    Args:
        spool: takes those that were put aside.
        key: what they are sorted by.
    """

    def __init__(self, spool: Spool, key: Callable[[Any], Any]) -> None:
        self._spool = spool
        self._key = key
        self._run: list[Any] = []
        self._runs: list[Queue] = []

    def add(self, value: Any) -> None:
        """Put a value among the others."""
        self._run.append(value)
        if len(self._run) >= RUN_VALUES:
            run = Queue(self._spool, PIECE_VALUES)
            for sorted_value in sorted(self._run, key=self._key):
                run.add(sorted_value)
            run.put_aside()
            self._runs.append(run)
            self._run = []

    def values(self) -> Iterator[Any]:
        """All values, sorted."""
        return merge(*(run.values() for run in self._runs), sorted(self._run, key=self._key), key=self._key)
