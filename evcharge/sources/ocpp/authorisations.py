"""How an attempt came to power as OCPP tells it: who was asked and answered, what was plugged in, when power flowed.

What does not belong here: which request led to which attempt (``ocpp.requests``), and the KPIs that need this
(``metrics.chargex``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

from evcharge.frames import AUTHORISATION_MODES
from evcharge.sources.ocpp.times import Moment, logged_between, seconds_between

CACHED_AUTH, REQUEST_START, PRE_PLUGIN, POST_PLUGIN = AUTHORISATION_MODES

AUTHORIZE = "Authorize"
REMOTE_STARTS = ("RemoteStartTransaction", "RequestStartTransaction")

AUTHORIZED, CABLE_PLUGGED_IN, CHARGING_STATE_CHANGED = "Authorized", "CablePluggedIn", "ChargingStateChanged"
"""Trigger reasons of OCPP 2.0.1 (TriggerReasonEnumType)."""
CHARGING = "Charging"
"""State of a transaction of 2.0.1 (ChargingStateEnumType), and status of a connector of 1.6, whose car takes power."""

LONGEST_GAP_SECONDS = 366 * 24 * 3600.0
"""What a clock puts further from the start than ``clean`` takes is measured by the other clock."""


@dataclass(eq=False, slots=True)
class Asked:
    """A request that may authorise an attempt; one is held for each request of each attempt.

    Attributes:
        action: its OCPP action.
        logged: when the log has it [s since 1970], or None where the log tells no times.
        answered: when the log has the status that was answered; None while there was none.
        refused: whether the answer refused it.
        before_start: whether the log's order has it before the start of the attempt that it led to.
    """

    action: str
    logged: float | None
    answered: float | None = None
    refused: bool = False
    before_start: bool = False


@dataclass(eq=False, slots=True)
class Way:
    """What led from a driver's act to power.

    Attributes:
        led: the requests that led to the attempt.
        begun_by: trigger reason of the event that began the transaction; empty in OCPP 1.6.
        triggers: trigger reasons of events on the way that told a charging state, each once.
        plugged_in: when the cable was plugged in, and ``power``, when power first flowed; None where nothing told it.
    """

    led: tuple[Asked, ...] = ()
    begun_by: str = ""
    triggers: tuple[str, ...] = ()
    plugged_in: Moment | None = None
    power: Moment | None = None

    def hear(self, event: object, trigger: str, state: str, moment: Moment) -> None:
        """Take an event of a transaction of OCPP 2.0.1."""
        if event == "Started":
            self.begun_by = self.begun_by or trigger
        elif event != "Ended" and state and trigger not in self.triggers:
            self.triggers += (trigger,)
        if trigger == CABLE_PLUGGED_IN:
            self.plugged_in = _earlier(self.plugged_in, moment)
        if trigger == CHARGING_STATE_CHANGED and state == CHARGING:
            self.power = _earlier(self.power, moment)

    def trigger_reasons(self) -> list[str]:
        """The trigger reason of the beginning, then those on the way, each once."""
        return list(dict.fromkeys(reason for reason in (self.begun_by, *self.triggers) if reason))

    def mode(self, start: Moment, *, refused: bool, remote: bool) -> str:
        """How the transaction was authorised; empty where that can't be told.

        Args:
            start: when it began.
            refused: whether it was refused itself; else a refused request is an attempt of its own, and no part of it.
            remote: whether its events name a remote start.
        """
        led = self._led(refused=refused)
        if self.begun_by == AUTHORIZED:
            return CACHED_AUTH
        if remote or any(asked.action in REMOTE_STARTS for asked in led):
            return REQUEST_START
        if any(asked.action == AUTHORIZE and _is_before(asked, start) for asked in led):
            return PRE_PLUGIN
        return POST_PLUGIN if self.begun_by == CABLE_PLUGGED_IN else ""

    def answered_after(self, start: Moment, own: Asked | None, *, refused: bool) -> float | None:
        """Seconds from the start to the first answer, to the request itself or to one that led to it; None without."""
        return answered_after(start, [*self._led(refused=refused), own])

    def authorize_lead(self, start: Moment, *, refused: bool) -> float | None:
        """Whole seconds from the last Authorize before the start to the start; None where there was none."""
        cards = [asked for asked in self._led(refused=refused) if asked.action == AUTHORIZE]
        leads = [lead_seconds(asked.logged, start.logged) for asked in cards]
        return _near([lead for lead in leads if lead is not None and lead >= 0])

    def _led(self, *, refused: bool) -> list[Asked]:
        """The requests that are part of the attempt: a refused one only where the attempt was refused itself."""
        return [asked for asked in self.led if refused or not asked.refused]


def answered_after(start: Moment, asked: Iterable[Asked | None]) -> float | None:
    """Seconds from the start to the first answer to any of the requests; None where the log tells none."""
    answers = [request.answered for request in asked if request and request.answered is not None]
    return _near([answer - start.logged for answer in answers]) if start.logged is not None else None


def mode_of_request(action: str) -> str:
    """How an attempt that is a request alone was to be authorised."""
    return PRE_PLUGIN if action == AUTHORIZE else REQUEST_START


def lead_seconds(asked: float | None, start: float | None) -> float | None:
    """Seconds by which a request is before a start, each cut to its second of the log; None where it tells no times."""
    return None if asked is None or start is None else float(floor(start) - floor(asked))


def seconds_after(start: Moment, moment: Moment | None) -> float | None:
    """Seconds from the start to a moment by the station's clock, else by the log's; None where neither tells."""
    gaps = (seconds_between(start, moment), logged_between(start, moment)) if moment else ()
    return next((gap for gap in gaps if gap is not None and abs(gap) <= LONGEST_GAP_SECONDS), None)


def written(seconds: float | None) -> str:
    """Seconds to the millisecond; empty for none."""
    return "" if seconds is None else f"{round(seconds, 3) + 0.0:.3f}"


def _earlier(known: Moment | None, other: Moment) -> Moment:
    """The earlier of two moments; the one at hand where no clock tells."""
    return other if known is None or (seconds_between(known, other) or 0.0) < 0 else known


def _is_before(asked: Asked, start: Moment) -> bool:
    in_time = asked.logged is not None and start.logged is not None and asked.logged <= start.logged
    return asked.before_start or in_time


def _near(gaps: list[float]) -> float | None:
    """The least of the gaps that a row may have."""
    return min((gap for gap in gaps if abs(gap) <= LONGEST_GAP_SECONDS), default=None)
