"""Frames for charts, and what can be asked of a figure: its words, its parts, and whether texts collide."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text

from evcharge.report.charts.save import save_png
from evcharge.report.charts.stations import ChartText
from evcharge.report.now import in_order_of_attention

BELOW, SILENT, UNSURE, MEETS = "below target", "silent", "can't tell yet", "meets target"
TEXT = ChartText("2 of 4 stations need attention", "Success rate, June 2025", 0.95, "recorded: the source's flag")
HOSTILE = (
    "<script>alert(1)</script>", "</text></svg>", "&lt;b&gt;", "a\"b'c", "$\\alpha_x^2$", "\u202egnp.exe\u202c",
    "line\r\nbreak\x00\x1b[31m", "a\ud800b\ufffe", "Z" + "\u0301" * 200, "名前 駅", "W" * 255, " \t ", "]]>",
)  # fmt: skip


def day(text: str | None) -> Any:
    """A day as the frames have it; NaT for none."""
    return pd.NaT if text is None else pd.Timestamp(text).as_unit("s")


def station(station_id: str, successes: int, attempts: int, verdict: str, **other: Any) -> dict[str, Any]:
    """A station that never changed, unless told otherwise."""
    ratio = successes / attempts if attempts else math.nan
    whole = {
        "source": "oslo",
        "station_id": station_id,
        "name": None,
        "attempts": attempts,
        "successes": successes,
        "failures": attempts - successes,
        "unknown": 0,
        "excluded": 0,
        "success_ratio": ratio,
        "low": max(0.0, ratio - 0.1),
        "high": min(1.0, ratio + 0.05),
        "verdict": verdict,
    }
    now = {
        "verdict_now": verdict,
        "rate_now": ratio,
        "low_now": whole["low"],
        "high_now": whole["high"],
        "attempts_now": attempts,
        "successes_now": successes,
        "since": day("2025-06-01" if attempts else None),
        "changed": False,
        "rate_before": math.nan,
        "last_session": day("2025-06-30" if attempts else None),
        "silent_days": 0,
        "out_of_use": False,
        "charges_lost_per_week": max(0.0, 0.95 - ratio) * attempts / 4 if attempts else math.nan,
    }
    return whole | now | other


def changed(station_id: str, verdict: str, now: float, before: float, since: str, **other: Any) -> dict[str, Any]:
    """A station that changed on a day, with 100 attempts since."""
    told = {"rate_now": now, "low_now": now - 0.05, "high_now": min(1, now + 0.05), "attempts_now": 100}
    return station(station_id, 900, 1000, verdict, **told, changed=True, rate_before=before, since=day(since), **other)


def fleet(*rows: dict[str, Any]) -> pd.DataFrame:
    """The stations of a chart, in the order that the report has them in."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    named = {name: texts(columns[name]) for name in ("source", "station_id", "name")}
    return in_order_of_attention(pd.DataFrame(columns | named))


def texts(values: Iterable[str]) -> pd.Series:
    """A column of plain objects: texts that are no valid Unicode too."""
    return pd.Series(list(values), dtype=object)


def mixed() -> pd.DataFrame:
    """Stations of all verdicts but silent; one without attempts."""
    return fleet(
        station("good", 99, 100, MEETS),
        station("idle", 0, 0, UNSURE),
        station("new", 9, 10, UNSURE),
        station("worse", 60, 100, BELOW),
        station("bad", 80, 100, BELOW),
    )


def many(count: int) -> pd.DataFrame:
    """A fleet of any size in which every fifth station is below target."""
    verdicts = (BELOW, UNSURE, MEETS, MEETS, MEETS)
    return fleet(*(station(f"S{i:05}", 50 + i % 50, 100, verdicts[i % 5], name=f"Stop {i}") for i in range(count)))


def spread_out(count: int) -> pd.DataFrame:
    """A fleet of any size with attempts from 3 to 30,000, most stations near the target, every 20th far below."""
    places = np.arange(count)
    attempts = (3 * 10 ** (4 * (places * 0.618034 % 1))).astype(int)
    ratios = np.where(places % 20, 0.9 + 0.1 * (places * 0.414214 % 1), 0.6 + 0.2 * (places * 0.732051 % 1))
    rows = [
        station(f"S{i:05}", int(n * ratio), int(n), (MEETS, UNSURE)[i % 2] if i % 20 else BELOW, name=f"Stop {i}")
        for i, (n, ratio) in enumerate(zip(attempts, ratios, strict=True))
    ]
    return fleet(*rows)


def mondays(count: int) -> pd.DatetimeIndex:
    """Mondays from 31 March 2025 on."""
    return pd.date_range("2025-03-31", periods=count, freq="7D").as_unit("s")


def weeks_of(attempts: list[int], successes: list[int], outside: list[str] | None = None) -> pd.DataFrame:
    """Weeks of a network with a centre of 96 % and limits 2 points from it."""
    counts = np.array(attempts, dtype=float)
    ratios = np.divide(successes, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return pd.DataFrame(
        {
            "week": mondays(len(counts)),
            "attempts": attempts,
            "successes": successes,
            "success_ratio": ratios,
            "centre": 0.96,
            "low": 0.94,
            "high": 0.98,
            "outside": outside or [""] * len(counts),
        }
    )


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG."""
    file = io.BytesIO()
    save_png(figure, file)
    return file.getvalue()


def alternative(figure: Figure) -> str:
    """The alternative text that a figure carries."""
    return str(figure.get_label()).partition("\n")[2]


def words(figure: Figure) -> list[str]:
    """All texts of a figure."""
    return [artist.get_text() for artist in figure.findobj(Text) if artist.get_text()]


def parts(figure: Figure, name: str) -> list[Any]:
    """The artists with this name."""
    return figure.findobj(lambda artist: artist.get_gid() == name)


def part(figure: Figure, name: str) -> Any:
    """The one artist with this name."""
    (artist,) = parts(figure, name)
    return artist


def points(figure: Figure, name: str) -> list[tuple[float, float]]:
    """The middles of all marks with this name."""
    return [point for line in parts(figure, name) for point in zip(line.get_xdata(), line.get_ydata(), strict=True)]


def collisions(figure: Figure) -> list[str]:
    """The texts that overlap another or leave the picture."""
    texts = [artist for artist in figure.findobj(Text) if artist.get_text()]
    edges = np.array([artist.get_window_extent().extents for artist in texts])
    outside = (edges[:, :2] < -0.5).any(axis=1) | (edges[:, 2:] > np.array(figure.bbox.max) + 0.5).any(axis=1)
    left, bottom, right, top = edges[:, 0], edges[:, 1] + 2, edges[:, 2], edges[:, 3] - 2
    crossing = (left[:, None] < right) & (left < right[:, None]) & (bottom[:, None] < top) & (bottom < top[:, None])
    overlapping = crossing.sum(axis=1) > 1
    return [artist.get_text() for artist, bad in zip(texts, outside | overlapping, strict=True) if bad]
