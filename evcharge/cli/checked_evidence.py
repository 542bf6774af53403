"""What evcharge check shows of statuses, contacts, outages and reported uptime that a file holds.

What does not belong here: sessions (``check``), and the rules (``evidence_rules``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from evcharge.cli.refused import show_refused
from evcharge.cli.terminal import tell

if TYPE_CHECKING:
    from evcharge.evidence import CleanEvidence

EXAMPLES = 3
"""Refused rows shown for each rule."""
WORDS_SHOWN = 40
"""Words shown of those that a profile explains, and of those that it does not."""


class SeenEvidence:
    """What the parts of a file's evidence show: its ports, its span, its words, and examples of what was refused."""

    def __init__(self) -> None:
        self._ports: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self._span: dict[str, tuple[int, int]] = {}
        self._words: Counter[tuple[str, str]] = Counter()
        self._unknown: Counter[str] = Counter()
        self._causes: Counter[str] = Counter()
        self._examples: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, evidence: CleanEvidence) -> None:
        """Takes the next part."""
        rows = evidence.rows
        if len(rows):
            of_charger = "charger_id" if "charger_id" in rows.columns else "port_id"
            self._ports[evidence.kind].update(zip(rows["station_id"], rows[of_charger], strict=True))
            ends = (int(rows["from_ms"].min()), int(rows["until_ms"].astype("float64").fillna(rows["from_ms"]).max()))
            first, last = self._span.get(evidence.kind, ends)
            self._span[evidence.kind] = (min(first, ends[0]), max(last, ends[1]))
        if len(rows) and evidence.kind == "statuses":
            for word, state, more in zip(rows["word"], rows["state"], rows["confirmations"], strict=True):
                self._words[word, state] += 1 + int(more)
        if len(rows) and evidence.kind == "outages":
            causes = zip(rows["kind"], rows["cause"], strict=True)
            self._causes.update(f"{kind} {cause or 'without a cause'}" for kind, cause in causes)
        for row in evidence.refused.to_dict("records"):
            if row["rule"] == "status_word_unknown":
                self._unknown[str(row["value"]).strip()] += 1
            examples = self._examples[str(row["rule"])]
            if len(examples) < EXAMPLES:
                examples.append(
                    {"line": int(row["source_line"]), **{str(name): row[name] for name in ("column", "value", "raw")}}
                )

    def summary(self) -> dict[str, Any]:
        """All of it, as a JSON document tells it."""
        return {
            "seen": {
                kind: {"ports": len(ports), "first": _iso(self._span[kind][0]), "last": _iso(self._span[kind][1])}
                for kind, ports in self._ports.items()
            },
            "words": [
                {"word": word, "state": state, "statements": count}
                for (word, state), count in self._words.most_common()
            ],
            "unknown_words": dict(self._unknown.most_common()),
            "outages": dict(self._causes.most_common()),
            "evidence_examples": dict(self._examples),
        }


def show_evidence(found: Mapping[str, Any]) -> None:
    """Prints what a file holds beside sessions, and what would be refused of it."""
    from evcharge.cli.load import law
    from evcharge.load.meanings import evidence_rule_meanings
    from evcharge.report.words import counted

    messages = evidence_rule_meanings(has_sessions=found["kind"] == "sessions")
    for kind, counts in found["evidence"].items():
        if kind in found["seen"]:
            seen = found["seen"][kind]
            of_what = "charger" if kind == "contacts" else "port"
            tell(f"  {kind} of {counted(seen['ports'], of_what)}, from {seen['first']} to {seen['last']}")
        tell(f"  {kind}: {law(counts)}")
        show_refused(found["evidence_rejects_by_rule"].get(kind, {}), messages, found["evidence_examples"])
    for one in found["words"][:WORDS_SHOWN]:
        tell(f"  {one['statements']:>9,}  {one['word']!r} is {one['state'].replace('_', ' ')}")
    if unknown := list(found["unknown_words"].items())[:WORDS_SHOWN]:
        told = ", ".join(f"{word!r} ({count:,})" for word, count in unknown)
        tell(f"  words that the profile does not explain: {told}")
    for what, count in found["outages"].items():
        tell(f"  {count:>9,}  {what}")


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc).isoformat(timespec="seconds")
