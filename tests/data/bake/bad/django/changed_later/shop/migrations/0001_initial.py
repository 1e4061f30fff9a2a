from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []


Migration.dependencies.append(("shop", "0000"))
