"""What the conformance tests ask of a migration tool: to be fetched once, and to make projects that migrate databases."""
import abc
import copy
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

FETCH_LIMIT = 900  # seconds
RUN_LIMIT = 60     # seconds


def cache_folder():
    """Where fetched tools stay between runs: a folder of the user's own."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "schemalatch-conformance"


def run_client(*words, **options):
    """Runs a registry's own client, which knows by its own configuration where the registry is."""
    options.setdefault("timeout", FETCH_LIMIT)
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", **options)
    if done.returncode != 0:
        raise SystemExit(f"error: {' '.join(map(str, words[:3]))} ... ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


class Run:
    """One run of the tool that has ended."""

    def __init__(self, done):
        self.done = done
        self.said = done.stdout

    def worked(self):
        assert self.done.returncode == 0, self.said
        return self

    def failed(self, phrase):
        """For the reason that was meant, and no other."""
        assert self.done.returncode != 0, self.said
        assert phrase in self.said, self.said
        return self


class Tool(abc.ABC):
    name = ""     # as schemalatch calls it
    version = ""  # the exact one
    knows_ancestry_of_a_database = True  # False: a database alone does not tell what its versions build upon
    keeps_failures = False               # True: a migration that failed is seen in the bookkeeping, whatever was rolled back
    goes_down = True                     # False: what was applied stays

    def __init__(self, cache):
        self.home = cache / f"{self.name}-{self.version}-{hashlib.sha256(self.recipe().encode()).hexdigest()[:8]}"

    @abc.abstractmethod
    def recipe(self):
        """Whatever the fetched files depend on: another recipe is fetched anew."""

    def fetch(self):
        """Whole or not at all. Returns whether there was anything to do."""
        if self.home.exists():
            return False
        self.home.parent.mkdir(parents=True, exist_ok=True)
        making = pathlib.Path(tempfile.mkdtemp(prefix=".making.", dir=self.home.parent))
        try:
            self.make(making)
            making.chmod(0o755)
            making.rename(self.home)
        except OSError:
            if not self.home.exists():  # else another run was quicker
                raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return True

    @abc.abstractmethod
    def make(self, home):
        """Installs the tool into the folder, which will be renamed."""

    @abc.abstractmethod
    def project(self, folder):
        """A new project without migrations."""


class Project(abc.ABC):
    """Migrations of one application. They are numbered by the tests, 1, 2, ...; what the tool calls them is id()."""

    def __init__(self, tool, folder):
        self.tool = tool
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)

    def add(self, step, up=None, down=None, **place):
        """A new migration. `up` and `down` are lists of statements; left out, a table is made and dropped."""
        self.create(step, **place)
        self.fill(step, up, down)

    def copy(self, folder):
        """The same project in a folder that is not there yet."""
        twin = copy.copy(self)
        twin.folder = pathlib.Path(folder)
        shutil.copytree(self.folder, twin.folder)
        return twin

    @abc.abstractmethod
    def create(self, step):
        """An empty migration, by the tool's own command where it has one."""

    @abc.abstractmethod
    def fill(self, step, up=None, down=None):
        """Gives an existing migration these statements and no others."""

    @abc.abstractmethod
    def id(self, step):
        """What schemalatch calls the migration."""

    @abc.abstractmethod
    def image(self, folder, *steps):
        """What an image carries built when there were these migrations, in a folder: the words behind `bake --from`."""

    @abc.abstractmethod
    def lines(self, *steps):
        """The same as a list for `bake --from -`."""

    @abc.abstractmethod
    def up(self, url, step=None):
        """Runs the tool up to this migration, or as far as it goes."""

    @abc.abstractmethod
    def down(self, url, step):
        """Runs the tool down to this migration; 0 takes back all."""

    def run(self, *words, env=None, cwd=None):
        return Run(subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, errors="replace", timeout=RUN_LIMIT, cwd=cwd or self.folder,
                                  env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}))

    def step_of(self, id, steps=range(1, 10)):
        """The number of what schemalatch calls so, or the name itself where it is none of ours."""
        return next((str(step) for step in steps if self.id(step) == id), id)


def make_table(step):
    return [f"CREATE TABLE step_{step} (id INTEGER)"]


def drop_table(step):
    return [f"DROP TABLE step_{step}"]


BROKEN_PHRASE = "nowhere"


def fail_half_way(step):
    """Does some of its work, then what no database lets pass."""
    return [*make_table(step), f"INSERT INTO {BROKEN_PHRASE} VALUES (1)"]
