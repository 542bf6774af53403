"""On PostgreSQL every table, view and column says what it means."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import inspect

from evcharge.db import open_engine
from evcharge.migrate import alembic_config, upgrade
from evcharge.migrate.comments import words_of
from evcharge.models import Base
from evcharge.views import VIEWS

COMMENTS = """
SELECT c.relname, a.attname, d.description
FROM pg_description d
JOIN pg_class c ON d.classoid = 'pg_class'::regclass AND c.oid = d.objoid
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
WHERE pg_table_is_visible(c.oid) AND c.relnamespace <> 'pg_catalog'::regnamespace
"""


def comments_of(url):
    with open_engine(url).connect() as connection:
        return {(relation, column): words for relation, column, words in connection.exec_driver_sql(COMMENTS)}


def run(url, statement):
    with open_engine(url, writes=True).begin() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("relation", [*Base.metadata.tables, *VIEWS])
def test_there_are_words_of_every_table_and_view(relation):
    words = words_of(relation)
    assert words
    assert "\n" not in words
    assert "`" not in words


def test_nothing_is_said_of_what_is_not_ours():
    assert words_of("theirs") is None
    assert words_of("dim_station", "a_column_of_an_older_version") is None
    assert words_of("v_charging", "a_column_of_an_older_version") is None


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_every_table_view_and_column_has_its_words(url):
    comments = comments_of(url)
    found = inspect(open_engine(url))
    for relation in (*Base.metadata.tables, *VIEWS):
        assert comments[relation, None] == words_of(relation)
        for column in found.get_columns(relation):
            assert comments[relation, column["name"]] == words_of(relation, column["name"])


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_words_that_were_lost_or_are_old_come_back_and_those_of_others_stay(url):
    before = comments_of(url)
    run(url, "COMMENT ON COLUMN dim_station.name IS 'old'; COMMENT ON TABLE dim_time IS NULL")
    run(url, "CREATE TABLE theirs (name text); COMMENT ON TABLE theirs IS 'mine'")
    upgrade(url)
    assert comments_of(url) == {**before, ("theirs", None): "mine"}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_older_revisions_have_words_for_what_they_have(url):
    before = comments_of(url)
    command.downgrade(alembic_config(url), "0009")
    assert 0 < len(comments_of(url)) < len(before)
    upgrade(url)
    assert comments_of(url) == before
