"""What a command imports: no more than what it does needs, for an import is most of what a short command costs."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.migrate import current, head
from evcharge.revisions import newest, revision_of_file, revisions_in, script_location

CHECKOUT = Path(__file__).parents[2]
HEAVY = {"pandas", "numpy", "sqlalchemy", "alembic", "scipy", "matplotlib", "jinja2", "rich", "pyarrow"}
PROGRAM = (
    "import json, sys; from evcharge.cli import run_command; code = run_command(sys.argv[1:]); "
    "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
)


def imported_by(folder, *line, url=None):
    """The exit code of a command line in a folder, and all modules that its process has loaded at its end."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)} | ({"EVCHARGE_DATABASE_URL": url} if url else {})
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, *line], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    code, modules = json.loads(run.stderr.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("formats",), 0),
        (("formats", "ocpp"), 0),
        (("formats", "--json"), 0),
        (("load", "missing.csv"), 1),
        (("load", "missing.csv", "neither.csv"), 1),
        (("db", "current"), 0),
    ],
)
def test_a_command_that_reads_no_session_loads_neither_pandas_nor_sqlalchemy(tmp_path, sqlite_url, line, code):
    ended, modules = imported_by(tmp_path, *line, url=sqlite_url)
    assert ended == code
    assert not modules & HEAVY


@pytest.mark.thorough
def test_a_report_loads_no_alembic_no_statistics_and_nothing_that_draws_what_it_does_not(tmp_path):
    url = f"sqlite:///{tmp_path / 'star.db'}"
    assert imported_by(tmp_path, "load", "--create-db", url=url)[0] == 0
    for more, drawing in ((), {"matplotlib", "jinja2"}), (("--html", "report.html"), set()):
        code, modules = imported_by(tmp_path, "report", "--no-png", *more, url=url)
        assert code == 0
        assert not modules & {"alembic", "scipy.stats", "scipy.optimize", *drawing}
        assert {"pandas", "sqlalchemy"} <= modules


@pytest.mark.thorough
def test_a_load_loads_neither_alembic_nor_scipy(tmp_path, sqlite_url):
    code, modules = imported_by(tmp_path, "load", url=sqlite_url)
    assert code == 0
    assert not modules & {"alembic", "scipy", "matplotlib", "jinja2", "rich"}


def test_the_revisions_of_the_files_are_those_that_alembic_reads():
    scripts = ScriptDirectory(str(script_location()))
    read = {script.revision: script.down_revision for script in scripts.walk_revisions()}
    assert {name: before[0] if before else None for name, before in revisions_in(script_location()).items()} == read
    assert [newest(script_location())] == scripts.get_heads() == [head()]


def test_a_revision_may_follow_several_and_its_assignments_be_annotated(tmp_path):
    (tmp_path / "versions").mkdir()
    for name, before in (("a", "None"), ("b", "'a'"), ("c", "'a'"), ("d", "('b', 'c')  # merged")):
        code = f"revision: str = '{name}'\ndown_revision: str | None = {before}\nbranch_labels = None\n"
        (tmp_path / "versions" / f"{name}.py").write_text(code)
    assert revisions_in(tmp_path) == {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}
    assert newest(tmp_path) == "d"


def test_a_folder_without_migrations_is_an_error(tmp_path):
    with pytest.raises(DatabaseError) as error:
        newest(tmp_path)
    assert error.value.code == "migrations_missing"


def test_the_revision_of_a_file_is_told_at_once_or_left_to_the_usual_way(sqlite_url, tmp_path):
    assert revision_of_file(sqlite_url) == current(open_engine(sqlite_url), sqlite_url) == head()
    (tmp_path / "text.db").write_text("no database")
    for url in (
        "postgresql://user@host/name",
        f"sqlite:///{tmp_path / 'none.db'}",
        f"sqlite:///{tmp_path / 'text.db'}",
        f"{sqlite_url}?mode=ro",
        "nonsense",
    ):
        assert revision_of_file(url) is None


def test_of_a_busy_file_the_revision_is_not_told_at_once(sqlite_url):
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        assert revision_of_file(sqlite_url) is None
    assert revision_of_file(sqlite_url) == head()


def test_what_cannot_be_told_at_once_is_told_by_the_usual_way(evcharge, tmp_path):
    assert evcharge("db", "current", "--db", f"sqlite:///{tmp_path / 'none.db'}")[0] == 1
    assert evcharge("db", "current", "--db", "nonsense")[0] == 1
    with open_engine(f"sqlite:///{tmp_path / 'new.db'}", writes=True, create=True).connect():
        pass
    assert evcharge("db", "current", "--db", f"sqlite:///{tmp_path / 'new.db'}")[1] == f"none (newest: {head()})\n"


def test_a_file_that_is_not_there_is_told_without_a_database(evcharge):
    code, out, err = evcharge("load", "missing.csv")
    assert (code, out) == (1, "")
    assert err.startswith("Error [file_not_found]: missing.csv is not there.")
    assert not list(Path().iterdir())
