"""The names of fields as they are compared.

What does not belong here: which names a format or a profile has.
"""

from __future__ import annotations

import re
from functools import lru_cache

_BETWEEN_WORDS = re.compile(r"[\s_]+")


@lru_cache(maxsize=4096)  # more names than a file may have columns
def folded(name: str) -> str:
    """A field's name as it is compared: without regard to case, blanks and underscores."""
    return _BETWEEN_WORDS.sub("", name.casefold())
