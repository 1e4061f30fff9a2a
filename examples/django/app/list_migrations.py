"""Prints this project's migrations, those of Django's own apps included, for `schemalatch bake --from -`."""

import os
import sys

import django
from django.db.migrations.loader import MigrationLoader

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django.setup()
for key, migration in MigrationLoader(None).disk_migrations.items():
    print(".".join(key), *(".".join(replaced) for replaced in migration.replaces))
