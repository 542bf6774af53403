"""A standalone Spark cluster of one master and two workers on this machine, started and stopped by process id."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WORKERS = 2
STARTS_IN_SECONDS = 120.0
HOST = "127.0.0.1"
ENVIRONMENT = {"SPARK_LOCAL_IP": HOST, "SPARK_DAEMON_MEMORY": "512m", "SPARK_NO_DAEMONIZE": "1"}


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind((HOST, 0))
        return int(tried.getsockname()[1])


@contextmanager
def cluster(folder: Path, spark_home: Path) -> Iterator[str]:
    """The URL of the master, once both workers have registered with it.

    Args:
        folder: for logs and what workers write.
        spark_home: the folder of the package pyspark, which has no scripts that would start a cluster.
    """
    environment = {**os.environ, **ENVIRONMENT, "SPARK_HOME": str(spark_home)}
    url = f"spark://{HOST}:{_free_port()}"
    logs = [folder / f"{name}.log" for name in ("master", *(f"worker-{number}" for number in range(WORKERS)))]
    address = ["--host", HOST, "--webui-port", "0"]
    master = ["org.apache.spark.deploy.master.Master", *address, "--port", url.rpartition(":")[2]]
    room = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / "work")]
    worker = ["org.apache.spark.deploy.worker.Worker", *address, "--port", "0", *room, url]

    processes: list[subprocess.Popen[bytes]] = []
    try:
        for log, words in zip(logs, (master, *[worker] * WORKERS), strict=True):
            # The script ends in exec, so that the process is Java itself.
            command = [str(spark_home / "bin" / "spark-class"), *words]
            with log.open("wb") as file:
                processes.append(subprocess.Popen(command, env=environment, stdout=file, stderr=file))
        _wait_for_workers(logs, processes)
        yield url
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=60)


def _wait_for_workers(logs: list[Path], processes: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + STARTS_IN_SECONDS
    while logs[0].read_text("utf-8", "replace").count("Registering worker") < WORKERS:
        ended = [log for log, process in zip(logs, processes, strict=True) if process.poll() is not None]
        if ended or time.monotonic() > until:
            told = "\n".join(log.read_text("utf-8", "replace")[-2_000:] for log in ended or logs)
            raise RuntimeError(f"the Spark cluster did not start:\n{told}")
        time.sleep(0.2)


@contextmanager
def session(master: str, zone: str = "UTC") -> Iterator[Any]:
    """A Spark session on the cluster, in a zone, with an executor on each worker."""
    from pyspark.sql import SparkSession

    os.environ.update(ENVIRONMENT)
    settings = {
        "spark.driver.host": HOST,
        "spark.driver.bindAddress": HOST,
        "spark.driver.memory": "1g",
        "spark.executor.memory": "512m",
        "spark.executor.cores": "1",
        "spark.cores.max": str(WORKERS),
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.session.timeZone": zone,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.scheduler.maxRegisteredResourcesWaitingTime": "60s",
    }
    builder = SparkSession.builder.master(master).appName("evcharge")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def executors(spark: Any) -> int:
    """How many executors the session has, beside the driver."""
    return int(spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size()) - 1
