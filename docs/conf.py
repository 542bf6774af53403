"""The documentation site: these pages as they are, with search, a dark look, and nothing from the network.

Built from the top of the project: ``sphinx-build -W -c docs . build/site``. The order at the side is that of
``docs/README.md``. What does not belong here: text.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

TOP = Path(__file__).resolve().parent.parent

project = "evcharge"
extensions = ["myst_parser"]
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**.md"]
root_doc = "README"
html_theme = "furo"
html_title = "evcharge"
html_show_copyright = False
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}
myst_heading_anchors = 4
# Examples hold output, cut short and with signs that no language has
suppress_warnings = ["misc.highlighting_failure"]

HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
PAGE_LINK = re.compile(r"\]\((?!https?:)([\w./-]+)\.md(?:#[\w-]*)?\)")


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("source-read", add_contents)
    app.connect("build-finished", copy_what_pages_show)


def add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """The first page gets a hidden list of all pages, under the headings and in the order of ``docs/README.md``."""
    if page != root_doc:
        return

    listed = (TOP / "docs" / "README.md").read_text(encoding="utf-8")
    _, *sections = HEADING.split(listed)
    seen: set[str] = set()
    lists = [_contents("Start", ["docs/README", "CHANGELOG", "CONTRIBUTING"])]
    for heading, text in zip(sections[::2], sections[1::2], strict=True):
        pages = [f"docs/{name}" for name in PAGE_LINK.findall(text) if not name.startswith("..")]
        fresh = [name for name in dict.fromkeys(pages) if name not in seen]
        seen.update(fresh)
        if fresh:
            lists.append(_contents(heading, fresh))
    source[0] += "\n".join(lists)


def _contents(heading: str, pages: list[str]) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", f":caption: {heading}", "", *pages, "```", ""])


def copy_what_pages_show(app: Sphinx, failure: Exception | None) -> None:
    """Pictures and the example report, which pages name in HTML, and a first page by the name that servers look for."""
    if failure is not None:
        return
    for folder in ("docs/pictures", "docs/example"):
        shutil.copytree(TOP / folder, Path(app.outdir) / folder, dirs_exist_ok=True)
    page = f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={root_doc}.html">\n'
    (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")
