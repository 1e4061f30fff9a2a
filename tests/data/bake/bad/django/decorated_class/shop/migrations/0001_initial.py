from django.db import migrations


@register
class Migration(migrations.Migration):
    dependencies = []
