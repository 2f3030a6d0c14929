"""The edges' shared grammar: problem+json, strict bodies, cursors, idempotency, streams by HTTP."""
