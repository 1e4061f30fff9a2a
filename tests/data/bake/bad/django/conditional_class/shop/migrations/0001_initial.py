from django.db import migrations

if True:
    class Migration(migrations.Migration):
        dependencies = []
