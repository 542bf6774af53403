from __future__ import annotations

import pandas as pd
import pytest

from evcharge.report.charts.lettering import DPI
from evcharge.report.charts.save import to_svg
from evcharge.report.charts.sheet import QUARTER_PX
from evcharge.report.charts.tiles import draw_port_weeks, port_weeks_alt
from tests.support.charting import HOSTILE, alternative, collisions, mondays, part, parts, texts, words


def frame(ports):
    """Ports as label -> (attempts, failures) a week; None leaves the row out."""
    rows = [
        (port, week, *counts)
        for port, weeks in ports.items()
        for week, counts in zip(mondays(len(weeks)), weeks, strict=True)
        if counts
    ]
    table = pd.DataFrame(
        {name: [row[place] for row in rows] for place, name in ((1, "week"), (2, "attempts"), (3, "failures"))}
    )
    return table.assign(port=texts(row[0] for row in rows))


def boxes(artist):
    return len(artist.get_path().vertices) // 5


def test_the_darker_a_tile_the_larger_the_share_that_failed():
    figure = draw_port_weeks(frame({"1": [(10, 0), (10, 1), (10, 4), (10, 10)]}))
    assert boxes(part(figure, "no failures")) == 1
    drawn = {patch.get_alpha(): patch for patch in parts(figure, "failures") if boxes(patch)}
    left = {alpha: patch.get_path().vertices[0][0] for alpha, patch in drawn.items()}
    assert sorted(left, key=left.get) == [0.25, 0.6, 1.0]


@pytest.mark.parametrize("weeks", [[(10, 0), (0, 0), (10, 0)], [(10, 0), None, (10, 0)]])
def test_a_week_without_attempts_is_an_outline(weeks):
    figure = draw_port_weeks(frame({"1": weeks}))
    outlines = part(figure, "no attempts")
    assert boxes(outlines) == 1
    assert outlines.get_facecolor()[3] == 0
    assert outlines.get_linewidth() == 1
    assert boxes(part(figure, "no failures")) == 2


def test_ports_are_in_order_of_their_numbers_and_those_without_id_last():
    drawn = words(draw_port_weeks(frame({port: [(5, 1)] for port in ("10", "no port id", "2", "A1")})))
    assert drawn[:4] == ["2", "10", "A1", "no port id"]


def test_of_many_weeks_the_last_53_are_drawn_and_that_is_said():
    figure = draw_port_weeks(frame({"1": [(10, 10)] * 10 + [(10, 0)] * 60}))
    assert boxes(part(figure, "no failures")) == 53
    assert "The last 53 of 70 weeks." in words(figure)
    assert "No attempt failed" in port_weeks_alt(frame({"1": [(10, 10)] * 10 + [(10, 0)] * 60}))


def test_of_many_ports_those_with_the_most_failures_are_drawn_and_that_is_said():
    figure = draw_port_weeks(frame({str(port): [(50, port)] for port in range(1, 21)}))
    assert [line for line in words(figure) if line.isdecimal()] == [str(port) for port in range(5, 21)]
    assert "4 more ports with fewer failures." in words(figure)


@pytest.mark.parametrize(("ports", "weeks"), [(1, 1), (4, 13), (16, 53), (20, 80)])
def test_no_text_overlaps_another_or_leaves_the_picture(ports, weeks):
    labels = [f"{number} {HOSTILE[number % len(HOSTILE)]}" for number in range(ports)]
    figure = draw_port_weeks(frame({label: [(9, 1)] * weeks for label in labels}))
    assert collisions(figure) == []
    assert figure.get_figwidth() * DPI == QUARTER_PX
    right = max(patch.get_path().vertices[:, 0].max() for patch in parts(figure, "failures") if boxes(patch))
    assert right <= QUARTER_PX


def test_sixteen_ports_and_53_weeks_are_a_small_svg():
    tiles = frame({str(port): [(9, week % 7) for week in range(53)] for port in range(16)})
    assert len(to_svg(draw_port_weeks(tiles), "tiles")) < 45_000


def test_the_alternative_text_names_the_port_with_the_most_failures():
    tiles = frame({"1": [(10, 1), (10, 0)], "2": [(10, 1), (10, 9)]})
    assert port_weeks_alt(tiles) == (
        "Tiles: share of failed attempts at 2 ports in 2 weeks, 31 Mar – 7 Apr 2025. "
        "Most failures: 2, where 10 of 20 attempts (50%) failed."
    )
    assert alternative(draw_port_weeks(tiles)) == port_weeks_alt(tiles)


def test_no_row_is_refused():
    with pytest.raises(ValueError, match="no week"):
        draw_port_weeks(frame({"1": [(1, 1)]}).iloc[:0])
