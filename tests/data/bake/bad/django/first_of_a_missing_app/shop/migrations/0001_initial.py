from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [('sites', '__first__'), ('crm', '__latest__')]
