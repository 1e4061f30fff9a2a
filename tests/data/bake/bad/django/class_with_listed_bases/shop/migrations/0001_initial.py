from django.db import migrations


class Migration(*bases):
    dependencies = []
