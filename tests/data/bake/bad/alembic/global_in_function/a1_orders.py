revision = 'a1'
down_revision = None


def upgrade():
    global revision
    revision = 'b'
