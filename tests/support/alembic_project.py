"""A real Alembic project in a temporary folder, driven through Alembic's own commands."""
import pathlib

from alembic import command
from alembic.config import Config

ENV_PY = """
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""

REVISION_PY = """
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    op.execute("CREATE TABLE t_{revision} (id INTEGER)")


def downgrade():
    op.execute("DROP TABLE t_{revision}")
"""


class AlembicProject:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.versions = self.folder / "versions"
        self.versions.mkdir(parents=True)
        (self.folder / "env.py").write_text(ENV_PY)

    def add(self, revision, down=None):
        (self.versions / f"{revision}_test.py").write_text(REVISION_PY.format(revision=revision, down=down))

    def image(self, name, *revisions):
        """A versions folder that holds only these revisions: what an image of that time carried."""
        folder = self.folder / name
        folder.mkdir()
        for revision in revisions:
            (folder / f"{revision}_test.py").write_text((self.versions / f"{revision}_test.py").read_text())
        return folder

    def upgrade(self, url, target):
        command.upgrade(self._config(url), target)

    def downgrade(self, url, target):
        command.downgrade(self._config(url), target)

    def _config(self, url):
        config = Config()
        config.set_main_option("script_location", str(self.folder))
        config.set_main_option("sqlalchemy.url", url)
        return config
