from django.db import migrations


class Migration(migrations.Migration):
    run_before = [('sites', '0001_initial')]
