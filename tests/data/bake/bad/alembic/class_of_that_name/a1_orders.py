down_revision = None


class revision:
    pass
