"""Settings: one module per concern, one per integration; only `env.py` reads the environment."""
