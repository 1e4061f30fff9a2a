from base import BASE

revision = "a1"
down_revision = BASE + "_1"
