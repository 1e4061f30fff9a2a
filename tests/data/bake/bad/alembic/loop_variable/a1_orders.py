revision = 'a1'
down_revision = None
for revision in ('a', 'b'):
    print(revision)
