"""The least that a service with a database needs."""

import os
from urllib.parse import urlsplit

url = urlsplit(os.environ.get("DATABASE_URL", "postgresql://unset@unset/unset"))

SECRET_KEY = os.environ.get("SECRET_KEY", "only for this example")
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "orders"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": url.hostname,
        "PORT": url.port or 5432,
        "NAME": url.path[1:],
        "USER": url.username,
        "PASSWORD": url.password,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
