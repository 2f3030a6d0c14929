"""Settings of a running installation."""

from config.settings.base import *
