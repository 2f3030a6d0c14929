"""Agent runtimes: adapters that drive a turn and own no side effect (see `base`)."""
