"""Pages whose `console` blocks are transcripts: run as they stand, in one shell for each page, and compared with what is shown.

What differs from run to run (times, process ids, names of hosts) is masked on both sides. With TRANSCRIPTS=write the
pages get the output of this run in place of being compared with it."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

from sidecar import clean_environment

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 60  # seconds for one command
END = "@@end of the command"

MASKS = [
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+\+00| UTC)", "TIME"),
    (r"\b\d+(\.\d+)? (ms|s|min|h)\b", "DURATION"),
    (r"(?<=process id )\d+|(?<=pid )\d+|(?<=pid     \| )\d+|(?<=pg_terminate_backend\()\d+", "PID"),
    (r"\b[0-9a-f]{16,64}\b", "ID"),
]


def masked(text):
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def blocks(page, language):
    """The text of each fenced block of that language, in the page's order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


def commands(block):
    """(command, the output that is shown) of a console block: `$ ` begins a command, `> ` goes on with it."""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif line.startswith("> ") and not found[-1][1]:
            found[-1][0] += line[2:]
        else:
            found[-1][1] += line
    return [tuple(pair) for pair in found]


class Shell:
    """One `sh` in a folder of its own; what a page calls `db:5432` and `/schema` are the test's server and folder."""

    def __init__(self, folder, port, environment):
        self.here = [("db:5432", f"127.0.0.1:{port}"), ("@db/", f"@127.0.0.1:{port}/"), ("/schema/", f"{folder}/schema/")]
        self.folder = folder
        self.process = subprocess.Popen(["sh"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, errors="replace", start_new_session=True, env={**clean_environment(), **environment})

    def run(self, command):
        for theirs, ours in self.here:
            command = command.replace(theirs, ours)
        self.process.stdin.write(f"{command.rstrip()}\n__code=$?; echo '{END}'; (exit $__code)\n")
        self.process.stdin.flush()
        guard = threading.Timer(LIMIT, self._kill)
        guard.start()
        output = ""
        try:
            for line in self.process.stdout:
                before, found, _ = line.partition(END)
                output += before
                if found:
                    return self._as_shown(output)
        finally:
            guard.cancel()
        raise AssertionError(f"the shell ended, or took longer than {LIMIT} s, at: {command}\n{output}")

    def _as_shown(self, output):
        for theirs, ours in self.here:
            output = output.replace(ours, theirs)
        return output.replace(str(self.folder), "/app").replace(os.uname().nodename, "orders-upgrade-7x2lp")

    def close(self):
        """Ends what the page left running, too."""
        self.process.stdin.close()
        self._kill()
        self.process.wait(timeout=LIMIT)
        self.process.stdout.close()

    def _kill(self):
        """The shell and all that it started: a command that hangs would hold the pipe that we read."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def play(page, shell):
    """(command, shown, seen) for each command that the page shows. On the way, in the page's order: a block of Python whose
    first line is `# PATH` becomes that file, and what stands in a comment as `<!-- $ COMMAND -->` is run unseen."""
    played = []
    for match in re.finditer(r"^```(\S+)\n(.*?)^```$|^<!-- \$ (.*?) -->$", page.read_text(), re.M | re.S):
        language, block, unseen = match.groups()
        if unseen:
            shell.run(unseen)
        elif language == "python" and block.startswith("# migrations/"):
            path, _, text = block.partition("\n")
            (shell.folder / path[2:]).write_text(text)
        elif language == "console":
            played += [(command, shown, shell.run(command)) for command, shown in commands(block)]
    return played


def rewrite(page, played):
    seen = iter(played)

    def fresh(match):
        if match.group(1) != "console":
            return match.group(0)
        lines = []
        for command, _ in commands(match.group(2)):
            first, *more = command.splitlines()
            lines += [f"$ {first}", *(f"> {line}" for line in more), *(line.rstrip() for line in next(seen)[2].splitlines() if line.strip())]
        return "```console\n" + "\n".join(lines) + "\n```"

    page.write_text(re.sub(r"^```(\S+)\n(.*?)^```$", fresh, page.read_text(), flags=re.M | re.S))


def project(folder):
    """The quickstart's Alembic project, in a folder as an image has it."""
    shutil.copytree(ROOT / "examples/quickstart/migrations", folder / "migrations")
    shutil.copy(ROOT / "examples/quickstart/alembic.ini", folder)
    (folder / "schema").mkdir()
