"""The real tools, a file each."""
from tools.alembic import Alembic
from tools.django import Django
from tools.flyway import Flyway
from tools.golang_migrate import GolangMigrate

TOOLS = {tool.name: tool for tool in (Alembic, Django, Flyway, GolangMigrate)}
