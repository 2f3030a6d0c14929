"""Cookies, headers, passwords and sign-in throttling."""

from typing import Any

from csp.constants import NONCE, NONE, SELF

from config.settings.env import environment

ALLOWED_HOSTS = [*environment.allowed_hosts] or ["127.0.0.1", "localhost", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [environment.public_url]
SESSION_COOKIE_NAME = "__Host-session" if environment.https else "quarterdeck_session"
CSRF_COOKIE_NAME = "__Host-csrf" if environment.https else "quarterdeck_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = environment.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if environment.https else 0
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if environment.trusted_proxies else None
)
CSRF_FAILURE_VIEW = "config.web.csrf_failed"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = environment.trusted_proxies

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "geolocation": [],
    "payment": [],
    "usb": [],
    "microphone": ["self"],
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "identity.backends.ExpiringGrantBackend",
]
# guardian looks for its own backend by name; ours is a subclass of it that honours expiry.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "identity:sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "identity:sign_in"
LOGOUT_URL = "identity:sign_out"
CREDENTIALS_URL = "identity:password"

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "kernel.http.middleware.client_address"
AXES_LOCKOUT_CALLABLE = "identity.web.accounts.locked_out"
GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None
