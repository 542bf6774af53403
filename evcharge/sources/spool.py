"""What waits for the end of a file is put aside in a temporary file, so that memory does not grow with it.

What does not belong here: what waits, and for what (the readers of structured formats).
"""

from __future__ import annotations

import marshal
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from evcharge.errors import SourceError

MEMORY_BYTES = 16 << 20
"""Bytes that are held in memory before the temporary file is made [16 MiB]."""


class Span(NamedTuple):
    """Where a list stands in the spool [bytes]."""

    start: int
    length: int


class Spool:
    """Lists of plain values (texts, numbers, truth values, None, and tuples, lists and dicts of these) put aside.

    The temporary file has no name: it is gone with the process, whatever ends that.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115: it lives as long as this
        self._end = 0

    def put(self, values: list[Any]) -> Span:
        """Put a list aside.

        Raises:
            SourceError: ``no_temporary_room``.
        """
        data = marshal.dumps(values)
        span = Span(self._end, len(data))
        try:
            self._file.seek(self._end)
            self._file.write(data)
        except OSError as error:
            raise SourceError(
                "no_temporary_room",
                f"The folder of temporary files, {tempfile.gettempdir()}, takes no more: {error.strerror or error}.",
                "Make room there, or name another folder in the variable TMPDIR.",
            ) from error
        self._end += len(data)
        return span

    def take(self, span: Span) -> list[Any]:
        """A list that was put aside."""
        self._file.seek(span.start)
        values: list[Any] = marshal.loads(self._file.read(span.length))  # noqa: S302: this process wrote it
        return values

    def close(self) -> None:
        """Let go of everything."""
        self._file.close()


class Queue:
    """Values put aside one by one, and handed out in their order.

    Args:
        at_once: how many of them are put into the spool at a time.
    """

    def __init__(self, spool: Spool, at_once: int) -> None:
        self._spool = spool
        self._at_once = at_once
        self._last: list[Any] = []
        self._spans: list[Span] = []

    def add(self, value: Any) -> None:
        """Put a value behind the others."""
        self._last.append(value)
        if len(self._last) >= self._at_once:
            self.put_aside()

    def put_aside(self) -> None:
        """Put what is still in memory into the spool."""
        if self._last:
            self._spans.append(self._spool.put(self._last))
            self._last = []

    def values(self) -> Iterator[Any]:
        """All values in their order."""
        for span in self._spans:
            yield from self._spool.take(span)
        yield from self._last
