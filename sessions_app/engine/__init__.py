"""Plain algorithms of sessions, without Django: variables, reports, media, terminals."""
