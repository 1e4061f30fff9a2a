revision = 'b2'
down_revision = None
branch_labels = 'shop'
