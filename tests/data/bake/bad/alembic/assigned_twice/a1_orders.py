revision = 'a1'
down_revision = 'a0'

# rebased
down_revision = 'b7'
