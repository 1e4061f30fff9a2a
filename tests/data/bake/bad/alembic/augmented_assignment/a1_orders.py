revision = 'a1'
revision += 'b'
down_revision = None
