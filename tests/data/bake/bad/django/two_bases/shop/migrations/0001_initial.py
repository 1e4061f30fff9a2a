from django.db import migrations


class Migration(Mixin, migrations.Migration):
    pass
