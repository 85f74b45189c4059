"""Buckets: the same figures as of folders of this machine, whatever goes wrong on the way, or a refusal in words.

    main.py BINARY [--azurite PROGRAM] [--kills N] [--only WORDS]

Prints a line for each case and a last one, `N passed, M failed`; exits with 1 where one failed.
"""

import argparse
import contextlib
import gzip
import json
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from inspect import signature
from pathlib import Path

import boto3
import duckdb
from lake import Lakes
from moto.server import ThreadedMotoServer
from project import FEW, SECRET, Project
from proxy import Proxy

REPOSITORY = Path(__file__).resolve().parents[2]


class Cases:
    """Everything that is tried on S3; each method is a case, its docstring what it shows."""

    def __init__(self, binary, work, proxy, s3):
        self.binary, self.work, self.proxy, self.s3 = binary, work, proxy, s3
        self.count = 0
        for bucket in ("books", "busy", "lakes"):
            s3.create_bucket(Bucket=bucket)
        self.sample = REPOSITORY / "landing" / "egress"
        for path in sorted(self.sample.rglob("*")):
            if path.is_file():
                self.put(f"sample/egress/{path.relative_to(self.sample)}", path.read_bytes())
        self.local = Project(binary, work / "local", REPOSITORY / "landing", {}, {}, whole=True)
        code, said = self.local.run("run", "--source", "egress")
        assert code == 0, said
        self.expected = self.local.artifacts()
        assert len(self.expected) > 15, self.expected.keys()

    def put(self, key, body, bucket="books"):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def require_expected(self, found):
        """Asserts that these CSVs, few or all, are those of files of this machine."""
        assert len(found) in (len(FEW), len(self.expected)), found.keys()
        assert found == {name: self.expected[name] for name in found}, "other bytes than of files of this machine"

    def project(self, prefix, bucket="books", secret=SECRET, whole=False, **store):
        self.count += 1
        store = {"endpoint": self.proxy.url, "region": "us-east-1"} | store
        environment = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secret} if secret else {}
        return Project(self.binary, self.work / f"p{self.count}", f"s3://{bucket}/{prefix}", store, environment, whole=whole)

    def reads_the_sample(self, fault=None, **store):
        self.proxy.begin(fault)
        project = self.project("sample", **store)
        code, said = project.run("run")
        assert code == 0, said
        self.require_expected(project.artifacts())
        return project, said

    def same_bytes(self):
        """the sample in a bucket makes the same CSVs, and a second run has nothing to do"""
        project, said = self.reads_the_sample(whole=True)
        assert project.artifacts().keys() == self.expected.keys()
        assert "SAMPLE DATA" in said, said
        code, said = project.run("run")
        assert code == 0 and "unchanged" in said, said

    def a_file_more(self):
        """of own files, a second run asks for lists alone, and a file more is the only one opened"""
        header = "id,name,ingest_aliases,salesforce_account_id,billing_provider_type,billing_provider_customer_id,updated_at,environment_type\n"
        row = "{0},Customer {0},,,,,2024-03-0{0}T00:00:00Z,PRODUCTION\n"
        self.put("own/customer/dt=2024-03-01/1_20240301000000.csv", (header + row.format(1)).encode())
        self.put("own/customer/dt=2024-03-01/2_20240301000000.csv.gz", gzip.compress((header + row.format(2)).encode()))
        # As consoles show a folder.
        self.put("own/customer/", b"")
        project = self.project("own")
        self.proxy.begin()
        code, said = project.run("run", "--stage", "normalize")
        assert code == 0, said
        self.proxy.begin()
        code, said = project.run("run", "--stage", "normalize")
        assert code == 0 and self.proxy.opened() == [], (said, self.proxy.asked)
        self.put("own/customer/dt=2024-03-02/1_20240302000000.csv", (header + row.format(3)).encode())
        self.proxy.begin()
        code, said = project.run("run", "--stage", "normalize")
        assert code == 0 and self.proxy.opened() == ["1_20240302000000.csv"], (said, self.proxy.asked)
        assert project.rows("select id from egress.customer order by id") == "id\n1\n2\n3\n"

    def parquet_by_ranges(self):
        """a large Parquet file and a small one are read by ranges, exactly"""
        path = self.work / "events.parquet"
        duckdb.sql(
            "copy (select 'e' || i as transaction_id, 'c' || (i % 7) as customer_id, timestamp '2024-03-01' + interval (i) second"
            " as timestamp, 'api' as event_type, '{\"amount\":' || hash(i) || ',\"note\":\"' || md5(i::varchar) || '\"}' as properties"
            f" from range(300000) t(i)) to '{path}' (format parquet, row_group_size 50000)"
        )
        assert path.stat().st_size > 12 << 20, path.stat().st_size
        self.put("large/events/dt=2024-03-01/1_20240301000000.parquet", path.read_bytes())
        duckdb.sql(f"copy (select * from '{path}' limit 10) to '{self.work}/few.parquet' (format parquet)")
        self.put("large/events/dt=2024-03-02/1_20240302000000.parquet", (self.work / "few.parquet").read_bytes())
        local = Project(self.binary, self.work / "events", self.work / "landing", {}, {})
        folder = self.work / "landing" / "events"
        folder.mkdir(parents=True)
        path.rename(folder / "1_20240301000000.parquet")
        query = "select count(*), min(properties), max(properties), count(distinct properties) from egress.events"
        project = self.project("large")
        self.proxy.begin(lambda order, method, path, span: "reset" if order == 0 and "/large/" in path and method == "GET" and span else None)
        for one in (local, project):
            code, said = one.run("run", "--stage", "normalize")
            assert code == 0, said
        assert project.rows(query) == local.rows(query) and "300000" in project.rows(query)

    def a_store_that_throttles(self):
        """a store that refuses every request once is asked again"""
        self.reads_the_sample(lambda order, *_: "busy" if order == 0 else None)

    def answers_that_break_off(self):
        """an answer that breaks off half-way is read to its end"""
        self.reads_the_sample(lambda order, method, path, span: "reset" if order == 0 and span else None)

    def a_slow_store(self):
        """a slow store is waited for"""
        self.reads_the_sample(lambda *_: 0.05)

    def one_request_at_a_time(self):
        """with one request at a time the figures are the same"""
        self.reads_the_sample(requests=1)

    def a_store_that_never_answers(self):
        """a store that is busy for too long is exit 75, and nothing is half done"""
        project = self.project("sample", retry_for="2s")
        self.proxy.begin(lambda order, method, path, span: "busy" if "list-type" not in path else None)
        code, said = project.run("run")
        assert code == 75 and "SlowDown" in said and not (project.folder / "artifacts").exists(), (code, said)
        self.proxy.begin()
        code, said = project.run("run")
        assert code == 0, said
        self.require_expected(project.artifacts())

    def no_right_to_read(self):
        """without the right to read it is exit 4, and the answer's words are said"""
        project = self.project("sample")
        self.proxy.begin(lambda order, method, path, span: "denied" if "list-type" not in path else None)
        code, said = project.run("run")
        assert code == 4 and "the least that suffices" in said, (code, said)

    def written_anew_meanwhile(self):
        """an object that is written anew between listing and reading is exit 75, and whole the next time"""
        header = "id,name,ingest_aliases,salesforce_account_id,billing_provider_type,billing_provider_customer_id,updated_at,environment_type\n"
        key = "anew/customer.csv"
        self.put(key, (header + "1,Before,,,,,2024-03-01T00:00:00Z,PRODUCTION\n").encode())
        write = lambda: self.put(key, (header + "1,After,,,,,2024-03-02T00:00:00Z,PRODUCTION\n").encode())
        project = self.project("anew")
        self.proxy.begin(lambda order, method, path, span: write if order == 0 and span else None)
        code, said = project.run("run", "--stage", "normalize")
        assert code == 75 and "written anew" in said, (code, said)
        self.proxy.begin()
        code, said = project.run("run", "--stage", "normalize")
        assert code == 0 and project.rows("select name from egress.customer") == "name\nAfter\n", said

    def wrong_names(self):
        """a bucket or prefix that is not there, and an address that may not be, are exit 2"""
        self.proxy.begin()
        code, said = self.project("sample", bucket="nobody").run("run")
        assert code == 2 and "NoSuchBucket" in said, (code, said)
        code, said = self.project("smaple").run("run")
        assert code == 2 and "nothing is delivered" in said, (code, said)
        code, said = self.project("sample", endpoint="http://store.example.com").run("run")
        assert code == 2 and "begins with `https://`" in said, (code, said)

    def keys_of_a_profile(self):
        """keys are found in the files of the AWS command line"""
        self.proxy.begin()
        project = self.project("sample", secret=None)
        (project.folder / ".aws").mkdir()
        (project.folder / ".aws" / "credentials").write_text(
            f"[default]\naws_access_key_id = key\naws_secret_access_key = {SECRET}\n"
        )
        code, said = project.run("run", "--stage", "normalize", "-vv")
        assert code == 0, said
        project.environment = {"AWS_PROFILE": "nobody"}
        code, said = project.run("run")
        assert code == 2 and "`nobody` holds no keys" in said, (code, said)

    def a_lake_of_another_bucket(self):
        """files of another bucket do not go into the lake of one"""
        self.proxy.begin()
        project, _ = self.reads_the_sample()
        code, said = project.run("run", "--landing", "s3://books/own")
        assert code == 2, (code, said)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def azure(program, work):
    """A client of azurite, started for this, and the address and key it has."""
    from azure.storage.blob import BlobServiceClient

    port = free_port()
    words = ["--silent", "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(work / "azurite"), "--skipApiVersionCheck", "--disableTelemetry"]
    with subprocess.Popen([program, *words], stdout=subprocess.DEVNULL) as server:
        try:
            # The account that azurite has whatever is said, known to everybody.
            account, key = "devstoreaccount1", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
            url = f"http://127.0.0.1:{port}/{account}"
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield BlobServiceClient(url, credential=key), url, {"AZURE_STORAGE_ACCOUNT_NAME": account, "AZURE_STORAGE_ACCOUNT_KEY": key}
        finally:
            server.terminate()


def on_azure(cases, program, work):
    with azure(program, work) as (client, url, environment):
        container = client.create_container("books")
        for path in sorted(cases.sample.rglob("*")):
            if path.is_file():
                container.upload_blob(f"sample/{path.relative_to(cases.sample)}", path.read_bytes())
        places = {name: f"az://books/ours/{name}" for name in ("lake", "artifacts", "closes")}
        project = Project(cases.binary, work / "azure", "az://books/sample", {"endpoint": url}, environment, places)
        code, said = project.run("run")
        assert code == 0, said
        latest = json.loads(container.download_blob("ours/artifacts/latest.json").readall())
        names = [name for name in latest["files"] if name.endswith(".csv")]
        found = {name: container.download_blob(f"ours/artifacts/{latest['prefix']}/{name}").readall() for name in names}
        cases.require_expected(found)
        code, said = Project(cases.binary, work / "azure1", "az://books/sample", {"endpoint": url}, environment, places).run("run")
        assert code == 0 and "unchanged" in said, said
        code, said = project.run("verify")
        assert code == 0, said
        code, said = Project(cases.binary, work / "azure2", "az://nobody/sample", {"endpoint": url}, environment).run("run")
        assert code == 2, (code, said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=lambda text: Path(text).resolve())
    parser.add_argument("--azurite")
    parser.add_argument("--kills", type=int, default=5, help="how often a run on a bucket is killed")
    parser.add_argument("--only", default="", help="cases whose description has these words in it")
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    failed = passed = 0
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        proxy = Proxy(port)
        s3 = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="key", aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        cases = Cases(arguments.binary, work, proxy, s3)
        tried = [
            (method.__doc__, getattr(of, name))
            for of in (cases, Lakes(cases, arguments.kills))
            for name, method in vars(type(of)).items()
            if callable(method) and method.__doc__ and len(signature(method).parameters) == 1
        ]
        if arguments.azurite:
            tried.append(("on Azure the sample makes the same CSVs, with a lake and artifacts there", lambda: on_azure(cases, arguments.azurite, work)))
        else:
            print("left out: Azure, as there is no npm")
        for words, case in tried:
            if arguments.only not in words:
                continue
            began = time.monotonic()
            try:
                case()
                passed += 1
                print(f"ok  {words} ({time.monotonic() - began:.0f} s)", flush=True)
            except Exception as fault:  # noqa: BLE001
                failed += 1
                print(f"FAIL  {words}\n      {type(fault).__name__}: {fault}", flush=True)
    server.stop()
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0 or passed == 0)


if __name__ == "__main__":
    sys.exit(main())
