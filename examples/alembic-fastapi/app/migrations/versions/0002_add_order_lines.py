"""Add order lines."""

import sqlalchemy as sa
from alembic import op

revision = "27c6a30d7c24"
down_revision = "1975ea83b712"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Integer, sa.ForeignKey("orders.id"), primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True),
        sa.Column("article", sa.String(40), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
    )


def downgrade():
    op.drop_table("order_lines")
