from django.db import migrations


def swap():
    global Migration
    Migration = object


class Migration(migrations.Migration):
    dependencies = []


swap()
