"""The parts of the machine every sandboxed command sees, read-only."""

from __future__ import annotations

# Directories of / that are links into /usr on a merged system, and trees of their own elsewhere.
ROOT_TREES = ("bin", "sbin", "lib", "lib32", "lib64")

# Public configuration that programs of /usr do not work without: links, libraries, certificates.
ETC_NAMES = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "fonts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "pki",
    "protocols",
    "services",
    "ssl",
    "timezone",
)
