"""The report as one HTML page that holds everything it needs and asks the network for nothing.

Python makes every word and figure; the template only places them, and the script sorts and filters what is there. What
does not belong here: figures (``story``, ``background``), drawing (``charts``).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from evcharge import __version__
from evcharge.metrics.definitions import Definition
from evcharge.metrics.outcomes import Selection
from evcharge.migrate.reading import Database, reading
from evcharge.report.colours import TOKENS
from evcharge.report.page.account import account, reproduction
from evcharge.report.page.actions import actions
from evcharge.report.page.background import Evidence, read_evidence
from evcharge.report.page.definitions import definitions
from evcharge.report.page.figures import evidence_charts, roll_up_table
from evcharge.report.page.head import figures, finding
from evcharge.report.page.stations import all_stations, table_data
from evcharge.report.rates import FLOOR_NOTE, period_of
from evcharge.report.story import Story, build_story, lede_of, out_of_use_text, title_of
from evcharge.report.words import counted, verb

TEMPLATE, STYLE, SCRIPT = "report.html", "report.css", "report.js"


def build_page(
    database: Database,
    *,
    target: float,
    definition: Definition | None = None,
    selection: Selection,
    command: Callable[[Story], str],
) -> tuple[Story, str]:
    """The story and its page, both of one moment of the database.

    Args:
        database: its URL, an engine, or a session that reads it.
        target: success ratio to judge against, between 0 and 1.
        definition: what counts as a success; None takes the usual one (see ``report.rates.build_report``).
        selection: which sessions.
        command: says what makes the page of this story again.

    Raises:
        DatabaseError: the database can't be read, or is at another revision.
        NoDataError: no session matches.
    """
    with reading(database) as session:
        story = build_story(session, target=target, definition=definition, selection=selection)
        evidence = read_evidence(session, story, selection)
    return story, render_page(story, evidence, command(story))


def render_page(story: Story, evidence: Evidence, command: str) -> str:
    """The page as text: every text of the data is escaped, styles and the script are bound to the page by hash."""
    style = _style()
    script = _resource(SCRIPT)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            title=title_of(story),
            lede=lede_of(story),
            notes=_notes(story, evidence),
            period=period_of(story.report),
            version=__version__,
            style=style,
            style_hash=_hash(style),
            script=script,
            script_hash=_hash(script),
            data=_inert_json(table_data(story)),
            roll_up=roll_up_table(evidence),
            **finding(story),
            **figures(story),
            **actions(story, evidence),
            **evidence_charts(story, evidence),
            **all_stations(story),
            **definitions(story, evidence),
            **account(story, evidence),
            **reproduction(story, evidence, command),
        )
    )


def _notes(story: Story, evidence: Evidence) -> list[dict[str, Any]]:
    """What must be said with these figures; loud where it takes from what they show."""
    notes = [{"text": note, "loud": note != FLOOR_NOTE} for note in story.report.notes]
    if unused := out_of_use_text(story):
        notes.append({"text": unused, "loud": True})
    out = evidence.out_of_period
    if out:
        text = f"{counted(out, 'more station')} {verb(out, 'has', 'have')} no session on these days, and"
        notes.append({"text": f"{text} {verb(out, 'is', 'are')} not here.", "loud": True})
    return notes


def _environment() -> Environment:
    return Environment(
        loader=DictLoader({TEMPLATE: _resource(TEMPLATE)}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _resource(name: str) -> str:
    return files("evcharge.report.page").joinpath(name).read_text(encoding="utf-8")


def _style() -> str:
    """The style sheet, below the colours of both themes."""
    light, dark = ("".join(f"{name}:{shade[paper]};" for name, shade in TOKENS.items()) for paper in (0, 1))
    themes = f":root{{{light}}}\n@media screen and (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"
    return themes + _resource(STYLE)


def _hash(text: str) -> str:
    """What a content security policy allows this text by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _inert_json(value: Any) -> str:
    """JSON that can stand in a script element: ASCII, and nothing that could end the element or begin a tag."""
    text = json.dumps(value, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
