revision = 'a1'
try:
    down_revision = 'a'
except NameError:
    pass
