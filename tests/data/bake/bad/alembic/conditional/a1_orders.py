import os

revision = 'a1'
if os.name == 'nt':
    down_revision = 'a'
else:
    down_revision = 'b'
