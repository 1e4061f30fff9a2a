"""The orders service. Nothing in it knows of schemalatch."""

import os

from fastapi import FastAPI
from sqlalchemy import create_engine, text

RELEASE = int(os.environ["RELEASE"])
COLUMNS = "id, customer" if RELEASE == 1 else "id, customer, shipped_at"

engine = create_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
app = FastAPI()


@app.get("/orders")
def list_orders():
    with engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {COLUMNS} FROM orders ORDER BY id LIMIT 100"))
        return {"release": RELEASE, "orders": [dict(row) for row in rows.mappings()]}


@app.get("/healthz")
def is_alive():
    return {"release": RELEASE}
