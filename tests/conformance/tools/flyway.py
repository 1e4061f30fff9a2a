"""Flyway's community edition: its library, started by a launcher of ours."""
import pathlib
import shutil
import urllib.parse

from tools.tool import Project, Tool, make_table, run_client

LAUNCHER = pathlib.Path(__file__).parent / "flyway_launcher"


class Flyway(Tool):
    name = "flyway"
    version = "13.12.1"
    goes_down = False  # undo belongs to the paid editions

    def recipe(self):
        return "".join(file.read_text() for file in sorted(LAUNCHER.iterdir()))

    def make(self, home):
        work = home / "work"
        shutil.copytree(LAUNCHER, work)
        run_client("mvn", "--quiet", "--batch-mode", f"-Dflyway.version={self.version}", f"-Dmaven.repo.local={work / 'repository'}",
                   "dependency:copy-dependencies", f"-DoutputDirectory={home}", cwd=work)
        run_client("javac", "-cp", f"{home}/*", "-d", home, work / "Launcher.java")
        shutil.rmtree(work)

    def project(self, folder):
        return FlywayProject(self, folder)


class FlywayProject(Project):
    def __init__(self, tool, folder):
        super().__init__(tool, folder)
        self.sql().mkdir()

    def sql(self):
        return self.folder / "sql"

    def id(self, step):
        return str(step)

    def create(self, step):
        """Flyway has no command for that."""

    def fill(self, step, up=None, down=None):
        self.write(self.file(step).name, up or make_table(step))

    def file(self, step):
        return self.sql() / f"V{step}__step_{step}.sql"

    def write(self, name, statements):
        (self.sql() / name).write_text("".join(f"{statement};\n" for statement in statements))

    def image(self, folder, *steps):
        folder.mkdir()
        for step in steps:
            shutil.copy(self.file(step), folder)
        return [folder]

    def lines(self, *steps):
        return [self.id(step) for step in steps]

    def up(self, url, step=None, **settings):
        return self.flyway("migrate", url, **({"target": step} if step else {}), **settings)

    def down(self, url, step):
        raise NotImplementedError("undo belongs to Flyway's paid editions")

    def flyway(self, command, url, **settings):
        """Settings by their names behind "flyway."."""
        return self.run(*self.words(command, url, **settings))

    def words(self, command, url, **settings):
        return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{self.tool.home}/*:{self.tool.home}", "Launcher", command,
                f"url={jdbc(url)}", f"locations=filesystem:{self.sql()}", *(f"{key}={value}" for key, value in settings.items())]


def jdbc(url):
    if url.startswith("sqlite:"):
        return url.replace("sqlite:///", "jdbc:sqlite:")
    parts = urllib.parse.urlsplit(url)
    return f"jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}?user={parts.username}&password={parts.password}"
