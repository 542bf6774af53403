"""What an OCPI answer says of itself: that there is nothing, or that the partner could not answer.

What does not belong here: the objects in an answer (``ocpi.messages``), and what wraps them (``json_documents``).
Source: OCPI 2.2.1, 4.1.7 Response format, and 5 Status codes (1000 to 1999 are success).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError
from evcharge.sources.names import folded

LEAST_ERROR = 2000
"""Status codes from here on say that the partner could not answer."""

MOST_MEMBERS = 8
"""Members of an answer, at most: four are OCPI's own. An object has more."""

_BESIDE = frozenset(map(folded, ("status_message", "timestamp", "data")))
_OF_OBJECTS = frozenset(map(folded, ("id", "start_date_time", "evses", "method", "url", "body")))


def is_answer(members: Mapping[str, Any]) -> bool:
    """Whether the members are those of an answer, and of no object or message."""
    if len(members) > MOST_MEMBERS or _status(members) is None:
        return False
    names = set(map(folded, members))
    return not names.isdisjoint(_BESIDE) and names.isdisjoint(_OF_OBJECTS)


def refuse_error_answer(file: SourceFile, line: int, members: Mapping[str, Any]) -> None:
    """Refuses an answer that says why it has no data.

    Raises:
        SourceError: ``service_answered_error``.
    """
    status = _status(members)
    if status is None or status < LEAST_ERROR or not is_answer(members):
        return
    told = next((value for name, value in members.items() if folded(name) == folded("status_message")), None)
    message = f" {printable(str(told).strip())}" if told else ""
    raise SourceError(
        "service_answered_error",
        f"{file.name} line {line}: the partner answered {status}{message}. Nothing of the file was kept.",
        "Ask for that page again; the status codes are in the OCPI specification, chapter 5.",
    )


def _status(members: Mapping[str, Any]) -> int | None:
    text = next((value for name, value in members.items() if folded(name) == folded("status_code")), None)
    return int(text) if isinstance(text, str | int) and str(text).isdecimal() and len(str(text)) == 4 else None
