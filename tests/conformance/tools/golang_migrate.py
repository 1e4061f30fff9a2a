"""golang-migrate: its own command, built from source."""
import os
import platform
import shutil

from tools.tool import Project, Tool, drop_table, make_table, run_client

# The compiler comes as a Go module too: that of a Debian is too old for the tool, and too old to fetch a newer one by itself.
TOOLCHAIN = "golang.org/toolchain@v0.0.1-go1.26.8.linux-"
TAGS = "postgres sqlite3"  # the databases that it is built for
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class GolangMigrate(Tool):
    name = "golang-migrate"
    version = "4.20.1"
    keeps_failures = True

    def recipe(self):
        return TOOLCHAIN + TAGS

    def make(self, home):
        work = home / "work"
        folders = {"GOPATH": work / "path", "GOMODCACHE": work / "modules", "GOCACHE": work / "cache", "GOBIN": home / "bin"}
        for folder in work, folders["GOBIN"]:
            folder.mkdir()
        # Writable, so that it can be deleted afterwards.
        env = {**os.environ, **{name: str(folder) for name, folder in folders.items()}, "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw"}
        toolchain = TOOLCHAIN + ARCHITECTURES[platform.machine()]
        run_client("go", "mod", "download", toolchain, env=env, cwd=work)
        root = folders["GOMODCACHE"] / toolchain
        for program in [*(root / "bin").iterdir(), *(root / "pkg" / "tool").glob("*/*")]:
            program.chmod(0o755)  # modules carry no such rights
        run_client(root / "bin" / "go", "install", "-tags", TAGS, f"github.com/golang-migrate/migrate/v4/cmd/migrate@v{self.version}",
                   env={**env, "GOROOT": str(root), "GOTOOLCHAIN": "local", "CGO_ENABLED": "1"}, cwd=work)
        shutil.rmtree(work)

    def project(self, folder):
        return GolangMigrateProject(self, folder)


class GolangMigrateProject(Project):
    def __init__(self, tool, folder):
        super().__init__(tool, folder)
        (self.folder / "migrations").mkdir()

    def id(self, step):
        return str(step)

    def create(self, step):
        """With the number that the tool gives: the one after the highest."""
        self.migrate("create", "-ext", "sql", "-dir", "migrations", "-seq", f"step_{step}").worked()

    def fill(self, step, up=None, down=None):
        for way, statements in ("up", up or make_table(step)), ("down", down or drop_table(step)):
            self.file(step, way).write_text("".join(f"{statement};\n" for statement in statements))

    def file(self, step, way="up"):
        return next((self.folder / "migrations").glob(f"{step:06d}_*.{way}.sql"))

    def image(self, folder, *steps):
        folder.mkdir()
        for step in steps:
            for way in "up", "down":
                shutil.copy(self.file(step, way), folder)
        return [folder]

    def lines(self, *steps):
        return [self.id(step) for step in steps]

    def up(self, url, step=None):
        return self.on(url, "goto", step) if step else self.on(url, "up")

    def down(self, url, step):
        return self.on(url, "goto", step) if step else self.on(url, "down", "-all")

    def on(self, url, *words):
        return self.migrate(*self.place(url), *words)

    def place(self, url):
        """The words that say which migrations and which database."""
        database = f"{url}?sslmode=disable" if url.startswith("postgresql:") else url.replace("sqlite:///", "sqlite3://")
        return "-path", self.folder / "migrations", "-database", database

    def program(self):
        return self.tool.home / "bin" / "migrate"

    def migrate(self, *words):
        return self.run(self.program(), *words)
