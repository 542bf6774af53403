from __future__ import annotations

import pytest

from tests.support.migration_sql import MAKE_ANEW, URLS, file_of, sql_of


@pytest.mark.parametrize("kind", URLS)
def test_the_sql_of_all_migrations_is_that_of_the_file(kind: str) -> None:
    assert sql_of(kind) == file_of(kind).read_text(encoding="utf-8"), MAKE_ANEW
