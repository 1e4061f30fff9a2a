from shop import migrations


class Migration(migrations.Migration):
    pass
