from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    dependencies[0:0] = [('auth', '0001_initial')]
