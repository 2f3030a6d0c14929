"""Static files: built islands under static/dist, served by whitenoise with far-future caching."""

from typing import Any

from config.settings.env import BASE_DIR, environment

STATIC_URL = "/static/"
STATIC_ROOT = environment.data_dir / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = environment.debug
DJANGO_VITE: dict[str, dict[str, Any]] = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "static" / "dist" / "manifest.json",
        "static_url_prefix": "dist",
    },
}
