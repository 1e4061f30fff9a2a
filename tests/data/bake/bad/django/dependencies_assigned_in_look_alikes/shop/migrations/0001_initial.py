from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    ｄependencies = [('auth', '0001_initial')]
