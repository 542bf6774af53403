"""The recipes of docs/recipes can be used as they are: their commands are commands of ours, and their files are valid.

What runs them is imported, or asked, only where it is installed: Airflow, Dagster, Prefect, systemd, PyYAML.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import which

import click
import pytest

from evcharge.cli import cli

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
PAGE = RECIPES.parent / "how-to" / "schedule.md"
NAMES = sorted(path.name for path in RECIPES.iterdir() if path.suffix != ".pyc" and path.is_file())
COMMAND = re.compile(r"evcharge ((?:load|report) [^\"&>\n]+)")


def commands_of(name):
    """The words of each evcharge command in a recipe, as the shell, or what runs it, hands them on."""
    text = (RECIPES / name).read_text(encoding="utf-8").replace("\\%", "%").replace("%%", "%")
    text = re.sub(r'options = "(.*)"\n(.*)\{options\}', r"\2\1", text)
    return [shlex.split(command) for command in COMMAND.findall(text)]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "evcharge.timer"])
def test_each_command_of_a_recipe_is_one_of_ours_and_loads_before_it_reports(name):
    commands = commands_of(name)
    assert [words[0] for words in commands][:2] == ["load", "report"]
    for word, *arguments in commands:
        command = cli.commands[word]
        context = command.make_context(word, list(arguments), obj={})
        assert isinstance(context, click.Context)
        assert context.params.get("notify") in (None, "")  # whom to tell is in no list of processes


def test_a_command_that_is_none_of_ours_is_found():
    with pytest.raises(click.NoSuchOption):
        cli.commands["report"].make_context("report", ["--notifies"], obj={})


def test_the_page_names_every_recipe():
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"(../recipes/{name})" not in page] == []


def test_the_crontab_has_a_command_that_sh_takes_and_no_bare_percent_sign():
    *settings, line = [line for line in (RECIPES / "crontab").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Z_]+=\S+", setting) for setting in settings)
    *times, command = line.split(" ", 5)
    assert all(re.fullmatch(r"\*|\d+", time) for time in times)
    assert not re.search(r"(?<!\\)%", command)
    subprocess.run(["sh", "-n", "-c", command.replace("\\%", "%")], check=True)


@pytest.mark.skipif(not which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path):
    for name in ("evcharge.service", "evcharge.timer"):
        unit = (RECIPES / name).read_text().replace("/srv/charging/bin/evcharge", sys.executable)
        (tmp_path / name).write_text(unit)
    verify = [
        "systemd-analyze",
        "verify",
        "--man=no",
        str(tmp_path / "evcharge.timer"),
        str(tmp_path / "evcharge.service"),
    ]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60)
    told = [line for line in done.stderr.splitlines() if "evcharge" in line]
    assert (done.returncode, told) == (0, []), done.stderr


def test_the_workflow_is_yaml_whose_steps_use_or_run_something():
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load((RECIPES / "github-actions.yml").read_text())
    steps = workflow["jobs"]["report"]["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    assert workflow[True]["schedule"] == [{"cron": "15 3 * * *"}]  # YAML 1.1 reads the key on as true


@pytest.mark.parametrize(
    ("package", "name", "made"),
    [
        ("airflow", "airflow_dag.py", lambda recipe: sorted(recipe.dag.task_ids) == ["load", "report"]),
        ("dagster", "dagster_assets.py", lambda recipe: recipe.defs.get_repository_def().has_job("__ASSET_JOB")),
        ("prefect", "prefect_flow.py", lambda recipe: recipe.charging_reliability.name == "charging-reliability"),
    ],
)
def test_a_scheduler_takes_its_recipe(package, name, made):
    if not importlib.util.find_spec(package):
        pytest.skip(f"{package} is not installed")
    spec = importlib.util.spec_from_file_location(name.removesuffix(".py"), RECIPES / name)
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    assert made(recipe)
