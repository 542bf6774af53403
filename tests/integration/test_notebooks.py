"""The example notebooks run from top to bottom, each in a process and a folder of its own, without Jupyter.

A cell is run as Jupyter runs it: its last expression is shown, as a picture or as HTML where it has such, else as text.
What only IPython understands (``%``, ``!``) is not there, and no output is kept, so that none can be out of date.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
NOTEBOOKS = sorted(CHECKOUT.glob("docs/notebooks/*.ipynb"))
RUN = """
import ast, json, sys
names = {"__name__": "__main__"}
for cell in json.load(sys.stdin):
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last is None:
        continue
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    shown = next((getattr(value, name)() for name in ("_repr_png_", "_repr_html_") if hasattr(value, name)), None)
    print(type(value).__name__, len(shown or repr(value)))
"""


def cells_of(path, kind="code"):
    """The cells of a kind, in order."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.name for path in NOTEBOOKS])
def test_no_output_is_kept(path):
    assert cells_of(path)
    for cell in cells_of(path):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)


@pytest.mark.thorough
@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.name for path in NOTEBOOKS])
def test_a_notebook_runs_from_top_to_bottom_and_once_more(tmp_path, path):
    cells = json.dumps(["".join(cell["source"]) for cell in cells_of(path)])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVCHARGE")}
    asked = {"cwd": tmp_path, "env": {**kept, "PYTHONPATH": str(CHECKOUT)}, "input": cells}
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", RUN], **asked, capture_output=True, encoding="utf-8", timeout=300)
        assert run.returncode == 0, run.stderr
    shown = [line.split()[0] for line in run.stdout.splitlines()]
    assert shown == ["Loaded", "Reliability", *["Picture"] * 3, *["DataFrame"] * 3, "Uptime", "NoneType"]
    assert (tmp_path / "report.html").is_file()
