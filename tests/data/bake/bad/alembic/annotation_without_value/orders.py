revision: str
down_revision = None
