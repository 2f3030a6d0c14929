"""Percentiles and the load they were measured under."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: int) -> float:
    """The percentile of a sample (1 to 99), interpolated."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def load_average() -> float:
    """Processes running or waiting in the last minute, for the reader to judge the figures."""
    return round(os.getloadavg()[0], 1)
