"""Plain algorithms of sessions, without Django."""
