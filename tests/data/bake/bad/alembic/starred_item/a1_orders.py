OLDER = ('a', 'b')
revision = 'a1'
down_revision = (*OLDER, 'c')
