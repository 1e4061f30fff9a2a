"""A tool that comes from the Python package registry: in a virtual environment of its own, all of it pinned."""
import platform

from tools.tool import Tool, run_client

PYTHON = "/usr/bin/python3"  # the distribution's, whatever stands first in PATH


class PythonTool(Tool):
    packages = ()  # all of them: nothing else is installed

    def recipe(self):
        return " ".join([platform.python_version(), *self.packages])

    def make(self, home):
        run_client(PYTHON, "-m", "venv", home)
        run_client(home / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", *self.packages)

    def python(self):
        """Modules are run with -m: the scripts beside it name the folder that the environment was made in."""
        return self.home / "bin" / "python"
