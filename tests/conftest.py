"""Databases for the tests: built by the migrations, one of each kind, fresh for every test.

PostgreSQL is used where ``EVCHARGE_TEST_POSTGRES`` holds the URL of a server whose databases may be created and
dropped; elsewhere its tests are skipped, or fail if ``EVCHARGE_REQUIRE_POSTGRES`` is set. Tests marked ``thorough``
run where ``EVCHARGE_THOROUGH`` is set; where it is ``rest``, what the plain command runs is left out.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from evcharge.config import DEFAULTS
from evcharge.db import open_engine
from evcharge.migrate import upgrade
from tests.support import isolation as isolation  # takes effect as it is imported
from tests.support.databases import postgres_database, temporary_database


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the thorough tests to those who ask for them, and to ``rest`` all but what the plain command runs."""
    asked = os.environ.get("EVCHARGE_THOROUGH")
    if asked == "rest":
        config.hook.pytest_deselected(items=[item for item in items if _is_plain(item)])
        items[:] = [item for item in items if not _is_plain(item)]
    if not asked:
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(pytest.mark.skip(reason="EVCHARGE_THOROUGH is not set; .ci/run sets it"))


def _is_plain(item: pytest.Item) -> bool:
    """Whether the plain command runs a test: with no server, no extra of its own and no folder of real files."""
    of_its_own = item.nodeid.startswith(("tests/browser/", "tests/engines/", "tests/oracle/", "tests/real/"))
    needs_server = "postgres" in item.nodeid  # as a parameter, or in the name of the file
    return not (item.get_closest_marker("thorough") or of_its_own or needs_server)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of whoever runs them."""
    for variable in (*(f"EVCHARGE_{name.upper()}" for name in DEFAULTS), "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file as the migrations leave it; tests copy it."""
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[str]:
    """The name of a PostgreSQL database as the migrations leave it; tests copy it."""
    with temporary_database() as name:
        upgrade(postgres_database(name))
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with temporary_database() as name:
        yield postgres_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database of each kind, without a row in it."""
    if request.param == "sqlite":
        path = tmp_path / "star.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    with temporary_database(request.getfixturevalue("migrated_postgres")) as name:
        yield postgres_database(name)


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """The URL of a migrated SQLite database, for tests of what is SQLite's alone or has nothing to do with the kind."""
    path = tmp_path / "star.db"
    shutil.copyfile(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def engine(url: str) -> Engine:
    """An engine that may write, on the database of ``url``."""
    return open_engine(url, writes=True)


@pytest.fixture
def evcharge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command line in an empty folder; returns exit code, stdout and stderr."""
    from evcharge.cli import run_command

    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run_command([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return run
