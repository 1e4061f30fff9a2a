"""Add the time of shipping to orders."""

import sqlalchemy as sa
from alembic import op

revision = "cc7a1b04e58d"
down_revision = "27c6a30d7c24"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("orders", sa.Column("shipped_at", sa.DateTime))


def downgrade():
    op.drop_column("orders", "shipped_at")
