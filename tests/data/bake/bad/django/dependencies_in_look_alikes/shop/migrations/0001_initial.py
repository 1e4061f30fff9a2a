from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    ｄependencies.append(('auth', '0001_initial'))
