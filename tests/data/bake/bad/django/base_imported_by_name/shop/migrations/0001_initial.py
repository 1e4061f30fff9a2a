from shop.base import Migration as Base


class Migration(Base):
    pass
