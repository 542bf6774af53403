"""How words become markup: the templates, the style sheet, and what keeps the text of data from being either.

What does not belong here: words and figures.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from evcharge.report.bidi import apart
from evcharge.report.colours import TOKENS

REPORT, STATION, STYLE, SCRIPT = "report.html", "station.html", "report.css", "report.js"
TEMPLATES = (REPORT, STATION, "table.html")
LONG, LONGEST_WORD = 16, 30
"""Letters of a cell that stands on one line, and of a word that is kept whole on several: a hash, or a line of a file,
is longer. House rule."""


def environment() -> Environment:
    """What places words in the templates: every text of the data is escaped."""
    environment = Environment(
        loader=DictLoader({name: resource(name) for name in TEMPLATES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_element_text,
    )
    environment.filters["in_attribute"] = lambda text: _Placed(html.escape(apart(text)))
    environment.filters["tone_of_length"] = _tone_of_length
    return environment


class _Placed(str):
    """Text that stands in the page as it is."""

    def __html__(self) -> str:
        """What the template takes it for."""
        return self


def _tone_of_length(text: str) -> str:
    """The class of a cell by what it takes to fit: nothing, lines of whole words, or words torn apart, too."""
    if len(text) <= LONG:
        return ""
    return "torn" if max(map(len, text.split()), default=0) > LONGEST_WORD else "long"


def _element_text(value: Any) -> Any:
    """What the template places between tags: what is written from right to left stands in an element of its own."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    escaped = html.escape(value)
    marked = apart(escaped, "<bdi>", "</bdi>")
    return value if marked == escaped else _Placed(marked)


def resource(name: str) -> str:
    """The text of a file beside this one."""
    return files("evcharge.report.page").joinpath(name).read_text(encoding="utf-8")


def style_sheet() -> str:
    """The style sheet, below the colours of both themes."""
    light, dark = ("".join(f"{name}:{shade[paper]};" for name, shade in TOKENS.items()) for paper in (0, 1))
    themes = f":root{{{light}}}\n@media screen and (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"
    return themes + resource(STYLE)


def hash_of(text: str) -> str:
    """What a content security policy allows this text by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def inert_json(value: Any) -> str:
    """JSON that can stand in a script element: ASCII, and nothing that could end the element or begin a tag."""
    text = json.dumps(value, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
