"""What a command took: seconds of wall and CPU, peak memory; and what it left behind."""

import os
import sys
import time


def two_cores():
    """Two of the cores this process may use, or all where it has fewer."""
    return sorted(os.sched_getaffinity(0))[:2]


def timed(command, log):
    """Runs a command; seconds of wall, seconds of CPU, MiB of peak memory. Its output goes to a file."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, two_cores())
        os.environ["TOKIO_WORKER_THREADS"] = "2"
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(out, 1)
        os.dup2(out, 2)
        try:
            os.execv(command[0], command)
        except OSError as error:
            os.write(2, f"{command[0]}: {error}\n".encode())
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - started
    if status != 0:
        sys.exit(f"error: {os.path.basename(command[0])} ended with status {status}\n{log.read_text()[-4000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def size_of(folder):
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
