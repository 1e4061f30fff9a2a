from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []


from django.db.migrations import Migration
