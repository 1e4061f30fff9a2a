PREFIX = 'a'
revision = f'{PREFIX}1'
down_revision = None
