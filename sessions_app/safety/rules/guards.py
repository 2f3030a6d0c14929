"""What guards and records a machine: firewall, protections, kernel, boot, logs, clock."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern
from sessions_app.safety.rules.conditions import (
    ALONE,
    ALWAYS,
    Condition,
    exact,
    flag,
    operands,
    raw,
    sub,
    word,
)
from sessions_app.safety.rules.invocation import grammar

GUARDS = Concern("system", Reach.MACHINE)

GUARDS.dangerous(
    "firewall",
    "iptables ip6tables iptables-nft ip6tables-nft ebtables arptables",
    flag("F flush X delete-chain P policy D delete Z") & ~exact("L list S"),
    text="Takes the firewall's rules away.",
    safer="iptables-save keeps the rules before you change them",
)
GUARDS.reads("iptables ip6tables", grammar("t table A I p s d j i o m dport sport"))
GUARDS.otherwise(
    "firewall_changed",
    "iptables ip6tables ebtables arptables nft firewall-cmd ufw ipset iptables-restore pfctl",
    text="Changes the firewall.",
)
GUARDS.harmless(
    "iptables ip6tables iptables-save ip6tables-save", exact("L list S list-rules") | ALONE
)
GUARDS.dangerous(
    "firewall", "iptables-restore ip6tables-restore", ALWAYS, text="Replaces the firewall's rules."
)
GUARDS.dangerous(
    "firewall", "nft", sub("flush|delete|destroy|reset"), text="Takes the firewall's rules away."
)
GUARDS.harmless("nft", sub("list|describe|monitor"))
GUARDS.dangerous(
    "firewall", "ufw", word("disable reset delete default"), text="Opens the firewall."
)
GUARDS.harmless("ufw", sub("status|show|app|version"))
GUARDS.dangerous(
    "firewall",
    "firewall-cmd",
    raw("--remove-* --panic-on --set-default-zone* --delete-* --complete-reload"),
    text="Opens the firewall.",
)
GUARDS.harmless("firewall-cmd", raw("--list* --get* --state --query*"))
GUARDS.dangerous(
    "firewall",
    "pfctl ipset",
    flag("F d") | sub("flush|destroy"),
    text="Takes rules of the firewall away.",
)
GUARDS.dangerous(
    "link_down",
    "ip",
    (sub("l*", "set|s|del*|d") & word("down d* del* delete"))
    | sub("a*|r*|rule|neigh*|n", "flush|f|del|delete|d"),
    text="Cuts the machine off its network.",
)
GUARDS.caution(
    "network_changed",
    "ip",
    sub("*", "a|add|set|replace|change|append"),
    text="Changes the network of the machine.",
)
GUARDS.dangerous("link_down", "ifdown", ALWAYS, text="Cuts the machine off its network.")
GUARDS.harmless("ip", ALWAYS)
GUARDS.dangerous(
    "link_down", "ifconfig", word("down delete"), text="Cuts the machine off its network."
)
GUARDS.harmless("ifconfig iwconfig route ethtool", operands(0, 1))
GUARDS.dangerous(
    "link_down",
    "nmcli netplan route wg-quick",
    word("down off disconnect delete del flush disable"),
    text="Cuts the machine off its network.",
)
GUARDS.harmless("nmcli netplan wg", word("show status get device general info") | ALONE)
GUARDS.otherwise(
    "network_changed",
    "ifconfig ifup nmcli netplan route wg wg-quick ethtool tc "
    "resolvectl dhclient iwconfig networkctl hostnamectl brctl",
    text="Changes the network of the machine.",
)
GUARDS.harmless("resolvectl networkctl hostnamectl", sub("status|query|list") | ALONE)

GUARDS.dangerous(
    "protection",
    "setenforce",
    word("0 Permissive permissive"),
    text="Switches a protection of the machine off.",
)
GUARDS.dangerous(
    "protection",
    "aa-disable aa-teardown apparmor_parser semanage setsebool "
    "auditctl auditd spctl csrutil mokutil Set-MpPreference fail2ban-client",
    raw("-D -e 0 -R disable --master-disable --disable* -P off stop unban")
    | raw("aa-*")
    | word("permissive disable off 0 stop unban"),
    text="Switches a protection of the machine off.",
)
GUARDS.dangerous(
    "protection",
    "aa-disable aa-teardown aa-complain",
    ALWAYS,
    text="Switches a protection of the machine off.",
)
GUARDS.otherwise(
    "protection_changed",
    "setenforce semanage setsebool auditctl apparmor_parser chcon restorecon",
    text="Changes a protection of the machine.",
)
GUARDS.harmless("getenforce sestatus aa-status ausearch aureport", ALWAYS)
GUARDS.dangerous("setcap", "setcap", ALWAYS, text="Gives a program powers of the system.")
GUARDS.harmless("getcap getpcaps", ALWAYS)
GUARDS.dangerous(
    "kernel",
    "insmod rmmod kexec",
    ALWAYS,
    text="Changes the running kernel.",
)
GUARDS.dangerous("kernel", "modprobe", flag("r remove"), text="Changes the running kernel.")
GUARDS.otherwise("module", "modprobe", text="Loads a part of the kernel.")
GUARDS.harmless("lsmod modinfo dmesg", ~flag("C clear c"))
GUARDS.dangerous("evidence", "dmesg", flag("C clear c"), text="Erases the kernel's messages.")
GUARDS.dangerous(
    "kernel_setting",
    "sysctl",
    flag("w write p load system") | word("*=*"),
    text="Changes settings of the kernel.",
)
GUARDS.harmless("sysctl", ALWAYS)
GUARDS.dangerous(
    "evidence",
    "journalctl",
    raw("--vacuum* --rotate --flush"),
    text="Deletes the system's journal.",
)
GUARDS.harmless("journalctl", ALWAYS)
GUARDS.dangerous("evidence", "logrotate", flag("f force"), text="Rotates logs away at once.")
GUARDS.dangerous("evidence", "wevtutil", word("cl clear-log"), text="Erases event logs.")
GUARDS.dangerous(
    "evidence",
    "utmpdump wtmpclean ccze lastlog faillock",
    flag("r reset C clear"),
    text="Erases records of who signed in.",
)
GUARDS.dangerous(
    "clock",
    "hwclock timedatectl date ntpdate",
    raw("-s --set* set-time set-ntp -w --systohc --hctosys"),
    text="Changes the machine's clock.",
)
GUARDS.harmless("hwclock timedatectl date", ALWAYS)
GUARDS.dangerous(
    "boot",
    "grub-install update-grub grub-mkconfig efibootmgr bcdedit fwupdmgr "
    "flashrom grub2-mkconfig bootctl mkinitcpio update-initramfs dracut",
    (
        ~flag("v l list version list-modules u r")
        & ~ALONE
        & ~sub("status|list|get-*|refresh")
        & ~sub("is-installed")
    )
    | raw("-B -c -b -o -w")
    | Condition(
        lambda call: call.program in {"update-grub", "dracut", "mkinitcpio"} and len(call.argv) == 1
    ),
    text="Changes how the machine starts.",
)
GUARDS.harmless("efibootmgr bootctl fwupdmgr flashrom dracut", ALWAYS)
GUARDS.dangerous(
    "alternatives",
    "update-alternatives ldconfig update-rc.d chkconfig",
    flag("remove remove-all set install") | word("remove disable off defaults"),
    text="Changes which programs the machine uses.",
)
GUARDS.harmless("update-alternatives ldconfig chkconfig", ALWAYS)
GUARDS.dangerous(
    "windows",
    "vssadmin reg bcdedit cipher diskpart fsutil",
    word("delete Delete /delete resize") | raw("/w:* /f"),
    text="Deletes parts of the system.",
)
GUARDS.dangerous("stress", "stress stress-ng forkbomb", ALWAYS, text="Exhausts the machine.")
GUARDS.otherwise(
    "screenshot",
    "xdotool ydotool import scrot screencapture xinput",
    text="Acts on or records the desktop.",
)
GUARDS.dangerous(
    "macos",
    "dscl defaults tmutil nvram pmset systemsetup csrutil",
    sub("*", "-delete") | sub("delete|delete*|disable|-c|-d|-delete"),
    text="Deletes settings, users or backups of the system.",
)
GUARDS.harmless("defaults dscl tmutil pmset", sub("read|list*|*|status|-g"))
GUARDS.otherwise("debugged", "gcore ptrace reptyr rr", text="Looks into another process.")
GUARDS.dangerous(
    "memory",
    "gcore",
    ALWAYS,
    text="Writes another process's memory to a file.",
    reach=Reach.PRIVATE,
)
