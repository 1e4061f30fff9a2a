from django.db import migrations


class Migration:
    dependencies = [('auth', '0001_initial')]
