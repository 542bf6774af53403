from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from evcharge.report.charts.bars import draw_station_reliability
from evcharge.report.charts.funnel import draw_funnel
from evcharge.report.charts.hours import draw_hours
from evcharge.report.charts.save import _presentation, to_svg
from evcharge.report.colours import TOKENS
from tests.support.charting import TEXT, mixed, mondays, png, texts, weeks_of
from tests.support.every_chart import everything

CHECKOUT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def svgs():
    return {name: to_svg(figure, name) for name, figure in everything().items()}


KINDS = ("bars", "dots", "funnel", "reasons", "weekly", "panels", "tiles", "hours", "evidence")


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_an_svg_holds_nothing_that_a_strict_page_refuses(svgs, kind):
    root = ElementTree.fromstring(svgs[kind])
    assert {element.tag for element in root.iter()} <= {
        "svg", "title", "desc", "g", "defs", "path", "use", "text",
    }  # fmt: skip
    attributes = {name for element in root.iter() for name, _ in element.items()}
    assert not {name for name in attributes if name.startswith(("on", "xlink", "style", "class", "{"))}
    assert not re.search(r"<!|<\?|url\(|https?:", svgs[kind].replace("&lt;", ""))
    assert "font-family" not in svgs[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_colour_is_a_token_of_the_page(svgs, kind):
    root = ElementTree.fromstring(svgs[kind])
    colours = {element.get(name) for element in root.iter() for name in ("fill", "stroke")} - {None, "none"}
    assert colours <= {f"var({token})" for token in TOKENS}
    assert colours


@pytest.mark.parametrize("kind", KINDS)
def test_ids_have_the_prefix_and_references_stay_within(svgs, kind):
    root = ElementTree.fromstring(svgs[kind])
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rf"{kind}-([0-9]+|title|desc)", name) for name in ids)
    assert {element.get("href") for element in root.iter("use")} <= {f"#{name}" for name in ids}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_title_and_description_come_first_and_name_the_picture(svgs, kind):
    root = ElementTree.fromstring(svgs[kind])
    assert [child.tag for child in root][:2] == ["title", "desc"]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{kind}-title {kind}-desc"
    title, _, description = everything()[kind].get_label().partition("\n") if kind == "bars" else (None, None, None)
    if title:
        assert (root[0].text, root[1].text) == (title, description)
    assert root[0].text
    assert root[1].text


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_is_a_css_pixel_and_small_text_is_readable(svgs, kind):
    root = ElementTree.fromstring(svgs[kind])
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    width = {"bars": 1320, "dots": 1320, "weekly": 1140, "evidence": 1140, "tiles": 270}.get(kind, 560)
    assert root.get("width") == str(width)
    sizes = {float(text.get("font-size").removesuffix("px")) for text in root.iter("text")}
    assert min(sizes) >= 12


def test_names_are_text_and_whole_where_only_a_browser_has_the_letters():
    stations = mixed().assign(name=texts(["<b>&amp;</b>", "名前 駅", "a\ud800b", "Z" + "\u0301" * 99, "\u202egnp"]))
    root = ElementTree.fromstring(to_svg(draw_station_reliability(stations, TEXT), "bars"))
    drawn = {text.text for text in root.iter("text")}
    assert {"<b>&amp;</b>", "名前 駅 · bad", "a□b · new", "Ź\u0301", "gnp"} <= drawn


@pytest.mark.thorough
def test_the_same_figure_is_the_same_text_in_every_process(svgs):
    program = (
        "from tests.support.every_chart import everything; from evcharge.report.charts.save import to_svg; "
        "print(sorted((n, to_svg(f, n)) for n, f in everything().items()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert run.stdout.strip() == str(sorted(svgs.items()))


def test_an_svg_leaves_the_figure_and_the_settings_as_they_were():
    figure = draw_funnel(mixed(), 0.95)
    before, settings = png(figure), dict(matplotlib.rcParams.copy())
    first = to_svg(figure, "a")
    assert png(figure) == before
    assert to_svg(figure, "a") == first
    assert dict(matplotlib.rcParams.copy()) == settings


def test_settings_of_the_user_do_not_change_an_svg():
    plain = to_svg(draw_hours(everything_hours()), "a")
    with matplotlib.rc_context(
        {"svg.fonttype": "path", "font.size": 30, "lines.linewidth": 9, "savefig.bbox": "tight"}
    ):
        assert to_svg(draw_hours(everything_hours()), "a") == plain


def everything_hours():
    return weeks_of([50], [40]).assign(hour=9, failures=10, in_window=True)


@pytest.mark.parametrize(
    "style",
    [
        "font: italic 700 9px 'DejaVu Sans', sans-serif; text-anchor: end; fill: #59626d",
        "font-style: italic; font-weight: 700; font-size: 9px; font-family: 'DejaVu Sans'; text-anchor: end; "
        "fill: #59626d",
    ],
)
def test_the_font_is_read_as_older_and_newer_matplotlib_write_it(style):
    assert dict(_presentation(style)) == {
        "font-style": "italic",
        "font-weight": "700",
        "font-size": "9px",
        "text-anchor": "end",
        "fill": "var(--muted)",
    }


@pytest.mark.parametrize("prefix", ["", "1a", "a b", 'a"', "a_b", "é"])
def test_a_prefix_that_is_no_id_is_refused(prefix):
    with pytest.raises(ValueError, match="prefix"):
        to_svg(draw_funnel(mixed(), 0.95), prefix)


def test_a_colour_without_a_token_is_refused():
    figure = Figure()
    figure.text(0.5, 0.5, "x", color="#123456")
    with pytest.raises(ValueError, match="#123456"):
        to_svg(figure, "a")


def test_each_light_colour_names_one_token_and_none_is_black_which_matplotlib_leaves_out():
    lights = [shade.light for shade in TOKENS.values()]
    assert len(set(lights)) == len(lights)
    assert "#000000" not in lights


def contrast(one, other):
    """Contrast of two colours by WCAG 2.2."""

    def luminance(colour):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_text_and_marks_stand_out_from_the_paper(paper):
    def on_paper(token):
        return contrast(getattr(TOKENS[token], paper), getattr(TOKENS["--paper"], paper))

    assert min(on_paper(token) for token in ("--ink", "--muted", "--bad", "--ok", "--silent")) >= 4.5
    assert on_paper("--unsure") >= 3


def test_the_weeks_of_the_helper_are_mondays():
    assert set(mondays(60).day_of_week) == {0}
