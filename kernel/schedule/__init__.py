"""The one scheduler: rows with a cron expression in a time zone; the keeper fires them."""

from kernel.schedule.cron import InvalidScheduleError, next_due, upcoming
from kernel.schedule.rows import fire_due, put, remove

__all__ = ["InvalidScheduleError", "fire_due", "next_due", "put", "remove", "upcoming"]
