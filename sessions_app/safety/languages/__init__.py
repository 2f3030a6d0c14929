"""Code given to an interpreter on a command line: what it would do, read from its own syntax."""
