#!/bin/sh
# All of it under one lock. Each task may run again: after a failure the whole list does.
set -eu

alembic upgrade head
python3 - /seed.sql <<'EOF'
import os, sys
from sqlalchemy import create_engine
with create_engine(os.environ["DATABASE_URL"]).begin() as connection:
    connection.exec_driver_sql(open(sys.argv[1]).read())
EOF
