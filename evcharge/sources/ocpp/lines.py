"""Lines of a log that make one frame of OCPP-J, wherever it is broken over several of them.

What does not belong here: what carries a frame on its line, and what the frame says (``ocpp.messages``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from evcharge.sources.ocpp.times import TIME

_NO_TEXT = r"(?:[^,\"\[\]{}]{0,64}|\[[^\[\]{}]{0,64}\]|\{[^\[\]{}]{0,64}\})"
"""What may stand in place of a message id that is no text: numbers can be read, and all else is a fault."""
_KIND = r"\[\s*[234]\s*,\s*"
FRAME = rf'{_KIND}(?:"|{_NO_TEXT},\s*["{{])'
"""How a frame begins: its kind, then its message id."""
FRAME_START = re.compile(rf'{_KIND}(?:\\?"|{_NO_TEXT},\s*["{{])')
"""The same within a text of JSON, too, where the id's quotes are escaped."""

_MAY_BEGIN = re.compile(r"\[\s*(?:[234]\s*(?:,[^,\"\[\]{}]{0,64},?\s*)?)?$")
"""The end of a line on which a frame may begin, the next lines telling whether it does."""
_OTHER_WORDS = re.compile(rf"\s*\[?\s*(?:{TIME}|(?!(?:true|false|null)\b)[A-Za-z])")
"""How a line of a log begins, and no line of JSON: with a time, or a word without quotes."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A text of JSON, quotes included."""
MAX_FRAME_LINES = 1_000
"""Most lines that one frame may be written over: what some stations send is JSON with a line for each member."""


def with_whole_frames(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, but a frame that is written over several of them is one, with the number of its first line.

    A frame that does not end within ``MAX_FRAME_LINES`` lines, or before another one begins, is given back as lines.
    Other lines of the log that stand between those of a frame come before it.
    """
    held: list[tuple[int, str]] = []
    depth = 0
    for number, text in _with_whole_beginnings(lines):
        begins = FRAME_START.search(text)
        if held and not begins and len(held) < MAX_FRAME_LINES:
            if _OTHER_WORDS.match(text):
                yield number, text
                continue
            held.append((number, text))
            depth += _open_brackets(text)
            if depth <= 0:
                yield held[0][0], _joined(held)
                held = []
            continue

        yield from held
        held = []
        depth = _open_brackets(text[begins.start() :]) if begins and text.lstrip()[:1] != "{" else 0
        if depth > 0:
            held = [(number, text)]
        else:
            yield number, text
    yield from held


def _with_whole_beginnings(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, but those over which a frame's bracket, kind and message id are written are one."""
    held: list[tuple[int, str]] = []
    for number, text in lines:
        if held and _OTHER_WORDS.match(text) and not _MAY_BEGIN.search(text):
            yield number, text
            continue
        if held:
            so_far = _joined([*held, (number, text)])
            if _MAY_BEGIN.search(so_far) and not _MAY_BEGIN.search(text):
                held.append((number, text))
                continue
            if FRAME_START.search(so_far) and not FRAME_START.search(text):
                yield held[0][0], so_far
                held = []
                continue
            yield from held
            held = []
        if _MAY_BEGIN.search(text):
            held = [(number, text)]
        else:
            yield number, text
    yield from held


def _joined(lines: Iterable[tuple[int, str]]) -> str:
    return " ".join([text for _, text in lines])


def _open_brackets(text: str) -> int:
    """How many brackets and braces the text opens and does not close, those in quotes left out."""
    bare = _QUOTED.sub("", text)
    return sum(bare.count(sign) for sign in "[{") - sum(bare.count(sign) for sign in "]}")
