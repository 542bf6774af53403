"""Prefect: loads what is new, reports, and tells what changed. ``python prefect_flow.py`` serves it every night.

The database and whom to tell come from ``EVCHARGE_DATABASE_URL`` and ``EVCHARGE_NOTIFY`` in the environment.
"""

import shlex
import subprocess

from prefect import flow, task

FOLDER = "/srv/charging"
NO_SESSIONS = 4


@task(retries=2, retry_delay_seconds=600)
def run(command: str) -> None:
    """Runs a command. One that was stopped or failed may be run again: nothing is loaded twice."""
    code = subprocess.run(shlex.split(command), cwd=FOLDER, check=False).returncode
    if code not in (0, NO_SESSIONS):
        raise RuntimeError(f"{command.split()[1]} ended with {code}")


@flow
def charging_reliability() -> None:
    """One night."""
    run("evcharge load --create-db --max-rejects 2% -q incoming")
    run("evcharge report --no-png --html report.html --since-report last --save --notify -q")


if __name__ == "__main__":
    charging_reliability.serve(cron="15 3 * * *")
