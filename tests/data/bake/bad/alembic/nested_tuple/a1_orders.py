revision = 'a1'
down_revision = (('a', 'b'), 'c')
