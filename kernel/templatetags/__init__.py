"""Filters that templates of every storey use."""
