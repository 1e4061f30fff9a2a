"""Alembic: projects made by its own `init` and `revision`."""
from tools.python_tool import PythonTool
from tools.tool import Project, drop_table, make_table

ENGINE_FROM_ENVIRONMENT = 'config.set_main_option("sqlalchemy.url", __import__("os").environ["DATABASE_URL"])\n'


class Alembic(PythonTool):
    name = "alembic"
    version = "1.20.1"
    packages = ("alembic==1.20.1", "SQLAlchemy==2.1.9", "Mako==1.4.3", "MarkupSafe==3.0.4", "typing_extensions==4.16.0", "psycopg2-binary==2.9.13")
    knows_ancestry_of_a_database = False

    def project(self, folder):
        return AlembicProject(self, folder)


class AlembicProject(Project):
    def __init__(self, tool, folder):
        super().__init__(tool, folder)
        self.alembic("init", "migrations").worked()
        env = self.folder / "migrations" / "env.py"
        env.write_text(env.read_text().replace("config = context.config\n", f"config = context.config\n{ENGINE_FROM_ENVIRONMENT}"))
        self.parents = {}  # of each step
        self.empty = {}    # the text of each step, as Alembic wrote it

    def id(self, step):
        return f"step{step}"

    def create(self, step, after=None, options=()):
        """On top of the one before, or of `after`: a list of steps, empty for a further base."""
        parents = after if after is not None else [step - 1] if step > 1 else []
        heads = [word for parent in parents for word in ("--head", self.id(parent))] or ["--head", "base"]
        self.alembic("revision", "--rev-id", self.id(step), "-m", f"step {step}", "--splice", *heads, *options).worked()
        self.parents = {**self.parents, step: parents}
        self.empty = {**self.empty, step: self.file(step).read_text()}

    def merge(self, step, *parents):
        self.alembic("merge", "--rev-id", self.id(step), "-m", f"step {step}", *map(self.id, parents)).worked()
        self.parents = {**self.parents, step: parents}

    def fill(self, step, up=None, down=None):
        text = self.empty[step]
        for name, statements in ("upgrade", up or make_table(step)), ("downgrade", down or drop_table(step)):
            head, body = text.split(f"def {name}() -> None:", 1)
            text = f"{head}def {name}() -> None:" + body.replace("    pass\n", "".join(f"    op.execute({it!r})\n" for it in statements), 1)
        self.file(step).write_text(text)

    def file(self, step):
        return next((self.folder / "migrations" / "versions").glob(f"{self.id(step)}_*.py"))

    def image(self, folder, *steps):
        folder.mkdir()
        for step in steps:
            (folder / self.file(step).name).write_text(self.file(step).read_text())
        return [folder]

    def lines(self, *steps):
        return [" ".join([self.id(step), *map(self.id, self.parents[step])]) for step in steps]

    def up(self, url, step=None):
        return self.alembic("upgrade", self.id(step) if step else "heads", url=url)

    def down(self, url, step):
        return self.alembic("downgrade", self.id(step) if step else "base", url=url)

    def alembic(self, *words, url="sqlite://"):
        return self.run(self.tool.python(), "-m", "alembic", *words, env={"DATABASE_URL": url.replace("postgresql:", "postgresql+psycopg2:")})
