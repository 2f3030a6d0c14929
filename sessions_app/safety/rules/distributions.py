"""Package managers of the system: removing what it needs, trusting who did not sign."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import exact, flag, raw, sub, word
from sessions_app.safety.text import listed

DISTRIBUTIONS = Concern("packages", Reach.MACHINE)
DRY = exact("dry-run n just-print simulate s no-act download-only")

SYSTEM_MANAGERS = (
    "apt apt-get aptitude yum dnf microdnf zypper pacman apk brew snap flatpak port pkg emerge "
    "nix-env xbps-install xbps-remove dpkg rpm yay paru choco winget scoop nala eopkg tdnf"
)
DISTRIBUTIONS.dangerous(
    "purged",
    SYSTEM_MANAGERS,
    sub("purge|autopurge")
    | flag("purge")
    | (sub("autoremove|remove|erase") & flag("purge"))
    | raw(
        "-Rns -Rnsc -Rsc -Rdd -Rcns -Rscn --force-remove-essential --force-all --force-depends "
        "--nodeps --zap --allow-remove-essential --unregister -P --purge"
    ),
    text="Removes system packages with their settings, or against their dependencies.",
    reach=Reach.MACHINE,
    targets=named_targets("package"),
)
DISTRIBUTIONS.dangerous(
    "unsigned",
    SYSTEM_MANAGERS,
    raw(
        "--allow-unauthenticated --nogpgcheck "
        "--no-gpg-checks --allow-untrusted --force-yes *.deb?* http://* https://*.rpm "
        "https://*.deb"
    )
    & ~sub("source|search|show"),
    text="Installs system packages that nobody signed for.",
    reach=Reach.MACHINE,
)
DISTRIBUTIONS.dangerous(
    "core_removed",
    SYSTEM_MANAGERS,
    (sub("remove|erase|autoremove|uninstall|del|delete|rm") | raw("-R -Rs -e -r"))
    & word(
        "libc6 glibc bash coreutils systemd sudo openssh-server kernel linux-image* "
        "python3 dpkg apt grub* network-manager docker* postgresql* mysql* "
        "nginx* sshd openssl",
        0,
    ),
    text="Removes packages the system or its services stand on.",
    reach=Reach.MACHINE,
)
DISTRIBUTIONS.harmless(
    SYSTEM_MANAGERS,
    sub(
        "list|search|show|info|policy|depends|rdepends|changelog|madison|provides|repoquery|"
        "check-update|history|outdated|doctor|deps|leaves|config|cat|home|desc|log|why|versions|"
        "help|check|files|query|stats|download|source|ls"
    )
    | raw(
        "-Q* -l -L -S -s -qa -qi -ql -qf -q -Ss -Si --list --status --search --version -V --print*"
    )
    | DRY,
)
DISTRIBUTIONS.caution(
    "system_packages",
    SYSTEM_MANAGERS,
    ~sub(
        "list|search|show|info|policy|depends|outdated|history|doctor|deps|leaves|config|cat|home|"
        "help|check|files|query|stats|download|source|ls|rdepends|madison|provides|repoquery|"
        "check-update|desc|log|why|versions|changelog"
    )
    & ~raw("-Q* -l -L -S -s -qa -qi -ql -qf -q -Ss -Si --list --status --search --version -V")
    & ~DRY,
    text="Changes the packages of the machine.",
    reach=Reach.MACHINE,
    targets=named_targets("package"),
)
DISTRIBUTIONS.tame.update(
    listed("apt-cache apt-mark dpkg-query dpkg-deb rpm2cpio add-apt-repository")
)
DISTRIBUTIONS.otherwise(
    "repository",
    "add-apt-repository apt-key rpmkeys dnf-config-manager",
    text="Trusts another source of system packages.",
    reach=Reach.MACHINE,
)
DISTRIBUTIONS.caution(
    "bootstrap",
    "rustup nvm volta mise asdf sdk proto fnm n",
    sub(
        "install|self|update|uninstall|toolchain|default|use|implode|component|target|global|local"
    ),
    text="Changes the tool chain.",
)
DISTRIBUTIONS.otherwise(
    "built",
    "debuild dpkg-buildpackage rpmbuild makepkg fpm",
    text="Builds a package by its recipe.",
)
