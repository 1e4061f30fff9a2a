from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    those = dependencies
    those.append(('auth', '0001_initial'))
