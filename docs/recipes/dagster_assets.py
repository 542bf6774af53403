"""Dagster: the star and the report as two assets, made every night.

The database and whom to tell come from ``EVCHARGE_DATABASE_URL`` and ``EVCHARGE_NOTIFY`` in the environment.
"""

import json
import shlex
import subprocess
from pathlib import Path

import dagster

FOLDER = Path("/srv/charging")
NO_SESSIONS = 4


def run(command: str) -> int:
    """Runs a command; what it prints is in the log of the run. A failure is one of the asset."""
    code = subprocess.run(shlex.split(command), cwd=FOLDER, check=False).returncode
    if code not in (0, NO_SESSIONS):
        raise dagster.Failure(f"{command.split()[1]} ended with {code}")
    return code


@dagster.asset
def charging_star() -> None:
    """The sessions of all files so far."""
    run("evcharge load --create-db --max-rejects 2% -q incoming")


@dagster.asset(deps=[charging_star])
def charging_reliability() -> dagster.MaterializeResult:
    """What the report says of the network, and how many stations need attention."""
    options = "--no-png --html report.html --json report.json --since-report last --save --notify -q"
    if run(f"evcharge report {options}") == NO_SESSIONS:
        return dagster.MaterializeResult()
    document = json.loads((FOLDER / "report.json").read_text())
    figures = {name: document["network"][name] for name in ("success_ratio", "attempts", "verdict")}
    return dagster.MaterializeResult(metadata={**figures, "need_attention": document["attention"]["stations"]})


nightly = dagster.ScheduleDefinition("charging_reliability_nightly", target="*", cron_schedule="15 3 * * *")
defs = dagster.Definitions(assets=[charging_star, charging_reliability], schedules=[nightly])
