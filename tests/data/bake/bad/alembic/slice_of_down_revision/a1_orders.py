revision = 'a1'
down_revision = ['b2']
down_revision[0] = 'c3'
