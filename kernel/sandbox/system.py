"""The parts of the machine every sandboxed command sees, read-only."""

from __future__ import annotations

# Directories of / that are links into /usr on a merged system, and trees of their own elsewhere.
ROOT_TREES = ("bin", "sbin", "lib", "lib32", "lib64")

# Public configuration that programs of /usr do not work without: links, libraries, certificates.
# Not /etc/ssl as a whole: the server's user may belong to the group that reads its private keys.
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
    "pki/ca-trust",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "protocols",
    "services",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "timezone",
)
