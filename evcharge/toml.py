"""Reading TOML: the standard library does it from Python 3.11 on, ``tomli`` before.

What does not belong here: what a file must hold (``config``, ``sources``, ``metrics``).
"""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):
    from tomllib import TOMLDecodeError, loads
else:
    from tomli import TOMLDecodeError, loads

__all__ = ["TOMLDecodeError", "loads"]
