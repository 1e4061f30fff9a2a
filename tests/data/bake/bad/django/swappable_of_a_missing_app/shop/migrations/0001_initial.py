from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency('people.User')]
