"""No output of a command replaces the database in use, its journals, the settings, what is read, or another output.

The outputs are found by looking through all commands: a new option is held to this, or a test below fails for it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from evcharge.cli import cli
from evcharge.cli.options import INPUTS, OutputPath
from evcharge.kept import same_file
from evcharge.synth import write_sample

NO_FILE = {
    "--db",
    "--map",
    "--tz",
    "--time-format",
    "--delimiter",
    "--sheet",
    "--encoding",
    "--source",
    "--station",
    "--rule",
    "--station-id",
    "--table",
    "--url",
    "--rulebook",
    "--quarter",
    "--evidence",
    "--notify",  # a file it names is looked at when the target is read
}
"""Options that take a text which is no file."""
COMPLETE = {
    "load": ["one.csv"],
    "check": ["one.csv"],
    "explain": ["ST-001"],
    "export": ["--format", "csv"],
    "counts": ["--table", "sessions", "--url", "sqlite:///star.db"],
    "report": [],
    "uptime": [],
    "outages": [],
    "sample": [],
}
"""What each command that has an output needs beside it."""


def commands(group: click.Command = cli, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its words."""
    yield name, group
    for word, command in getattr(group, "commands", {}).items():
        yield from commands(command, f"{name} {word}".strip())


def parameters() -> list[tuple[str, click.Parameter]]:
    return [(name, parameter) for name, command in commands() for parameter in command.params]


OUTPUTS = [(name, one.opts[-1]) for name, one in parameters() if isinstance(one.type, OutputPath)]
FILES = [(name, option) for name, option in OUTPUTS if option not in ("--out", "--stations-dir")]


def test_every_parameter_that_could_name_a_file_is_an_output_an_input_or_known_to_be_none():
    unknown = [
        f"{name} {one.opts[-1]}"
        for name, one in parameters()
        if isinstance(one.type, click.Path | click.types.StringParamType)
        and not isinstance(one.type, OutputPath)
        and one.name not in (*INPUTS, "config")
        and one.opts[-1] not in NO_FILE | {"station", "name"}
    ]
    assert unknown == []
    wrong = [f"{name} {one.opts[-1]}" for name, one in parameters() if isinstance(one.type, click.File)]
    assert wrong == []


def test_the_outputs_are_found():
    assert OUTPUTS == [
        ("load", "--rejects"),
        ("check", "--write-profile"),
        ("report", "--output"),
        ("report", "--html"),
        ("report", "--stations-dir"),
        ("report", "--csv"),
        ("report", "--json"),
        ("report", "--metrics"),
        ("explain", "--csv"),
        ("explain", "--html"),
        ("explain", "--png"),
        ("uptime", "--csv"),
        ("uptime", "--json"),
        ("outages", "--csv"),
        ("outages", "--json"),
        ("export", "--out"),
        ("counts", "--out"),
        ("sample", "--truth"),
        ("sample", "--statuses"),
        ("sample", "--output"),
    ]
    assert {name for name, _ in OUTPUTS} == COMPLETE.keys()


@pytest.fixture
def folder(evcharge, sqlite_url, monkeypatch) -> Path:
    """The working folder, with a database in which there are sessions, and what stands beside it."""
    shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), "star.db")
    write_sample(Path("one.csv"), rows=30)
    Path("evcharge.toml").write_text('database_url = "sqlite:///star.db"\n')
    assert evcharge("load", "one.csv")[0] == 0
    Path("deep").mkdir()
    return Path.cwd()


def contents() -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(Path().rglob("*"))}


def as_it_is(path: Path) -> Path:
    return path


def by_its_whole_path(path: Path) -> Path:
    return path.absolute()


def by_another_spelling(path: Path) -> Path:
    return Path(f".//deep/..//{path}")


def by_a_symbolic_link(path: Path) -> Path:
    Path("link").symlink_to(path)
    return Path("link")


def by_a_link_to_the_folder(path: Path) -> Path:
    Path("folder").symlink_to(".")
    return Path("folder") / path


def by_a_hard_link(path: Path) -> Path:
    if not path.exists():
        path.touch()
    os.link(path, "hard")
    return Path("hard")


WAYS = [
    *(as_it_is, by_a_symbolic_link, by_a_hard_link),
    *(
        pytest.param(way, marks=pytest.mark.thorough)
        for way in (by_its_whole_path, by_another_spelling, by_a_link_to_the_folder)
    ),
]
KEPT = ["star.db", "star.db-journal", "star.db-wal", "star.db-shm", "evcharge.toml"]


def refused(evcharge, *arguments: str | Path) -> str:
    """The message of a command that is refused, prints nothing, and leaves every file as it was."""
    before = contents()
    code, out, err = evcharge(*arguments)
    assert (code, out) == (1, ""), err
    assert contents() == before
    error, hint = [line for line in err.splitlines() if not line.endswith("of this folder")]
    assert hint.strip() == "Name another file for it."
    return error


@pytest.mark.thorough
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(("command", "option"), FILES)
def test_no_output_replaces_database_journal_or_settings(evcharge, folder, command, option, way):
    for kept in map(Path, KEPT):
        was_there = kept.exists()
        error = refused(evcharge, command, *COMPLETE[command], option, way(kept))
        assert error.startswith(f"Error [would_replace]: {option} ")
        for made in (*map(Path, ("link", "folder", "hard")), *([] if was_there else [kept])):
            made.unlink(missing_ok=True)


URLS = [
    "sqlite:///./deep/../star.db",
    "sqlite:///st%61r.db",
    "sqlite+pysqlite:///star.db",
    "sqlite:///link.db",
    "sqlite:///hard.db",
]


@pytest.mark.thorough
@pytest.mark.parametrize(("command", "option"), FILES)
def test_no_output_replaces_a_database_however_its_url_is_spelt(evcharge, folder, command, option):
    Path("link.db").symlink_to("star.db")
    os.link("star.db", "hard.db")
    for url in URLS:
        for journal in ("", "-journal") if url != URLS[-1] else ("",):
            error = refused(evcharge, command, *COMPLETE[command], option, f"star.db{journal}", "--db", url)
            assert error.startswith("Error [would_replace]: ")


def test_a_name_that_looks_like_a_url_of_sqlite_is_a_name(evcharge, folder):
    shutil.copyfile("star.db", "file:star.db")
    error = refused(evcharge, "report", "--csv", "./file:star.db", "--db", "sqlite:///file:star.db")
    assert error.startswith("Error [would_replace]: --csv file:star.db is the database in use")


@pytest.mark.thorough
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(
    ("command", "option", "reads"),
    [
        ("load", "--rejects", ["one.csv"]),
        ("load", "--rejects", ["deep/one.csv", "deep"]),
        ("load", "--rejects", ["one.csv", "*.csv"]),
        ("load", "--rejects", ["mine.toml", "one.csv", "--profile", "mine.toml"]),
        ("report", "--csv", ["mine.toml", "--definition", "mine.toml"]),
        ("report", "--html", ["mine.toml", "--definition", "mine.toml"]),
        ("report", "--output", ["mine.toml", "--definition", "mine.toml"]),
        ("explain", "--csv", ["mine.toml", "ST-001", "--definition", "mine.toml"]),
        ("report", "--csv", ["mine.toml", "--config", "mine.toml"]),
        ("sample", "--truth", ["mine.toml", "--config", "mine.toml"]),
    ],
)
def test_no_output_replaces_what_the_command_reads(evcharge, folder, command, option, reads, way):
    read, *arguments = reads if len(reads) > 1 else reads * 2
    Path("mine.toml").write_text('database_url = "sqlite:///star.db"\n')
    shutil.copyfile("one.csv", "deep/one.csv")
    error = refused(evcharge, command, *arguments, option, way(Path(read)))
    assert error.startswith(f"Error [would_replace]: {option} ")


def test_an_archive_whose_members_are_loaded_is_not_replaced_by_their_rejects(evcharge, folder):
    shutil.make_archive("all", "zip", root_dir=".", base_dir="one.csv")
    assert "all.zip is a file" in refused(evcharge, "load", "all.zip", "--rejects", "all.zip")


@pytest.mark.thorough
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(
    ("command", "one", "other"),
    [
        (command, one, other)
        for command in COMPLETE
        for number, one in enumerate([option for name, option in FILES if name == command])
        for other in [option for name, option in FILES if name == command][:number]
    ],
)
def test_two_outputs_of_a_command_are_two_files(evcharge, folder, command, one, other, way):
    error = refused(evcharge, command, *COMPLETE[command], one, "out.x", other, way(Path("out.x")))
    assert error.startswith("Error [same_output_twice]: ")
    Path("out.x").unlink(missing_ok=True)
    if way is as_it_is:
        assert "same_output_twice" in refused(evcharge, command, *COMPLETE[command], one, "out.x", other, "OUT.x")


@pytest.mark.thorough
def test_an_output_is_not_the_one_that_is_written_without_being_named(evcharge, folder):
    assert "same_output_twice" in refused(evcharge, "report", "--html", "station_reliability.png")
    assert "same_output_twice" in refused(evcharge, "sample", "--truth", "charging_sessions.csv")
    assert evcharge("report", "--html", "station_reliability.png", "--no-png")[0] == 0
    assert evcharge("report", "--csv", "station_reliability.png", "--by", "month")[0] == 0


@pytest.mark.thorough
def test_what_is_written_without_being_named_does_not_replace_the_database(evcharge, folder):
    url = "sqlite:///station_reliability.png"
    shutil.copyfile("star.db", "station_reliability.png")
    before = Path("star.db").read_bytes()
    assert "would_replace" in refused(evcharge, "report", "--db", url)
    code, _, err = evcharge("run", "--db", url)
    assert code == 1
    assert "Error [would_replace]: station_reliability.png is the database in use" in err
    assert Path("station_reliability.png").read_bytes()[:16] == before[:16]
    assert "would_replace" in refused(evcharge, "sample", "--db", "sqlite:///charging_sessions.csv")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("file_format", "name"),
    [
        ("csv", "fact_charging.csv"),
        ("csv", "load_ledger.csv"),
        ("datasette", "metadata.json"),
        ("dbt", "evcharge_sources.yml"),
    ],
)
def test_an_export_replaces_neither_database_nor_settings_in_its_folder(evcharge, folder, file_format, name):
    shutil.copyfile("star.db", f"deep/{name}")
    arguments = ("export", "--format", file_format, "--out", "deep")
    assert f"deep/{name} is the database in use" in refused(evcharge, *arguments, "--db", f"sqlite:///deep/{name}")
    shutil.copyfile("evcharge.toml", f"deep/{name}")
    assert f"deep/{name} is a file of settings" in refused(evcharge, *arguments, "--config", f"deep/{name}")


@pytest.mark.thorough
@pytest.mark.parametrize(("redirected", "what"), [("< one.csv", "reads"), ("> out.x", "prints to")])
def test_a_file_that_the_shell_opened_for_the_command_is_not_replaced(folder, evcharge, redirected, what):
    name = redirected.split()[-1]
    words = f"{sys.executable} -c 'from evcharge.cli import main; main()' load - --rejects ./{name} {redirected}"
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"Error [would_replace]: --rejects {name} is " in done.stderr
    assert what in done.stderr
    write_sample(Path("again.csv"), rows=30)
    assert Path("one.csv").read_bytes() == Path("again.csv").read_bytes()


@pytest.mark.thorough
def test_any_other_file_may_be_replaced(evcharge, folder):
    """But a profile, which may have been edited since it was written."""
    Path("out.x").write_text("before")
    said = "A,1,2025-03-03T00:00:00Z,Available\nA,1,2025-03-05T00:00:00Z,Available\n"
    Path("statuses.csv").write_text(f"station_id,port_id,time,status\n{said}")
    assert evcharge("load", "statuses.csv", "--source", "acme")[0] == 0
    for command, option in FILES:
        if option == "--write-profile":
            continue
        besides = ["A/1", "--uptime"] if option == "--png" else COMPLETE[command]
        code, _, err = evcharge(command, *besides, option, "out.x")
        assert code == 0, err
        assert "wrote out.x" in err


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True),
        ("a", "./a", True),
        ("a", "A", True),
        ("\u00e9", "e\u0301", True),
        ("a", "b", False),
        ("a", "nowhere/a", False),
        ("nowhere/a", "nowhere/./a", True),
        ("there", "THERE", False),
        ("there", "link", True),
        ("gone", "broken", True),
        ("long" * 100, "long" * 100, True),
    ],
)
def test_two_paths_are_one_file_where_they_lead_to_one_or_would(tmp_path, monkeypatch, one, other, same):
    monkeypatch.chdir(tmp_path)
    Path("there").touch()
    Path("link").symlink_to("there")
    Path("broken").symlink_to("gone")
    assert same_file(Path(one), Path(other)) is same
    assert same_file(Path(other), Path(one)) is same
