"""Settings of the test suite: the same house, cheap password hashing, no throttling by address."""

import os
from pathlib import Path

os.environ.setdefault("QUARTERDECK_DATA_DIR", "/tmp/quarterdeck-test")  # noqa: S108
os.environ.setdefault("QUARTERDECK_SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("QUARTERDECK_MASTER_KEY", "dGVzdC1vbmx5LW1hc3Rlci1rZXktMzItYnl0ZXMhISE=")
os.environ.setdefault("DATABASE_POOL", "0")
os.environ.setdefault("QUARTERDECK_LOG_LEVEL", "WARNING")

from config.settings.base import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATA_DIR = Path(os.environ["QUARTERDECK_DATA_DIR"])
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

# Pages are tested with or without the built front end.
DJANGO_VITE["default"]["dev_mode"] = not DJANGO_VITE["default"]["manifest_path"].exists()
