from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", name) for name in NAMES]
