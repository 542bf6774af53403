"""Small tables of a publisher's layout, as CSV and as the least workbook that Excel opens, and what becomes of them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import pandas as pd

from evcharge.clean import clean
from evcharge.sources import Profile, builtin_profiles, open_file, pick_profile, read
from tests.support.factories import AS_OF

_OFFICE = "http://schemas.openxmlformats.org"
MAIN = f"{_OFFICE}/spreadsheetml/2006/main"
RELATED = f"{_OFFICE}/officeDocument/2006/relationships"
_PACKAGE = f"{_OFFICE}/package/2006"

STYLES = {"date": 22, "day": 14, "clock": 20, "length": 46, "percent": 9}
"""Excel's own number formats: m/d/yy h:mm, m/d/yy, h:mm, [h]:mm:ss, 0%."""


class Cell(NamedTuple):
    """A cell by its XML: what stands in it, the number format, and the type."""

    inner: str
    style: str = ""
    kind: str = ""


ERROR = Cell("<v>#N/A</v>", kind="e")
"""A cell whose formula found nothing."""


def date(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> Cell:
    """A date cell: days since 30 December 1899."""
    days = (datetime(year, month, day, hour, minute, second) - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001
    return Cell(f"<v>{days!r}</v>", "date")


def number(value: object, style: str = "") -> Cell:
    """A number as the file writes it."""
    return Cell(f"<v>{value}</v>", style)


def formula(result: str | None, kind: str = "str") -> Cell:
    """A formula with the result that is kept, if one is."""
    return Cell("<f>A1&amp;A2</f>" + ("" if result is None else f"<v>{result}</v>"), kind=kind)


def as_csv(rows: Iterable[Sequence[object]]) -> bytes:
    """The rows as ChargePoint writes CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue().encode()


def workbook(*sheets: Iterable[Sequence[object]], states: Sequence[str] = (), xml: Sequence[str] = ()) -> bytes:
    """A workbook of sheets; a cell is text, a truth value, a number, None (no cell) or a ``Cell``.

    Args:
        sheets: rows of each sheet; None in place of a row leaves a row out.
        states: visible, hidden or veryHidden for each sheet.
        xml: rows of further sheets as XML.
    """
    bodies = [*map(_sheet_rows, sheets), *xml]
    states = [*states, *["visible"] * (len(bodies) - len(states))]
    numbers = range(1, len(bodies) + 1)
    named = "".join(
        f'<sheet name="Sheet {n}" sheetId="{n}" state={quoteattr(state)} r:id="rId{n}"/>'
        for n, state in zip(numbers, states, strict=True)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATED}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in (0, *STYLES.values()))
    start = f'<Relationship Id="rId1" Type="{RELATED}/officeDocument" Target="xl/workbook.xml"/>'
    members = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{start}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}<Relationship '
        f'Id="rId0" Type="{RELATED}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs>{formats}</cellXfs></styleSheet>',
        **{
            f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'
            for n, body in zip(numbers, bodies, strict=True)
        },
    }
    return zipped(members)


def zipped(members: Mapping[Any, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of the members, by name or ``ZipInfo``: the same bytes whenever it is made."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            entry = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            archive.writestr(entry, member, compression)
    return content.getvalue()


def _sheet_rows(rows: Iterable[Sequence[object] | None]) -> str:
    return "".join(
        f'<row r="{line}">{"".join(_cell(cell, line, column) for column, cell in enumerate(row))}</row>'
        for line, row in enumerate(rows, start=1)
        if row is not None
    )


def _cell(value: object, line: int, column: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        value = Cell(f'<is><t xml:space="preserve">{escape(value)}</t></is>', kind="inlineStr")
    elif isinstance(value, bool):
        value = Cell(f"<v>{int(value)}</v>", kind="b")
    elif not isinstance(value, Cell):
        value = number(value)
    style = f' s="{list(STYLES).index(value.style) + 1}"' if value.style else ""
    kind = f' t="{value.kind}"' if value.kind else ""
    return f'<c r="{letters(column)}{line}"{style}{kind}>{value.inner}</c>'


def letters(column: int) -> str:
    """A column's letters by its number from 0: A, …, Z, AA."""
    before, last = divmod(column, 26)
    return (letters(before - 1) if before else "") + chr(ord("A") + last)


class Outcome(NamedTuple):
    """What becomes of a file: the profile's name, rows kept, rejects, stations, warnings, and rows skipped."""

    profile: str
    rows: pd.DataFrame
    rejects: pd.DataFrame
    stations: pd.DataFrame
    warnings: dict[str, int]
    skipped: int


def outcome(path: Path, data: bytes, profile: Profile | None = None, salt: str | None = None) -> Outcome:
    """The file read by the profile that is picked, and cleaned, in one chunk; nothing but a header gives no rows."""
    path.write_bytes(data)
    with open_file(path) as file:
        profile = pick_profile(file, [profile] if profile else builtin_profiles().values())
        chunks = list(read(file, profile, salt=salt))
    if not chunks:
        return Outcome(profile.name, pd.DataFrame(), pd.DataFrame(), pd.DataFrame(), {}, 0)
    (raw,) = chunks
    done = clean(raw, AS_OF)
    return Outcome(profile.name, done.rows, done.rejects, done.stations, dict(done.warnings), raw.skipped)
