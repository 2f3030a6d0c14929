"""Rules, one small file by concern: which calls are harmless, worth a look, or dangerous, and "
"why."""
