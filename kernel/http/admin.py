"""The operator's admin: Django's, but every save, delete and bulk action calls a verb."""

from __future__ import annotations

from django.contrib.admin import AdminSite


class OperatorSite(AdminSite):
    """Operators run the installation; they see no tenant's content."""

    site_header = "Quarterdeck operations"
    site_title = "Quarterdeck"
    index_title = "Operate this installation"
