"""The DAG in a real Airflow: `airflow dags test` over the sample's project, and what each exit code comes to.

    airflow_dag.py BINARY DAGS

Prints a line for each case to standard error and ends with 1 where one failed. Standard output is what Airflow has to say.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

BINARY = Path(sys.argv[1]).resolve()
DAGS = Path(sys.argv[2]).resolve()
ROOT = DAGS.parent.parent
AIRFLOW = Path(sys.executable).parent / "airflow"
WORK = Path(tempfile.mkdtemp())
STAGES = ["extract", "normalize", "transform", "load"]
DATE = "2024-04-05"

os.environ.update(
    AIRFLOW_HOME=str(WORK / "airflow"),
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{WORK}/airflow.db",
    AIRFLOW_VAR_ETL_BINARY=str(BINARY),
    AIRFLOW_VAR_ETL_CONFIG=str(WORK / "project" / "pipeline.toml"),
)


def project():
    """The sample, as whoever tries it has it."""
    folder = WORK / "project"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copytree(ROOT / "landing", folder / "landing", ignore=shutil.ignore_patterns("api"))
    shutil.copy(ROOT / "pipeline.toml", folder)
    return folder


def airflow(*words):
    ended = subprocess.run([AIRFLOW, *words], text=True, capture_output=True, timeout=500)
    return ended.returncode, ended.stdout + ended.stderr


def states():
    """Of the newest run of the DAG: the state of each task, how often it was tried, and its summary."""
    script = """
import json
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
with create_session() as session:
    run = session.query(DagRun).filter_by(dag_id="etl").order_by(DagRun.id.desc()).first()
    told = {}
    for task in session.query(TaskInstance).filter_by(dag_id="etl", run_id=run.run_id):
        value = session.query(XComModel).filter_by(dag_id="etl", run_id=run.run_id, task_id=task.task_id, key="return_value").first()
        summary = XComModel.deserialize_value(value) if value else None
        told[task.task_id] = [str(task.state), task.try_number, summary]
    print("STATES " + json.dumps(told))
"""
    ended = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True)
    lines = [line for line in ended.stdout.splitlines() if line.startswith("STATES ")]
    assert lines, ended.stdout + ended.stderr
    return json.loads(lines[-1].removeprefix("STATES "))


def operator():
    """The module of the DAG, as Airflow imports it."""
    spec = importlib.util.spec_from_file_location("etl_dag", DAGS / "etl.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Instance:
    """What a task tells Airflow while it runs."""

    def __init__(self):
        self.told = {}

    def xcom_push(self, key, value):
        self.told[key] = value


def a_run_for_a_day_makes_its_artifacts_and_keeps_four_summaries():
    folder = project()
    code, said = airflow("dags", "test", "etl", DATE)
    assert code == 0, said
    told = states()
    assert sorted(told) == sorted(STAGES), told
    for stage in STAGES:
        state, _, summary = told[stage]
        assert state == "success", (stage, state, said)
        assert summary["exit_code"] == 0 and summary["stage"] == stage, summary
    assert said.count(f"--date {DATE} ") >= 4, said
    assert (folder / "artifacts" / "images_by_size.csv").exists()


def what_blocks_fails_the_run_at_once_and_its_summary_says_why():
    folder = project()
    with open(folder / "landing" / "egress" / "invoice.csv", "a", encoding="utf-8") as file:
        file.write("broken,row\n")
    _, said = airflow("dags", "test", "etl", "2024-04-06")
    told = states()
    failed = [stage for stage in STAGES if told[stage][0] == "failed"]
    assert len(failed) == 1, told
    state, tries, summary = told[failed[0]]
    assert tries <= 1, f"tried {tries} times"
    assert summary["exit_code"] == 3 and summary["error"], summary
    assert not (folder / "artifacts" / "manifest.json").exists()
    assert "etl ended with 3" in said


def only_what_is_safe_to_run_again_is_tried_again():
    module = operator()
    stand_in = WORK / "stand-in"
    for code in [1, 2, 3, 4, 5, 75, 130, 143, "KILL"]:
        end = "kill -KILL $$" if code == "KILL" else f"exit {code}"
        stand_in.write_text('#!/bin/sh\necho a line before\necho \'{"exit_code": 9, "error": "why"}\'\n' + end + "\n")
        stand_in.chmod(0o755)
        task = module.EtlStage(stage="load", binary=str(stand_in), config="none", date=DATE)
        instance = Instance()
        try:
            task.execute({"ti": instance})
        except module.AirflowFailException:
            again = False
        except module.AirflowException:
            again = True
        assert again == (code in [75, 130, 143, "KILL"]), code
        assert instance.told["return_value"]["error"] == "why", code
    for task in module.dag.tasks:
        assert task.retries > 0 and task.retry_exponential_backoff and task.max_retry_delay, task


def a_task_that_is_killed_ends_with_143_and_the_next_run_goes_on():
    module = operator()
    folder = project()
    words = {"binary": str(BINARY), "config": str(folder / "pipeline.toml"), "date": DATE}
    for seconds in (0.2, 1.0, 3.0):
        task = module.EtlStage(stage="extract", **words)
        raised = []

        def work():
            try:
                task.execute({"ti": Instance()})
            except Exception as error:
                raised.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        while task.process is None:
            time.sleep(0.01)
        time.sleep(seconds)
        task.on_kill()
        thread.join(60)
        assert task.process.returncode == 143, task.process.returncode
        assert isinstance(raised[0], module.AirflowException) and "143" in str(raised[0]), raised
    for stage in STAGES:
        assert module.EtlStage(stage=stage, **words).execute({"ti": Instance()})["exit_code"] == 0
    subprocess.run([BINARY, "verify", "--all", "-q", "--config", words["config"]], check=True)


def main():
    code, said = airflow("db", "migrate")
    assert code == 0, said
    failed = 0
    for case in [
        only_what_is_safe_to_run_again_is_tried_again,
        a_task_that_is_killed_ends_with_143_and_the_next_run_goes_on,
        a_run_for_a_day_makes_its_artifacts_and_keeps_four_summaries,
        what_blocks_fails_the_run_at_once_and_its_summary_says_why,
    ]:
        try:
            case()
            print(f"    ok    {case.__name__.replace('_', ' ')}", file=sys.stderr)
        except Exception as error:  # each case is told
            failed += 1
            print(f"    FAIL  {case.__name__.replace('_', ' ')}: {type(error).__name__} {error}"[-6000:], file=sys.stderr)
    shutil.rmtree(WORK, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
