"""Times that a table writes in two columns, a day and a clock: which two make a start, and which an end.

What does not belong here: which column seems to be a start at all (``proposal``), and how times are
written (``writing``).
"""

from __future__ import annotations

from collections.abc import Mapping

from evcharge.sources.contents import Contents, Kind
from evcharge.sources.meaning import meanings_of
from evcharge.sources.time_shapes import one_day_of


def join_days_and_clocks(
    columns: dict[str, tuple[str, ...]], contents: Mapping[str, Contents], doubts: dict[str, str]
) -> None:
    """Makes a time of a date and the clock time that belongs to it, by their headings."""
    used = {name for ours, names in columns.items() for name in names if ours != "duration_minutes"}
    _take_day_from_elsewhere(columns, contents, used, doubts)
    for ours in ("start_time", "end_time"):
        name, *joined = columns.get(ours, ("",))
        if not name or joined or contents[name].kind in ("time", "number"):
            continue
        other: Kind = "clock" if contents[name].kind == "day" else "day"
        others = [
            mate
            for mate in contents
            if mate not in used and contents[mate].kind == other and any(m.column == ours for m in meanings_of(mate))
        ]
        if others:
            columns[ours] = (name, others[0]) if other == "clock" else (others[0], name)
            used.add(others[0])
            if columns.get("duration_minutes") == (others[0],):
                del columns["duration_minutes"]
        elif other == "day":
            del columns[ours]
            doubts[ours] = f"{name} is a clock time without a day"
        else:
            doubts[ours] = f"{name} is a day without a clock time"
    ends = columns.get("end_time", ())
    if len(ends) == 1 and contents[ends[0]].kind == "day":
        del columns["end_time"]  # at midnight it would be before its start, or make every length 0
        doubts.pop("end_time", None)


def _take_day_from_elsewhere(
    columns: dict[str, tuple[str, ...]], contents: Mapping[str, Contents], used: set[str], doubts: dict[str, str]
) -> None:
    """Joins the clock of starts that are all of one day, such as that of the export, with the only column of days."""
    (name,) = columns.get("start_time", ("",))
    days = [mate for mate in contents if contents[mate].kind == "day" and mate not in used]
    if not name or contents[name].kind != "time" or len(days) != 1 or contents[days[0]].distinct < 2:
        return
    if one_day := one_day_of(contents[name].texts):
        columns["start_time"] = (days[0], name)
        used.add(days[0])
        doubts["start_time"] = f"all times in {name} are of {one_day}: of them only the clock is taken"
