from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    if True:
        dependencies.extend([('auth', '0001_initial')])
