"""What became of a station registry, as the loader says it.

What does not belong here: writing (``registry``, ``moves``), and printing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

EXAMPLES = 5
"""Examples of each kind of change; the count is of all."""


@dataclass
class Changes:
    """How many of one kind of change, and the first examples."""

    count: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    def add(self, count: int = 1, **example: Any) -> None:
        """Counts a change."""
        self.count += count
        if len(self.examples) < EXAMPLES:
            self.examples.append({name: _shown(value) for name, value in example.items()})


@dataclass
class RegistryResult:
    """What became of a registry; ``read`` is the sum of the four counts after it, of stations and refused objects.

    ``status`` is ``loaded``, ``already loaded`` (the counts are those of the first load), or ``not applied``: it would
    change what is there, so that nothing was written. ``attributes_filled`` counts empty attributes that were filled.
    """

    file: str
    source: str
    format: str
    status: str
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    ports_read: int = 0
    ports_new: int = 0
    ports_unchanged: int = 0
    attributes_filled: dict[str, int] = field(default_factory=dict)
    attributes_changed: dict[str, Changes] = field(default_factory=dict)
    ports_changed: dict[str, Changes] = field(default_factory=dict)
    ports_moved: Changes = field(default_factory=Changes)
    sessions_moved: Changes = field(default_factory=Changes)
    evidence_moved: int = 0
    stations_removed: int = 0
    rejects_by_rule: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_loaded_at: str | None = None
    seconds: float = 0.0

    @property
    def changes_something(self) -> bool:
        """Whether anything that is there would become something else."""
        changes = (*self.attributes_changed.values(), *self.ports_changed.values(), self.ports_moved)
        return self.evidence_moved > 0 or any(one.count for one in (*changes, self.sessions_moved))


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
