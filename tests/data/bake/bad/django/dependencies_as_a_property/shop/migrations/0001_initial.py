from django.db import migrations


class Migration(migrations.Migration):
    @property
    def dependencies(self):
        return []
