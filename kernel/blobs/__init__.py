"""Large content as content-addressed files of one tenant, indexed by a row."""

from kernel.blobs.store import BlobMissingError, index, path_of, read, remove, write

__all__ = ["BlobMissingError", "index", "path_of", "read", "remove", "write"]
