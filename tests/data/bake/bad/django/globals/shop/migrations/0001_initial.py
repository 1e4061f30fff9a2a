from django.db import migrations


globals()['Migration'] = None


class Migration(migrations.Migration):
    dependencies = []
