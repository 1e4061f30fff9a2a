from django.db import migrations


class Migration(migrations.Migration):
    run_before = [('shop', '0002_gone')]
