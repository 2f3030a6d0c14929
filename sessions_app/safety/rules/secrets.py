"""Secrets: programs that print credentials, keys or the environment."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern
from sessions_app.safety.rules.conditions import ALWAYS, exact, flag, operands, raw, sub
from sessions_app.safety.rules.invocation import grammar
from sessions_app.safety.text import listed

SECRETS = Concern("secrets", Reach.PRIVATE)
SECRETS.caution(
    "environment",
    "printenv env",
    operands(0, 0) | raw("*KEY* *TOKEN* *SECRET* *PASS*"),
    text="Lists the environment, which may hold secrets.",
    safer="Print the one variable that is needed.",
)
SECRETS.harmless("printenv env", ALWAYS)
SECRETS.dangerous(
    "key_export",
    "gpg gpg2",
    exact("export-secret-keys export-secret-key export-secret-subkeys export-ownertrust"),
    text="Exports private keys.",
)
SECRETS.dangerous(
    "key_deleted",
    "gpg gpg2",
    flag("delete-keys delete-secret-keys delete-secret-and-public-key yes") & raw("--delete*"),
    text="Deletes keys.",
)
SECRETS.caution(
    "crypto",
    "gpg gpg2 age sops gpgsm minisign",
    flag("d decrypt s sign e encrypt import gen-key generate-key recv-keys"),
    text="Uses or changes keys.",
)
SECRETS.harmless(
    "gpg gpg2",
    flag(
        "verify list-keys k K list-secret-keys version fingerprint "
        "with-colons list-packets export armor a"
    ),
)
SECRETS.dangerous(
    "keychain",
    "security",
    sub(
        "find-generic-password|find-internet-password|"
        "dump-keychain|export|unlock-keychain|delete-*|dump-trust-settings|"
        "find-key|authorizationdb"
    ),
    text="Takes passwords out of the keychain.",
)
SECRETS.dangerous(
    "keychain",
    "secret-tool keyctl kwallet-query",
    sub("lookup|search|read|pipe|print|clear|show") | flag("r"),
    text="Takes passwords out of the keyring.",
)
SECRETS.dangerous(
    "password_manager",
    "pass gopass bw op lpass keepassxc-cli 1password rbw chamber "
    "doppler infisical berglas secrethub",
    sub(
        "show|get|read|cat|export|ls-values|unlock|item|document|insert|rm|edit|git|"
        "secrets|list|download|delete|clip|destroy"
    ),
    text="Takes secrets out of a password manager, or changes them.",
)
SECRETS.tame.update(listed("pass op chamber doppler infisical"))
SECRETS.otherwise(
    "credential",
    "git-credential-store git-credential-cache docker-credential-* "
    "docker-credential-desktop docker-credential-pass",
    text="Speaks to a store of credentials.",
)
SECRETS.dangerous(
    "dumped",
    "mimikatz mimipenguin lazagne pypykatz secretsdump.py hashdump procdump "
    "linpeas.sh linpeas laZagne john hashcat hydra medusa ncrack responder sqlmap "
    "msfconsole msfvenom nuclei metasploit crackmapexec netexec bloodhound "
    "bettercap ettercap aircrack-ng wifite chisel ligolo sliver evil-winrm",
    ALWAYS,
    text="A tool for breaking in or stealing credentials.",
)
SECRETS.dangerous(
    "sniffed",
    "tcpdump tshark wireshark dumpcap ngrep",
    ALWAYS & ~exact("r D h"),
    text="Records the traffic of the machine.",
)
SECRETS.harmless("tcpdump tshark", exact("r D"))
SECRETS.reads("tcpdump tshark", grammar("i w r c s"))
SECRETS.otherwise(
    "key_made",
    "ssh-keygen ssh-add ssh-agent openssl certtool mkcert certbot step "
    "keytool acme.sh cfssl kinit ssh-import-id htpasswd",
    text="Makes or uses keys and certificates.",
)
SECRETS.dangerous(
    "key_authorized",
    "ssh-copy-id",
    ALWAYS,
    text="Lets a key sign in elsewhere.",
    reach=Reach.SHARED,
)
SECRETS.harmless(
    "openssl",
    sub(
        "version|dgst|sha256|sha1|md5|x509|verify|rand|ciphers|s_client|"
        "speed|list|asn1parse|base64|crl|prime|help|req|ocsp"
    ),
)
SECRETS.harmless("openssl", sub("enc") & flag("base64 a d"))
SECRETS.dangerous(
    "key_printed",
    "openssl",
    sub("rsa|pkcs12|pkey|ec|pkcs8") & ~exact("pubout pubin"),
    text="Prints or converts private keys.",
)
SECRETS.harmless("ssh-keygen ssh-add", exact("l L lf F E") & ~exact("y"))
SECRETS.dangerous("key_printed", "ssh-keygen", exact("y"), text="Reads a private key.")
