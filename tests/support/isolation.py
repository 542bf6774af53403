"""Lets all tests write at another isolation of PostgreSQL, where ``EVCHARGE_TEST_ISOLATION`` names one.

At ``serializable`` PostgreSQL ends one of two transactions that collide, as distributed databases do at all times: all
tests of what writes must end alike, since such a transaction is done again.
"""

from __future__ import annotations

import os

import pytest

from evcharge import db

db.WRITES_AT = os.environ.get("EVCHARGE_TEST_ISOLATION", db.WRITES_AT)

AT_READ_COMMITTED = pytest.mark.skipif(
    db.WRITES_AT != "read committed", reason="of the isolation that evcharge itself writes at"
)
