"""The colours of page and charts by name, on light and on dark paper.

What does not belong here: what is drawn in which colour (``charts.theme``, the style sheet of the page).
"""

from __future__ import annotations

from typing import NamedTuple


class Shade(NamedTuple):
    """A colour on light and on dark paper."""

    light: str
    dark: str


TOKENS = {
    "--ink": Shade("#101418", "#e6e9ed"),
    "--muted": Shade("#59626d", "#a3acb6"),
    "--line": Shade("#dfe3e8", "#2f363e"),
    "--paper": Shade("#ffffff", "#14171b"),
    "--band": Shade("#edf0f3", "#20252b"),
    "--bad": Shade("#b5460f", "#ff9a5c"),
    "--bad-pale": Shade("#efc6b1", "#5c3a28"),
    "--ok": Shade("#1f6cb0", "#6bb3f2"),
    "--ok-pale": Shade("#b9d4ec", "#27435c"),
    "--unsure": Shade("#7b8490", "#97a1ac"),
    "--unsure-pale": Shade("#dde0e4", "#373d45"),
    "--silent": Shade("#0c0f12", "#ffffff"),
}
"""CSS custom property -> its light and dark value. Text and marks have the contrast that WCAG 2.2 AA asks
for (a browser test measures it); pale ones, line and band are fills that carry no text."""
