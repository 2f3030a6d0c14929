"""The settings every process shares, gathered from the modules beside this one."""

from config.settings.env import BASE_DIR, environment

from config.settings.api import *  # isort: skip
from config.settings.celery import *  # isort: skip
from config.settings.channels import *  # isort: skip
from config.settings.database import *  # isort: skip
from config.settings.logging import *  # isort: skip
from config.settings.mail import *  # isort: skip
from config.settings.product import *  # isort: skip
from config.settings.security import *  # isort: skip
from config.settings.static import *  # isort: skip

SECRET_KEY = environment.secret_key
DEBUG = environment.debug
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
AUTH_USER_MODEL = "identity.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "kernel.apps.KernelConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.postgres",
    "guardian",
    "simple_history",
    "axes",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_htmx",
    "django_vite",
    "csp",
    "identity.apps.IdentityConfig",
    "audit.apps.AuditConfig",
    "marketplace.apps.MarketplaceConfig",
    "sessions_app.apps.SessionsConfig",
    "templates_app.apps.TemplatesConfig",
    "workflows.apps.WorkflowsConfig",
    "analytics.apps.AnalyticsConfig",
    "assistant.apps.AssistantConfig",
    "operations.apps.OperationsConfig",
    "config.admin.QuarterdeckAdminConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kernel.http.middleware.request_context",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "identity.web.middleware.actor_context",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.shell",
            ],
        },
    },
]

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
