"""Reads shell text the way bash would: lexed, parsed by tree-sitter, walked with known values."""
