from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    (lambda them: them.append(('auth', '0001_initial')))(dependencies)
