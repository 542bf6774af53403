"""Lines of a log that make one frame of OCPP-J, wherever it is broken over several of them.

What does not belong here: what carries a frame on its line, and what the frame says (``ocpp.messages``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from evcharge.sources.ocpp.times import TIME

_COLOURS = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]")
"""What tells a terminal how to show the text that follows (ECMA-48, CSI): it is no part of a line."""

_NO_TEXT = r"(?:[^,\"\[\]{}]{0,64}|\[[^\[\]{}]{0,64}\]|\{[^\[\]{}]{0,64}\})"
"""What may stand in place of a message id that is no text: numbers can be read, and all else is a fault."""
_KIND = r"\[\s*[234]\s*,\s*"
FRAME_START = re.compile(rf"{_KIND}(?:\\?\"|'|{_NO_TEXT},\s*[\"{{])")
"""How a frame begins: its kind, then its message id. Within a text of JSON the id's quotes are escaped. Quotes that are
no JSON make a frame that can't be read."""

_MAY_BEGIN = re.compile(r"\[\s*(?:[234]\s*(?:,[^,\"\[\]{}]{0,64},?\s*)?)?$")
"""The end of a line on which a frame may begin, the next lines telling whether it does."""
_OTHER_WORDS = re.compile(rf"\s*\[?\s*(?:{TIME}|(?!(?:true|false|null)\b)[A-Za-z])")
"""How a line of a log begins, and no line of JSON: with a time, or a word without quotes."""
_OTHER_LINE = re.compile(rf"\s*\[?\s*{TIME}(?!\S*\")")
"""How a line of a log begins, and no rest of a text of JSON: with a time that no quote follows."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A text of JSON, quotes included."""
_OBJECT = re.compile(r"\s*\{\s*[\"}]")
"""How a line begins that is an object of JSON, rather than a log's brace."""
MAX_FRAME_LINES = 1_000
"""Most lines that one frame may be written over: what some stations send is JSON with a line for each member."""


class _Held:
    """The lines of a frame that has not ended yet."""

    def __init__(self, number: int, text: str, begin: int) -> None:
        self.lines = [(number, text)]
        self._depth, self.in_text = _open_brackets(text[begin:], in_text=False)

    @property
    def is_open(self) -> bool:
        """Whether the frame goes on."""
        return self._depth > 0

    def goes_on_with(self, text: str) -> bool:
        """Whether a line may be the frame's next one. Where a text was cut by its line's end, a word may go on."""
        return not (_OTHER_LINE if self.in_text else _OTHER_WORDS).match(text)

    def take(self, number: int, text: str) -> None:
        """Take the frame's next line."""
        self.lines.append((number, text))
        depth, self.in_text = _open_brackets(text, in_text=self.in_text)
        self._depth += depth


def with_whole_frames(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The lines, but a frame that is written over several of them is one, with the number of its first line.

    A frame that does not end within ``MAX_FRAME_LINES`` lines, or before another one begins, is given back as lines.
    Other lines of the log that stand between those of a frame come before it. Colours are left out.
    """
    held: _Held | None = None
    for number, text in _with_whole_beginnings(_without_colours(lines)):
        begins = FRAME_START.search(text)
        if held and not begins and len(held.lines) < MAX_FRAME_LINES:
            if not held.goes_on_with(text):
                yield number, text
                continue
            held.take(number, text)
            if not held.is_open:
                yield held.lines[0][0], _joined(held.lines)
                held = None
            continue

        if held:
            yield from held.lines
        held = _Held(number, text, begins.start()) if begins and not is_object(text) else None
        if not held or not held.is_open:
            yield number, text
            held = None
    if held:
        yield from held.lines


def _without_colours(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, text in lines:
        yield number, _COLOURS.sub("", text) if "\x1b" in text else text


def is_object(text: str) -> bool:
    """Whether a line is an object of JSON."""
    return _OBJECT.match(text) is not None


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
    """The lines as one. JSON needs no blank where a line ends, and has none where a terminal wrapped a text."""
    return "".join([text for _, text in lines])


def _open_brackets(text: str, *, in_text: bool) -> tuple[int, bool]:
    """How many brackets and braces a line opens and does not close, and whether it ends within a text of JSON.

    Args:
        text: the line.
        in_text: whether it begins within one.
    """
    bare, quote, _ = _QUOTED.sub("", f'"{text}' if in_text else text).partition('"')
    return sum(bare.count(sign) for sign in "[{") - sum(bare.count(sign) for sign in "]}"), bool(quote)
