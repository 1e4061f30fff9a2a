from django.db import migrations

try:
    class Migration(migrations.Migration):
        dependencies = []
except ImportError:
    raise
