"""Pure Python: what a secret's value must look like, and how outside vaults are asked."""
