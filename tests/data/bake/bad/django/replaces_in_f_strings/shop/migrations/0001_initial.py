from django.db import migrations


class Migration(migrations.Migration):
    app = 'shop'
    replaces = [(f'{app}', '0001_a')]
