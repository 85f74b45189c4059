"""A DAG for Airflow 3 that runs `etl` each day: one task a stage, the logical date as the day the run is for.

Copy it into the DAG folder. What is different on your machines is told by three Airflow variables:

    etl_config    the settings file, such as /srv/etl/acme/pipeline.toml       [must be set]
    etl_binary    the program                                                  [etl, as PATH finds it]
    etl_schedule  when, as cron has it, UTC, known when the file is read: the variable AIRFLOW_VAR_ETL_SCHEDULE  [0 6 * * *]

The token of the API is the worker's: METRONOME_BEARER_TOKEN in its environment, or `token_file` in pipeline.toml.
"""

import json
import os
import signal
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

# What ended before it was done and is safe to run again: a temporary failure, and a signal that the program answered or, as
# when the machine has no memory left, could not. Nothing of such a run is visible.
AGAIN = {75, 130, 143}
# Long enough for a store to be told that the lake is free again.
SECONDS_TO_END = 30


class EtlStage(BaseOperator):
    """One stage of `etl run`. Its summary, a dictionary, is the task's XCom, also when the stage failed.

    Code 75 and signals are tried again, as often as the task's `retries` say; every other code needs a person, who finds what
    to do in the log, and fails the task for good.
    """

    template_fields = ("binary", "config", "date")

    def __init__(self, *, stage, binary, config, date, **common):
        super().__init__(task_id=stage, **common)
        self.stage = stage
        self.binary = binary
        self.config = config
        self.date = date
        self.process = None

    def execute(self, context):
        words = [self.binary, "run", "--stage", self.stage, "--config", self.config, "--date", self.date]
        words += ["--wait-lock", "10m", "--output", "json"]
        self.log.info("%s", " ".join(words))
        with tempfile.TemporaryFile("w+", encoding="utf-8") as results:
            self.process = subprocess.Popen(
                words, stdout=results, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
            )
            with self.process.stderr as lines:
                for line in lines:
                    self.log.info("%s", line.rstrip())
            code = self.process.wait()
            results.seek(0)
            summary = summary_of(results.read())
        if code == 0:
            return summary
        if summary is not None:
            context["ti"].xcom_push(key="return_value", value=summary)
        if code in AGAIN or code < 0:
            raise AirflowException(f"etl ended with {code}: safe to run again")
        raise AirflowFailException(f"etl ended with {code}: {(summary or {}).get('error') or 'see the log'}")

    def on_kill(self):
        """Asks the program to end, which takes it a moment: it ends with 143 and leaves nothing half-written."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def summary_of(results):
    """What the last line of standard output says, or none where the program ended before it had anything to say."""
    lines = results.strip().splitlines()
    return json.loads(lines[-1]) if lines else None


with DAG(
    "etl",
    description="Metronome billing data to the CSVs finance closes the month with",
    schedule=os.environ.get("AIRFLOW_VAR_ETL_SCHEDULE", "0 6 * * *"),
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    # A run reads all that was delivered since the last one: days that were missed need none of their own.
    catchup=False,
    # There is one writer to a lake.
    max_active_runs=1,
    default_args={
        "retries": 6,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2,
        "max_retry_delay": timedelta(minutes=30),
    },
) as dag:
    stages = [
        EtlStage(
            stage=stage,
            binary="{{ var.value.get('etl_binary', 'etl') }}",
            config="{{ var.value.etl_config }}",
            # A run that somebody starts by hand may have no logical date.
            date="{{ (dag_run.logical_date or dag_run.run_after) | ds }}",
        )
        for stage in ("extract", "normalize", "transform", "load")
    ]
    for earlier, later in zip(stages, stages[1:]):
        earlier >> later
