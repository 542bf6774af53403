"""What a docstring or a comment refers to as ``module.name`` exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "evcharge"
REFERENCE = re.compile(r"``([a-z]\w*(?:\.\w+)+)(?:\(\w*\))?``")
FILE = re.compile(r"\.(toml|json|geojson|js|png|yml)$")
ELSEWHERE = {"str", "scipy", "load_ledger", "conventions", "ev_network_ids", "package"}
"""What stands before a dot and is no module of evcharge: other people's, tables, arguments."""


def names_of(package):
    """Dotted path of each module, without ``evcharge``, and the names that stand in it: submodules among them."""
    names = {}
    for file in package.rglob("*.py"):
        path = ".".join(file.relative_to(package).with_suffix("").parts).removesuffix(".__init__")
        parent, _, own = path.rpartition(".")
        names.setdefault(parent, set()).add(own)
        names.setdefault(path, set()).update(
            name.id if isinstance(name, ast.Name) else getattr(name, "asname", None) or name.name
            for statement in ast.parse(file.read_text(encoding="utf-8")).body
            for name in (statement, *getattr(statement, "names", ()), *ast.iter_child_nodes(statement))
            if isinstance(name, ast.Name | ast.alias | ast.FunctionDef | ast.ClassDef)
        )
    return names


def broken_references(package):
    """File and text of each reference to a module that there is not, or to a name that it has not."""
    names, broken = names_of(package), []
    for file in sorted(package.rglob("*.py")):
        for reference in REFERENCE.findall(file.read_text(encoding="utf-8")):
            parts = reference.split(".")
            modules = (  # the longest part of the reference that is a module, whichever has that name
                [own for path, own in names.items() if f".{path}".endswith("." + ".".join(parts[:length]))]
                for length in range(len(parts) - 1, 0, -1)
            )
            length, named = next(((len(parts) - 1 - n, own) for n, own in enumerate(modules) if own), (0, []))
            known = any(parts[length] in own for own in named)
            if not (known or FILE.search(reference) or parts[0] in ELSEWHERE):
                broken.append((file.relative_to(package).as_posix(), reference))
    return broken


def test_what_docstrings_refer_to_exists():
    assert broken_references(PACKAGE) == []


def test_a_broken_reference_is_found(tmp_path):
    (tmp_path / "metrics").mkdir()
    text = "``rates.ratio``, ``metrics.rates.ratio``, ``rates.gone``, ``metrics.rates.gone``, ``gone.ratio``, ``a.js``"
    (tmp_path / "metrics" / "rates.py").write_text(f'"""See {text}."""\nratio = 1')
    broken = ["rates.gone", "metrics.rates.gone", "gone.ratio"]
    assert broken_references(tmp_path) == [("metrics/rates.py", reference) for reference in broken]
