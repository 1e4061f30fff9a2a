"""Index the orders that wait for shipping."""

import sqlalchemy as sa
from alembic import op

revision = "ae1027a6acf3"
down_revision = "cc7a1b04e58d"
branch_labels = None
depends_on = None


def upgrade():
    op.create_index(
        "orders_unshipped",
        "orders",
        ["placed_at"],
        sqlite_where=sa.text("shipped_at IS NULL"),
        postgresql_where=sa.text("shipped_at IS NULL"),
    )


def downgrade():
    op.drop_index("orders_unshipped", table_name="orders")
