revision = label = 'a1'
down_revision = None
