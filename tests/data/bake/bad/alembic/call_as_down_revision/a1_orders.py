import os

revision = 'a1'
down_revision: str = os.environ.get(
    'DOWN'
)
