"""The messages in a text: a line of a log, or a cell or member that holds one.

What does not belong here: what stands before a frame (``ocpp.heads``), lines that belong together (``ocpp.lines``), and
tables and JSON objects (``ocpp.tables``, ``ocpp.objects``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from evcharge.sources.json_values import Fault
from evcharge.sources.ocpp.frame import Broken, Head, Message, json_at, message_of
from evcharge.sources.ocpp.heads import head_of
from evcharge.sources.ocpp.lines import FRAME_START

NOTHING = Head()


def messages_in(file: str, line: int, text: str, outer: Head = NOTHING) -> Iterator[Message | Broken]:
    """The messages in a text, in order; pasted lines may have lost the line end between two of them.

    Args:
        file: SHA-256 of the file.
        line: where the text stands.
        text: the text; what else stands in it is not looked at.
        outer: what its carrier says of it, which goes before what the text itself says.
    """
    at, head = 0, outer
    while start := FRAME_START.search(text, at):
        own = head_of(text[at : start.start()])
        head = own if head is NOTHING else _completed(outer, own, head)
        try:
            frame, at = _frame(text, start)
            yield message_of(file, line, head, frame)
        except Fault as fault:
            yield Broken(file, line, str(fault))
            return


def _completed(outer: Head, own: Head, earlier: Head) -> Head:
    """What is known of a frame: by its carrier, else by the text before it, else by what led the text's first frame."""
    timed = next((head for head in (outer, own, earlier) if head.logged_at), outer)
    return Head(
        outer.station or own.station or earlier.station,
        outer.direction or own.direction,
        timed.logged_at,
        timed.zone,
        outer.before or own.before,
    )


def _frame(text: str, start: re.Match[str]) -> tuple[Any, int]:
    """The value that begins there and where it ends; its quotes may be escaped, for it may stand within a text of JSON.

    Raises:
        Fault: none begins there, or it does not end.
    """
    if "\\" not in start[0]:
        return json_at(text, start.start())
    inner, length = json_at(f'"{text[start.start() :]}', 0)
    frame, _ = json_at(inner, 0)
    return frame, start.start() + length - 1
