"""What a command took: seconds of wall and CPU, peak memory; what it left behind; and all of that as a table."""

import os
import pathlib
import shutil
import statistics
import sys
import time


def two_cores():
    """Two of the cores this process may use, or all where it has fewer."""
    return sorted(os.sched_getaffinity(0))[:2]


def timed(command, log, output=None):
    """Runs a command; seconds of wall, seconds of CPU, MiB of peak memory. What it writes goes to a file, its standard output to
    another where one is named."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, two_cores())
        os.environ["TOKIO_WORKER_THREADS"] = "2"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        errors = os.open(log, flags, 0o644)
        os.dup2(errors if output is None else os.open(output, flags, 0o644), 1)
        os.dup2(errors, 2)
        try:
            os.execv(command[0], command)
        except OSError as error:
            os.write(2, f"{command[0]}: {error}\n".encode())
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - started
    if status != 0:
        code = os.waitstatus_to_exitcode(status)
        sys.exit(f"error: {' '.join(command)} ended with {code}\n{pathlib.Path(log).read_text(encoding='utf-8')[-4000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def size_of(folder):
    """MB of all files below a folder, and how many they are; nothing of one that is not there."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(sizes) / 1e6, len(sizes)


def emptied(folder):
    """A folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def medians(runs):
    """The median of each column of what runs took."""
    return [statistics.median(column) for column in zip(*runs)]


HEAD = ["| | wall s | CPU s | peak MiB | lake MB | files |", "| --- | ---: | ---: | ---: | ---: | ---: |"]


def row(name, figures):
    """A line below `HEAD`; of what leaves nothing behind the last two cells are empty."""
    wall, cpu, peak, *left = figures
    megabytes, files = (f"{left[0]:,.1f}", f"{left[1]:,.0f}") if left else ("", "")
    return f"| {name} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} | {megabytes} | {files} |"
