"""What a release consists of says the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path

from evcharge import toml
from evcharge.version import __version__

CHECKOUT = Path(__file__).parents[2]
PROJECT = toml.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))


def test_the_citation_names_this_version():
    cited = re.search(r"^version: (.+)$", (CHECKOUT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited is not None
    assert cited[1] == __version__


def test_the_container_is_made_with_all_files_that_the_wheel_needs():
    let_through = {line[1:] for line in (CHECKOUT / ".dockerignore").read_text("utf-8").split() if line.startswith("!")}
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    texts = [PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], "pyproject.toml"]
    assert let_through == {*wheel["packages"], *wheel["force-include"], *texts}
