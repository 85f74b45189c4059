"""A lake, artifacts and closes in a bucket: as in folders of this machine, whoever reads or writes them and whatever goes wrong."""

import json
import os
import random
import signal
import time

import deltalake
from project import SECRET, Project


class Lakes:
    """Everything that is tried of lakes on S3; each method is a case, its docstring what it shows."""

    def __init__(self, cases, kills):
        self.cases, self.proxy, self.s3, self.kills = cases, cases.proxy, cases.s3, kills
        self.count = 0
        self.random = random.Random(20240331)

    def project(self, prefix, folder=None, whole=False, **store):
        """A project of which all places are in the bucket; of the same prefix and another folder: another machine."""
        self.count += 1
        store = {"endpoint": self.proxy.url, "region": "us-east-1", "lease": "3s"} | store
        environment = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET}
        places = {name: f"s3://lakes/{prefix}/{name}" for name in ("lake", "artifacts", "closes")}
        return Project(
            self.cases.binary, self.cases.work / (folder or f"lake{self.count}"), "s3://books/sample", store, environment, places, whole
        )

    def object(self, key):
        return self.s3.get_object(Bucket="lakes", Key=key)["Body"].read()

    def keys(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket="lakes", Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def artifacts(self, prefix, place="artifacts"):
        """The CSVs that latest.json names."""
        latest = json.loads(self.object(f"{prefix}/{place}/latest.json"))
        return {name: self.object(f"{prefix}/{place}/{latest['prefix']}/{name}") for name in latest["files"] if name.endswith(".csv")}

    def holds(self, prefix):
        """Asserts that the artifacts are those of a lake in a folder, and each row is there once."""
        self.cases.require_expected(self.artifacts(prefix))

    def runs(self, project, *words):
        code, said = project.run("run", *words)
        assert code == 0, said
        return said

    def all_places(self):
        """with lake, artifacts and closes in a bucket the bytes are those of folders, also of a close, and another machine goes on"""
        self.proxy.begin()
        one = self.project("whole", whole=True)
        self.runs(one)
        self.holds("whole")
        code, said = one.run("close", "2024-03")
        assert code == 0, said
        code, said = self.cases.local.run("close", "2024-03")
        assert code == 0, said
        packs = self.cases.local.folder / "closes" / "2024-03"
        assert self.artifacts("whole", "closes/2024-03") == {path.name: path.read_bytes() for path in packs.glob("*.csv")}
        other = self.project("whole", whole=True)
        assert "unchanged" in self.runs(other), "another machine makes something again"
        query = "select count(*) as n, count(distinct id) as ids, sum(cast(total as decimal(38, 18))) as total from egress.invoice"
        assert other.rows(query) == self.cases.local.rows(query)
        code, said = other.run("close", "2024-03")
        assert code == 0 and "the same bytes" in said, said
        code, said = other.run("reopen", "2024-03", "--reason", "tried")
        assert code == 0, said
        assert not [key for key in self.keys("whole/closes/2024-03/") if key.endswith("latest.json")]
        assert [key for key in self.keys("whole/closes/2024-03-reopened") if key.endswith("latest.json")]
        code, said = one.run("verify", "--all")
        assert code == 0, said
        code, said = one.run("compact", "--keep-days", "0")
        assert code == 0, said
        self.holds("whole")
        code, said = other.run("verify")
        assert code == 0, said

    def another_reader(self):
        """deltalake for Python opens every table with as many rows"""
        self.proxy.begin()
        project = self.project("read")
        self.runs(project)
        options = {
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.proxy.url, "AWS_ALLOW_HTTP": "true",
        }  # fmt: skip
        tables = sorted({key.split("/_delta_log/")[0].removeprefix("read/lake/") for key in self.keys("read/lake/") if "/_delta_log/" in key})
        assert len(tables) > 20, tables
        query = " union all ".join(f"select '{name}' as name, count(*) as n from {name.replace('/', '.')}" for name in tables if name.startswith(("egress/", "etl/")))
        ours = dict(line.split(",") for line in project.rows(query).splitlines()[1:])
        for name in tables:
            table = deltalake.DeltaTable(f"s3://lakes/read/lake/{name}", storage_options=options)
            rows = table.to_pyarrow_table().num_rows
            if name in ours:
                assert rows == int(ours[name]), (name, rows, ours[name])
        total = deltalake.DeltaTable("s3://lakes/read/lake/egress/invoice", storage_options=options).to_pyarrow_table()["total"]
        said = project.rows("select sum(total) as t from egress.invoice").splitlines()[1]
        assert sum(value for value in total.to_pylist() if value is not None) == __import__("decimal").Decimal(said), said

    def writes_whose_answers_are_lost(self):
        """of each first write the answer is lost, or says that it failed, and all of them count once"""
        for fault in ("reset", "done busy", "conflict"):
            prefix = f"lost {fault}".replace(" ", "-")
            # 409 is an answer to a write on a condition alone: of an entry of a log.
            def happens(order, method, path, *_, fault=fault):
                is_entry = method == "PUT" and "_delta_log" in path
                return fault if order == 0 and (is_entry or fault != "conflict" and method != "GET") else None

            self.proxy.begin(happens)
            project = self.project(prefix, retry_for="20s")
            self.runs(project)
            self.proxy.begin()
            self.holds(prefix)
            entries = [key for key in self.keys(f"{prefix}/lake/etl/runs/_delta_log/")]
            assert len(entries) == 2, entries
            assert "unchanged" in self.runs(self.project(prefix))
            code, said = project.run("verify")
            assert code == 0, said

    def a_store_that_throttles(self):
        """a store that refuses every request once is asked again"""
        self.proxy.begin(lambda order, *_: "busy" if order == 0 else None)
        self.runs(self.project("busy"))
        self.proxy.begin()
        self.holds("busy")

    def two_writers(self):
        """of two runs at once one writes; the other says who does, or waits for it"""
        self.proxy.begin()
        one, other = self.project("race"), self.project("race")
        begun = [each.begin("run") for each in (one, other)]
        ended = [(process.wait(), process.stdout.read()) for process in begun]
        assert sorted(code for code, _ in ended) == [0, 75], ended
        refusal = next(said for code, said in ended if code == 75)
        assert "is being written by another run: run " in refusal and " since 20" in refusal, refusal
        self.holds("race")
        begun = [each.begin("run", "--wait-lock", "2m", "--full-refresh") for each in (one, other)]
        ended = [(process.wait(), process.stdout.read()) for process in begun]
        assert [code for code, _ in ended] == [0, 0], ended
        self.holds("race")

    def a_writer_that_stands_still(self):
        """a run that stood still while another took the lake over commits nothing when it goes on"""
        self.proxy.begin()
        one, other = self.project("still"), self.project("still")
        process = one.begin("run")
        while not [key for key in self.keys("still/lake/egress/")]:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGSTOP)
        said = self.runs(other, "--wait-lock", "1m")
        before = self.keys("still/lake/")
        os.killpg(process.pid, signal.SIGCONT)
        code, late = process.wait(), process.stdout.read()
        assert code == 75 and "another took the lake over" in late, (code, late, said)
        assert [key for key in self.keys("still/lake/") if "_delta_log" in key] == [key for key in before if "_delta_log" in key]
        self.holds("still")
        assert "unchanged" in self.runs(other)

    def told_to_end(self):
        """a run that is told to end gives the lake back, and the next one need not wait"""
        self.proxy.begin()
        project = self.project("ended", lease="10m")
        for told, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = project.begin("run", "--full-refresh")
            while "_lease.json" not in "".join(self.keys("ended/lake/")) or json.loads(self.object("ended/lake/_lease.json"))["until"] is None:
                time.sleep(0.02)
            os.killpg(process.pid, told)
            assert process.wait() == code, process.stdout.read()
        self.runs(project)
        self.holds("ended")

    def killed_again_and_again(self):
        """a run that is killed at any moment leaves what the next one finishes, with the same bytes"""
        self.proxy.begin()
        project = self.project("killed")
        for place in range(self.kills):
            # Now and then from a machine that has no copies.
            project = self.project("killed") if place % 4 == 3 else project
            process = project.begin("run", "--wait-lock", "1m")
            time.sleep(self.random.uniform(0.1, 3.0) if place % 2 else self.random.uniform(0.1, 9.0))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.runs(project, "--wait-lock", "1m")
        self.holds("killed")
        code, said = self.project("killed").run("verify", "--all")
        assert code == 0, said
        query = "select count(*) as n, count(distinct id) as ids from egress.invoice"
        assert project.rows(query) == self.cases.local.rows(query)

    def stores_that_lie(self):
        """a store that overwrites where it is to create, or exchanges what was changed, is refused, and nothing is written to it"""
        for header in ("If-None-Match", "If-Match"):
            prefix = f"lies-{header.lower()}"
            self.proxy.begin(dropped=header)
            code, said = self.project(prefix).run("run")
            self.proxy.begin()
            assert code == 2 and "no store to keep a lake at" in said and header in said, (code, said)
            assert self.keys(f"{prefix}/lake/") == [], self.keys(prefix)

    def damage(self):
        """a file, an entry of a log or a byte that is gone or another is exit 5 and named"""
        self.proxy.begin()
        self.runs(self.project("hurt"))
        data = sorted(key for key in self.keys("hurt/lake/egress/invoice/") if key.endswith(".parquet"))[0]
        entry = "hurt/lake/egress/invoice/_delta_log/00000000000000000000.json"
        whole = {key: self.object(key) for key in (data, entry)}
        flipped = whole[data][:40] + bytes([whole[data][40] ^ 1]) + whole[data][41:]
        for key, body in ((data, None), (data, flipped), (data, whole[data][:-9]), (entry, None)):
            if body is None:
                self.s3.delete_object(Bucket="lakes", Key=key)
            else:
                self.s3.put_object(Bucket="lakes", Key=key, Body=body)
            fresh = self.project("hurt")
            name = data.rsplit("/", 1)[1] if key == data else "egress.invoice"
            for words in (("verify",), ("sql", "-c", "select sum(total) from egress.invoice"), ("run", "--full-refresh", "--stage", "transform")):
                code, said = fresh.run(*words)
                assert code == 5 and name in said, (words, code, said)
            self.s3.put_object(Bucket="lakes", Key=key, Body=whole[key])
        code, said = self.project("hurt").run("verify")
        assert code == 0, said

    def read_only(self):
        """who may read and not write can ask, and is told so where a run would write"""
        self.proxy.begin()
        self.runs(self.project("shown"))
        self.proxy.begin(lambda order, method, path, span: "denied" if method != "GET" and "/lakes/" in path else None)
        project = self.project("shown")
        assert project.rows("select count(*) as n from egress.invoice") == self.cases.local.rows("select count(*) as n from egress.invoice")
        code, said = project.run("run")
        assert code == 4 and "AccessDenied" in said, (code, said)
