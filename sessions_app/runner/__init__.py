"""The runner: asyncio, claims turn leases from PostgreSQL, drives every runtime.

It is the only process that imports agent SDKs. It writes only through verbs, each fenced by the
lease's epoch, so a runner that lost its lease can do no harm.
"""
