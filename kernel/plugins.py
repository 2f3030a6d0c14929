"""Optional and heavy adapters by dotted path: the only place of the house with importlib."""

from __future__ import annotations

import importlib
from typing import Any

from kernel.errors import DomainError


class PluginMissingError(DomainError):
    """This adapter needs a package that is not installed."""

    status = 409


def load(path: str) -> Any:
    """Import `package.module:name`; a missing package becomes a clear error with its name."""
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as missing:
        detail = f"{path} needs the package {missing.name or 'it imports'}, which is not installed."
        raise PluginMissingError(detail, package=missing.name) from missing
