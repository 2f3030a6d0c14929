"""The tool broker: every tool call of every runtime passes it, in one order.

Resolve → policy and danger class → approval (a row, never a blocked worker) → before-danger
providers → sandbox → redaction → fact and metering. There is no other path to a tool.
"""
