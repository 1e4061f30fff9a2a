from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [('shop', '0001\x1b[31m')]
