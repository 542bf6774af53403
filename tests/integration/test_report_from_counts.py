"""A report from counts says what the report of the sessions says, reads no session, and names what it leaves out."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

import evcharge
from evcharge.counts.files import read_counts
from evcharge.counts.frames import COUNTS, DETAIL, FAILURES, STATIONS, checked
from evcharge.counts.memory import star_of_counts
from evcharge.counts.star import frames_of_star
from evcharge.db import open_engine
from evcharge.errors import ConfigError, ReportError
from evcharge.load import load_file
from evcharge.load.rebuild import rebuild
from evcharge.metrics.definitions import AFIREV, DEFINITIONS, RECORDED, UCDAVIS_1KWH
from evcharge.metrics.letters import ORDER, named_letters
from evcharge.metrics.own_definition import read_definition
from evcharge.metrics.selection import Selection
from evcharge.report.comparison import build_comparison
from evcharge.report.page.figures import NO_DETAIL_FRAME, NO_FAILURES_FRAME
from evcharge.report.page.page import build_page
from evcharge.report.page.request import PageRequest
from evcharge.report.rates import build_report
from evcharge.report.story import build_story, to_csv
from evcharge.sources import builtin_profiles
from evcharge.synth import write_sample
from tests.support.counted import without_what_needs_sessions, write_network
from tests.support.star import MIXED, write_sessions

pytestmark = pytest.mark.thorough

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "reference" / "report.schema.json").read_text(encoding="utf-8")
)
ALL = Selection()
BAD, SILENT_ONE = "city-1", "city-3"


@pytest.fixture(scope="module")
def star(migrated_sqlite, tmp_path_factory):
    """A star with the network, whose counts are not kept: figures of the star are read from the sessions."""
    path = tmp_path_factory.mktemp("counted") / "star.db"
    shutil.copyfile(migrated_sqlite, path)
    write_network(open_engine(f"sqlite:///{path}", writes=True))
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def given(star):
    """The four frames of all sessions, with the detail of all stations."""
    return frames_of(star)


def frames_of(url, selection=ALL):
    with Session(open_engine(url)) as session:
        return frames_of_star(session, selection, range(1, 100))


def documents(star, frames, what=build_story, **asked):
    """The documents of the star and of the counts, as far as both can have them."""
    asked = {"target": 0.95, "selection": ALL, **asked}
    with star_of_counts(checked(frames)) as session:
        of_counts = what(session, **asked).to_dict()
    return without_what_needs_sessions(what(star, **asked).to_dict()), without_what_needs_sessions(of_counts)


@pytest.mark.parametrize("definition", [None, AFIREV])
def test_the_document_is_that_of_the_sessions(star, given, definition):
    of_star, of_counts = documents(star, given, definition=definition)
    assert of_counts == of_star
    verdicts = {station["now"]["verdict"] for station in of_star["stations"]}
    assert verdicts == {"below target", "silent", "can't tell yet", "meets target"}
    assert any(station["now"]["worst_port"] for station in of_star["stations"])
    assert {station["failures_included"] for station in of_star["stations"]} == {"yes", "no", "unknown"}


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=list(DEFINITIONS))
@pytest.mark.parametrize("target", [0.8, 0.97])
def test_the_document_is_that_of_the_sessions_by_every_definition(star, given, definition, target):
    of_star, of_counts = documents(star, given, definition=definition, target=target)
    assert of_counts == of_star


@pytest.mark.parametrize(
    "selection",
    [
        Selection(first_day=date(2025, 3, 1)),
        Selection(last_day=date(2025, 4, 1)),
        Selection(date(2025, 2, 1), date(2025, 5, 20)),
        Selection(source="north"),
        Selection(station_ids=(BAD, "fleet-2")),
        Selection(where=(("operator", "Operator 1"), ("region", "North"))),
        Selection(where=(("source", "city"), ("region", ""))),
    ],
)
def test_a_selection_gives_the_same_of_both(star, given, selection):
    of_star, of_counts = documents(star, given, selection=selection)
    assert of_counts == of_star
    assert of_star["stations"]


@pytest.mark.parametrize("by", ["month", "network", "operator", "region"])
def test_groups_are_those_of_the_sessions(star, given, by):
    of_star, of_counts = documents(star, given, build_report, by=by)
    assert of_counts == of_star


def test_where_publishers_of_one_day_differ_the_graver_word_holds(sqlite_url):
    write_sessions(open_engine(sqlite_url, writes=True), *MIXED)
    frames = frames_of(sqlite_url)
    of_star, of_counts = documents(sqlite_url, frames, build_report)
    assert of_counts == of_star
    words = frames[COUNTS].set_index("station_id")["failures_included"]
    assert (words["C"], words["D"], set(words["A"])) == ("no", "unknown", {"yes"})


def test_the_comparison_is_that_of_the_sessions(star, given):
    of_star, of_counts = documents(star, given, build_comparison, base=UCDAVIS_1KWH)
    assert of_counts == of_star
    assert len(of_star["definitions"]) == len(DEFINITIONS)


def test_of_a_file_with_defects_only_what_refused_rows_could_make_of_the_rate_differs(sqlite_url, tmp_path):
    write_sample(tmp_path / "s.csv", rows=2000, dirty=True)
    load_file(tmp_path / "s.csv", sqlite_url, [builtin_profiles()["sample"]])
    of_star, of_counts = documents(sqlite_url, frames_of(sqlite_url))
    assert of_star["notes"][-1].startswith("The loads refused ")
    assert of_counts["notes"] == of_star["notes"][:-1]
    assert of_counts["made_up"] == of_star["made_up"] > 1900
    for document in (of_star, of_counts):
        del document["notes"], document["network"]["lowest_ratio"], document["network"]["highest_ratio"]
    assert of_counts == of_star


def test_without_recorded_outcomes_the_same_definition_is_usual(sqlite_url):
    write_network(open_engine(sqlite_url, writes=True), seed=2, recorded=False)
    of_star, of_counts = documents(sqlite_url, frames_of(sqlite_url))
    assert of_counts == of_star
    assert of_star["definition"] != RECORDED.id


def test_counts_that_are_kept_make_the_same_frames(url):
    write_network(open_engine(url, writes=True), seed=3)
    made = frames_of(url)
    rebuild(url)
    for name, frame in frames_of(url).items():
        assert frame.equals(made[name]), name


def test_a_report_from_counts_reads_no_session(given):
    asked = []
    with star_of_counts(checked(given)) as session:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *told: asked.append(told[2]))
        build_story(session, target=0.95, selection=ALL)
        build_comparison(session, target=0.95, selection=ALL)
    assert len(asked) > 10
    assert not [statement for statement in asked if "fact_charging" in statement]


@pytest.mark.parametrize("by", ["port", "load"])
def test_groups_that_counts_do_not_tell_are_refused(given, by):
    with star_of_counts(checked(given)) as session, pytest.raises(ReportError, match=f"figures by {by}") as refused:
        build_report(session, target=0.95, selection=ALL, by=by)
    assert refused.value.code == "not_in_counts"


@pytest.mark.parametrize("asked", [{"by": "region"}, {"selection": Selection(where=(("region", "North"),))}])
def test_an_attribute_that_was_not_given_is_refused(given, asked):
    frames = {**given, STATIONS: given[STATIONS].drop(columns="region")}
    with star_of_counts(checked(frames)) as session, pytest.raises(ReportError, match="without the region of stations"):
        build_report(session, **{"target": 0.95, "selection": ALL, **asked})


def test_a_definition_of_the_users_own_is_refused(given, tmp_path):
    (tmp_path / "own.toml").write_text('id = "own"\ntitle = "t"\nsource = "s"\nenergy_kwh_above = 1\n')
    own = read_definition(tmp_path / "own.toml")
    with star_of_counts(checked(given)) as session, pytest.raises(ReportError, match="no letter for it") as refused:
        build_story(session, target=0.95, selection=ALL, definition=own)
    assert refused.value.code == "definition_not_counted"


def test_a_definition_of_the_users_own_that_the_counts_name_is_read(star, given, tmp_path):
    (tmp_path / "own.toml").write_text('id = "own"\ntitle = "t"\nsource = "s"\nenergy_kwh_at_least = 1\n')
    own = read_definition(tmp_path / "own.toml")
    place = list(DEFINITIONS).index(UCDAVIS_1KWH.id)
    frames = relettered(given, f"{own.id}@1 {named_letters(ORDER)}", lambda vector: vector[place] + vector)
    of_star, of_counts = documents(star, frames, definition=own)
    assert of_counts == of_star


def relettered(frames, letters, change):
    """The frames with other letters: each vector as ``change`` makes it of the old one."""
    return {
        name: frame if "letters" not in frame else frame.assign(letters=letters, outcomes=frame["outcomes"].map(change))
        for name, frame in frames.items()
    }


def test_letters_in_another_order_are_read_by_name(star, given):
    order = [f"{one.id}@{one.version}" for one in reversed(DEFINITIONS.values())]
    frames = relettered(given, f"their_own@4 {' '.join(order)}", lambda vector: "S" + vector[::-1])
    of_star, of_counts = documents(star, frames, definition=AFIREV)
    assert of_counts == of_star


def test_a_definition_of_another_version_is_left_out_by_name_and_never_read(given):
    letters = " ".join(f"{one.id}@{2 if one is AFIREV else one.version}" for one in DEFINITIONS.values())
    with star_of_counts(checked(relettered(given, letters, str))) as session:
        comparison = build_comparison(session, target=0.95, selection=ALL)
        with pytest.raises(ReportError, match="have version 2 of it, and this evcharge reads version 1"):
            build_story(session, target=0.95, selection=ALL, definition=AFIREV)
        told = build_story(session, target=0.95, selection=ALL, definition=UCDAVIS_1KWH).report.left_out
    assert AFIREV.id not in [one.id for one in comparison.definitions]
    assert comparison.base == RECORDED
    reason = "afirev, for the counts have version 2 of it, and this evcharge reads version 1"
    assert [one.figures for one in comparison.left_out] == [reason, "refused rows"]
    assert reason in [one.figures for one in told]


def test_counts_by_a_definition_of_the_users_own_alone_say_which_file_to_name(given, tmp_path):
    (tmp_path / "own.toml").write_text('id = "own"\ntitle = "t"\nsource = "s"\nenergy_kwh_at_least = 1\n')
    own = read_definition(tmp_path / "own.toml")
    place = list(DEFINITIONS).index(UCDAVIS_1KWH.id)
    frames = relettered({"counts": given["counts"]}, f"{own.id}@1", lambda vector: vector[place])
    with star_of_counts(checked(summed(frames))) as session:
        for build in (build_comparison, build_story):
            with pytest.raises(ReportError, match="can't be read from the counts") as refused:
                build(session, target=0.95, selection=ALL)
            assert f"by {own.id}: --definition FILE.toml" in refused.value.hint


def summed(frames):
    """Counts with one row per key, whatever letters they had before."""
    counts = frames["counts"]
    keys = ["source", "station_id", "day", "outcomes", "letters", "failures_included"]
    hours = {"first_hour": "min", "last_hour": "max"}
    others = {name: "sum" for name in counts if name not in (*keys, *hours)}
    return {"counts": counts.groupby(keys, as_index=False).agg({**others, **hours})}


def test_without_what_the_choice_hangs_on_no_definition_is_usual(given):
    letters = named_letters(ORDER).replace("recorded@1", "recorded@9")
    with star_of_counts(checked(relettered(given, letters, str))) as session:
        with pytest.raises(ReportError, match="recorded can't be read from the counts"):
            build_story(session, target=0.95, selection=ALL)
        assert build_story(session, target=0.95, selection=ALL, definition=AFIREV).report.definition == AFIREV


def test_a_detail_without_a_row_is_that_of_a_network_without_a_worst_port(given):
    frames = {**given, "detail": given["detail"].head(0)}
    with star_of_counts(checked(frames)) as session:
        assert len(build_story(session, target=0.95, selection=ALL).stations)


# What is left out


def story_of(frames, **asked):
    with star_of_counts(checked(frames)) as session:
        return build_story(session, **{"target": 0.95, "selection": ALL, **asked})


def left_out(story):
    return {one.figures: one.needs for one in story.report.left_out}


ALWAYS = {
    "refused rows": "a database with its loads",
    "visits": "single sessions",
    "what stations below target lose": "single sessions",
    "outages of single ports": "single sessions",
    "loads": "a database with its loads",
}


def test_with_all_frames_what_needs_sessions_or_loads_is_left_out_by_name(given):
    assert left_out(story_of(given)) == ALWAYS


def test_counts_alone_leave_out_what_each_frame_would_bring(given):
    story = story_of({COUNTS: given[COUNTS]})
    assert left_out(story) == {
        **ALWAYS,
        "names of stations": "the frame stations",
        "numbers of ports": "the frame stations",
        "reasons of failures": "the frame failures",
        "ports and hours at which failures bunch": "the frame detail",
    }
    steps = story.attention.set_index("station_id")["first_step"]
    assert steps[BAD] is None, "without reasons no first step is guessed"
    assert steps[SILENT_ONE] == "check power and comms"
    document = story.to_dict()
    assert document["refused"] is None
    jsonschema.validate(document, SCHEMA)


def test_detail_that_lacks_a_station_or_begins_too_late_says_nothing_of_it(given):
    whole = story_of(given).stations.set_index("station_id")
    assert whole["worst_port"][BAD] == "city-1-2"
    detail = given[DETAIL]
    late = detail[(detail["station_id"] != BAD) | (detail["day"] > int(f"{whole['since'][BAD]:%Y%m%d}"))]
    for some in (detail[detail["station_id"] != BAD], late):
        story = story_of({**given, DETAIL: some})
        stations = story.stations.set_index("station_id")
        assert stations["worst_port"][BAD] is None
        assert stations["first_step"][BAD] != "review"
        number = len(story.attention)
        assert f"ports and hours at which failures bunch at 1 of {number} stations" in left_out(story)


def test_the_page_says_what_each_frame_would_bring(given):
    request = PageRequest(target=0.95, selection=ALL)
    pages = []
    for frames in ({COUNTS: given[COUNTS]}, given):
        with star_of_counts(checked(frames)) as session:
            pages.append(build_page(session, request)[1])
    for text in (NO_FAILURES_FRAME, NO_DETAIL_FRAME, "Reasons were not given"):
        assert text in pages[0]
        assert text not in pages[1]
    assert "No recorded reason leads" not in pages[0]


def test_refused_rows_are_said_to_be_unknown_not_to_be_none(given):
    header, first, *_ = to_csv(story_of(given)).splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    assert (cells["refused_rows"], cells["refused_failures"], cells["refused_unknown"]) == ("", "", "")


# From Python


def test_python_takes_a_folder_a_frame_or_frames_and_gives_the_same(star, given, tmp_path):
    for name, frame in given.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    by_name = evcharge.reliability(counts=given)
    assert evcharge.reliability(counts=tmp_path).to_dict() == by_name.to_dict()
    assert without_what_needs_sessions(by_name.to_dict()) == without_what_needs_sessions(
        evcharge.reliability(star).to_dict()
    )
    alone = evcharge.reliability(counts=given[COUNTS])
    assert alone.network.equals(by_name.network)
    assert "Only counts were given" in by_name.notes[-1]


def test_counts_may_be_separated_by_semicolons_as_a_spreadsheet_saves_them(given, tmp_path):
    read = []
    for sign in ",;":
        given[COUNTS].to_csv(tmp_path / "counts.csv", sep=sign, index=False)
        read.append(read_counts(tmp_path).rows[COUNTS])
    assert read[0].equals(read[1])


def test_what_can_be_no_counts_is_refused_by_its_kind():
    with pytest.raises(ConfigError, match="counts can't be of type int"):
        evcharge.reliability(counts=5)


def test_python_refuses_by_name_what_counts_do_not_tell(given):
    alone = evcharge.reliability(counts=given[COUNTS])
    for figures, needs in (("visits", "single sessions"), ("reasons", "the frame failures"), ("refused", "loaded")):
        with pytest.raises(ReportError, match=needs):
            getattr(alone, figures)
    reasons = evcharge.reliability(counts={name: given[name] for name in (COUNTS, FAILURES)}).reasons
    assert reasons["sessions"].sum() == alone.network["failures"].item()


def test_the_reasons_are_those_of_the_sessions(star, given):
    for definition in ("recorded", "chargex_session"):
        of_counts = evcharge.reliability(counts=given, definition=definition).reasons_report
        assert of_counts.to_dict() == evcharge.reliability(star, definition=definition).reasons_report.to_dict()


def test_python_takes_data_or_counts(star, given):
    for asked in ({}, {"data": star, "counts": given}):
        with pytest.raises(ConfigError, match="one of data and counts"):
            evcharge.reliability(**asked)


# From the command line


@pytest.fixture
def folder(given, tmp_path):
    folder = tmp_path / "counts"
    folder.mkdir()
    for name, frame in given.items():
        frame.to_csv(folder / f"{name.upper()}.csv", index=False)
    return folder


def test_every_output_can_be_made_of_counts(folder, evcharge):
    files = ("--html", "r.html", "--csv", "r.csv", "--json", "r.json", "-o", "r.png")
    code, out, err = evcharge("report", "--counts", folder, *files)
    assert (code, "Traceback" in err) == (0, False)
    assert "Only counts were given, so these are left out: refused rows and loads" in " ".join(out.split())
    assert "city-1" in Path("r.csv").read_text()
    assert Path("r.png").stat().st_size > 10_000
    jsonschema.validate(json.loads(Path("r.json").read_text()), SCHEMA)
    page = Path("r.html").read_text()
    assert "No loads, for only counts were given" in page
    assert "SHA-256 of the counts" in page
    assert f"--counts {folder}" in page


@pytest.mark.parametrize("more", [("--definition", "all"), ("--by", "month")])
def test_other_reports_name_what_they_leave_out(folder, evcharge, more):
    code, out, _ = evcharge("report", "--counts", folder, "--no-png", *more)
    assert code == 0
    assert "Only counts were given, so these are left out: refused rows" in out


def test_an_earlier_document_can_be_compared_with(folder, evcharge):
    assert evcharge("report", "--counts", folder, "--no-png", "--to", "2025-03-01", "--json", "old.json")[0] == 0
    code, out, _ = evcharge("report", "--counts", folder, "--no-png", "--since-report", "old.json")
    assert code == 0
    assert "gone silent" in out.casefold()


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        (("--save",), "reports are saved in a database"),
        (("--since-report", "last"), "reports are saved in a database"),
        (("--db", "sqlite:///x.db"), "the report is of one of them"),
    ],
)
def test_options_about_a_database_are_refused(folder, evcharge, more, refusal):
    code, _, err = evcharge("report", "--counts", folder, "--no-png", *more)
    assert code == 2
    assert refusal in " ".join(err.split())


def test_a_gate_says_that_refused_rows_are_not_counted(folder, evcharge):
    asked = ("--by", "month", "--where", "source=city", "--fail-under", "0.5")
    code, _, err = evcharge("report", "--counts", folder, "--no-png", *asked)
    assert code == 0
    assert "Warning: counts don't tell which rows were refused" in " ".join(err.split())


def test_no_output_replaces_the_counts(folder, evcharge):
    code, _, err = evcharge("report", "--counts", folder, "--no-png", "--csv", folder / "COUNTS.csv")
    assert code == 1
    assert "would_replace" in err


def test_the_export_of_a_star_is_what_the_report_reads(star, evcharge):
    assert evcharge("export", "--db", star, "--format", "counts", "--out", "c", "--definition", "afirev")[0] == 0
    asked = ("--definition", "afirev", "--no-png", "--json")
    of_counts, of_star = (
        without_what_needs_sessions(json.loads(evcharge("report", *place, *asked)[1]))
        for place in (("--counts", "c"), ("--db", star))
    )
    assert of_counts == of_star
    assert evcharge("export", "--db", star, "--format", "counts", "--out", "d", "--price", "0.5 EUR")[0] == 2
