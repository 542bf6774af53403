"""The table of claims is true of itself: what it quotes is said, and what it names as its measurement is there."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<claim>(?!claim).+?) \| (?P<place>.+?) \| (?P<held>.+?) \|$", re.MULTILINE)
ROWS = [match.groupdict() for match in ROW.finditer((CHECKOUT / "docs/claims.md").read_text(encoding="utf-8"))]
TEXTS = {"README": "README.md", "page": "docs/example/report.html"}


def words_of(place):
    """What README or the example page says, without markup, in one line."""
    text = (CHECKOUT / TEXTS[place]).read_text(encoding="utf-8")
    text = re.sub(r"\]\([^)]*\)|[*`\[\]]", "", text) if place == "README" else re.sub(r"<[^>]+>", " ", text)
    return " ".join(html.unescape(text).split())


def claims():
    return [pytest.param(row, id=row["claim"][:60]) for row in ROWS]


def test_the_table_is_read():
    assert len(ROWS) > 10


@pytest.mark.parametrize("row", claims())
def test_a_quoted_claim_stands_where_the_table_says(row):
    quoted = re.findall(r"\"([^\"]+)\"", row["claim"])
    for place in row["place"].split(", ") if quoted else ():
        missing = [words for words in quoted if words not in words_of(place)]
        assert not missing, f"{place} does not say {missing}"


@pytest.mark.parametrize("row", claims())
def test_what_holds_a_claim_is_there(row):
    named = re.findall(r"`((?:tests|benchmarks)/[^`]+)`", row["held"])
    assert named or row["held"].startswith(("an argument", "said")), "neither a test, a benchmark nor an argument"
    for path, _, test in (name.partition("::") for name in named):
        text = (CHECKOUT / path).read_text(encoding="utf-8")
        assert not test or f"def {test}(" in text, f"{path} has no {test}"
