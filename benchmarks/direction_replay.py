"""How often the network's direction changes its word on real histories: a table of docs/metrics/weekly.md.

Run ``python -m benchmarks.direction_replay FOLDER``, FOLDER being that of the real files (else ``EVCHARGE_REAL_DATA``
names it); files that are not there are left out. Each history is asked week by week as it would have been on that day:
once for the word of that week alone, once for the word that is told, which waits for a second week.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.silence import HISTORIES, WARM_UP_WEEKS, WEEK, read_history
from evcharge.metrics.direction import BETTER, SMALL, WORSE, clearest_split, direction
from evcharge.metrics.rates import CANT_TELL
from evcharge.metrics.weekly import weekly_counts


def word_alone(days: pd.DataFrame) -> str:
    """What the data up to now says by itself."""
    weeks = weekly_counts(days)
    weeks = weeks[weeks["attempts"] > 0]
    return clearest_split(*(weeks[name].to_numpy(dtype=float) for name in ("attempts", "successes"))).word


def replay(days: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The words told, and the words of each week alone, from the first report that can tell."""
    first, last = (days["day"].agg(end).to_datetime64() for end in ("min", "max"))
    told, alone = [], []
    for end in np.arange(first + WARM_UP_WEEKS * WEEK, last, WEEK):
        known = days[days["day"] <= end]
        word = direction(known).word
        if word != CANT_TELL:
            told.append(word)
            alone.append(word_alone(known))
    return told, alone


def flips(words: list[str]) -> int:
    """How often a word is another than the week before."""
    return sum(before != after for before, after in pairwise(words))


def main(folder: Path) -> None:
    """Prints one row per history."""
    print("| history | weekly reports | changes of the word | of each week's alone | worse | better | too small |")
    print("| --- |" + " ---: |" * 6)
    for name, pattern in HISTORIES.items():
        if paths := sorted(folder.glob(pattern)):
            told, alone = replay(read_history(paths)[0])
            counts = " | ".join(str(told.count(word)) for word in (WORSE, BETTER, SMALL))
            print(f"| {name} | {len(told)} | {flips(told)} | {flips(alone)} | {counts} |", flush=True)


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("EVCHARGE_REAL_DATA")
    if not named:
        sys.exit("Name the folder of the real files: python -m benchmarks.direction_replay FOLDER")
    main(Path(named))
