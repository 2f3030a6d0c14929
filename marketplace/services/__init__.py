"""The verbs of the marketplace: they write down what a server is and what it was seen to show.

Nothing here starts a process or opens a connection; the gateway does, and reports by verbs.
"""

from marketplace.services import documents, listings, servers

__all__ = ["documents", "listings", "servers"]
