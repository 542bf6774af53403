"""The page that documents a format: what the file is, an example, what is read and as what, and what it can't tell.

What does not belong here: which formats there are (``formats``, ``profile_file``), and printing.
"""

from __future__ import annotations

from pathlib import Path


def pages_folder() -> Path:
    """The folder of the pages: the wheel's copy, else the checkout's."""
    packaged = Path(__file__).parent / "pages"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "docs" / "sources"


def page_of(name: str) -> str:
    """The text of a page, in Markdown."""
    return (pages_folder() / f"{name}.md").read_text(encoding="utf-8")
