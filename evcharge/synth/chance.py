"""Values made of uniform chance by whole numbers, comparisons and single IEEE operations.

Never by a logarithm or a sampler, so that a seed gives the same sample everywhere. Does not belong here: what is drawn.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def between(uniform: Floats, low: Any, high: Any) -> Ints:
    """Whole numbers from low up to, not including, high."""
    return cast(Ints, low + np.floor(uniform * (high - low)).astype(np.int64))


def pick(uniform: Floats, cumulative: Ints, total: Any) -> Ints:
    """Indices drawn by whole-number weights that are summed up in ``cumulative``, as far as ``total``."""
    return np.searchsorted(cumulative, between(uniform, 0, total), side="right").astype(np.int64)


def by_deciles(uniform: Floats, tables: tuple[tuple[int, ...], ...], which: Ints) -> Floats:
    """Values whose deciles are those of ``tables[which]``, straight lines between."""
    table = np.array(tables, dtype=np.float64)
    position = uniform * (table.shape[1] - 1)
    below = position.astype(np.int64)
    low = table[which, below]
    return cast(Floats, low + (table[which, below + 1] - low) * (position - below))
