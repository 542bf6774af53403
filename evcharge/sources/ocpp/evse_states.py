"""What the connectors of each EVSE of a log are, after every statement about one of them or about all.

What does not belong here: which words are states (``ocpp.evidence``), and when a port of several connectors is down
(``metrics.availability.connectors``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

UP, DOWN = "up", "down"
_IN_USE = frozenset(("occupied", "reserved"))
"""Words of a connector that a car or a driver has taken, by their letters in small (OCPP 2.0.1)."""
_TAKEN_OUT = "unavailable"


class EvseState(NamedTuple):
    """An EVSE after a statement.

    Attributes:
        word: that of the connector told last among those that work; where none does, the word of the statement.
        state: up while one of its connectors works.
        connectors: of how many connectors a state was told so far; None for fewer than two.
        connectors_up: how many of them work; None where ``connectors`` is.
    """

    word: str
    state: str
    connectors: int | None
    connectors_up: int | None


@dataclass(frozen=True)
class _Told:
    """What was told last of a connector; ``by_evse``: it is down only since its whole EVSE is."""

    word: str
    state: str
    by_evse: bool = False


class EvseStates:
    """The connectors of the EVSEs of one log, as they were told last."""

    def __init__(self) -> None:
        self._connectors: dict[tuple[str, str], dict[str, _Told]] = {}

    def after_connector(self, evse: tuple[str, str], connector: str, word: str, state: str) -> EvseState:
        """The EVSE of a station after a statement about one of its connectors."""
        known = self._connectors.setdefault(evse, {})
        known.pop(connector, None)
        known[connector] = _Told(word, state)
        working = [told for told in known.values() if told.state == UP]
        last = working[-1] if working else known[connector]
        return _state(last.word, last.state, known)

    def after_all(self, evse: tuple[str, str], word: str, state: str) -> EvseState:
        """The EVSE of a station after a statement about all of it.

        One that is down has all connectors down; one that is back mends those that only it had taken out.
        """
        known = self._connectors.setdefault(evse, {})
        for connector, told in known.items():
            if state == DOWN and told.state == UP:
                known[connector] = _Told(word, DOWN, by_evse=True)
            elif state == UP and told.by_evse:
                known[connector] = _Told(word, UP)
        return _state(word, state, known)


def _state(word: str, state: str, known: dict[str, _Told]) -> EvseState:
    """The EVSE with how many of its connectors work.

    A connector that is Unavailable while another of its EVSE is in use is not down: an EVSE serves one car at a time.
    House rule, provisional.
    """
    if len(known) < 2:
        return EvseState(word, state, None, None)
    taken = any(told.word.casefold() in _IN_USE for told in known.values())
    working = sum(told.state == UP or (taken and told.word.casefold() == _TAKEN_OUT) for told in known.values())
    return EvseState(word, state, len(known), max(working, 1) if state == UP else 0)
