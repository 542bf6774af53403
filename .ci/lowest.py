"""Prints pip constraints that pin every dependency to the lowest version pyproject.toml allows."""

import re
from pathlib import Path

import tomllib

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
for requirement in [*project["dependencies"], *(one for extra in extras.values() for one in extra)]:
    found = re.match(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)", requirement)
    if found:  # an extra that names other extras of ours has no floor
        print(f"{found[1]}=={found[2]}")
