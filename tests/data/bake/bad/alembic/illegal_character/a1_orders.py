revision = '2024-01-01'
down_revision = None
