"""Links in README and docs lead somewhere, and docs/README.md leads to every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"
INDEX = DOCS / "README.md"
PAGES = [*sorted(CHECKOUT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def text_of(page):
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links_of(page):
    """Where the page's links lead that stay in the checkout: file and anchor."""
    targets = [found[0] or found[1] for found in LINK.findall(CODE.sub("", text_of(page)))]
    for target in targets:
        if "://" not in target and not target.startswith("mailto:"):
            path, _, anchor = target.partition("#")
            yield ((page.parent / path).resolve() if path else page), anchor


def anchors_of(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text) for text in HEADING.findall(text_of(page)))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_are_there(page):
    for path, anchor in links_of(page):
        assert path.exists(), f"{path} is not there"
        assert not anchor or anchor in anchors_of(path), f"{path} has no heading #{anchor}"


def test_the_index_leads_to_every_page():
    linked = {path for path, _ in links_of(INDEX)}
    assert set(DOCS.rglob("*.md")) - {INDEX} - linked == set()


def test_links_and_anchors_are_read_as_they_are_shown(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A `code`, and more\n\n[b](b.md#c) [out](https://x.org) `[no](no.md)`\n\n```\n# none\n[no](no.md)\n```\n"
    )
    assert list(links_of(page)) == [(tmp_path / "b.md", "c")]
    assert anchors_of(page) == {"a-code-and-more"}
