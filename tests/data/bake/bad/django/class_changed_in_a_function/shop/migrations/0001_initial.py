from django.db import migrations


def change():
    Migration.dependencies.append(('auth', '0001_initial'))


class Migration(migrations.Migration):
    dependencies = []


change()
