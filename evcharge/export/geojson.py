"""The stations that have coordinates as GeoJSON, each with the columns of the report's CSV, for a map.

Source: RFC 7946 (longitude before latitude, WGS 84, no other reference system). What does not belong here: the figures
(``report``).
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from evcharge.errors import NoDataError
from evcharge.export.job import Job
from evcharge.metrics.rates import CANT_TELL
from evcharge.models import DimStation
from evcharge.report.document import records
from evcharge.report.rates import constants_of
from evcharge.report.story import build_story, csv_frame
from evcharge.report.words import counted
from evcharge.station_frame import CSV_COLUMNS

NO_SESSION = {
    **dict.fromkeys(CSV_COLUMNS),
    **dict.fromkeys(("attempts", "successes", "failures", "unknown", "excluded"), 0),
    **dict.fromkeys(("verdict", "verdict_now"), CANT_TELL),
}
"""The figures of a station without a selected session: a registry alone names it, or sessions of other days."""


def write_geojson(job: Job) -> None:
    """Writes ``stations.geojson``: the stations that have coordinates; how many have none is a note.

    Raises:
        NoDataError: no session matches, or no station has coordinates.
    """
    story = build_story(
        job.session, target=job.target, definition=job.definition, selection=job.selection, price=job.price
    )
    figures = {(row["source"], row["station_id"]): row for row in records(csv_frame(story))}
    stations = _stations(job)
    placed = [station for station in stations if _on_the_globe(station)]
    if not placed:
        raise NoDataError(
            "no_coordinates",
            f"of {counted(len(stations), 'station')} none has coordinates.",
            "Load a registry that places them: evcharge stations FILE",
        )
    job.notes += [note for note in story.report.notes if note not in job.notes]
    if len(placed) < len(stations):
        lacking = len(stations) - len(placed)
        job.notes.append(f"No coordinates, so not among these: {lacking:,} of {counted(len(stations), 'station')}.")
    without = {**NO_SESSION, **constants_of(story.report)}
    features = [_feature(station, figures.get((station.source, station.station_id), without)) for station in placed]
    _write(job, features)


def _stations(job: Job) -> list[Any]:
    columns = (DimStation.source, DimStation.station_id, DimStation.name, DimStation.network)
    query = select(*columns, DimStation.latitude, DimStation.longitude).where(*job.selection.station_conditions())
    return sorted(job.session.execute(query), key=lambda station: (station.source, station.station_id))


def _on_the_globe(station: Any) -> bool:
    if station.latitude is None or station.longitude is None:
        return False
    return bool(abs(station.latitude) <= 90 and abs(station.longitude) <= 180)


def _feature(station: Any, figures: dict[str, Any]) -> dict[str, Any]:
    known = {name: getattr(station, name) for name in ("source", "station_id", "name", "network")}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [station.longitude, station.latitude]},
        "properties": {**figures, **known},
    }


def _write(job: Job, features: list[dict[str, Any]]) -> None:
    """One feature a line, with the notes beside them: they are to be told with the rates."""
    file = job.new_file("stations.geojson")
    file.rows = len(features)
    lines = ",\n".join(json.dumps(feature) for feature in features)
    notes = json.dumps(job.notes)
    file.write(f'{{"type": "FeatureCollection", "notes": {notes}, "features": [\n{lines}\n]}}\n'.encode("ascii"))
