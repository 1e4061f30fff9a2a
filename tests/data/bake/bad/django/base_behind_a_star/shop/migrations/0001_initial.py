from django.db import migrations
from shop.base import *


class Migration(migrations.Migration):
    pass
