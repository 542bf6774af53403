"""The commands in README and docs run and print what they are said to print.

A block fenced as ``console`` holds commands (lines that start with ``$ ``) and below each what it prints. All blocks of
a document run in one folder, in order. ``# exit 3`` at the end of a command says that it ends with 3. A command with
no lines below may print anything; else its lines appear, in this order and next to each other, in what it prints
(stdout, then stderr). ``…`` stands for anything in a line, and a line of nothing else for any lines. A block fenced as
``python clean.py`` is that file, from there on.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from tests.support.warm import warm_python

CHECKOUT = Path(__file__).parents[2]
README = CHECKOUT / "README.md"
DOCUMENTS = [
    README,
    *(path for path in sorted(CHECKOUT.glob("docs/**/*.md")) if "```console" in path.read_text("utf-8")),
]
SET_UP = re.compile(r"^(?:\$ |    )?\S*python\S* -m venv ", re.MULTILINE)
BLOCK = re.compile(r"^( *)```(?:console|\w+ (\w+\.\w+))\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A command, the exit code it ends with, and the lines it is said to print; or a file's name and its lines."""

    command: str
    code: int
    printed: list[str]
    file: str = ""


def steps_of(document):
    """The commands of a document, in order; those that set up the environment are left out."""
    steps = []
    for indent, file, block in BLOCK.findall(document):
        if file:
            steps.append(Step("", 0, block.splitlines(), file))
            continue
        for line in block.splitlines():
            line = line.removeprefix(indent).rstrip()
            if line.startswith("$ "):
                command, _, code = line[2:].partition("  # exit ")
                steps.append(Step(command, int(code or 0), []))
            else:
                steps[-1].printed.append(line)
    return [step for step in steps if "venv" not in step.command]


def shows(output, printed):
    """Whether the lines appear in the output, next to each other but for lines of ``…`` alone."""
    while printed and not printed[-1]:
        printed = printed[:-1]
    pattern = ""
    for line in printed:
        if line == "…":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += "".join("[^\n]*" if part == "…" else re.escape(part) for part in re.split("(…)", line)) + "\n"
    lines = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
    return re.search(f"^{pattern}", lines, re.MULTILINE) is not None


@pytest.fixture(scope="module")
def python():
    """A command that takes the arguments of ``python``."""
    with TemporaryDirectory() as folder, warm_python(Path(folder)) as command:
        yield command


def run_steps(steps, folder, python):
    """Runs the commands in the folder, as a user who has installed the checkout would; returns what went wrong."""
    tools, work, home = folder / "bin", folder / "work", folder / "home"
    for new in (tools, work, home):
        new.mkdir()
    (work / "docs").symlink_to(CHECKOUT / "docs")  # the examples of a checkout
    for name, arguments in (
        ("python", ""),
        ("evcharge", "-c 'from evcharge.cli import main; main()'"),
        ("alembic", "-m alembic"),
    ):
        (tools / name).write_text(f'#!/bin/sh\nexec {python} {arguments} "$@"\n')
        (tools / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EVCHARGE", "PYTHON"))}
    environment = {
        **kept,
        "PATH": f"{tools}:{kept['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        # As in a clone; a folder that gets an alembic.ini of its own has no other
        **(
            {}
            if any("alembic init" in step.command for step in steps)
            else {"ALEMBIC_CONFIG": str(CHECKOUT / "alembic.ini")}
        ),
        "HOME": str(home),
        "COLUMNS": "110",
        "LC_ALL": "C.UTF-8",
    }
    for step in steps:
        if step.file:
            (work / step.file).write_text("\n".join(step.printed) + "\n", encoding="utf-8")
            continue
        command = ["bash", "-c", step.command]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, encoding="utf-8", timeout=60)
        told = f"$ {step.command}\n{done.stdout}{done.stderr}"
        if done.returncode != step.code:
            return f"ended with {done.returncode}, not {step.code}:\n{told}"
        if not shows(done.stdout + done.stderr, step.printed):
            return f"does not print what the document says:\n{told}\nbut the document says:\n" + "\n".join(step.printed)
    return None


# The runner


def in_blocks(text):
    return f"Words.\n\n```console\n{text}\n```\n\n```sh\n$ never run\n```\n"


def test_only_console_blocks_are_commands_and_set_up_lines_are_left_out():
    text = in_blocks("$ python3 -m venv .venv && echo\n$ one | two\na\n\nb…\n$ three  # exit 3") + in_blocks(
        "$ four\n…"
    )
    assert steps_of(text) == [
        Step("one | two", 0, ["a", "", "b…"]),
        Step("three", 3, []),
        Step("four", 0, ["…"]),
    ]
    assert steps_of("1. Do\n\n   ```console\n   $ five\n     6\n   ```\n") == [Step("five", 0, ["  6"])]


@pytest.mark.parametrize(
    ("printed", "is_shown"),
    [
        ([], True),
        (["first"], True),
        (["second 2 rows   of 3"], True),
        (["second … of …"], True),
        (["first", "second 2 rows   of 3"], True),
        (["first", "…", "last"], True),
        (["…", "last"], True),
        (["first", "…", "second 2 rows   of 3"], True),
        (["first", "last"], False),
        (["last", "first"], False),
        (["second"], False),
        (["second 2 rows of 3"], False),
        (["second … of 4"], False),
        (["f.rst"], False),
        (["first", "", "second 2 rows   of 3"], False),
        (["third", "", "last"], True),
    ],
)
def test_printed_lines_match_exactly_but_for_ellipses(printed, is_shown):
    assert shows("first\nsecond 2 rows   of 3  \nthird\n\nlast\n", printed) is is_shown


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("$ echo a > f\n$ cat f\na\n$ ls ~", None),
        ("$ echo a; echo b >&2\na\nb", None),
        ("$ exit 3  # exit 3", None),
        ("$ exit 3", "ended with 3, not 0"),
        ("$ true  # exit 3", "ended with 0, not 3"),
        ("$ echo a\nb", "does not print"),
        ('$ test -z "$(ls -A ~)" && echo $COLUMNS $EVCHARGE_DATABASE_URL\n110', None),
        ("$ evcharge db url\nsqlite:///ev_charging.db\n$ python -m evcharge db url\nsqlite:///ev_charging.db", None),
        ("$ evcharge report  # exit 1\nError [database_missing]: …\n  Run: evcharge db upgrade …", None),
    ],
)
def test_commands_run_in_order_in_one_folder_until_one_goes_wrong(tmp_path, python, monkeypatch, text, fault):
    monkeypatch.setenv("EVCHARGE_DATABASE_URL", "sqlite:///outside.db")
    found = run_steps(steps_of(in_blocks(text)), tmp_path, python)
    assert (found is None) if fault is None else (fault in (found or ""))


# The documents


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.thorough) for path in DOCUMENTS],
    ids=[str(path.relative_to(CHECKOUT)) for path in DOCUMENTS],
)
def test_the_commands_of_a_document_print_what_it_says(tmp_path, python, path):
    fault = run_steps(steps_of(path.read_text(encoding="utf-8")), tmp_path, python)
    assert fault is None, f"{path.relative_to(CHECKOUT)}: {fault}"


def test_readme_sets_everything_up_in_two_commands_of_one_line_each():
    readme = README.read_text(encoding="utf-8")
    lines = [line for line in readme.splitlines() if SET_UP.match(line)]
    assert len(lines) == 2
    assert readme.count("-m venv") == 2
    whole_job, tests = lines
    for line in lines:
        assert not line.endswith("\\")
        assert " && " in line
        assert "pip install" in line
    assert whole_job.endswith("-m evcharge")
    assert "-m pytest" in tests
