from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from evcharge import migrate
from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.migrate import alembic_config, current, head, require_head, upgrade
from evcharge.models import Base, FactCharging
from tests.support.star import MIXED, write_sessions

ROOT = Path(__file__).parents[2]
TABLES = {"dim_station", "dim_port", "dim_time", "fact_charging", "load_ledger", "load_overlap", "rejected_row"}
TABLES |= {"fact_status", "fact_contact", "fact_outage", "load_count", "rejected_evidence", "fact_reported_uptime"}
TABLES |= {"station_day_outcome", "outcome_letter", "report_run", "station_verdict"}
VIEWS = {"v_charging", "v_station_reliability", "v_failure_reasons", "v_port_daily", "v_station_now", "v_outages"}
CANARY = "c4n4ry"
HEAD = head()
AFTER_HEAD = f"{int(HEAD) + 1:04d}"

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{after_head}"
down_revision = "{head}"


def upgrade():
    op.create_table("half", sa.Column("a", sa.Integer()))
    op.execute("UPDATE fact_charging SET energy_kwh = 0")
    {last}


def downgrade():
    op.drop_table("half")
"""


def opened(url):
    return open_engine(url, writes=True, create=True)


def tables(url):
    return set(inspect(opened(url)).get_table_names())


def views(url):
    return set(inspect(opened(url)).get_view_names())


def columns_of(url):
    """The columns of every table and view, in order."""
    inspector = inspect(opened(url))
    names = [*inspector.get_table_names(), *inspector.get_view_names()]
    return {name: [column["name"] for column in inspector.get_columns(name)] for name in names}


def revision(url):
    return current(opened(url), url)


def downgrade(url):
    command.downgrade(alembic_config(url), "base")


def sessions(url):
    """Energy by session."""
    with Session(opened(url)) as session:
        return dict(session.execute(select(FactCharging.session_id, FactCharging.energy_kwh)).all())


def refusal(function, *arguments):
    with pytest.raises(DatabaseError) as caught:
        function(*arguments)
    return caught.value


@pytest.fixture
def scripts(tmp_path):
    """Writes a copy of the migrations with one more, whose upgrade ends with the given line."""

    def write(last):
        folder = tmp_path / "scripts"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
        half = NEXT.format(last=last, head=HEAD, after_head=AFTER_HEAD)
        (folder / "versions" / f"{AFTER_HEAD}_half.py").write_text(half)
        return folder

    return write


def alembic(*arguments, **environment):
    """Runs alembic from the checkout, as its user does; the URL comes by argument or environment."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("EVCHARGE")}
    own |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_upgrade_makes_the_tables_and_the_views(empty_url):
    upgrade(empty_url)
    assert tables(empty_url) == TABLES | {"alembic_version"} == set(Base.metadata.tables) | {"alembic_version"}
    assert views(empty_url) == VIEWS
    assert revision(empty_url) == head()


def test_an_upgrade_of_a_newest_database_changes_nothing(url):
    write_sessions(open_engine(url, writes=True), *MIXED)
    before = sessions(url)
    upgrade(url)
    assert sessions(url) == before
    assert revision(url) == head()


def test_a_downgrade_to_base_undoes_everything(url):
    downgrade(url)
    assert tables(url) == {"alembic_version"}
    assert views(url) == set()
    if url.startswith("postgresql"):
        assert inspect(opened(url)).get_sequence_names() == []


@pytest.mark.thorough
def test_down_and_up_again_works_with_rows_in_between(empty_url):
    for _ in range(2):
        upgrade(empty_url)
        assert sessions(empty_url) == {}
        write_sessions(opened(empty_url), *MIXED)
        assert len(sessions(empty_url)) == len(MIXED)
        downgrade(empty_url)
    assert tables(empty_url) == {"alembic_version"}


@pytest.mark.thorough
def test_a_step_down_leaves_the_schema_that_the_step_before_made(empty_url):
    revisions = [script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()][::-1]
    made = []
    for revision in revisions:
        command.upgrade(alembic_config(empty_url), revision)
        made.append(columns_of(empty_url))
    for revision, before in zip(revisions[-2::-1], made[-2::-1], strict=True):
        command.downgrade(alembic_config(empty_url), revision)
        assert columns_of(empty_url) == before


def refused(url, columns="source_line, raw"):
    """What is stored of each refused row."""
    with opened(url).connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT {columns} FROM rejected_row ORDER BY source_line")
        return [tuple(row) for row in rows]


def refuse(url, line, **more):
    """Stores a refused row of the first load."""
    names = {"load_key": 1, "source_line": line, "rule": "'a_rule'", "raw": f"'row {line}'", **more}
    with opened(url).begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO rejected_row ({', '.join(names)}) VALUES ({', '.join(map(str, names.values()))})"
        )


def test_rows_refused_before_0004_stay_and_nobody_makes_up_how_they_would_have_counted(url):
    write_sessions(opened(url), *MIXED)
    command.downgrade(alembic_config(url), "0003")
    refuse(url, 7)
    upgrade(url)
    told = "source_line, raw, would_have_been, station_id, time_key"
    assert refused(url, told) == [(7, "row 7", None, None, None)]
    refuse(url, 8, would_have_been="'failure'", station_id="'ST-1'", time_key=2025040108)
    assert refused(url, told)[1] == (8, "row 8", "failure", "ST-1", 2025040108)
    command.downgrade(alembic_config(url), "0003")
    assert refused(url) == [(7, "row 7"), (8, "row 8")]
    assert "would_have_been" not in columns_of(url)["rejected_row"]
    upgrade(url)
    assert refused(url, told) == [(7, "row 7", None, None, None), (8, "row 8", None, None, None)]


def statuses(url):
    """What the ledger says of each load."""
    with opened(url).connect() as connection:
        rows = connection.exec_driver_sql("SELECT load_key, status FROM load_ledger ORDER BY load_key")
        return [tuple(row) for row in rows]


@pytest.mark.thorough
def test_loads_before_0005_are_in_and_those_that_were_taken_out_are_not_kept_below_it(url):
    write_sessions(opened(url), *MIXED)
    command.downgrade(alembic_config(url), "0004")
    assert "status" not in columns_of(url)["load_ledger"]
    assert "load_overlap" not in tables(url)
    upgrade(url)
    loads = statuses(url)
    assert {status for _, status in loads} == {"loaded"}
    with opened(url).begin() as connection:
        connection.exec_driver_sql("DELETE FROM fact_charging")
        connection.exec_driver_sql("UPDATE load_ledger SET status = 'unloaded' WHERE load_key = 1")
    command.downgrade(alembic_config(url), "0004")
    upgrade(url)
    assert statuses(url) == loads[1:]


def test_a_load_is_one_of_three_words(empty_url):
    upgrade(empty_url)
    write_sessions(opened(empty_url), *MIXED)
    for word in ("incomplete", "unloaded", "loaded"):
        with opened(empty_url).begin() as connection:
            connection.exec_driver_sql(f"UPDATE load_ledger SET status = '{word}'")
    with pytest.raises(IntegrityError, match="status_is_known_word"), opened(empty_url).begin() as connection:
        connection.exec_driver_sql("UPDATE load_ledger SET status = 'gone'")


def test_a_refused_row_would_have_been_one_of_three_words_or_nothing(empty_url):
    upgrade(empty_url)
    write_sessions(opened(empty_url), *MIXED)
    for line, word in enumerate(("'success'", "'failure'", "'unknown'", "NULL"), start=1):
        refuse(empty_url, line, would_have_been=word)
    with pytest.raises(IntegrityError, match="would_have_been_is_known_word"):
        refuse(empty_url, 9, would_have_been="'maybe'")
    assert len(refused(empty_url)) == 4


def test_alembic_finds_no_difference_between_migrations_and_models(url):
    command.check(alembic_config(url))
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE dim_station ADD COLUMN extra INTEGER")
    with pytest.raises(CommandError, match="extra"):
        command.check(alembic_config(url))


@pytest.mark.thorough
def test_a_migration_that_alembic_writes_imports_nothing_of_evcharge_and_runs(empty_url, tmp_path, monkeypatch):
    folder = tmp_path / "scripts"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("0*.py", "__pycache__"))
    monkeypatch.setattr(migrate, "script_location", lambda: folder)
    written = command.revision(alembic_config(empty_url), "the star", autogenerate=True, rev_id="0001")
    code = Path(written.path).read_text(encoding="utf-8")
    assert 'sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")' in code
    assert not re.search(r"\bevcharge\.\w", code)
    assert "import evcharge" not in code
    upgrade(empty_url)
    command.check(alembic_config(empty_url))


def test_an_upgrade_that_fails_half_way_leaves_the_old_schema_and_its_rows(url, scripts, monkeypatch):
    write_sessions(open_engine(url, writes=True), *MIXED)
    before, rows = tables(url), sessions(url)
    failing = scripts('raise RuntimeError("the migration fails")')
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "script_location", lambda: failing)
        with pytest.raises(RuntimeError, match="the migration fails"):
            upgrade(url)
    assert tables(url) == before
    assert revision(url) == HEAD
    assert sessions(url) == rows
    require_head(open_engine(url), url)

    good = scripts("pass")
    monkeypatch.setattr(migrate, "script_location", lambda: good)
    upgrade(url)
    assert tables(url) == before | {"half"}
    assert revision(url) == AFTER_HEAD


def test_an_upgrade_of_many_steps_that_fails_at_the_last_has_not_begun(empty_url, scripts, monkeypatch):
    failing = scripts('op.execute("SELECT * FROM nowhere")')
    monkeypatch.setattr(migrate, "script_location", lambda: failing)
    assert refusal(upgrade, empty_url).code == "schema_missing"
    assert tables(empty_url) == set()


def test_an_upgrade_that_leaves_rows_pointing_to_nothing_is_refused(sqlite_url, scripts, monkeypatch):
    write_sessions(open_engine(sqlite_url, writes=True), *MIXED)
    orphaning = scripts('op.execute("UPDATE fact_charging SET load_key = 99")')
    monkeypatch.setattr(migrate, "script_location", lambda: orphaning)
    assert refusal(upgrade, sqlite_url).code == "foreign_keys_broken"
    assert "half" not in tables(sqlite_url)
    assert any(sessions(sqlite_url).values())


@pytest.mark.thorough
def test_upgrades_at_once_on_one_empty_database_all_end_at_head(empty_url):
    program = f"from evcharge.migrate import upgrade; upgrade({empty_url!r})"
    runs = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert [(run.communicate(timeout=120)[1], run.returncode) for run in runs] == [("", 0)] * 3
    assert revision(empty_url) == head()
    assert tables(empty_url) == TABLES | {"alembic_version"}


@pytest.mark.thorough
def test_alembic_upgrades_the_database_named_by_argument(empty_url):
    run = alembic("-x", f"db={empty_url}", "upgrade", "head")
    assert run.returncode == 0, run.stderr
    assert revision(empty_url) == head()


@pytest.mark.thorough
def test_alembic_upgrades_the_database_named_by_the_environment(empty_url):
    run = alembic("upgrade", "head", EVCHARGE_DATABASE_URL=empty_url)
    assert run.returncode == 0, run.stderr
    assert revision(empty_url) == head()


@pytest.mark.thorough
def test_the_argument_wins_over_the_environment(tmp_path):
    mine, other = (f"sqlite:///{tmp_path}/{name}.db" for name in ("mine", "other"))
    assert alembic("-x", f"db={mine}", "upgrade", "head", EVCHARGE_DATABASE_URL=other).returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["mine.db"]


@pytest.mark.thorough
def test_alembic_takes_a_path_with_signs_in_it(tmp_path):
    url = f"sqlite:///{tmp_path}/a b%25#%3F.db"
    run = alembic("upgrade", "head", EVCHARGE_DATABASE_URL=url)
    assert run.returncode == 0, run.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["a b%#?.db"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("url", "sign"),
    [
        (f"mysql://u:{CANARY}@h/d", "does not speak 'mysql'"),
        (f"nonsense {CANARY}", "can't be read"),
        (f"postgresql://u:{CANARY}@127.0.0.1:1/d", "u:***@127.0.0.1:1/d"),
        (f"postgresql://u:a@{CANARY}@127.0.0.1:1/d", "more than one @"),
        ("sqlite:////no/such/folder/file.db", "the folder of /no/such/folder/file.db is not there"),
    ],
)
def test_alembic_refuses_a_bad_url_without_traceback_or_password(url, sign):
    run = alembic("upgrade", "head", EVCHARGE_DATABASE_URL=url)
    said = run.stdout + run.stderr
    assert run.returncode
    assert sign in said
    assert "Traceback" not in said
    assert CANARY not in said


@pytest.mark.thorough
def test_alembic_refuses_a_bad_url_given_by_argument_too():
    run = alembic("-x", f"db=nonsense {CANARY}", "upgrade", "head")
    assert run.returncode
    assert "can't be read" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert CANARY not in run.stdout + run.stderr


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_an_empty_database_is_refused_with_the_command_that_fills_it(empty_url):
    error = refusal(require_head, opened(empty_url), empty_url)
    assert error.code == "schema_missing"
    assert "alembic upgrade head" in error.hint


def test_a_database_whose_schema_was_taken_down_is_refused(url):
    downgrade(url)
    assert refusal(require_head, open_engine(url), url).code == "schema_missing"


def test_a_database_behind_is_refused_with_the_command_that_upgrades_it(url, scripts, monkeypatch):
    newer = scripts("pass")
    monkeypatch.setattr(migrate, "script_location", lambda: newer)
    error = refusal(require_head, open_engine(url), url)
    assert error.code == "schema_behind"
    assert error.reason == f"the database is at revision {HEAD}; this program needs {AFTER_HEAD}."
    assert "alembic upgrade head" in error.hint


@pytest.mark.thorough
def test_a_database_ahead_is_refused_and_left_alone(url):
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for error in (refusal(require_head, open_engine(url), url), refusal(upgrade, url)):
        assert error.code == "schema_ahead"
        assert "9999" in error.reason
        assert error.hint.startswith("Update evcharge")
    assert revision(url) == "9999"
    run = alembic("upgrade", "head", EVCHARGE_DATABASE_URL=url)
    assert run.returncode
    assert "Traceback" not in run.stderr


def test_a_newest_database_is_let_through_by_a_reader_and_a_writer(url):
    for writes in (False, True):
        require_head(open_engine(url, writes=writes), url)  # raises where it lets nobody through
    assert revision(url) == head()


@pytest.mark.parametrize("action", ["require_head", "upgrade"])
def test_a_file_that_is_no_database_is_called_damaged_and_left_alone(tmp_path, action):
    path = tmp_path / "file.db"
    path.write_bytes(b"session_id,station_id\n" * 99)
    before = path.read_bytes()
    url = f"sqlite:///{path}"
    error = refusal(lambda: upgrade(url) if action == "upgrade" else require_head(open_engine(url), url))
    assert error.code == "database_damaged"
    assert str(path) in error.reason
    assert path.read_bytes() == before


@pytest.mark.thorough
@pytest.mark.parametrize("url", ["sqlite:///{}/none.db", "postgresql://u:secret@127.0.0.1:1/d"])
def test_the_sql_of_every_table_and_view_can_be_had_without_a_database(tmp_path, url):
    url = url.format(tmp_path)
    run = alembic("-x", f"db={url}", "upgrade", "head", "--sql")
    assert run.returncode == 0, run.stderr
    for table in TABLES:
        assert f"CREATE TABLE {table} (" in run.stdout
    for view in VIEWS:
        assert f"CREATE VIEW {view} AS" in run.stdout
    assert ("TIMESTAMP WITH TIME ZONE" in run.stdout) is url.startswith("postgresql")
    assert "INSERT INTO alembic_version (version_num) VALUES ('0001')" in run.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.thorough
@pytest.mark.parametrize("url", ["sqlite:///{}/none.db", "postgresql://u:secret@127.0.0.1:1/d"])
def test_the_sql_that_takes_everything_down_can_be_had_too(tmp_path, url):
    run = alembic("-x", f"db={url.format(tmp_path)}", "downgrade", f"{head()}:base", "--sql")
    assert run.returncode == 0, run.stderr
    for name in TABLES:
        assert f"DROP TABLE {name};" in run.stdout


def test_revisions_are_one_line_numbered_without_a_gap():
    scripts = list(ScriptDirectory(str(ROOT / "migrations")).walk_revisions("base", "heads"))[::-1]
    assert [script.revision for script in scripts] == [f"{number:04d}" for number in range(1, len(scripts) + 1)]
    assert [script.down_revision for script in scripts] == [None, *(script.revision for script in scripts[:-1])]
    for script in scripts:
        assert Path(script.path).name.startswith(f"{script.revision}_")


def facts_of(url):
    """Every column of every session, in the order of their key."""
    with opened(url).connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM fact_charging ORDER BY station_key, session_id")
        return [tuple(row) for row in rows]


def is_in_the_order_of_its_key(url):
    statement = "SELECT sql FROM sqlite_master WHERE name = 'fact_charging'"
    with opened(url).connect() as connection:
        return "WITHOUT ROWID" in connection.exec_driver_sql(statement).scalar_one()


def test_sessions_and_views_are_alike_on_both_sides_of_0010(url):
    write_sessions(opened(url), *MIXED)
    facts, columns = facts_of(url), columns_of(url)
    assert len(facts) == len(MIXED)
    command.downgrade(alembic_config(url), "0009")
    assert facts_of(url) == facts
    indexes = inspect(opened(url)).get_indexes("fact_charging")
    assert {index["name"] for index in indexes} == {"ix_fact_charging__time_key", "ix_fact_charging__load_key"}
    upgrade(url)
    assert (facts_of(url), columns_of(url)) == (facts, columns)
    assert inspect(opened(url)).get_indexes("fact_charging") == []


def test_on_sqlite_the_facts_are_kept_in_the_order_of_their_key(tmp_path):
    migrated, declared = (f"sqlite:///{tmp_path}/{name}.db" for name in ("migrated", "declared"))
    upgrade(migrated)
    Base.metadata.create_all(opened(declared))
    assert is_in_the_order_of_its_key(migrated)
    assert is_in_the_order_of_its_key(declared)
    command.downgrade(alembic_config(migrated), "0009")
    assert not is_in_the_order_of_its_key(migrated)


MINE = "SELECT station_id AS \"my  id\", 'a  b%' AS word FROM v_charging"
OF_MINE = 'SELECT "my  id" FROM mine'


def with_views_of_their_own(url):
    """A user's view on ours, and one on that."""
    write_sessions(open_engine(url, writes=True), *MIXED)
    with open_engine(url, writes=True).begin() as connection:
        connection.execute(text(f"CREATE VIEW mine AS {MINE}"))
        connection.execute(text(f"CREATE VIEW of_mine AS {OF_MINE}"))
    return rows_of_mine(url)


def rows_of_mine(url):
    with open_engine(url).connect() as connection:
        return [sorted(connection.exec_driver_sql(f"SELECT * FROM {name}").all()) for name in ("mine", "of_mine")]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_users_view_blocks_no_migration_on_sqlite_and_stays_as_it_was_written(url):
    before = with_views_of_their_own(url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("CREATE VIEW broken AS SELECT x FROM nowhere")
        connection.exec_driver_sql(
            "CREATE TRIGGER on_mine INSTEAD OF DELETE ON mine BEGIN DELETE FROM dim_station WHERE station_id = ''; END"
        )
        written = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master ORDER BY 1").all()
    command.downgrade(alembic_config(url), "0001")
    assert views(url) >= {"mine", "of_mine", "broken"}
    upgrade(url)
    assert rows_of_mine(url) == before
    with open_engine(url).connect() as connection:
        told = {row.name: row.sql for row in connection.exec_driver_sql("SELECT name, sql FROM sqlite_master")}
    assert {name: told[name] for name, _ in written if name in ("mine", "of_mine", "broken", "on_mine")} == {
        name: sql for name, sql in written if name in ("mine", "of_mine", "broken", "on_mine")
    }


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_users_view_that_blocks_a_migration_is_named_with_the_sql_that_takes_it_out_and_puts_it_back(url):
    before = with_views_of_their_own(url)
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("CREATE VIEW beside AS SELECT source FROM load_ledger")
    error = refusal(command.downgrade, alembic_config(url), "0001")
    assert error.code == "views_in_the_way"
    assert error.reason == (
        "views of your own read what is to be replaced: public.mine, public.of_mine. Nothing was changed."
    )
    assert revision(url) == HEAD
    assert "\n" not in error.hint
    out, back = error.hint.partition(" Out: ")[2].split("; Back: ")
    assert out == "DROP VIEW public.of_mine; DROP VIEW public.mine"
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql(out)
    command.downgrade(alembic_config(url), "0001")
    upgrade(url)
    with open_engine(url, writes=True).begin() as connection:
        connection.connection.driver_connection.execute(back)
    assert rows_of_mine(url) == before


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_what_else_blocks_a_migration_is_told(url):
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (row_of_ours v_charging)")
    error = refusal(command.downgrade, alembic_config(url), "0001")
    assert error.code == "views_in_the_way"
    assert "theirs" in error.reason
    assert "Nothing was changed" in error.reason
    assert error.hint


def test_two_newest_migrations_are_an_error_with_a_next_step(scripts, url, monkeypatch):
    folder = scripts("")
    half = (folder / "versions" / f"{AFTER_HEAD}_half.py").read_text()
    (folder / "versions" / "other.py").write_text(half.replace(f'revision = "{AFTER_HEAD}"', 'revision = "other"', 1))
    monkeypatch.setattr(migrate, "script_location", lambda: folder)
    for error in (refusal(upgrade, url), refusal(head), refusal(require_head, open_engine(url), url)):
        assert error.code == "migrations_branched"
        assert f"{AFTER_HEAD}, other" in error.reason
        assert "down_revision" in error.hint
    assert tables(url) == TABLES | {"alembic_version"}


@pytest.mark.thorough
def test_a_database_at_two_revisions_is_an_error_with_a_next_step(url):
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES ('0002')")
    for error in (refusal(upgrade, url), refusal(require_head, open_engine(url), url)):
        assert error.code == "schema_unclear"
        assert f"0002, {HEAD}" in error.reason
        assert "alembic_version" in error.hint
    run = alembic("-x", f"db={url}", "upgrade", "head")
    assert "at several revisions at once" in run.stderr
    assert "Traceback" not in run.stderr
