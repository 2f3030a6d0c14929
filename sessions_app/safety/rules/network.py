"""The network: what fetches, what sends, what opens doors, and the hosts named on the way."""

from __future__ import annotations

import re

from sessions_app.safety.effects import leaving
from sessions_app.safety.model import Danger, Finding, Reach
from sessions_app.safety.paths import place
from sessions_app.safety.rules.addresses import (
    LOCAL_NAMES,
    address_findings,
    finding,
    host_of,
    sent_findings,
)
from sessions_app.safety.rules.base import Concern
from sessions_app.safety.rules.conditions import exact, flag, operands, raw, sub, value, word
from sessions_app.safety.rules.invocation import Invocation, grammar
from sessions_app.safety.text import listed
from sessions_app.safety.values.words import Word

NETWORK = Concern("network", Reach.SHARED)
CURL = "curl"
NETWORK.reads(
    CURL,
    grammar(
        "X request d data data-raw data-binary data-ascii data-urlencode json F form form-string T "
        "upload-file H header o output u user A user-agent e referer b cookie c cookie-jar x proxy "
        "w write-out m max-time connect-timeout retry retry-delay K config E cert key cacert "
        "resolve connect-to interface C continue-at D dump-header url limit-rate r range Y y z "
        "output-dir ciphers tls-max t unix-socket U proxy-user"
    ),
)
NETWORK.reads(
    "wget",
    grammar(
        "O output-document P directory-prefix o output-file a append-output i input-file U "
        "user-agent header t tries T timeout post-data post-file method body-data body-file e "
        "execute user password Q quota A R D l level limit-rate referer"
    ),
)
SENDING = frozenset({"POST", "PUT", "PATCH"})


def _traits_of_file(text: str) -> frozenset[str]:
    return frozenset(leaving(place(Word(text), "/workspace", "/workspace")))


def _curl(call: Invocation) -> list[Finding]:
    """Addresses, methods and bodies of curl, wget and their like."""
    urls = [each.text for each in (*call.operands, *call.values.get("url", ()))]
    host = next((host_of(url) for url in urls if host_of(url)), "")
    found = [finding for url in urls for finding in address_findings(url)]
    method = call.value("X", "request", "method")
    verb = method.text.upper() if method else ""
    if verb == "DELETE":
        text = "Asks a remote service to delete something."
        found.append(finding(Danger.DANGEROUS, "delete", text, Reach.SHARED, host))
    bodies = _bodies(call)
    traits = frozenset[str]().union(*(each.traits for each in call.argv))
    for each in bodies:
        traits |= _body_traits(each, call)
    found += sent_findings(traits, host)
    local = host in LOCAL_NAMES or host.startswith("127.")
    if (bodies or verb in SENDING) and not local:
        found.append(finding(Danger.CAUTION, "send", "Sends data away.", Reach.SHARED, host))
    if "private" in traits:
        text = "Sends a credential from the environment."
        found.append(finding(Danger.CAUTION, "credential", text, Reach.PRIVATE, host))
    return found


BODIES = listed(
    "d data data-raw data-binary data-ascii data-urlencode json F form T upload-file post-data "
    "post-file body-data body-file"
)


def _bodies(call: Invocation) -> list[tuple[str, Word]]:
    return [(name, each) for name in BODIES for each in call.values.get(name, ())]


def _body_traits(body: tuple[str, Word], call: Invocation) -> frozenset[str]:
    """What a body gives away: a file it names, or standard input."""
    name, word_ = body
    text = word_.text
    uploads = name in {"T", "upload-file", "post-file", "body-file"}
    found = re.search(r"[@<]([^;,]+)", text) if not uploads else None
    path = text if uploads else found.group(1) if found and name != "data-raw" else ""
    if path in {"-", "."} or path == "/dev/stdin":
        return call.stdin.traits
    return _traits_of_file(path) if path else frozenset()


NETWORK.tame.update(listed("curl wget curlie aria2c lynx links w3m"))
NETWORK.checked("curl wget curlie", _curl)
NETWORK.caution(
    "config",
    "curl wget",
    flag("K config i input-file e execute") & ~exact("I"),
    text="Takes its addresses from a file.",
)


def _httpie(call: Invocation) -> list[Finding]:
    """`http METHOD url field=value`."""
    words = call.texts()
    verb = words[0].upper() if words else ""
    url = words[1] if verb in {"GET", "HEAD", "DELETE", *SENDING} and words[1:] else words[0]
    found = address_findings(url)
    if verb == "DELETE":
        text = "Asks a remote service to delete something."
        found.append(finding(Danger.DANGEROUS, "delete", text, Reach.SHARED, host_of(url)))
    traits = call.stdin.traits.union(*(each.traits for each in call.argv))
    found += sent_findings(traits, host_of(url))
    sends = verb in SENDING or any("=" in text and "==" not in text for text in words[1:])
    if sends:
        found.append(
            finding(Danger.CAUTION, "send", "Sends data away.", Reach.SHARED, host_of(url))
        )
    return found


NETWORK.tame.update(listed("http https xh httpie"))
NETWORK.checked("http https xh httpie", lambda call: _httpie(call) if call.operands else [])


def _pipe(call: Invocation) -> list[Finding]:
    """Nc and its like: what is fed to them leaves the machine; a shell behind one is a door."""
    words = [each.text for each in call.argv[1:]]
    host = call.sub() if call.operands else ""
    traits = call.stdin.traits.union(*(each.traits for each in call.argv))
    found = sent_findings(traits, host)
    opens = call.has("e", "c", "exec", "sh-exec", "lua-exec") and call.program != "telnet"
    runs = any(re.match(r"(?i)(?:exec|system|shell):", text) for text in words)
    if opens or runs or "shell" in call.stdin.traits:
        text = "Connects a shell to the network."
        found.append(finding(Danger.DANGEROUS, "reverse_shell", text, Reach.MACHINE, host))
    return found


NETCAT = "nc ncat netcat nc.traditional nc.openbsd socat cryptcat telnet pwncat"
NETWORK.reads(NETCAT, grammar("p s w i q e c X x T exec sh-exec lua-exec"))
NETWORK.checked(NETCAT, _pipe)
NETWORK.harmless("nc ncat netcat", exact("z zv vz zvw vzw"))
NETWORK.caution(
    "raw_connection", NETCAT, ~exact("z zv vz zvw vzw"), text="Opens a raw network connection."
)


def _copied(call: Invocation) -> list[Finding]:
    """scp, sftp and rsync with a remote side."""
    remote = [each.text for each in call.operands if ":" in each.text.partition("/")[0]]
    if not remote or (call.program == "rsync" and exact("n dry-run list-only")(call)):
        return []
    host = remote[-1].partition(":")[0].rpartition("@")[2]
    local = [each.text for each in call.operands if each.text not in remote]
    traits = frozenset[str]().union(*(_traits_of_file(text) for text in local))
    up = call.operands[-1].text in remote
    found = sent_findings(traits, host) if up else []
    if any(flag_.startswith("del") for flag_ in call.long_flags) and up:
        text = "Deletes files of the other machine that are not here."
        found.append(finding(Danger.DANGEROUS, "remote_delete", text, Reach.SHARED, host))
    text = "Copies files to or from another machine."
    return [*found, finding(Danger.CAUTION, "copied", text, Reach.SHARED, host)]


NETWORK.reads("scp", grammar("c D F i J l o P S X"))
NETWORK.tame |= {"scp"}
NETWORK.checked("scp rsync", _copied)
NETWORK.otherwise(
    "session",
    "sftp ftp lftp tftp smbclient ftpput ncftpput",
    text="Exchanges files with another machine.",
)
NETWORK.dangerous(
    "tunnel",
    "ssh autossh",
    flag("R w D") | exact("R D w"),
    text="Opens a way through the network into or out of this machine.",
)
NETWORK.reads("ssh autossh mosh", grammar("", leading="b c D E e F I i J l L m O o p Q R S W w B"))
NETWORK.caution(
    "proxy_command",
    "ssh scp sftp",
    raw("*ProxyCommand* *LocalCommand* *PermitLocal*"),
    text="Gives ssh a program to run on this machine.",
)
NETWORK.otherwise("session", "ssh autossh mosh rsh rlogin", text="Enters another machine.")
NETWORK.dangerous(
    "tunnel",
    "ngrok localtunnel lt cloudflared bore frpc chisel gost zrok pagekite expose inlets",
    ~sub("version|status|help|list|token|verify|completion|login|config|invite|enable|update")
    & ~sub("tunnel", "list|login|create|info|route|cleanup"),
    text="Opens this machine to the internet.",
)
NETWORK.dangerous(
    "tunnel",
    "tailscale",
    sub("funnel|serve|ssh|set|web") | flag("advertise-routes advertise-exit-node ssh"),
    text="Opens this machine to others.",
)
NETWORK.harmless("tailscale cloudflared ngrok", sub("version|status|help|list|ip|ping|netcheck"))
NETWORK.otherwise(
    "server",
    "http-server serve caddy nginx apache2 httpd darkhttpd live-server "
    "gunicorn uvicorn daphne hypercorn php-fpm twistd",
    text="Serves on the network.",
)
NETWORK.otherwise(
    "scan",
    "nmap masscan zmap rustscan arp-scan nikto gobuster ffuf dirb wfuzz amass subfinder whatweb",
    text="Probes other machines.",
)
NETWORK.otherwise("mail", "mail mailx mutt sendmail msmtp swaks s-nail ssmtp", text="Sends mail.")
NETWORK.otherwise(
    "message", "wall write slack telegram-send matrix-commander", text="Sends a message to people."
)


def _mail(call: Invocation) -> list[Finding]:
    traits = call.stdin.traits.union(*(each.traits for each in call.argv))
    return sent_findings(traits, call.sub())


NETWORK.checked("mail mailx mutt sendmail msmtp sftp ftp lftp", _mail)


def _looked_up(call: Invocation) -> list[Finding]:
    """Names asked of a server can carry secrets away."""
    return sent_findings(frozenset[str]().union(*(each.traits for each in call.argv)), call.sub())


NETWORK.checked("dig nslookup host ping drill resolvectl", _looked_up)
NETWORK.tame.update(listed("dig nslookup host ping drill"))
NETWORK.caution(
    "downloaded", "aria2c axel youtube-dl yt-dlp gdown", operands(1), text="Downloads files."
)
NETWORK.otherwise("torrent", "transmission-cli rtorrent", text="Exchanges files with others.")
NETWORK.otherwise("bits", "certutil bitsadmin mshta regsvr32", text="Fetches or runs code.")
NETWORK.dangerous(
    "fetched_code",
    "certutil mshta regsvr32",
    word("http* */i:http*") | raw("-urlcache"),
    text="Fetches and runs code.",
)
NETWORK.caution(
    "grpc",
    "grpcurl websocat wscat mosquitto_pub",
    value("d", "*") | operands(1),
    text="Speaks to a remote service.",
)
