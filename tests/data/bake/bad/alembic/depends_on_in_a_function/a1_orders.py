revision = 'a1'
down_revision = None
depends_on = []


def more():
    depends_on.append('b2')


more()
