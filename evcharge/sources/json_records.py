"""Objects of a JSON document as rows: what is kept of each, without its private members, and rows some at a time.

What does not belong here: where an object begins and ends (``json_documents``), and what its members mean (the readers
of structured formats).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from evcharge.sources.chunk import Rows
from evcharge.sources.json_documents import Item
from evcharge.sources.json_values import Fault, refuse_unstorable
from evcharge.sources.names import folded
from evcharge.sources.privacy import ROW_WITHHELD, withheld_text

BATCH_ROWS = 1_000
"""Rows handed on at a time."""


class Record(NamedTuple):
    """An object as a row: its line, the text to keep, the fault in its structure, and the texts of its fields."""

    line: int
    raw: str
    fault: str | None
    texts: Sequence[str]


def folded_members(members: dict[str, Any]) -> dict[str, Any]:
    """The members by their folded names.

    Raises:
        Fault: ``duplicate_key`` where two names fold to one.
    """
    by_name = {folded(name): value for name, value in members.items()}
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
