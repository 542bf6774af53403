"""What a profile of statuses says besides: its evidence, its words, and what a port is that a snapshot does not list.

What does not belong here: what profiles of every kind say (``profile_file``).
"""

from __future__ import annotations

from typing import Any

from evcharge.evidence import STATES
from evcharge.sources.settings import Settings

EVIDENCE = ("event", "poll", "snapshot")
"""What a file of statuses can be: changes, answers about ports, or lists of all ports."""

UNLISTED = ("up", "down", "unknown")
"""What a profile may say of the ports that a snapshot does not list."""


def of_statuses(given: Settings) -> dict[str, Any]:
    """What a profile of statuses says of its words, and of ports that its snapshots don't list, each setting checked.

    Raises:
        SourceError: ``bad_profile`` naming file, key, value and what would be right.
    """
    evidence = given.text("evidence", choices=EVIDENCE)
    unlisted = given.optional_text("unlisted") or ""
    if evidence == "snapshot" and unlisted not in UNLISTED:
        right = f"{', '.join(UNLISTED)}: what a port is that a snapshot does not list; nobody can guess it"
        given.refuse("unlisted", unlisted or None, f"one of {right}")
    if evidence != "snapshot" and unlisted:
        given.refuse("unlisted", unlisted, 'it with evidence = "snapshot" only: nothing else lists all ports')
    words = given.table("words")
    states = words.texts_by_key()
    for word, state in states.items():
        if state not in STATES:
            words.refuse(word, state, f"one of {', '.join(STATES)}")
    if not states:
        given.refuse("words", None, "a table [words]: each word of the source with up, down, unknown or out_of_scope")
    return {"evidence": evidence, "unlisted": unlisted, "words": states}
