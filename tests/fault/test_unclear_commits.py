"""A connection lost at COMMIT is resolved from the ledger: what is in is reported loaded, what is not, lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

import evcharge.load.opened
import evcharge.load.saved_reports
import evcharge.load.unload
from evcharge.db import open_engine
from evcharge.errors import DatabaseError
from evcharge.load import LoadOptions
from evcharge.load.saved_reports import save_report
from evcharge.load.unload import unload
from evcharge.metrics.selection import Selection
from evcharge.report.saved import as_saved
from evcharge.report.story import build_story
from tests.support.factories import native_csv, session_row
from tests.support.loading import counts, dump, load, query

LOST = "server closed the connection unexpectedly"


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the loader's next COMMIT do something else and then report that the connection is lost."""

    def arrange(commit: Callable[[Engine, Any], None], *, for_good: bool = False) -> None:
        def opened(url: str, **settings: Any) -> Engine:
            engine = open_engine(url, **settings)
            dialect = engine.dialect
            usual: Any = dialect.do_commit
            lost = dialect.loaded_dbapi.OperationalError  # type: ignore[attr-defined]

            def do_commit(connection: Any) -> None:
                dialect.do_commit = usual  # type: ignore[method-assign]
                commit(engine, connection)
                if for_good:
                    engine.raw_connection = refuse  # type: ignore[method-assign]
                raise lost(LOST)

            def refuse(*_arguments: Any) -> None:
                raise lost(LOST)

            dialect.do_commit = do_commit  # type: ignore[method-assign]
            dialect.is_disconnect = lambda error, *_rest: LOST in str(error)  # type: ignore[method-assign]
            return engine

        for part in (evcharge.load.opened, evcharge.load.saved_reports, evcharge.load.unload):
            monkeypatch.setattr(part, "open_engine", opened)

    return arrange


def commit_it(engine: Engine, connection: Any) -> None:
    connection.commit()


def lose_it(engine: Engine, connection: Any) -> None:
    connection.rollback()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return native_csv(tmp_path / "a.csv", session_row(), session_row(session_id="S2", energy_kwh="x"))


def test_a_load_whose_answer_was_lost_after_the_commit_is_reported_loaded(
    url: str, file: Path, lose: Callable[..., None]
) -> None:
    lose(commit_it)
    result = load(file, url)
    assert result.status == "loaded"
    assert counts(result) == {"read": 2, "inserted": 1, "rejected": 1}
    assert query(url, "SELECT rows_read FROM load_ledger") == [(2,)]


def test_a_load_whose_commit_never_happened_is_reported_lost(url: str, file: Path, lose: Callable[..., None]) -> None:
    before = dump(url)
    lose(lose_it)
    with pytest.raises(DatabaseError, match="Nothing was changed") as refusal:
        load(file, url)
    assert refusal.value.code == "connection_lost"
    assert "Run the same command again" in refusal.value.hint
    assert dump(url) == before


@pytest.mark.thorough
def test_an_unclear_replace_is_not_taken_for_the_load_before_it(
    url: str, file: Path, lose: Callable[..., None]
) -> None:
    load(file, url)
    before = dump(url)
    time.sleep(0.01)
    lose(lose_it)
    with pytest.raises(DatabaseError) as refusal:
        load(file, url, LoadOptions(replace=True))
    assert refusal.value.code == "connection_lost"
    assert dump(url) == before
    lose(commit_it)
    assert load(file, url, LoadOptions(replace=True)).status == "loaded"
    assert dump(url) != before


@pytest.mark.parametrize("commit", [commit_it, lose_it])
def test_a_commit_that_nobody_can_ask_about_is_called_unclear(
    url: str, file: Path, lose: Callable[..., None], commit: Callable[[Engine, Any], None]
) -> None:
    lose(commit, for_good=True)
    with pytest.raises(DatabaseError) as refusal:
        load(file, url)
    assert refusal.value.code == "commit_unclear"
    assert "Nothing was changed" not in refusal.value.reason
    assert "Run the same command again" in refusal.value.hint


@pytest.mark.thorough
@pytest.mark.parametrize("commit", [commit_it, lose_it])
@pytest.mark.parametrize("change", ["save", "unload"])
def test_a_save_and_an_unload_whose_answer_was_lost_are_called_unclear_and_run_again(
    url: str,
    file: Path,
    lose: Callable[..., None],
    commit: Callable[[Engine, Any], None],
    change: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load(file, url)
    saved = as_saved(build_story(url, target=0.95, selection=Selection()))
    lose(commit)
    with pytest.raises(DatabaseError) as refusal:
        save_report(url, *saved) if change == "save" else unload(url, [1])
    assert refusal.value.code == "commit_unclear"
    assert "Run the same command again: it " in refusal.value.hint
    monkeypatch.undo()
    if change == "save":
        assert save_report(url, *saved).already is (commit is commit_it)
        assert query(url, "SELECT COUNT(*) FROM report_run") == [(1,)]
    else:
        left = 0 if commit is commit_it else 1
        assert query(url, "SELECT COUNT(*) FROM fact_charging") == [(left,)]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # a server can commit when its client is gone
def test_a_commit_still_under_way_in_the_server_is_waited_for(url: str, file: Path, lose: Callable[..., None]) -> None:
    late: list[threading.Thread] = []

    def commit_late(engine: Engine, connection: Any) -> None:
        dialect, own = engine.dialect, connection.dbapi_connection
        close, terminate = dialect.do_close, dialect.do_terminate

        def work() -> None:
            time.sleep(0.5)
            own.commit()
            own.close()

        dialect.do_close = lambda one: None if one is own else close(one)  # type: ignore[method-assign]
        dialect.do_terminate = lambda one: None if one is own else terminate(one)  # type: ignore[method-assign]
        late.append(threading.Thread(target=work))
        late[0].start()

    lose(commit_late)
    result = load(file, url)
    late[0].join()
    assert result.status == "loaded"
    assert query(url, "SELECT rows_read FROM load_ledger") == [(2,)]
