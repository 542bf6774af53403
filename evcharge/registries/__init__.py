"""Station registries: who says where a port stands, what it can deliver, and whose it is.

``read_registry`` reads a file of any known format into a ``Registry``: nothing is refused for one odd object, and
every oddity is counted. What does not belong here: sessions (``sources``), and tables (``load``).
"""

from __future__ import annotations

from evcharge.carriers.file import SourceFile
from evcharge.errors import SourceError
from evcharge.registries import afdc, irve, ocm, ocpi
from evcharge.registries.records import records_of
from evcharge.registries.registry import MESSAGES, REJECTS, Builder, Oddity, Port, Registry, Reject, Station

__all__ = ["FORMATS", "MESSAGES", "REJECTS", "Oddity", "Port", "Registry", "Reject", "Station", "read_registry"]

FORMATS = {
    "irve": irve,
    "afdc": afdc,
    "ocm": ocm,
    "ocpi": ocpi,
}
"""Each format with the module that recognises and reads it; the first that recognises a file reads it."""

ANSWER_OF_OCPI = frozenset({"data", "statuscode"})
"""Folded members by which an empty page is told to be OCPI's."""


def read_registry(file: SourceFile, encoding: str = "utf-8") -> Registry:
    """The registry in a file; an empty page of OCPI describes no station, and is no error.

    Raises:
        SourceError: ``registry_not_recognised``, ``registry_empty``, or what ``records_of`` raises.
    """
    records = records_of(file, encoding)
    for module in FORMATS.values():
        if module.recognises(records):
            registry: Registry = module.read(records)
            if registry.stations or registry.rejects:
                return registry
            break
    else:
        if next(records.each(), None) is None:
            if records.envelope >= ANSWER_OF_OCPI:
                return Builder("ocpi").registry()
        else:
            raise SourceError(
                "registry_not_recognised",
                f"{file.name} is no station registry that is known here.",
                f"Known: {', '.join(module.TITLE for module in FORMATS.values())}. Sessions go to: evcharge load",
            )
    raise SourceError("registry_empty", f"{file.name} describes no station.", "Fetch it again.")
