"""What a bucket costs: many small delivered objects, and large ones beside a plain parallel download of the same.

    stores.py --etl BINARY [--objects 100000] [--mebibytes 1000]

Needs what tests/stores/requirements.txt names; the store is moto, on this machine and in this process, so that of a real store the times are
others and the numbers of requests the same. Prints a table in Markdown; wrong figures are exit 1.
"""

import argparse
import logging
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "stores"))

import boto3
from botocore.config import Config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer
from project import SECRET, Project
from proxy import Proxy

BUCKET = "delivered"
CUSTOMER = "id,name,ingest_aliases,salesforce_account_id,billing_provider_type,billing_provider_customer_id,updated_at,environment_type\n"
EVENT = "transaction_id,customer_id,timestamp,event_type,properties,environment_type\n"
PIECE = 4 << 20


class Bench:
    def __init__(self, etl, work):
        self.etl, self.work = etl, Path(work)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        self.port = self.server.get_host_and_port()[1]
        self.proxy = Proxy(self.port)
        self.client().create_bucket(Bucket=BUCKET)
        # Past the server: it would take minutes.
        self.backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]

    def client(self):
        return boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self.port}", aws_access_key_id="key", aws_secret_access_key=SECRET,
            region_name="us-east-1", config=Config(max_pool_connections=32),
        )  # fmt: skip

    def put(self, key, body):
        self.backend.put_object(BUCKET, key, body)

    def project(self, prefix, counted=False):
        url = self.proxy.url if counted else f"http://127.0.0.1:{self.port}"
        environment = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET}
        folder = self.work / f"{prefix}-{'counted' if counted else 'timed'}"
        return Project(self.etl, folder, f"s3://{BUCKET}/{prefix}", {"endpoint": url, "region": "us-east-1"}, environment)

    def timed(self, project, what, rows):
        """Runs, and prints seconds, the peak of memory, and requests where they are counted."""
        self.proxy.begin()
        begun = time.monotonic()
        process = project.begin("run", "--stage", "normalize")
        peak = 0
        while process.poll() is None:
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
            except OSError:
                pass
            time.sleep(0.05)
        seconds = time.monotonic() - begun
        said = process.stdout.read()
        assert process.returncode == 0, said[-2000:]
        found = int(project.rows("select count(*) as n from egress." + ("events" if "large" in project.folder.name else "customer")).split()[1])
        assert found == rows, (found, rows)
        requests = len(self.proxy.asked) or ""
        print(f"| {what} | {seconds:.2f} | {peak >> 10} | {requests} |", flush=True)
        return seconds

    def many(self, count):
        """Small objects of many days: the first run, nothing new, a day more."""
        first = date(2020, 1, 1)

        def deliver(number):
            day = first + timedelta(number * 1800 // count)
            row = f"{number},Customer {number},,,,,{day}T00:00:00Z,PRODUCTION\n"
            self.put(f"many/customer/dt={day}/{number}_{day:%Y%m%d}000000.csv", (CUSTOMER + row).encode())

        for number in range(count):
            deliver(number)
        project = self.project("many", counted=True)
        self.timed(project, f"{count:,} objects of 150 bytes, first run", count)
        self.timed(project, "the same, nothing new", count)
        for number in range(count, count + 5):
            deliver(number)
        self.timed(project, "5 objects more", count + 5)

    def large(self, mebibytes):
        """Events in objects of 64 MiB: the download alone, as often as a run beside it, in turns."""
        rows, size, parts, chance = 0, 0, [], random.Random(8)
        while size < mebibytes << 20:
            lines = [EVENT]
            for _ in range((64 << 20) // 290):
                rows += 1
                moment = f"2024-03-{1 + rows % 28:02} {rows % 24}:00:00"
                lines.append(f"event-{rows:012},customer-{rows % 100},{moment},images,\"{{\"\"num\"\":{chance.getrandbits(500)}}}\",PRODUCTION\n")
            body = "".join(lines).encode()
            parts.append((f"large/events/dt=2024-04-01/{len(parts)}_20240401000000.csv", len(body)))
            self.put(parts[-1][0], body)
            size += len(body)
        pieces = [(key, start, min(start + PIECE, length) - 1) for key, length in parts for start in range(0, length, PIECE)]
        client = self.client()

        def fetch(piece):
            key, start, end = piece
            return len(client.get_object(Bucket=BUCKET, Key=key, Range=f"bytes={start}-{end}")["Body"].read())

        for _ in range(3):
            begun = time.monotonic()
            with ThreadPoolExecutor(16) as pool:
                assert sum(pool.map(fetch, pieces)) == size
            plain = time.monotonic() - begun
            print(f"| {size >> 20:,} MiB by 16 requests at once, thrown away | {plain:.2f} | | {len(pieces)} |", flush=True)
            project = self.project("large")
            self.timed(project, f"the same by `etl run --stage normalize`: {rows:,} events typed, keyed and written", rows)
            subprocess.run(["rm", "-rf", str(project.folder)], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--etl", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--mebibytes", type=int, default=1000)
    arguments = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(arguments.etl, work)
        print("| | wall s | peak MiB | requests |\n| --- | ---: | ---: | ---: |")
        if arguments.objects:
            bench.many(arguments.objects)
        if arguments.mebibytes:
            bench.large(arguments.mebibytes)
        bench.server.stop()


if __name__ == "__main__":
    main()
