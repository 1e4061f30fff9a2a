from django.db import migrations


class Migration(migrations.Migration):
    global dependencies
    dependencies = []
