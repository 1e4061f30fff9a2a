from ids import (
    x,
    down_revision,
)

revision = 'a1'
