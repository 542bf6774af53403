"""Objects of a JSON document as rows: what is kept of each, without its private members, and rows some at a time.

What does not belong here: where an object begins and ends (``json_documents``), and what its members mean (the readers
of structured formats).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from evcharge.sources.chunk import Rows
from evcharge.sources.json_documents import Item
from evcharge.sources.json_values import Fault, refuse_unstorable
from evcharge.sources.names import folded
from evcharge.sources.privacy import ROW_WITHHELD, KeptText, withheld_text
from evcharge.spool import Queue, Spool

BATCH_ROWS = 1_000
"""Rows handed on at a time."""


class Record(NamedTuple):
    """An object as a row: its line, the text to keep, the fault in its structure, and the texts of its fields."""

    line: int
    raw: str | KeptText
    fault: str | None
    texts: Sequence[str]


def by_folded_name(members: dict[str, Any]) -> dict[str, Any]:
    """The members by their folded names; of two whose names fold to one, the last."""
    return dict(zip(folded_names(tuple(members)), members.values(), strict=True))


@lru_cache(maxsize=1024)  # the objects of a file have few shapes
def folded_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The folded names of an object's members."""
    return tuple(map(folded, names))


def folded_members(members: dict[str, Any]) -> dict[str, Any]:
    """The members by their folded names.

    Raises:
        Fault: ``duplicate_key`` where two names fold to one.
    """
    by_name = by_folded_name(members)
    if len(by_name) < len(members):
        raise Fault("duplicate_key")
    return by_name


def record(item: Item, texts: Sequence[str], private: frozenset[str]) -> Record:
    """The object as a row without its private members (folded names); its exact text, where it has none.

    Raises:
        Fault: what no database takes stands in a text.
    """
    if "\\u" in item.raw:
        refuse_unstorable(texts)
    return Record(item.line, kept_raw(item, private), None, texts)


def broken_record(item: Item, fault: str, width: int) -> Record:
    """The object as a row of nothing: it can't be told which part of it is private, so that none is kept."""
    return Record(item.line, ROW_WITHHELD, fault, [""] * width)


def kept_raw(item: Item, private: frozenset[str]) -> str:
    """The object's exact text, or its text written anew where it has private members."""
    try:
        return withheld_text(item.raw, item.members, private)
    except RecursionError as error:
        raise Fault("malformed_row") from error


class WaitingRecords:
    """Records that wait for the end of their file.

    Args:
        private: folded names of the members that are kept in no text.
    """

    def __init__(self, private: frozenset[str]) -> None:
        self._private = private
        self._spool = Spool()
        self._queue = Queue(self._spool, BATCH_ROWS)

    def add(self, record: Record | None) -> None:
        """Put a record behind the others; None is an object that is no session."""
        if record is None:
            self._queue.add(None)
        elif isinstance(record.raw, KeptText):
            self._queue.add((record.line, record.raw.raw, True, record.fault, record.texts))
        else:
            self._queue.add((record.line, record.raw, False, record.fault, record.texts))

    def records(self) -> Iterator[Record | None]:
        """All of them, in order."""
        for kept in self._queue.values():
            if kept is None:
                yield None
                continue
            line, raw, is_whole, fault, texts = kept
            yield Record(line, KeptText(raw, self._private) if is_whole else raw, fault, texts)

    def close(self) -> None:
        """Let go of them."""
        self._spool.close()


def batches(records: Iterable[Record | None], width: int) -> Iterator[Rows]:
    """The records as rows of ``width`` fields, some at a time; None is an object that is no session."""
    source = iter(records)
    while taken := list(islice(source, BATCH_ROWS)):
        sessions = [record for record in taken if record]
        rows = Rows.of(
            [record.line for record in sessions],
            [record.raw for record in sessions],
            [record.fault for record in sessions],
            [record.texts for record in sessions],
            range(width),
        )
        rows.fields = rows.fields if sessions else [[] for _ in range(width)]
        rows.skipped = len(taken) - len(sessions)
        yield rows
