"""What each rule would refuse of a file, with examples, as ``check`` shows it.

What does not belong here: which rows these are, and the file of ``load --rejects`` (``rejects``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evcharge.cli.terminal import tell


def show_refused(
    counts: Mapping[str, int], messages: Mapping[str, str], examples: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """Prints each rule with how many rows it refuses, what it says, and some of them with their lines."""
    for rule, count in counts.items():
        tell(f"  {count:>9,}  {rule}: {messages.get(rule, '')}")
        for example in examples.get(rule, ()):
            tell(f"             line {example['line']}: {_shown(example)}")


def _shown(example: Mapping[str, Any]) -> str:
    """The value that a rule refused, or the whole row where it refused that."""
    text = str(example["raw"])
    if example["column"]:
        text = f"{example['column']} {'is empty' if example['value'] is None else repr(example['value'])}"
    return text if len(text) <= 100 else f"{text[:99]}…"
