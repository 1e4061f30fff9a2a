from django.db import migrations


class Migration(migrations.Migration):
    if FAST:
        dependencies = []
    else:
        dependencies = [("shop", "0000_slow")]
