"""The frames of the Python API: the columns of the stations' frame, and that every frame saves to Parquet and SQL."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import fields, is_dataclass

import pandas as pd
import pytest

import evcharge
from evcharge.api import Reliability
from evcharge.api_uptime import Uptime
from evcharge.load import load_file
from evcharge.metrics.outcomes import GROUPINGS
from evcharge.metrics.reasons import vocabularies
from evcharge.models import SAMPLE_SOURCE
from evcharge.report.uptime import BY
from evcharge.sources import builtin_profiles, with_overrides
from evcharge.station_frame import NEVER, STATION_FRAME
from evcharge.synth import write_sample

HEAD = "session_id,station_id,start_time,end_time,energy_kwh,success"
RARE = (
    "1,unjudged,2025-06-01T08:00Z,2025-06-01T09:00Z,,",  # no outcome, no energy, no name
    "2,unjudged,2025-06-29T08:00Z,,,",
    "3,out-of-use,2024-12-01T08:00Z,2024-12-01T09:00Z,7,true",
    "4,one-day,2025-06-29T08:00Z,2025-06-29T08:01Z,0,false",
    *(f"{n},no-energy,2025-06-{1 + n % 28:02}T08:00Z,2025-06-{1 + n % 28:02}T08:10Z,,false" for n in range(100, 150)),
)
REPORTED = (
    "station_id,port_id,network_provider,uptime_reporting_start,uptime_reporting_end,uptime,total_outage,total_outage_excl",
    "ST-001,ST-001-1,net,2025-04-02T00:00:00Z,2025-06-30T00:00:00Z,20.00,60,0",  # contradicts its own minutes, too
    "ST-001,mistyped,net,2025-04-02T00:00:00Z,2025-06-30T00:00:00Z,99.00,60,0",
)
REMOVED = tuple(f"{n},removed,2025-06-{1 + n:02}T08:00Z,2025-06-{1 + n:02}T09:00Z,7,true" for n in range(28))


@pytest.fixture(scope="module")
def sample_url(tmp_path_factory, migrated_sqlite):
    """The sample alone: failures, a silent station, failures that bunch."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copyfile(migrated_sqlite, folder / "star.db")
    write_sample(folder / "s.csv", rows=3000)
    load_file(folder / "s.csv", f"sqlite:///{folder}/star.db", [builtin_profiles()["native"]])
    return f"sqlite:///{folder}/star.db"


@pytest.fixture(scope="module")
def rare_url(sample_url, tmp_path_factory):
    """The sample, and stations of which next to nothing is known."""
    folder = tmp_path_factory.mktemp("rare")
    shutil.copyfile(sample_url.removeprefix("sqlite:///"), folder / "star.db")
    native = builtin_profiles()["native"]
    removed = with_overrides(native, failures_included="no", source="removed")
    for name, rows, profile in (("rare", RARE, native), ("removed", REMOVED, removed)):
        path = folder / f"{name}.csv"
        path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
        load_file(path, f"sqlite:///{folder}/star.db", [profile])
    return f"sqlite:///{folder}/star.db"


@pytest.fixture(scope="module")
def bare_url(tmp_path_factory, migrated_sqlite):
    """One session of one station, and no outcome: most columns are missing throughout."""
    folder = tmp_path_factory.mktemp("bare")
    shutil.copyfile(migrated_sqlite, folder / "star.db")
    (folder / "s.csv").write_text(f"{HEAD}\n{RARE[0]}\n", encoding="utf-8")
    load_file(folder / "s.csv", f"sqlite:///{folder}/star.db", [builtin_profiles()["native"]])
    return f"sqlite:///{folder}/star.db"


DATABASES = ("sample_url", "rare_url", "bare_url")


@pytest.fixture(scope="module", params=DATABASES)
def found(request):
    return evcharge.reliability(request.getfixturevalue(request.param))


# The stations' frame


@pytest.mark.thorough
def test_the_frame_of_stations_is_the_one_that_is_written_down(found):
    assert found.spells is found.story.stations
    assert found.spells.columns.tolist() == [column.name for column in STATION_FRAME]
    assert {str(name): str(dtype) for name, dtype in found.spells.dtypes.items()} == {
        column.name: column.dtype for column in STATION_FRAME
    }


@pytest.mark.thorough
def test_a_column_that_is_never_missing_never_is(found):
    never = [column.name for column in STATION_FRAME if column.missing_when == NEVER]
    assert never
    assert found.spells[never].notna().all(axis=None)


@pytest.mark.thorough
def test_every_other_column_is_missing_somewhere_and_known_somewhere_but_for_what_no_one_told(rare_url):
    stations = evcharge.reliability(rare_url).spells
    others = {column.name for column in STATION_FRAME if column.missing_when != NEVER}
    assert {name for name in others if stations[name].isna().any()} == others
    assert {name for name in others if stations[name].notna().any()} == others - {"operator"}


def missing(stations, column):
    return set(stations.loc[stations[column].isna(), "station_id"])


@pytest.mark.thorough
def test_the_code_of_a_leading_reason_stands_beside_what_it_means(sample_url):
    found = evcharge.reliability(sample_url)
    titles = {reason.reason: reason.title for reason in vocabularies().reasons.values()}
    told = found.spells.dropna(subset=["reason"])[["reason_code", "reason"]]
    assert len(told) > 1
    assert [titles[code] for code in told["reason_code"]] == told["reason"].tolist()
    document = {(row["now"]["reason_code"], row["now"]["reason"]) for row in found.to_dict()["stations"]}
    assert document == {*told.itertuples(index=False, name=None), (None, None)}


@pytest.mark.thorough
def test_figures_are_missing_when_the_table_says_so(rare_url):
    stations = evcharge.reliability(rare_url).spells
    for name in ("success_ratio", "low", "high", "rate_now", "low_now", "high_now", "since"):
        assert missing(stations, name) == {"unjudged"}, name
    assert missing(stations, "rate_before") == set(stations.loc[~stations["changed"], "station_id"])
    for name in ("silence_chance", "attempts_per_week", "successes_per_week"):
        assert missing(stations, name) == {"out-of-use", "one-day"}, name
    calm = set(stations.loc[~stations["verdict_now"].isin(["below target", "silent"]), "station_id"])
    silent = set(stations.loc[stations["verdict_now"] == "silent", "station_id"])
    for end in ("", "_low", "_high"):
        assert missing(stations, f"charges_lost_per_week{end}") == calm
        assert missing(stations, f"kwh_lost_per_week{end}") == calm | {"no-energy"}
    for name in ("visits_now", "failed_visits_now", "visits_per_week"):
        assert missing(stations, name) == calm | silent, name
    assert missing(stations, "reason") == missing(stations, "reason_share") == missing(stations, "reason_code")
    assert missing(stations, "worst_port") == missing(stations, "worst_port_share")
    assert missing(stations, "first_step") == calm
    assert calm <= missing(stations, "worst_port") & missing(stations, "worst_hours")
    without = stations.loc[~stations["changed"], ["attempts_before", "successes_before"]]
    assert (without == 0).all(axis=None)


def test_every_column_says_what_it_means_and_every_number_its_unit():
    assert len({column.name for column in STATION_FRAME}) == len(STATION_FRAME)
    for column in STATION_FRAME:
        assert column.meaning, column.name
        assert column.missing_when, column.name
        is_figure = column.dtype in ("int64", "float64") and column.name != "station_key"
        assert bool(column.unit) == is_figure, column.name


def test_what_is_measured_comes_first_in_a_name_then_when():
    assert not [column.name for column in STATION_FRAME if column.name.startswith(("now_", "before_"))]


# Parquet and SQL


def frames_of(thing, name):
    """Each DataFrame that this has, as an attribute or a property, by its dotted name; in what it is made of, too."""
    if isinstance(thing, pd.DataFrame):
        yield name, thing
    elif is_dataclass(thing):
        properties = [one for one, what in vars(type(thing)).items() if isinstance(what, property)]
        for one in (*(field.name for field in fields(thing)), *properties):
            yield from frames_of(getattr(thing, one), f"{name}.{one}")


def assert_it_saves(frame, name, folder):
    """What Parquet and SQL give back has the frame's columns, its values, and nothing where it has nothing."""
    frame.to_parquet(folder / "frame.parquet")
    with closing(sqlite3.connect(folder / "frames.db")) as connection:
        frame.to_sql(name, connection, index=False)
        stored = pd.read_sql(f'SELECT * FROM "{name}"', connection)
    for back in (pd.read_parquet(folder / "frame.parquet"), stored):
        assert back.columns.tolist() == frame.columns.tolist(), name
        for column, values in frame.items():
            kept, known = back[column].dropna(), values.dropna()
            kept = pd.to_datetime(kept) if pd.api.types.is_datetime64_any_dtype(known) else kept
            assert back[column].isna().tolist() == values.isna().tolist(), (name, column)
            assert kept.tolist() == known.tolist(), (name, column)


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:Passing a BlockManager:DeprecationWarning")  # old pyarrow's way with pandas
@pytest.mark.filterwarnings("ignore:DatetimeTZBlock is deprecated:DeprecationWarning")  # the same, of instants
def test_every_frame_saves_to_parquet_and_sql(found, tmp_path):
    frames = dict(frames_of(found, "found"))
    shown = {one for one, what in vars(Reliability).items() if isinstance(what, property)}
    shown -= {"direction", "dispersion", "refused", "notes"}  # these are no frames
    shown -= {"comparison", "visits_report", "reasons_report"}  # these hold some
    assert {f"found.{one}" for one in shown} <= frames.keys()
    assert {"found.story.days", "found.reasons_report.stations", "found.comparison.flipping"} <= frames.keys()
    for name, frame in frames.items():
        assert_it_saves(frame, name, tmp_path)


@pytest.mark.thorough
@pytest.mark.parametrize("url", DATABASES)
@pytest.mark.parametrize("by", [name for name in GROUPINGS if name != "station"])
@pytest.mark.filterwarnings("ignore:Passing a BlockManager:DeprecationWarning")
def test_the_frames_of_other_groups_save_too(request, url, by, tmp_path):
    found = evcharge.reliability(request.getfixturevalue(url), by=by)
    for name in ("stations", "network", "evidence"):
        assert_it_saves(getattr(found, name), name, tmp_path)


@pytest.fixture(scope="module")
def uptime_url(tmp_path_factory, migrated_sqlite):
    """The sample with its statuses, and two reports of uptime."""
    folder = tmp_path_factory.mktemp("uptime")
    url = f"sqlite:///{shutil.copyfile(migrated_sqlite, folder / 'star.db')}"
    write_sample(folder / "s.csv", rows=300, stations=6, statuses=folder / "statuses.csv")
    (folder / "module3.csv").write_text("\n".join(REPORTED), encoding="utf-8")
    for name in ("s.csv", "statuses.csv"):
        load_file(folder / name, url, builtin_profiles().values())
    module3 = with_overrides(builtin_profiles()["evchart-uptime"], source=SAMPLE_SOURCE)
    load_file(folder / "module3.csv", url, [module3])
    return url


@pytest.mark.thorough
@pytest.mark.parametrize("by", BY)
@pytest.mark.filterwarnings("ignore:Passing a BlockManager:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:DatetimeTZBlock is deprecated:DeprecationWarning")
def test_every_frame_of_uptime_saves_too(uptime_url, by, tmp_path):
    frames = dict(frames_of(evcharge.uptime(uptime_url, by=by), "uptime"))
    assert frames["uptime.reported"]["verdict"].tolist() == ["contradicts", "can't tell"]
    shown = {one for one, what in vars(Uptime).items() if isinstance(what, property)} - {"notes"}
    assert {f"uptime.{one}" for one in shown} | {"uptime.found.sites"} <= frames.keys()
    for name, frame in frames.items():
        assert_it_saves(frame, name, tmp_path)


@pytest.mark.thorough
def test_a_frame_of_uptime_has_the_same_types_without_a_row(uptime_url, tmp_path, migrated_sqlite):
    url = f"sqlite:///{shutil.copyfile(migrated_sqlite, tmp_path / 'star.db')}"
    said = "\n".join(("station_id,port_id,time,status", *(f"A,1,2025-06-0{day}T00:00Z,Available" for day in (1, 3))))
    (tmp_path / "calm.csv").write_text(said, encoding="utf-8")
    load_file(tmp_path / "calm.csv", url, [with_overrides(builtin_profiles()["status-native"], source="calm")])
    whole, bare = (dict(frames_of(evcharge.uptime(one, evidence="status"), "uptime")) for one in (uptime_url, url))
    for name in ("uptime.outages", "uptime.reported"):
        assert (len(whole[name]) > 0, len(bare[name])) == (True, 0), name
        different = whole[name].dtypes != bare[name].dtypes
        texts = whole[name].dtypes.map(pd.api.types.is_string_dtype) & (bare[name].dtypes == "object")
        assert whole[name].columns[different & ~texts].tolist() == [], name
        assert {str(whole[name][end].dtype) for end in ("from", "to")} == {"datetime64[ms, UTC]"}


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:Passing a BlockManager:DeprecationWarning")
def test_the_network_has_the_same_dtypes_without_an_attempt(sample_url, bare_url):
    whole, bare = (evcharge.reliability(url).network for url in (sample_url, bare_url))
    assert bare[["success_ratio", "low", "high"]].isna().all(axis=None)
    assert bare.dtypes.to_dict() == whole.dtypes.to_dict()
