from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [(b'shop', '0001')]
