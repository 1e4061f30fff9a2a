from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [(f'shop', '0001')]
