revision = 'a1'
globals()['down_revision'] = 'a0'
down_revision = None
