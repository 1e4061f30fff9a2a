"""add orders

revision = 'a1'
down_revision = None
