"""Create orders."""

import sqlalchemy as sa
from alembic import op

revision = "1975ea83b712"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer", sa.String(200), nullable=False),
        sa.Column("placed_at", sa.DateTime, nullable=False, server_default=sa.func.now()),
    )


def downgrade():
    op.drop_table("orders")
