"""Export files in a bucket: what listing and reading many objects costs, and reading large ones beside a plain parallel download.

    bench/stores.py ETL [--objects 100000] [--megabytes 1000] [--latency 0.02] [--rate 125]

The bucket is a stand-in on this machine (bucket.py) in a process of its own, with the latency of a store in seconds and the rate of a network
in megabytes a second. The peer asks for the same objects in ranges of 4 MiB, 16 at once, and drops what it gets. Prints a table; needs
Python alone.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path

from bucket import Bucket

HEADER = "transaction_id,customer_id,timestamp,event_type,properties,environment_type\n"
CHUNK, AT_ONCE = 4 << 20, 16


def event(number, pad=""):
    day, second = 1 + number % 28, number % 86400
    at = f"2024-03-{day:02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f'e{number},c{number % 97},{at},api,"{{""tokens"":""{number % 1000}""{pad}}}",PRODUCTION\n'


def many(folder, objects):
    """Objects of one row, over 300 folders of a day each."""
    days = [folder / "events" / f"dt={date(2023, 6, 1) + timedelta(number)}" for number in range(300)]
    for day in days:
        day.mkdir(parents=True)
    for number in range(objects):
        day = days[number % 300]
        (day / f"{number}_20240401000000.csv").write_text(HEADER + event(number))


def large(folder, megabytes, size=64 << 20):
    """Files of 64 MiB, of rows whose properties are long."""
    (folder / "events" / "dt=2024-03-01").mkdir(parents=True)
    number = 0
    for part in range(max(1, (megabytes << 20) // size)):
        with open(folder / "events" / "dt=2024-03-01" / f"{part}_20240401000000.csv", "w") as out:
            written = out.write(HEADER)
            while written < size:
                rows = "".join(event(row, f',""note"":""{row * 2654435761 % 2**64:020x} {"x" * 900}""') for row in range(number, number + 1000))
                written += out.write(rows)
                number += 1000


def served(folder, latency, rate, pipe):
    async def forever():
        bucket = Bucket(folder, latency, rate)
        pipe.send(await bucket.serve())
        while True:
            while not pipe.poll():
                await asyncio.sleep(0.02)
            if pipe.recv() == "stop":
                return
            pipe.send((bucket.lists, bucket.gets, bucket.sent))
            bucket.lists = bucket.gets = bucket.sent = 0

    asyncio.run(forever())


def download(port, folder):
    """Seconds of a plain download of everything, in ranges."""
    wanted = queue.SimpleQueue()
    for path in folder.rglob("*.csv"):
        size = path.stat().st_size
        for start in range(0, size, CHUNK):
            wanted.put((f"/b/{path.relative_to(folder)}", start, min(start + CHUNK, size)))

    def work():
        line = http.client.HTTPConnection("127.0.0.1", port)
        buffer = bytearray(1 << 20)
        while True:
            try:
                key, start, end = wanted.get_nowait()
            except queue.Empty:
                return
            line.request("GET", key, headers={"Range": f"bytes={start}-{end - 1}"})
            answer = line.getresponse()
            while answer.readinto(buffer):
                pass

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def run(etl, project, port):
    """Seconds, peak memory in MiB and the summary of a run of normalize."""
    (project / "pipeline.toml").write_text(
        f'[paths]\nlanding = "s3://b"\n[store]\nendpoint = "http://127.0.0.1:{port}"\nregion = "us-east-1"\nretry_for = "60s"\n'
    )
    began = time.monotonic()
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    process = subprocess.Popen(
        [etl, "run", "--stage", "normalize", "--output", "json"], cwd=project, env=os.environ | keys, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = [], []
    readers = [threading.Thread(target=lambda end, into: into.append(end.read()), args=pair) for pair in ((process.stdout, output), (process.stderr, errors))]
    for reader in readers:
        reader.start()
    _, status, usage = os.wait4(process.pid, 0)
    for reader in readers:
        reader.join()
    assert status == 0, errors[0].decode()[-2000:]
    json.loads(output[0].splitlines()[-1])
    return time.monotonic() - began, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("etl")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--rate", type=float, default=125)
    asked = parser.parse_args()
    etl = str(Path(asked.etl).resolve())
    work = Path(tempfile.mkdtemp(prefix="stores-"))
    print(f"{asked.latency * 1000:.0f} ms to each answer, {asked.rate:.0f} MB/s in all")
    print("| what | s | CPU s | MiB | lists | gets | MB sent |\n|---|---|---|---|---|---|---|")
    try:
        for name, make, amount in (("objects of one row", many, asked.objects), ("MB in objects of 64 MiB", large, asked.megabytes)):
            if not amount:
                continue
            folder, project = work / make.__name__, work / f"{make.__name__}-project"
            folder.mkdir()
            project.mkdir()
            make(folder, amount)
            here, there = multiprocessing.Pipe()
            server = multiprocessing.Process(target=served, args=(str(folder), asked.latency, asked.rate * 1e6, there), daemon=True)
            server.start()
            port = here.recv()
            count = lambda: (here.send("count"), here.recv())[1]
            peer = None
            for turn in ("first run", "nothing new"):
                seconds, memory, cpu = run(etl, project, port)
                lists, gets, sent = count()
                print(f"| {amount} {name}, {turn} | {seconds:.1f} | {cpu:.1f} | {memory:.0f} | {lists} | {gets} | {sent / 1e6:.0f} |", flush=True)
                if turn == "first run" and make is large:
                    peer = download(port, folder)
                    count()
                    print(f"| the same, a plain download: {peer / seconds:.2f} of it | {peer:.1f} | | | | | |", flush=True)
            here.send("stop")
            server.join()
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
