"""Airflow, 2 and 3: loads what is new every night, reports, and tells what changed.

The commands are the tasks, so the scheduler imports nothing of evcharge. The database and whom to tell come from
``EVCHARGE_DATABASE_URL`` and ``EVCHARGE_NOTIFY`` in the worker's environment, so no log of a task has them.
"""

from datetime import datetime, timedelta, timezone

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

FOLDER = "/srv/charging"

with DAG(
    "charging_reliability",
    schedule="15 3 * * *",
    start_date=datetime(2025, 1, 1, tzinfo=timezone.utc),
    catchup=False,  # a load takes whatever is new, so a night that was missed needs no run of its own
    max_active_runs=1,
    default_args={"cwd": FOLDER, "retries": 2, "retry_delay": timedelta(minutes=10)},
) as dag:
    load = BashOperator(
        task_id="load",
        bash_command="evcharge load --create-db --max-rejects 2% -q incoming",
    )
    report = BashOperator(
        task_id="report",
        bash_command="evcharge report --no-png --html report.html --since-report last --save --notify -q",
        skip_on_exit_code=4,  # no session yet is no failure
    )
    load >> report
