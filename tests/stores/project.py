"""A project in a folder of its own, and the binary run in it."""

import json
import os
import subprocess

SECRET = "a-secret-of-the-test"
# The reports of a project that need not have all of them: each is some files more, and some requests.
FEW = ("balance_rollforward", "invoice_status", "journal_entries", "revenue_schedule")


class Project:
    """A project of its own, with export files at this URL, other places where they are said, and few reports or all."""

    def __init__(self, binary, folder, url, store, environment, places=None, whole=False):
        folder.mkdir(parents=True)
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in store.items())
        others = "".join(f"{key} = {json.dumps(value)}\n" for key, value in (places or {}).items())
        settings = f'source = ["egress"]\n[paths]\nlanding = "{url}"\n{others}[store]\n{lines}'
        (folder / "pipeline.toml").write_text(settings)
        self.binary, self.folder = binary, folder
        self.environment = environment | ({} if whole else {"ETL_REPORT": ",".join(FEW)})

    def begin(self, *words):
        """The process, in a group of its own; what it says is its standard output."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AZURE_", "GOOGLE_"))}
        environment |= self.environment | {"HOME": str(self.folder)}
        return subprocess.Popen(
            [self.binary, *words], cwd=self.folder, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *words):
        """Exit code and all that was said."""
        process = self.begin(*words)
        said, _ = process.communicate()
        assert SECRET not in said, "the secret was said"
        return process.returncode, said

    def rows(self, query):
        code, said = self.run("sql", "--format", "csv", "-q", "-c", query)
        assert code == 0, said
        return said

    def artifacts(self):
        return {path.name: path.read_bytes() for path in sorted((self.folder / "artifacts").glob("*.csv"))}
