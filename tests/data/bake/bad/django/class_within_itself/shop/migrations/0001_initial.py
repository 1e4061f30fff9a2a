from django.db import migrations


class Migration(migrations.Migration):
    class Migration(migrations.Migration):
        dependencies = []
