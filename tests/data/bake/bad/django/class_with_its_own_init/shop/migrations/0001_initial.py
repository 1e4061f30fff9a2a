from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []

    def __init__(self, name, app_label):
        super().__init__(name, app_label)
        self.dependencies.append(('auth', '0001_initial'))
