"""Addresses: the hosts that arguments name, and what asking or telling them means."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.invocation import Invocation
from sessions_app.safety.text import holes_as, listed, show

METADATA = frozenset(
    {
        "169.254.169.254",
        "metadata.google.internal",
        "100.100.100.200",
        "fd00:ec2::254",
        "metadata",
        "169.254.170.2",
        "metadata.azure.internal",
    }
)
LOCAL_NAMES = frozenset({"localhost", "ip6-localhost", "0.0.0.0"})  # noqa: S104


def host_of(text: str) -> str:
    """The host an address names, also without a scheme; empty when it names none."""
    plain = holes_as(text, "x")
    if "://" not in plain:
        plain = "http://" + plain
    try:
        return urlsplit(plain).hostname or ""
    except ValueError:
        return ""


def is_private(host: str) -> bool:
    """Whether the host is an address of an internal network, in any of its spellings."""
    try:
        if re.fullmatch(r"\d+|0x[0-9a-f]+", host):
            return ipaddress.ip_address(int(host, 0)).is_private
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith((".internal", ".local", ".cluster.local", ".svc"))


def is_metadata(host: str) -> bool:
    """Whether the host hands out a cloud machine's credentials."""
    if re.fullmatch(r"\d{8,10}|0x[0-9a-f]{8}", host):
        host = str(ipaddress.ip_address(int(host, 0) & 0xFFFFFFFF))
    return host in METADATA


def address_findings(url: str) -> list[Finding]:
    """What an address says by itself: credentials of the cloud, or files."""
    host = host_of(url)
    if is_metadata(host):
        text = "Asks the cloud for this machine's credentials."
        return [finding(Danger.DANGEROUS, "metadata", text, Reach.PRIVATE, host)]
    return []


def finding(danger: Danger, code: str, text: str, reach: Reach, target: str) -> Finding:
    """A finding about a host."""
    targets = (Target("host", show(target)),) if target else ()
    return Finding(danger, Reason(f"network.{code}", text), reach, targets)


def sent_findings(given: frozenset[str], host: str) -> list[Finding]:
    """What sending content with these traits means."""
    if given & {"secret", "outside"}:
        reason = Reason("secrets.sent", "Sends credentials or private content to another machine.")
        return [Finding(Danger.DANGEROUS, reason, Reach.PRIVATE, (Target("host", show(host)),))]
    return []


HOST_FIRST = frozenset(
    listed(
        "curl wget nc ncat netcat socat telnet ping dig nslookup host http https xh ftp sftp "
        "whois traceroute"
    )
)


def hosts_in(call: Invocation) -> list[str]:
    """The hosts a program's arguments name."""
    found = []
    for each in call.argv[1:]:
        text = each.text
        if "://" in text or text.startswith("git@"):
            found.append(host_of(text.replace("git@", "ssh://", 1) if text[:4] == "git@" else text))
    if call.program in HOST_FIRST and call.operands:
        found.append(host_of(call.operands[0].text))
    return [host for host in dict.fromkeys(found) if host]
