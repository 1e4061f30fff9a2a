from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("auth", "0003_x"), ("catalogue", "0001_initial"), ("shop", "0000_gone")]
