"""Objects of a JSON document, whatever wraps them, one at a time: memory does not grow with the file.

Read are a list, an object that wraps one (``{"_items": [...]}``, ``{"data": [...]}``, ``{"data": {"items": [...]}}``),
several of these one after another or in a list (pages), and JSON lines of objects or of such wrappers. What does not
belong here: what an object means (the readers of structured formats), the row that it makes (``json_records``), and how
its values are kept (``json_values``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, NoReturn
from weakref import WeakKeyDictionary

from evcharge.carriers.file import SourceFile
from evcharge.carriers.text import MAX_LINE_CHARACTERS, count_line_ends, pieces, refuse_long_line
from evcharge.errors import SourceError
from evcharge.sources.json_values import DECODER, Fault

LIST_NAMES = ("_items", "data", "items")
"""Members that hold the list of objects: Eve (ACN-Data), OCPI, and pages of other interfaces."""

MAX_WRAPPERS = 3
"""Most objects around a list. Two were seen, ``data`` and ``items``."""

OBJECTS_LOOKED_AT = 100
"""Objects at a file's beginning by which its format is told; a log may begin with messages of other kinds."""

CHARACTERS_LOOKED_AT = 8 * MAX_LINE_CHARACTERS
"""Characters of these objects after which no further one is looked at, so that they take little memory."""

_firsts: WeakKeyDictionary[SourceFile, Sequence[Item]] = WeakKeyDictionary()
"""What each open file begins with. Its bytes are pinned by their hash, so that it stays so while it is open."""

_BLANK = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r'"([^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*)"[ \t\r\n]*:[ \t\r\n]*')
_COMMA = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_WORD = re.compile(r"[^\s,\[\]{}]+")
_LINE_END = re.compile(r"[\r\n]")
_MARKS = re.compile(
    r'(?P<text>"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*")|(?P<next>(?<=[\r\n])\{)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<quote>")'
)
"""What tells where a broken object ends: whole texts, brackets, a brace that begins a line, a text without an end."""

_NO_END = -1
"""Where a broken object ends, if it can't be told."""


class Item(NamedTuple):
    """One object of a document.

    Attributes:
        line: line on which it begins. Where one line holds several objects, each counts one more than the one before
            it, and the following ones go on from there: no two have one number.
        raw: its exact text.
        members: what it says; empty where there is a fault.
        fault: code of the fault in its structure, or None.
    """

    line: int
    raw: str
    members: dict[str, Any]
    fault: str | None


OnWrapper = Callable[[int, dict[str, Any]], None]
"""Takes the line of a wrapper, and its members: those that hold objects, and what is no scalar, are None."""


def items(file: SourceFile, encoding: str, on_wrapper: OnWrapper = lambda _line, _members: None) -> Iterator[Item]:
    """The objects of the file, in file order. A broken one whose end can be told is an item with a fault.

    Args:
        file: the open file.
        encoding: how its bytes are to be read.
        on_wrapper: called with each object that wraps a list, once its end is reached, and with no members for each
            empty list.

    Raises:
        SourceError: ``truncated_json`` where a list or its wrapper has no end, ``malformed_json`` where it can't be
            told what follows, ``line_too_long`` for an object without a reasonable end; or what ``pieces`` raises.
    """
    last = 0
    for item in _document(_Text(file, encoding, on_wrapper)):
        last = max(item.line, last + 1)
        yield item if item.line == last else item._replace(line=last)


def first_items(file: SourceFile) -> Sequence[Item]:
    """The sound objects at the file's beginning; none where it can't be read.

    They are read once, for all who ask whether the file is of their format. The bytes are taken as Latin-1, which holds
    every byte, unless a mark proves another encoding: names are ASCII.
    """
    if file not in _firsts:
        _firsts[file] = list(_sound_beginning(file))
    return _firsts[file]


def _sound_beginning(file: SourceFile) -> Iterator[Item]:
    """The sound ones of the first ``OBJECTS_LOOKED_AT``, up to ``CHARACTERS_LOOKED_AT``."""
    characters = 0
    try:
        for item in islice(items(file, "latin-1"), OBJECTS_LOOKED_AT):
            characters += len(item.raw)
            if not item.fault:
                yield item
            if characters > CHARACTERS_LOOKED_AT:
                return
    except SourceError:
        return


class _Text:
    """The file's text from the present place on.

    Attributes:
        text: what was read and is still needed.
        at: the present place in it.
        line: line of the present place.
        on_wrapper: takes what a wrapper says beside its objects.
    """

    def __init__(self, file: SourceFile, encoding: str, on_wrapper: OnWrapper) -> None:
        self.file = file
        self.on_wrapper = on_wrapper
        self.text = ""
        self.at = 0
        self.line = 1
        self._pieces = pieces(file, encoding)

    def more(self) -> bool:
        """Read on, and let go of what lies before the present place; False where the file has ended.

        At least as much is read as is there, so that a long object is not looked through again for each block of it.
        """
        unread_characters, read = len(self.text) - self.at, list[str]()
        while sum(map(len, read)) <= unread_characters and (piece := next(self._pieces, None)) is not None:
            read.append(piece)
        self.text = self.text[self.at :] + "".join(read)
        self.at = 0
        return bool(read)

    def go(self, position: int) -> str:
        """Make ``place`` the present one; returns the text that was passed."""
        passed = self.text[self.at : position]
        self.line += count_line_ends(passed)
        self.at = position
        return passed

    def next_mark(self) -> str:
        """The next character that is not blank, which becomes the present place; empty where the file has ended."""
        if self.at < len(self.text) and not self.text[self.at].isspace():
            return self.text[self.at]
        while True:
            blank = _BLANK.match(self.text, self.at)
            self.go(blank.end() if blank else self.at)
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def refuse_endless(self) -> None:
        """Refuse what begins at the present place and has no end within reason."""
        if len(self.text) - self.at > MAX_LINE_CHARACTERS:
            refuse_long_line(self.file, self.line)


class _Value(NamedTuple):
    """A JSON value: what it says, where it ends, and the code of its fault. One that wraps a list has no end yet."""

    value: Any
    end: int
    fault: str | None
    wraps: bool = False


def _document(text: _Text) -> Iterator[Item]:
    """The objects of everything that stands in the file."""
    while character := text.next_mark():
        if character == "[":
            yield from _list(text)
        elif character == "{":
            yield from _objects(text, alone=True)
        else:
            yield _stray(text)


def _objects(text: _Text, *, alone: bool = False) -> Iterator[Item]:
    """The object at the present place, or those of the list that it wraps.

    Args:
        text: at the object's brace.
        alone: it stands in no list, so that a broken one may end with its line.
    """
    value = _value(text, alone=alone)
    if value.wraps:
        yield from _wrapper(text)
        return
    line, raw = text.line, text.go(value.end)
    fault = value.fault or (None if type(value.value) is dict else "not_an_object")
    fault = "nul_character" if "\0" in raw else fault
    yield Item(line, raw, {} if fault else value.value, fault)


def _list(text: _Text) -> Iterator[Item]:
    """The objects of the list at the present place, and past its end."""
    begun = text.line
    text.go(text.at + 1)
    if text.next_mark() == "]":
        text.go(text.at + 1)
        text.on_wrapper(begun, {})
        return

    while True:
        character = text.next_mark()
        if character in ("", "]", ",", "}"):
            _refuse(text, begun, "a list", character, "an object")
        yield from _objects(text)
        character = text.next_mark()
        if character not in (",", "]"):
            _refuse(text, begun, "a list", character, "a comma or ]")
        text.go(text.at + 1)
        if character == "]":
            return


def _wrapper(text: _Text) -> Iterator[Item]:
    """The objects of the lists that the object at the present place wraps, and past its end."""
    begun = text.line
    members: dict[str, Any] = {}
    text.go(text.at + 1)
    while True:
        name, character = _go_to_value(text, begun)
        members[name] = None
        if name in LIST_NAMES and character == "[":
            yield from _list(text)
        else:
            value = _value(text, look_inside=name in LIST_NAMES)
            if value.wraps:
                yield from _wrapper(text)
            else:
                members[name] = value.value if isinstance(value.value, str | int) else None
                text.go(value.end)

        character = text.next_mark()
        if character not in (",", "}"):
            _refuse(text, begun, "an object", character, "a comma or }")
        text.go(text.at + 1)
        if character == "}":
            text.on_wrapper(begun, members)
            return


def _go_to_value(text: _Text, begun: int) -> tuple[str, str]:
    """Past the name of the next member: the name, and the first character of its value."""
    character = text.next_mark()
    if character != '"':
        _refuse(text, begun, "an object", character, "the name of a member")
    while not ((match := _NAME.match(text.text, text.at)) and match.end() < len(text.text)):
        text.refuse_endless()
        if not text.more():
            _refuse(text, begun, "an object", "", "the name of a member")
    text.go(match.end())
    return match[1], text.text[text.at]


def _value(text: _Text, *, alone: bool = False, look_inside: bool = True) -> _Value:
    """The value at the present place, read as far as needed; if it wraps a list, that is all that is told.

    Args:
        text: at the value's first character.
        alone: it stands in no list, so that a broken one may end with its line.
        look_inside: whether an object may be a wrapper.
    """
    while True:
        value, end, fault = _decoded(text)
        if look_inside and (_wraps(value) or (fault and _begins_wrapper(text.text, text.at))):
            return _Value(None, text.at, None, wraps=True)

        if fault:
            end = _end_of_broken(text.text, text.at, alone=alone)
        if end == _NO_END:
            _refuse_endless_value(text)
        if end > text.at and (end < len(text.text) or text.text[end - 1] in '}]"'):
            if end - text.at > MAX_LINE_CHARACTERS:
                refuse_long_line(text.file, text.line)
            return _Value(value, end, fault)

        # the value may go on in the next block: a number that ends with the text too, since more digits may follow
        text.refuse_endless()
        if not text.more():
            if not alone:
                _refuse(text, text.line, "a value", "", "its end")
            return _Value(value, len(text.text.rstrip()), fault)


def _decoded(text: _Text) -> tuple[Any, int, str | None]:
    """The value at the present place, where it ends, and the code of its fault, with which it may also be cut off."""
    try:
        return (*DECODER.raw_decode(text.text, text.at), None)
    except Fault as error:
        return None, 0, str(error)
    except (ValueError, RecursionError):
        return None, 0, "malformed_row"


def _wraps(value: Any, depth: int = 1) -> bool:
    """Whether the value is an object that wraps a list."""
    if type(value) is not dict or depth > MAX_WRAPPERS:
        return False
    inner = [value[name] for name in LIST_NAMES if name in value]
    return any(type(member) is list or _wraps(member, depth + 1) for member in inner)


def _begins_wrapper(text: str, at: int, depth: int = 1) -> bool:
    """Whether an object that is broken or cut off begins as one that wraps a list, with sound members before it."""
    if text[at] != "{" or depth > MAX_WRAPPERS:
        return False
    match = _BLANK.match(text, at + 1)
    while match and (name := _NAME.match(text, match.end())) and name.end() < len(text):
        position = name.end()
        if name[1] in LIST_NAMES and (text[position] == "[" or _begins_wrapper(text, position, depth + 1)):
            return True
        try:
            _, position = DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return False
        match = _COMMA.match(text, position)
    return False


def _end_of_broken(text: str, at: int, *, alone: bool) -> int:
    """Where a broken value ends: at its closing bracket; 0 where more is to be read, ``_NO_END`` where none can tell.

    One that stands alone also ends before a line that begins with a brace: in JSON lines that is the next one.
    """
    if text[at] not in '{["':
        word = _WORD.match(text, at)
        return word.end() if word and word.end() < len(text) else 0 if word else _NO_END
    depth = 0
    for match in _MARKS.finditer(text, at):
        if alone and match.lastgroup == "next" and match.start() > at:
            return len(text[: match.start()].rstrip())
        if match.lastgroup == "quote" and not alone:
            return _NO_END if _LINE_END.search(text, match.start()) else 0
        depth += {"open": 1, "next": 1, "close": -1}.get(match.lastgroup or "", 0)
        if depth == 0:
            return match.end()
    return 0


def _stray(text: _Text) -> Item:
    """What stands between documents and is none: the rest of its line, with a fault."""
    while not (line_end := _LINE_END.search(text.text, text.at)):
        text.refuse_endless()
        if not text.more():
            break
    line, raw = text.line, text.go(line_end.start() if line_end else len(text.text)).rstrip()
    try:
        DECODER.decode(raw)
        fault = "not_an_object"
    except (ValueError, RecursionError):
        fault = "malformed_row"
    return Item(line, raw, {}, "nul_character" if "\0" in raw else fault)


def _refuse_endless_value(text: _Text) -> NoReturn:
    raise SourceError(
        "malformed_json",
        f"{text.file.name}: what begins on line {text.line} is broken, so its end can't be found.",
        "Correct it in the file, or fetch the file again: a text in it may lack its closing quote.",
    )


def _refuse(text: _Text, begun: int, what: str, character: str, wanted: str) -> NoReturn:
    """Refuse the file for what follows, or for its end."""
    if not character:
        raise SourceError(
            "truncated_json",
            f"{text.file.name} ends within {what} that begins on line {begun}: it was cut off.",
            "Fetch or export the file again; nothing of it was kept.",
        )
    raise SourceError(
        "malformed_json",
        f"{text.file.name}: line {text.line} has {character!r} where {wanted} belongs, "
        f"in {what} that begins on line {begun}.",
        "Correct it in the file, or fetch the file again.",
    )
