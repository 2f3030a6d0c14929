"""What a command under examination stands in: its shell's state, and how it was started."""
