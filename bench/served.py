"""The API of an account, answered by the simulator."""

import contextlib
import os
import subprocess

TOKEN = "a-token-of-the-benchmark"


@contextlib.contextmanager
def served(simulator, customers):
    """The URL at which an account of so many customers is answered, and the token in the environment that `etl` asks it with."""
    command = [simulator, "serve", "--customers", str(customers), "--token", TOKEN]
    os.environ["METRONOME_BEARER_TOKEN"] = TOKEN
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as account:
        try:
            yield account.stdout.readline().strip()
        finally:
            account.terminate()
