"""Who sent a message, the station or its central system, wherever its carrier does not tell or tells it the other way.

A log says *received* and *sent* as whoever wrote it sees them: a central system receives a StartTransaction, a station
sends it. The names of the requests tell which of the two wrote the log. What does not belong here: what carries a
message (``ocpp.messages``), and which answer belongs to which request, also where nothing tells its direction
(``ocpp.answers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evcharge.sources.ocpp.frame import CALL, FROM_STATION, TO_STATION, Broken, Message

_OF_STATIONS = (
    *("Authorize", "BootNotification", "Heartbeat", "MeterValues", "StatusNotification"),
    *("StartTransaction", "StopTransaction", "TransactionEvent"),
    *("DiagnosticsStatusNotification", "FirmwareStatusNotification", "SignedFirmwareStatusNotification"),
    *("LogStatusNotification", "PublishFirmwareStatusNotification", "SecurityEventNotification"),
    *("SignCertificate", "Get15118EVCertificate", "GetCertificateStatus"),
    *("ClearedChargingLimit", "NotifyChargingLimit", "NotifyCustomerInformation", "NotifyDisplayMessages"),
    *("NotifyEVChargingNeeds", "NotifyEVChargingSchedule", "NotifyEvent", "NotifyMonitoringReport", "NotifyReport"),
    *("ReportChargingProfiles", "ReservationStatusUpdate"),
)
_OF_CENTRAL_SYSTEMS = (
    *("RemoteStartTransaction", "RemoteStopTransaction", "RequestStartTransaction", "RequestStopTransaction"),
    *("CancelReservation", "ReserveNow", "ChangeAvailability", "Reset", "TriggerMessage", "UnlockConnector"),
    *("ChangeConfiguration", "GetConfiguration", "GetVariables", "SetVariables", "SetNetworkProfile"),
    *("ClearCache", "GetLocalListVersion", "SendLocalList", "ExtendedTriggerMessage", "GetTransactionStatus"),
    *("ClearChargingProfile", "GetChargingProfiles", "GetCompositeSchedule", "SetChargingProfile"),
    *("GetDiagnostics", "GetLog", "UpdateFirmware", "SignedUpdateFirmware", "PublishFirmware", "UnpublishFirmware"),
    *("CertificateSigned", "DeleteCertificate", "GetInstalledCertificateIds", "InstallCertificate"),
    *("GetBaseReport", "GetReport", "GetMonitoringReport", "CustomerInformation", "CostUpdated"),
    *("SetMonitoringBase", "SetMonitoringLevel", "SetVariableMonitoring", "ClearVariableMonitoring"),
    *("SetDisplayMessage", "GetDisplayMessages", "ClearDisplayMessage"),
)
SENDERS = {**dict.fromkeys(_OF_STATIONS, FROM_STATION), **dict.fromkeys(_OF_CENTRAL_SYSTEMS, TO_STATION)}
"""Who sends a request, by its name (OCPP 1.6 with its security extension, and 2.0.1). Both may send DataTransfer."""

_OTHER_WAY = {FROM_STATION: TO_STATION, TO_STATION: FROM_STATION}


def with_directions(messages: Iterable[Message | Broken]) -> Iterator[Message | Broken]:
    """The messages of one log, in order, each with who sent it as far as that can be told."""
    directions = _Directions()
    for message in messages:
        yield directions.told(message) if isinstance(message, Message) else message


class _Directions:
    """What the requests read so far tell of who wrote the log."""

    def __init__(self) -> None:
        self._agreed = 0

    def told(self, message: Message) -> Message:
        """The message with its direction: of a request, that of its name, where the name tells one."""
        sender = SENDERS.get(message.action, "") if message.kind == CALL else ""
        if sender and message.direction:
            self._agreed += 1 if sender == message.direction else -1
        direction = sender or self._of_carrier(message)
        return message if direction == message.direction else message._replace(direction=direction)

    def _of_carrier(self, message: Message) -> str:
        """What the carrier tells, the other way round where the requests so far show a station's own log."""
        return _OTHER_WAY.get(message.direction, "") if self._agreed < 0 else message.direction
