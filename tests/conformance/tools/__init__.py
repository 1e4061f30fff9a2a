"""The real tools, a file each."""
from tools.alembic import Alembic

TOOLS = {tool.name: tool for tool in (Alembic,)}
