"""The operator's admin site as Django's default one."""

from django.contrib.admin.apps import AdminConfig


class QuarterdeckAdminConfig(AdminConfig):
    """Mounts our site class, which opens no transaction of its own."""

    default_site = "kernel.http.admin.OperatorSite"
