from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []


Ｍigration.dependencies.append(('auth', '0001_initial'))
