"""Whether this process lives, is ready, and how it does; probes are cached for half a second."""
