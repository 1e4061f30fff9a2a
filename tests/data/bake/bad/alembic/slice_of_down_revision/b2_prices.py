revision = 'b2'
down_revision = None
