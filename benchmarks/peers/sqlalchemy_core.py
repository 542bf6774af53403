"""SQLAlchemy Core: insert() of dictionaries into the table, 50,000 rows at a time."""

from sqlalchemy import insert
from sqlalchemy.orm import Session

from benchmarks.peers.common import arguments, facts_of, insert_dimensions
from evcharge.db import open_engine
from evcharge.models import FactCharging

data, path = arguments()
engine = open_engine(f"sqlite:///{path}", writes=True)
with Session(engine) as session, session.begin():
    keys = insert_dimensions(session.connection().connection.dbapi_connection, data)
    for frame in facts_of(data, keys):
        frame = frame.astype({"start_time": object, "end_time": object})
        rows = frame.to_dict("records")
        session.connection().execute(insert(FactCharging.__table__), rows)
