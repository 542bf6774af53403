"""What must stand beside any figure of a selection: how many of its sessions are made up, and which rows were refused.

What does not belong here: how these are counted (``made_up``, ``refused``), and the words (``report.rates``).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from evcharge.metrics.bounds import Refused
from evcharge.metrics.made_up import count_made_up
from evcharge.metrics.refused import read_refused
from evcharge.metrics.selection import Selection


class Beside(NamedTuple):
    """What is to be known of a selection beside its figures.

    Attributes:
        made_up: sessions of it that ``evcharge sample`` made up [count].
        refused: rows of it that loads refused.
    """

    made_up: int = 0
    refused: Refused = Refused()


NOTHING = Beside()
"""Nothing is made up, and nothing was refused."""


def read_beside(session: Session, selection: Selection) -> Beside:
    """What is to be known of a selection beside its figures."""
    return Beside(count_made_up(session, selection), read_refused(session, selection))
