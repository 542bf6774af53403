"""Transactions of SteVe, the open-source OCPP server: its data export (a ZIP of one CSV a table), and its older CSV.

What does not belong here: how the tables of an export are joined (``steve.export``), and what the fields mean
(``profiles/steve.toml``).

Sources: SteVe's DataImportExportService (since November 2025), its database migrations, and TransactionRepositoryImpl.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from evcharge.carriers.archive import ZIP_MAGICS, Archive
from evcharge.carriers.file import SourceFile
from evcharge.carriers.text import blocks, first_lines
from evcharge.errors import SourceError
from evcharge.frames import RAW_FRAME, RawSessions, empty_frame
from evcharge.sources.chunk import Reading, Rows, chunks
from evcharge.sources.names import folded
from evcharge.sources.profile import Profile
from evcharge.sources.steve.export import Export, is_export
from evcharge.sources.steve.notices import evidence_of
from evcharge.sources.steve.tables import FIELDS, Table, energy_wh, transaction_rows
from evcharge.sources.table import header_of

__all__ = ["FIELDS", "read", "recognises"]

CSV_FIELDS = (
    "transaction_pk",
    "charge_box_id",
    "id_tag",
    "start_timestamp",
    "start_value",
    "stop_timestamp",
    "stop_value",
)
"""Fields that tell the older CSV; besides, it has ``evse_id`` or, before database version 1.1.4, ``connector_id``."""


def recognises(file: SourceFile) -> bool:
    """Whether the file is a data export with transactions, or the older CSV."""
    try:
        if _is_archive(file):
            return is_export(Archive(file.name, file.seekable()))
        header = header_of(file, first_lines(blocks(file, "utf-8"), file).text, ",")
    except SourceError:
        return False
    names = set(map(folded, header.names)) if header else set()
    return names.issuperset(map(folded, CSV_FIELDS)) and not names.isdisjoint(("evseid", "connectorid"))


def read(file: SourceFile, reading: Reading) -> Iterator[RawSessions]:
    """The transactions in the order of their starts; then the stops that have no start, which cleaning refuses.

    A row's line is that in ``transaction_start``; the lines of a stop without a start are counted on from there. Last
    come the statuses of connectors, where they were asked for, each with its line in ``connector_status``.

    Raises:
        SourceError: ``missing_table``, ``missing_columns``, ``several_exports``, ``broken_table``, or what reading an
            archive or a table raises.
    """
    names = tuple(map(folded, FIELDS))
    if _is_archive(file):
        export = Export(file, reading.profile)
        yield from chunks(export.rows(), names, reading)
        if reading.evidence_until:
            nothing = RawSessions(empty_frame(RAW_FRAME), reading.profile.conventions)
            rows = export.status_rows()
            for evidence in evidence_of(rows, file.sha256, reading.profile, reading.evidence_until):
                yield replace(nothing, evidence=(evidence,))
        file.verify()
    else:
        yield from chunks(_csv_rows(file, reading.profile), names, reading)


def _csv_rows(file: SourceFile, profile: Profile) -> Iterator[Rows]:
    """Rows of the older CSV, which tells of no reason, no status and no place."""
    table = Table(file, profile, CSV_FIELDS)
    for rows in table.batches:
        texts = {name: table.texts(rows, name, null="") for name in (*CSV_FIELDS, "evse_id")}
        texts["evse_id"] = table.texts(rows, "evse_id", "connector_id", null="")
        texts["energy_wh"] = list(map(energy_wh, texts["start_value"], texts["stop_value"]))
        yield transaction_rows(rows.lines, rows.raws, rows.faults, texts)


def _is_archive(file: SourceFile) -> bool:
    return not file.is_gzip and next(file.unpacked(), b"")[:4] in ZIP_MAGICS
