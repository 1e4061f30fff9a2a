revision = 'a1'
down_revision = None
ｇlobals()['revision'] = 'b2'
