"""Bytes to text, and text to whole lines, strictly: no byte is guessed, replaced or dropped.

What does not belong here: what a line says (``table``, ``json_lines``), and where the bytes come from (``file``).
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple, NoReturn

from evcharge.carriers.file import SourceFile, printable
from evcharge.errors import SourceError

MAX_LINE_CHARACTERS = 1 << 20
"""Longest line that is read [characters, 1 MiB]. A session is some hundred characters; the bound keeps memory small
for a file without line ends, or a gzip bomb."""

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
"""Byte order marks, and the encoding each one proves."""

_MARK = "\ufeff"
_MARK_WITHIN = re.compile(r"(?:^|(?<=[\r\n}\]]))\ufeff+")
"""The mark where two files were joined: at the beginning of a line, or between two objects of JSON. It is no text."""


_MANY_BLANKS = re.compile(r"[\r\n]\s{64,}")
"""A line end and what else is blank after it, so much that it pays to pass it at once."""
BLANK_LINES = re.compile(r"\s*[\r\n]")
"""Blank lines in a row, from the beginning of the first to that of the line after the last."""


class Block(NamedTuple):
    """Some whole lines of a file: the number of the first, counted from 1, and their text with its line ends."""

    line: int
    text: str


def known_encoding(name: str) -> str:
    """The one official name of a text encoding, so that utf8 and UTF-8 are the same.

    Raises:
        SourceError: ``unknown_encoding``: there is none of that name, or it is none of text.
    """
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        reason = f"{printable(name)!r} is no text encoding that Python knows."
        raise SourceError("unknown_encoding", reason, "Name one: --encoding utf-8, cp1252 or latin-1.") from error


def blocks(file: SourceFile, encoding: str) -> Iterator[Block]:
    """The file's text from its beginning, in blocks of whole lines; only the last may lack a line end.

    Args:
        file: the open file.
        encoding: how its bytes are to be read. A byte order mark of UTF-8 or UTF-16 overrules it.

    Raises:
        SourceError: ``wrong_encoding``, ``line_too_long`` (with the line), or what ``SourceFile.unpacked`` raises.
    """
    line, pending, decoder = 1, "", None
    for data in chain(file.unpacked(), (b"",)):
        if decoder is None:
            data, encoding = without_mark(data, encoding)
            decoder = codecs.getincrementaldecoder(encoding)("strict")
        text = pending + _decode(file, decoder, data, encoding, Block(line, pending))
        text = _MARK_WITHIN.sub("", text) if _MARK in text else text
        _refuse_long_line(file, Block(line, text))
        cut = _after_last_line_end(text) if data else len(text)
        if cut:
            yield Block(line, text[:cut])
            line += count_line_ends(text[:cut])
        pending = text[cut:]


def pieces(file: SourceFile, encoding: str) -> Iterator[str]:
    """The file's text from its beginning, cut anywhere but within CR LF: for what has no lines of bounded length.

    Args:
        file: the open file.
        encoding: how its bytes are to be read. A byte order mark of UTF-8 or UTF-16 overrules it.

    Raises:
        SourceError: ``wrong_encoding`` (with the line), or what ``SourceFile.unpacked`` raises.
    """
    line, held, decoder = 1, "", None
    for data in chain(file.unpacked(), (b"",)):
        if decoder is None:
            data, encoding = without_mark(data, encoding)
            decoder = codecs.getincrementaldecoder(encoding)("strict")
        text = held + _decode(file, decoder, data, encoding, Block(line, held))
        text = _MARK_WITHIN.sub("", text) if _MARK in text else text
        held = "\r" if data and text.endswith("\r") else ""
        text = text.removesuffix("\r") if held else text
        line += count_line_ends(text)
        if text:
            yield text


def first_lines(source: Iterator[Block], file: SourceFile) -> Block:
    """The first block that says something, from its first line that is not blank.

    Raises:
        SourceError: ``empty_file``; or what ``blocks`` raises.
    """
    for block in source:
        if block.text.strip():
            blank = len(block.text) - len(block.text.lstrip())
            start = _after_last_line_end(block.text[:blank] + " ")
            return Block(block.line + count_line_ends(block.text[:start]), block.text[start:])
    raise SourceError(
        "empty_file",
        f"{file.name} is empty: it holds no line with anything on it ({file.size_bytes:,} bytes on disk).",
        "Fetch or export the file again.",
    )


def split_lines(text: str) -> list[str]:
    """The lines without their ends. Only CR LF, LF and CR end a line (``str.splitlines`` knows eight more)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def split_lines_with_ends(text: str) -> list[str]:
    """The lines with their ends, cut where ``split_lines`` cuts."""
    return io.StringIO(text, newline="").readlines()


def said_lines(block: Block) -> Iterator[tuple[int, str]]:
    """The lines on which something stands, with their numbers. Many blank ones take little more than reading them."""
    line, at = block.line, 0
    for many in chain(_MANY_BLANKS.finditer(block.text), (None,)):
        text = block.text[at : many.start() if many else len(block.text)]
        yield from ((number, said) for number, said in enumerate(split_lines(text), line) if said.strip())
        if many:
            end = max(block.text.rfind(sign, many.start(), many.end()) for sign in "\r\n") + 1
            line += count_line_ends(block.text[at:end])
            at = end


def has_many_blanks(text: str) -> bool:
    """Whether so much blank stands in a row that it pays to pass it at once."""
    return _MANY_BLANKS.search(text) is not None


def count_line_ends(text: str) -> int:
    """How many lines end in the text; CR LF is one end."""
    if "\r" not in text:  # told at once, while counting two signs takes longer than all else that is done to a block
        return text.count("\n")
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def without_mark(data: bytes, encoding: str) -> tuple[bytes, str]:
    """A file's first bytes without their byte order mark, and the encoding: the one the mark proves, else the given."""
    for mark, proved in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :], proved
    return data, encoding


def _decode(file: SourceFile, decoder: codecs.IncrementalDecoder, data: bytes, encoding: str, pending: Block) -> str:
    """The next piece of text; no data means the file has ended."""
    try:
        return decoder.decode(data, final=not data)
    except UnicodeError as error:
        before, what = "", str(error)
        if isinstance(error, UnicodeDecodeError):
            before = error.object[: error.start].decode(encoding)
            what = f"{error.object[error.start : error.end].hex(' ', 1)} (hexadecimal): {error.reason}"
        line = pending.line + count_line_ends(pending.text + before)
        raise SourceError(
            "wrong_encoding",
            f"{file.name} is not {encoding}: line {line} holds {what}.",
            "Say how the file is written, for example --encoding cp1252 for Western Europe on Windows.",
        ) from error


def _refuse_long_line(file: SourceFile, block: Block) -> None:
    """Only the first line can be too long: what follows it came in one read, which is shorter than the limit."""
    if len(block.text) <= MAX_LINE_CHARACTERS:
        return
    length = min((at for at in (block.text.find("\n"), block.text.find("\r")) if at >= 0), default=len(block.text))
    if length > MAX_LINE_CHARACTERS:
        refuse_long_line(file, block.line)


def refuse_long_line(file: SourceFile, line: int) -> NoReturn:
    """Refuse the file for a line, or a row over several lines, that has no reasonable end."""
    raise SourceError(
        "line_too_long",
        f"{file.name}: what begins on line {line} is longer than {MAX_LINE_CHARACTERS:,} characters.",
        "One session is one line. If the file is one JSON document, write it as JSON lines: one object per line.",
    )


def _after_last_line_end(text: str) -> int:
    """Where the last whole line ends. A CR at the very end may yet be half of CR LF, so it does not count."""
    return max(text.rfind("\n"), text.rfind("\r", 0, max(len(text) - 1, 0))) + 1
