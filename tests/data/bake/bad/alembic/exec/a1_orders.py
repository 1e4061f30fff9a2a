revision = 'a1'
down_revision = None
exec(open('ids.txt').read())
