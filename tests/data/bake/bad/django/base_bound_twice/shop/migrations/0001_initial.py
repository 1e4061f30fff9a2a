from django.db import migrations

migrations = patched(migrations)


class Migration(migrations.Migration):
    pass
