"""The schema that a database has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, inspect


def reflected(engine: Engine) -> dict[str, dict[str, Any]]:
    """All that a database says of its tables, in an order of its own."""
    inspector = inspect(engine)
    found: dict[str, dict[str, Any]] = {}
    for table in sorted(set(inspector.get_table_names()) - {"alembic_version"}):
        found[table] = {
            "columns": {
                c["name"]: (repr(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)
            },
            "primary key": (
                inspector.get_pk_constraint(table)["name"],
                inspector.get_pk_constraint(table)["constrained_columns"],
            ),
            "foreign keys": sorted(
                (k["name"], k["constrained_columns"], k["referred_table"], k["referred_columns"], k["options"])
                for k in inspector.get_foreign_keys(table)
            ),
            "unique": sorted((u["name"], u["column_names"]) for u in inspector.get_unique_constraints(table)),
            "checks": sorted((c["name"], c["sqltext"]) for c in inspector.get_check_constraints(table)),
            "indexes": sorted((i["name"], i["column_names"], bool(i["unique"])) for i in inspector.get_indexes(table)),
        }
    return found
