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


class WholeFrames:
    """Takes lines and hands them on, but a frame that is written over several of them is one.

    It has the number of its first line. One that does not end within ``MAX_FRAME_LINES`` lines, or before another one
    begins, is given back as lines. Other lines of the log that stand between those of a frame come before it. Colours
    are left out.
    """

    def __init__(self) -> None:
        self._beginnings = _WholeBeginnings()
        self._held: _Held | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no line is held back."""
        return self._held is None and not self._beginnings.held

    def take(self, number: int, text: str) -> Iterator[tuple[int, str]]:
        """Take the next line; what can be handed on."""
        text = _COLOURS.sub("", text) if "\x1b" in text else text
        for line in self._beginnings.take(number, text):
            yield from self._take(*line)

    def rest(self) -> Iterator[tuple[int, str]]:
        """What is still held back, once no line is left."""
        for line in self._beginnings.rest():
            yield from self._take(*line)
        if self._held:
            yield from self._held.lines
            self._held = None

    def _take(self, number: int, text: str) -> Iterator[tuple[int, str]]:
        held, begins = self._held, FRAME_START.search(text)
        if held and not begins and len(held.lines) < MAX_FRAME_LINES:
            if not held.goes_on_with(text):
                yield number, text
                return
            held.take(number, text)
            if not held.is_open:
                yield held.lines[0][0], _joined(held.lines)
                self._held = None
            return

        if held:
            yield from held.lines
        self._held = _Held(number, text, begins.start()) if begins and not is_object(text) else None
        if not self._held or not self._held.is_open:
            yield number, text
            self._held = None


class _WholeBeginnings:
    """Takes lines and hands them on, but those over which a frame's bracket, kind and message id are written are one.

    Attributes:
        held: the lines that are held back.
    """

    def __init__(self) -> None:
        self.held: list[tuple[int, str]] = []

    def take(self, number: int, text: str) -> Iterator[tuple[int, str]]:
        """Take the next line; what can be handed on."""
        may_begin = _MAY_BEGIN.search(text)
        if self.held and _OTHER_WORDS.match(text) and not may_begin:
            yield number, text
            return
        if self.held:
            so_far = _joined([*self.held, (number, text)])
            if _MAY_BEGIN.search(so_far) and not may_begin:
                self.held.append((number, text))
                return
            if FRAME_START.search(so_far) and not FRAME_START.search(text):
                first, self.held = self.held[0][0], []
                yield first, so_far
                return
            yield from self.rest()
        if may_begin:
            self.held = [(number, text)]
        else:
            yield number, text

    def rest(self) -> Iterator[tuple[int, str]]:
        """What is held back."""
        held, self.held = self.held, []
        yield from held


def is_object(text: str) -> bool:
    """Whether a line is an object of JSON."""
    return _OBJECT.match(text) is not None


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
