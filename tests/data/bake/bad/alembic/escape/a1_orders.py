revision = 'a\x31'
down_revision = None
