"""The benchmark's own parts: what it takes off, what it refuses, and the page that it writes."""

from __future__ import annotations

import sys

import pytest

from benchmarks.__main__ import ROOT, main, refuse_differing
from benchmarks.measure import NOT_INSTALLED, Cost, Failed, measured, medians
from benchmarks.table import BEGIN, END, net_cpu, put_into, table_of
from benchmarks.works import LOAD, READING, Way, Work


def nothing(_data, _path):
    return []


OURS, ASIDE = Way("ours", nothing), Way(READING, nothing, is_aside=True)
THEIRS, ABSENT = Way("theirs", nothing, less=READING), Way("absent", nothing)
WORK = Work("work", "A piece of work", (OURS, ASIDE, THEIRS, ABSENT))
COSTS = {
    OURS: [Cost(6.0, 9.0, 100), Cost(4.0, 9.0, 100), Cost(50.0, 9.0, 100)],
    ASIDE: [Cost(1.0, 1.0, 20)],
    THEIRS: [Cost(4.0, 5.0, 30)],
    ABSENT: None,
}


def test_the_medians_are_those_of_each_figure():
    assert medians([Cost(1, 9, 5), Cost(2, 7, 4), Cost(9, 8, 6)]) == Cost(2, 8, 5)


def test_what_only_reads_is_taken_off_and_what_is_absent_has_no_figure():
    assert net_cpu(THEIRS, COSTS) == 3.0
    assert net_cpu(OURS, COSTS) == 6.0
    assert net_cpu(ABSENT, COSTS) is None


def test_the_table_has_a_row_per_way_with_the_ratio_of_ours_to_it():
    rows = table_of(WORK, COSTS, 1_000).splitlines()[-4:]
    assert rows[0] == "| ours | 6.00 | 9.0 | 100 | 1.00 |"
    assert rows[1] == f"| {READING} | 1.00 | 1.0 | 20 |  |"
    assert rows[2] == "| theirs | 3.00 | 5.0 | 30 | 2.00 |"
    assert rows[3] == "| absent | not installed | | | |"


def test_a_way_that_ends_with_another_result_is_refused():
    refuse_differing(WORK, {"ours": (1, 2), "theirs": (1, 2)})
    with pytest.raises(SystemExit, match="theirs ended with"):
        refuse_differing(WORK, {"ours": (1, 2), "theirs": (1, 3)})


def test_a_page_keeps_all_but_what_stands_between_the_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")
    put_into(page, "new \\1")
    assert page.read_text() == f"above\n{BEGIN}\n\nnew \\1\n{END}\nbelow\n"
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="lacks the lines"):
        put_into(page, "new")


@pytest.fixture
def in_checkout(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_a_process_is_measured_with_its_exit_code(tmp_path, in_checkout):
    def program(text):
        return [sys.executable, "-S", "-c", text]

    cost = measured(program("x = bytearray(80_000_000); sum(range(2_000_000))"), tmp_path)
    assert cost.memory > 80
    assert cost.cpu > 0
    assert measured(program(f"raise SystemExit({NOT_INSTALLED})"), tmp_path) is None
    with pytest.raises(Failed, match="the cat"):
        measured(program("raise SystemExit('the cat')"), tmp_path)


@pytest.mark.thorough
def test_evcharge_and_raw_inserts_end_with_the_same_table_and_the_page_says_what_they_took(
    tmp_path, capsys, in_checkout
):
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    main(["--rows", "2000", "--runs", "1", "--only", "load", "--ways", "raw", "--write", str(page)])
    told = capsys.readouterr().out
    rows = [line.split(" | ") for line in told.splitlines() if line.startswith("| ")][2:]
    assert [row[0].removeprefix("| ") for row in rows] == [
        "evcharge load",
        READING,
        "raw executemany, the star's own table",
        "raw executemany, the table of version 0009",
    ]
    assert all(float(row[3]) > 5 for row in rows)
    assert told.strip() in page.read_text()


def test_every_way_to_load_is_compared_with_the_others():
    assert [way.name for way in LOAD.ways if way.result is None] == [READING]
