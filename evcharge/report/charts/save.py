"""A figure as a PNG, or as SVG to stand inside a page in the page's own colours and font.

What does not belong here: drawing, and files (the caller opens them).
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, fromstring

import matplotlib
from matplotlib.figure import Figure

from evcharge.report.bidi import apart
from evcharge.report.charts.lettering import DPI
from evcharge.report.charts.sheet import default_style
from evcharge.report.colours import TOKENS

_TOKEN_OF = {shade.light: name for name, shade in TOKENS.items()}
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_FONT = re.compile(r"(?:(?P<style>italic|oblique) )?(?:(?P<weight>[0-9]+) )?(?P<size>[0-9.]+px) .*")
"""CSS shorthand, as older matplotlib writes it: style, weight, size, then the families."""
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+(?:e-?[0-9]+)?")
_STEP = re.compile(r"([MLQCz])([^MLQCz]*)")
_SHARED = ("fill", "fill-opacity", "stroke", "stroke-width", "stroke-linejoin")
"""What a group may say once for all of its marks."""


def save_png(figure: Figure, file: BinaryIO) -> None:
    """Writes the figure as PNG at ``DPI``, with its title and alternative text in the text chunks, and no date."""
    title, description = _title_and_description(figure)
    metadata = {"Software": None, "Title": title or None, "Description": description or None}
    with default_style():
        figure.savefig(file, format="png", dpi=DPI, metadata=metadata)


def to_svg(figure: Figure, prefix: str) -> str:
    """The figure as an inline SVG element for a page that sets the colours of ``colours.TOKENS`` and the font.

    It holds no style, script, comment, or reference to elsewhere: its look is in attributes, colours are ``var(--…)``,
    lengths are CSS pixels. The same figure and prefix give the same text.

    Args:
        figure: drawn by this package.
        prefix: of every id, unique on the page: a letter, then letters, digits and hyphens.

    Raises:
        ValueError: the prefix is not of that form, or a colour has no token.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"prefix {prefix!r} is not a letter followed by letters, digits or hyphens")
    file = io.StringIO()
    with default_style(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "evcharge"}):
        figure.savefig(file, format="svg", facecolor="none", metadata={"Date": None})
    root = fromstring(file.getvalue())  # noqa: S314 - matplotlib wrote it, just now
    title, description = _title_and_description(figure)
    width, height = (round(inches * DPI) for inches in figure.get_size_inches())
    words = {str(text.get_gid()): str(text.get_label()) for text in figure.texts}
    body = _Rewriter(prefix, _ids(root, prefix), words)
    return (
        f'<svg role="img" aria-labelledby="{prefix}-title {prefix}-desc" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" stroke-linejoin="round">'
        f'<title id="{prefix}-title">{html.escape(apart(title))}</title>'
        f'<desc id="{prefix}-desc">{html.escape(apart(description))}</desc>'
        f"{''.join(_markup(part) for child in root for part in body.rewritten(child))}</svg>"
    )


def _title_and_description(figure: Figure) -> tuple[str, str]:
    title, _, description = str(figure.get_label()).partition("\n")
    return title, description


def _ids(root: Element, prefix: str) -> dict[str, str]:
    """A new id for each that something refers to."""
    used = [value for element in root.iter() for name, value in element.items() if _local(name) == "href"]
    return {old.removeprefix("#"): f"{prefix}-{number}" for number, old in enumerate(dict.fromkeys(used), 1)}


class _Rewriter:
    """Turns matplotlib's elements into those of the page.

    Attributes:
        prefix: of every id.
        ids: matplotlib's id -> the page's.
        words: group of a text -> its whole text, with characters that only a browser has.
    """

    def __init__(self, prefix: str, ids: dict[str, str], words: dict[str, str]) -> None:
        self.prefix, self.ids, self.words = prefix, ids, words

    def rewritten(self, old: Element) -> list[Element]:
        """The element without what the page must not have; groups that say nothing give way to what they hold."""
        tag = _local(old.tag)
        if tag in ("metadata", "style"):
            return []
        new = Element(tag, dict(self._attributes(old)))
        new.text = old.text if tag == "text" else None
        for child in old:
            new.extend(self.rewritten(child))
        if tag == "g":
            _share(new)
            if old.get("id", "") in self.words:
                new[0].text = self.words[old.get("id", "")]
        if tag in ("g", "defs") and not (len(new) and (new.attrib or tag == "defs")):
            return list(new)
        invisible = tag == "path" and new.get("fill") == "none" and not new.get("stroke")
        return [] if invisible else [new]

    def _attributes(self, old: Element) -> Iterator[tuple[str, str]]:
        """The attributes with style turned into presentation attributes; ids that nobody uses are left out."""
        for name, value in old.items():
            if name == "style":
                yield from _presentation(value)
            elif name == "id":
                if value in self.ids:
                    yield "id", self.ids[value]
            elif _local(name) == "href":
                yield "href", f"#{self.ids[value.removeprefix('#')]}"
            elif name == "d":
                yield "d", _short_path(value)
            elif not (name == "transform" and value.startswith("rotate(-0 ")):
                yield _local(name), _rounded(value)


def _presentation(style: str) -> Iterator[tuple[str, str]]:
    """The declarations of a style as attributes; the family is the page's."""
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        shorthand = _FONT.fullmatch(value) if name == "font" else None
        if shorthand:
            yield from ((f"font-{part}", said) for part, said in shorthand.groupdict().items() if said)
        elif value.startswith("#"):
            if value not in _TOKEN_OF:
                raise ValueError(f"no token for the colour {value}")
            yield name, f"var({_TOKEN_OF[value]})"
        elif name != "font-family":
            yield name, _rounded(value)


def _share(group: Element) -> None:
    """Moves to the group what all of its marks say alike."""
    marks = [child for child in group if child.tag == "use"]
    if len(marks) < 2 or len(marks) < len(group):
        return
    for name in _SHARED:
        said = {mark.get(name) for mark in marks}
        if len(said) == 1 and None not in said:
            group.set(name, marks[0].get(name, ""))
            for mark in marks:
                del mark.attrib[name]


def _short_path(path: str) -> str:
    """The same path in fewer characters: to the hundredth of a pixel, and without a letter where the last one holds."""
    found, before = [], ""
    for letter, numbers in _STEP.findall(_rounded(path)):
        goes_on = letter == "L" and before in ("M", "L")
        found.append(f"{' ' if goes_on else letter}{' '.join(numbers.split())}")
        before = letter
    return "".join(found)


def _rounded(value: str) -> str:
    """The value with its numbers to the hundredth."""
    return _DECIMAL.sub(lambda number: f"{round(float(number[0]), 2) + 0:.8g}", value)


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def _markup(element: Element) -> str:
    """The element as HTML has it."""
    attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in element.items())
    inside = html.escape(apart(element.text or "")) + "".join(_markup(child) for child in element)
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>" if inside else f"<{element.tag}{attributes}/>"
