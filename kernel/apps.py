"""Django's registration of the kernel, and the one place where every room's declarations load."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

DECLARING_ROOMS = ("policies", "services", "streams", "subscribers", "tasks", "duties", "probes")


class KernelConfig(AppConfig):
    """Technical words and tables only: verbs, facts, streams, jobs, leases, schedule."""

    name = "kernel"
    verbose_name = "Kernel"

    def ready(self) -> None:
        """Load what declares itself on import: policies, verbs, listeners, jobs, duties."""
        autodiscover_modules(*DECLARING_ROOMS)
        autodiscover_modules("checks", "denials", "idempotency", "schedule")
        autodiscover_modules("jobs.sweep", "jobs.celery_tasks", "health.probes")
