"""Fan-out: what one delivery costs with our hub and with stock Channels groups."""
