"""What a heading may mean, told by synonyms in several languages and by its unit: proposals, for a person to confirm.

What does not belong here: what stands below the heading (``contents``), and which proposal is made (``proposal``).
No load asks this module anything: a load knows columns by the names that a profile states.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXACT, OF_WORDS, WITHIN = 1.0, 0.6, 0.5
"""What a heading counts that is a synonym, has one among its words, or has one within a word. House rule: a synonym of
all of the heading counts more than any part of it, and a longer part more than a shorter one."""
_OF_NO_LANGUAGE = ("weak", "failure")
WEAK = 0.6
"""What a weak word's count is multiplied by. House rule: below every other synonym's."""
_SHARE_OF_LENGTH = 0.3
_SHORTEST_WITHIN, _SHORTEST_NEVER = 5, 4
"""Letters that a synonym needs to be looked for at an end of a longer word, and that a word needs which forbids a
heading wherever it stands in it; of a script with syllables two do."""

_NEGATIONS = ("no", "not", "non", "without", "ohne", "kein", "keine", "nicht", "free", "sans", "sin", "geen")
_OF_ZONES = ("utc", "gmt", "local")
_CODE = re.compile("codes?", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_UNIT = re.compile(
    r"(?P<unit>kwh|kw h|wh|mwh|minutes?|mins?|hours?|hrs?|std|stunden|heures?|uren|timer|seconds?|secs?|sek"
    r"|hh mm ss|h mm ss|hh mm|min|h|s|분|초|시간)$"
)
_UNITS = {
    **dict.fromkeys(("kwh", "kw h"), "kWh"),
    "wh": "Wh",
    "mwh": "MWh",
    **dict.fromkeys(("minute", "minutes", "min", "mins", "분"), "minutes"),
    **dict.fromkeys(
        ("h", "hour", "hours", "hr", "hrs", "std", "stunden", "heure", "heures", "uren", "timer", "시간"), "hours"
    ),
    **dict.fromkeys(("s", "second", "seconds", "sec", "secs", "sek", "초"), "seconds"),
    **dict.fromkeys(("hh mm ss", "h mm ss", "hh mm"), "h:m:s"),
}


class Meaning(NamedTuple):
    """One of our columns that a heading may mean, how well it fits (0 to 1), and the language of the synonym."""

    column: str
    score: float
    language: str


class Heading(NamedTuple):
    """A heading as it is compared: its words without the unit, these as one, and its unit or ''."""

    words: tuple[str, ...]
    joined: str
    unit: str


@lru_cache(maxsize=4096)  # more names than a file may have columns
def heading_of(name: str) -> Heading:
    """The heading without case, accents and punctuation, and its unit; a heading of nothing but its unit keeps it."""
    words = plain(_CAMEL.sub(" ", name.strip()).replace("k Wh", "kWh").replace("M Wh", "MWh")).split()
    text = " ".join(words)
    unit = _UNIT.search(text)
    is_whole_word = unit is not None and (unit.start() == 0 or text[unit.start() - 1] == " " or unit["unit"] in "분초")
    if unit is None or not is_whole_word:
        within = next((_UNITS[word] for word in words if word in ("kwh", "wh")), "")
        return Heading(tuple(words), _joined(words), within)
    rest = tuple(text[: unit.start()].split()) or tuple(words)
    return Heading(rest, _joined(rest), _UNITS[unit["unit"]])


def _joined(words: Sequence[str]) -> str:
    """The words as one, without those of a zone, which change nothing of what a heading means."""
    return "".join(word for word in words if word not in _OF_ZONES) or "".join(words)


@lru_cache(maxsize=16_384)
def plain(text: str) -> str:
    """The text in small letters, without accents, with one blank for everything that is no letter or digit."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "ae").replace("ı", "i"))
    letters = unicodedata.normalize("NFC", "".join(char for char in bare if not unicodedata.combining(char)))
    return re.sub(r"[\W_]+", " ", letters).strip()


def meanings_of(name: str) -> list[Meaning]:
    """Our columns that a heading may mean, the best first."""
    heading = heading_of(name)
    if not heading.joined:
        return []
    likely = [meaning for column, entry in _columns().items() if (meaning := _best(column, heading, entry))]
    if heading.unit in ("kWh", "Wh") and not likely and not _is_barred("energy_kwh", heading):
        likely = [Meaning("energy_kwh", WEAK, "")]
    return sorted(likely, key=lambda meaning: -meaning.score)


def language_of(names: Sequence[str]) -> str:
    """The language of most of the headings whose best synonym is of one language alone; English where none is."""
    counts: dict[str, int] = {}
    for name in names:
        for meaning in meanings_of(name)[:1]:
            if meaning.language:
                counts[meaning.language] = counts.get(meaning.language, 0) + 1
    counts.pop("en", None)
    return max(counts, key=lambda language: counts[language]) if counts else "en"


def outcome_of(word: str) -> bool | None:
    """Whether a word says that a session succeeded or failed; None where it says neither."""
    lists = _synonyms()["outcomes"]
    said = plain(word)
    return True if said in lists["success"] else False if said in lists["failure"] else None


def outcome_under(heading: str, word: str) -> bool | None:
    """Whether a word below a heading says success or failure; yes and no mean what the heading says."""
    if is_flag(word):
        return (plain(word) in _synonyms()["outcomes"]["yes"]) != says_failure(heading)
    return outcome_of(word)


def is_flag(word: str) -> bool:
    """Whether a word is yes or no, by word or number."""
    lists = _synonyms()["outcomes"]
    return plain(word) in (*lists["yes"], *lists["no"])


def says_failure(name: str) -> bool:
    """Whether yes means a failure below the heading: it names one, and names no success and no absence beside it."""
    heading = heading_of(name)
    if not heading.joined or any(outcome_of(word) is True or word in _NEGATIONS for word in heading.words):
        return False
    text = f" {' '.join(heading.words)} "
    return any(_score(plain(synonym), heading, text) for synonym in _columns()["success"]["failure"])


def may_tell_outcome(name: str) -> bool:
    """Whether the heading may be of outcomes, if only of their codes: this is worth a question, and no more."""
    return any(meaning.column == "success" for meaning in meanings_of(_CODE.sub("", name))[:1])


def is_barred_as_outcome(name: str) -> bool:
    """Whether the heading says that its words tell something else, as those of a payment do."""
    heading = heading_of(_CODE.sub("", name))
    text = f" {' '.join(heading.words)} "
    return any(_holds(text, heading, never) for never in _columns()["success"]["never"])


def is_barred_as_start(name: str) -> bool:
    """Whether the heading says that its times are others than starts, as ends and days of payment are."""
    return _is_barred("start_time", heading_of(name))


def tells_of_test(word: str) -> bool:
    """Whether a word of success says that there was a test, as ``pass`` does, which may also be a kind of ticket."""
    return plain(word) in _synonyms()["outcomes"]["tested"]


def tells_of_failure(word: str) -> bool:
    """Whether a word says by itself that something failed, which ``no`` and ``cancelled`` do not."""
    return plain(word) in _synonyms()["outcomes"]["failed_only"]


def is_of_readings(name: str) -> bool:
    """Whether the heading is of what a meter showed at a moment, of which two make an energy."""
    heading = heading_of(name)
    text = f" {' '.join(heading.words)} "
    return any(_score(synonym, heading, text) for synonym in _synonyms()["readings"]["words"])


def zone_hint(word: str) -> str | None:
    """The zone that a label of a zone, or the name of a country of one zone, hints at."""
    zone: str | None = _synonyms()["zone_words"].get(plain(word))
    return zone


def zone_of_language(language: str) -> str | None:
    """The zone of most of those who write headings in a language of one."""
    zone: str | None = _synonyms()["zones"].get(language)
    return zone


def _best(column: str, heading: Heading, entry: Mapping[str, Sequence[str]]) -> Meaning | None:
    """How well the heading fits one of our columns; None where it does not."""
    text = f" {' '.join(heading.words)} "
    if _is_barred(column, heading):
        return None
    best: dict[str, float] = {}
    for language, synonyms in entry.items():
        if language != "never":
            scores = [_score(plain(synonym), heading, text) for synonym in synonyms]
            best[language] = max(scores, default=0.0) * (WEAK if language == "weak" else 1)
    top = max(best.values(), default=0.0)
    languages = [language for language, score in best.items() if score == top]
    if not top:
        return None
    return Meaning(column, top, languages[0] if len(languages) == 1 and languages[0] not in _OF_NO_LANGUAGE else "")


def _is_barred(column: str, heading: Heading) -> bool:
    """Whether the heading has a word that one of ours never has."""
    text = f" {' '.join(heading.words)} "
    return any(_holds(text, heading, never) for never in _columns()[column].get("never", ()))


def _score(synonym: str, heading: Heading, text: str) -> float:
    """How much of the heading the synonym is, 0 to 1."""
    joined = synonym.replace(" ", "")
    if joined == heading.joined:
        return EXACT
    share = _SHARE_OF_LENGTH * len(joined) / len(heading.joined)
    if f" {synonym} " in text:
        return OF_WORDS + share
    if joined.isascii():
        words = (*heading.words, heading.joined)
        is_end = any(word.startswith(joined) or word.endswith(joined) for word in words)
        return WITHIN + share if is_end and len(joined) >= _SHORTEST_WITHIN else 0.0
    return WITHIN + share if joined in heading.joined else 0.0


def _holds(text: str, heading: Heading, word: str) -> bool:
    """Whether the heading has a word, or a long one within a word."""
    return f" {word} " in text or ((len(word) >= _SHORTEST_NEVER or not word.isascii()) and word in heading.joined)


@lru_cache(maxsize=1)
def _columns() -> dict[str, Mapping[str, Sequence[str]]]:
    others = ("outcomes", "readings", "zones", "zone_words")
    return {column: entry for column, entry in _synonyms().items() if column not in others}


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, Any]:
    return tomllib.loads(files("evcharge.sources").joinpath("synonyms.toml").read_text(encoding="utf-8"))
