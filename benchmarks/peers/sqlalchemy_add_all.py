"""SQLAlchemy ORM: objects of the mapped class by add_all, 50,000 rows at a time."""

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
        session.add_all(FactCharging(**row) for row in rows)
        session.flush()
        session.expunge_all()
