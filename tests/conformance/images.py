"""Images of a project's different times, baked in each way that there is, and what schemalatch says for them of a database."""
import itertools
import json

# The contract's table: what `check` exits with.
EXIT_CODES = {"satisfied": 0, "behind": 1, "unmigrated": 3, "dirty": 4, "unreachable": 5, "denied": 6, "unknown": 12, "diverged": 12,
              "blocked": 13, "unreadable": 14, "ambiguous": 14}


class Judge:
    def __init__(self, schemalatch, tool, folder):
        self.schemalatch = schemalatch
        self.tool = tool
        self.folder = folder
        self._names = itertools.count(1)

    # ---- Ways to bake ----

    def bake_files(self, project, *steps):
        return self.bake_folders(*project.image(self.folder / f"image_{next(self._names)}", *steps))

    def bake_folders(self, *words):
        return self._bake("--from", *words)

    def bake_list(self, project, *steps):
        return self.bake_lines(project.lines(*steps))

    def bake_lines(self, lines):
        return self._bake("--from", "-", input="".join(f"{line}\n" for line in lines))

    def bake_database(self, url):
        return self._bake("--from-database", "--url", url)

    def _bake(self, *words, **options):
        output = self.folder / f"required_{next(self._names)}.json"
        result = self.schemalatch.run("bake", "--tool", self.tool.name, *words, "--output", output, **options)
        assert result.code == 0, result.err
        return f"@{output}"

    # ---- What is said ----

    def verdict(self, project, url, require):
        """In words: the state, whether it is assumed, what is missing and what failed, by the tests' own numbers."""
        status = json.loads(self.schemalatch.run("status", "--json", "--url", url, "--require", require).out)["dependencies"][0]
        check = self.schemalatch.run("check", "--url", url, "--require", require)
        assert check.code == EXIT_CODES[status["state"]], (check.code, check.out, status)
        words = [status["state"] + (" (assumed)" if status["assumed"] else "")]
        words += [" ".join([label, *map(project.step_of, status[label])]) for label in ("missing", "failed") if status[label]]
        return ", ".join(words)

    def reason(self, url, require):
        return self.schemalatch.run("check", "--url", url, "--require", require).out
