from shop.base import Careful


class Migration(Careful):
    pass
