"""Django: a project with one app of its own, made by its own `startapp` and `makemigrations`."""
import shutil

from tools.python_tool import PythonTool
from tools.tool import Project, drop_table, make_table

SETTINGS = '''
import os
import urllib.parse

INSTALLED_APPS = os.environ.get("APPS", "shop").split()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

place = urllib.parse.urlsplit(os.environ.get("DATABASE_URL", "sqlite:///:memory:"))
if place.scheme == "sqlite":
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": place.path[1:]}}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": place.hostname, "PORT": place.port, "NAME": place.path[1:],
                             "USER": place.username, "PASSWORD": place.password}}
'''


class Django(PythonTool):
    name = "django"
    version = "5.2.19"  # the newest that runs on the Python of Debian 12
    packages = ("Django==5.2.19", "asgiref==3.13.0", "sqlparse==0.6.1", "psycopg2-binary==2.9.13")

    def project(self, folder):
        return DjangoProject(self, folder)


class DjangoProject(Project):
    def __init__(self, tool, folder):
        super().__init__(tool, folder)
        (self.folder / "shop_settings.py").write_text(SETTINGS)
        self.django("startapp", "shop", apps="").worked()

    def migrations(self):
        return self.folder / "shop" / "migrations"

    def name(self, step):
        return f"{step:04d}_step_{step}"

    def id(self, step):
        return f"shop.{self.name(step)}"

    def create(self, step):
        self.django("makemigrations", "shop", "--empty", "--name", f"step_{step}").worked()

    def fill(self, step, up=None, down=None):
        head = self.file(step).read_text().partition("operations = [")[0]
        self.file(step).write_text(f"{head}operations = [\n        migrations.RunSQL({up or make_table(step)!r}, "
                                   f"reverse_sql={down or drop_table(step)!r}),\n    ]\n")

    def file(self, step):
        return self.migrations() / f"{self.name(step)}.py"

    def image(self, folder, *steps):
        migrations = folder / "shop" / "migrations"
        migrations.mkdir(parents=True)
        for file in self.migrations() / "__init__.py", *map(self.file, steps):
            shutil.copy(file, migrations)
        return [migrations]

    def lines(self, *steps):
        return [self.id(step) for step in steps]

    def up(self, url, step=None):
        return self.django("migrate", *(["shop", self.name(step)] if step else []), url=url)

    def down(self, url, step):
        return self.django("migrate", "shop", self.name(step) if step else "zero", url=url)

    def django(self, *words, url="sqlite:///:memory:", apps="shop"):
        return self.run(self.tool.python(), "-m", "django", *words, env={
            "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "shop_settings", "PYTHONPATH": str(self.folder), "APPS": apps})
