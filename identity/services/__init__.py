"""The verbs of identity. Each is one deed: policy, write, fact; all callers behave alike."""

from identity.services import grants

__all__ = ["grants"]
