"""The system itself: power, services, processes, accounts, schedules, firewalls, evidence."""

from __future__ import annotations

import re

from sessions_app.safety.model import Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import (
    ALONE,
    ALWAYS,
    CAUTION,
    DANGEROUS,
    Concern,
    Invocation,
    exact,
    flag,
    grammar,
    literally,
    named_targets,
    operands,
    raw,
    sub,
    word,
)
from sessions_app.safety.text import show

SYSTEM = Concern("system", Reach.MACHINE)
SERVICES = named_targets("service")
FIRST = named_targets("process", 0)

SYSTEM.dangerous(
    "power",
    "reboot halt poweroff pm-suspend pm-hibernate rundll32",
    ALWAYS,
    text="Stops or restarts the machine.",
)
SYSTEM.dangerous("power", "shutdown", ~exact("c show"), text="Stops or restarts the machine.")
SYSTEM.harmless("shutdown", exact("c show"))
SYSTEM.dangerous("power", "init telinit", word("0 1 6 s S u"), text="Changes the run level.")
SYSTEM.dangerous(
    "power",
    "systemctl loginctl",
    sub(
        "poweroff|reboot|halt|kexec|suspend|hibernate|rescue|emergency|isolate|soft-reboot|"
        "default|hybrid-sleep|suspend-then-hibernate|terminate-user|kill-user|terminate-session|"
        "kill-session"
    ),
    text="Stops or restarts the machine or its users' sessions.",
)
SYSTEM.dangerous(
    "service_stopped",
    "systemctl",
    sub("stop|disable|mask|kill|set-default|unlink|revert|clean|preset-all") & ~exact("dry-run"),
    text="Stops services that others may rely on.",
    targets=SERVICES,
    safer="systemctl status first; restart keeps the service up",
)
SYSTEM.caution(
    "service_changed",
    "systemctl",
    sub(
        "restart|start|reload|enable|daemon-reload|edit|"
        "try-restart|reload-or-restart|unmask|link|daemon-reexec|set-property|reset-failed|"
        "import-environment|set-environment|add-wants|preset"
    ),
    text="Changes services of the machine.",
    targets=SERVICES,
)
SYSTEM.harmless(
    "systemctl loginctl",
    sub("status|list-*|show*|is-*|cat|get-*|help|seat*|session*|user*") | ALONE,
)
SYSTEM.dangerous(
    "service_stopped",
    "service rc-service invoke-rc.d sv s6-rc initctl stop runit "
    "supervisorctl pm2 launchctl brew-services monit",
    word(
        "stop down force-stop unload bootout remove delete shutdown stopall kill "
        "disable exit unmonitor",
        0,
    ),
    text="Stops services that others may rely on.",
    targets=SERVICES,
)
SYSTEM.caution(
    "service_changed",
    "service rc-service sv supervisorctl pm2 launchctl monit",
    word("start restart reload up load bootstrap enable kickstart reread update flush"),
    text="Changes services of the machine.",
)
SYSTEM.harmless(
    "service rc-service sv supervisorctl pm2 launchctl monit",
    word("status list print --status-all ls logs describe show prettylist"),
)


def _kill(call: Invocation) -> list[Finding]:
    """`kill`: everything, the first process, or one that is named."""
    words = [each.text for each in call.argv[1:]]
    if words[:1] in (["-l"], ["-L"], ["--list"]) or "-0" in words:
        return []
    signalled = bool(words) and re.fullmatch(r"-(?:\d+|[A-Z]+\d?|s|n|-signal.*)", words[0])
    ids = words[1:] if signalled else words
    targets = tuple(Target("process", show(text)) for text in ids[:10])
    if "-1" in ids or "1" in ids or (words == ["-9", "-1"]) or ids[:2] == ["--", "-1"]:
        text = "Ends every process, or the one all others hang on."
        return [Finding(DANGEROUS, Reason("system.kill_all", text), Reach.MACHINE, targets)]
    return [Finding(CAUTION, Reason("system.kill", "Ends processes."), Reach.MACHINE, targets)]


SYSTEM.checked("kill", _kill)
SYSTEM.tame.add("kill")
SYSTEM.dangerous("kill_all", "killall5", ALWAYS, text="Ends every process.")
SYSTEM.dangerous(
    "kill_all",
    "pkill killall skill slay",
    flag("u U user euid uid") | literally(". .* *"),
    text="Ends all processes of a user, or all there are.",
    targets=FIRST,
)
SYSTEM.reads("pkill killall", grammar("u U user euid uid g G t s signal P"))
SYSTEM.dangerous(
    "kill_core",
    "pkill killall",
    word(
        "init systemd sshd dockerd containerd kubelet "
        "postgres postgresql mysqld Xorg launchd dbus-daemon"
    ),
    text="Ends a process that the machine or others rely on.",
    targets=FIRST,
)
SYSTEM.otherwise(
    "kill", "pkill killall xkill skill fuser", text="Ends processes by name.", targets=FIRST
)
SYSTEM.harmless("pkill killall", exact("0 l list e"))
SYSTEM.harmless("fuser", ~flag("k kill"))
SYSTEM.dangerous(
    "kill_all",
    "fuser",
    flag("k kill") & flag("m mount"),
    text="Ends every process that uses a file system.",
)

SYSTEM.dangerous(
    "firewall",
    "iptables ip6tables iptables-nft ip6tables-nft ebtables arptables",
    flag("F flush X delete-chain P policy D delete Z") & ~exact("L list S"),
    text="Takes the firewall's rules away.",
    safer="iptables-save keeps the rules before you change them",
)
SYSTEM.reads("iptables ip6tables", grammar("t table A I p s d j i o m dport sport"))
SYSTEM.otherwise(
    "firewall_changed",
    "iptables ip6tables ebtables arptables nft firewall-cmd ufw ipset iptables-restore pfctl",
    text="Changes the firewall.",
)
SYSTEM.harmless(
    "iptables ip6tables iptables-save ip6tables-save", exact("L list S list-rules") | ALONE
)
SYSTEM.dangerous(
    "firewall", "iptables-restore ip6tables-restore", ALWAYS, text="Replaces the firewall's rules."
)
SYSTEM.dangerous(
    "firewall", "nft", sub("flush|delete|destroy|reset"), text="Takes the firewall's rules away."
)
SYSTEM.harmless("nft", sub("list|describe|monitor"))
SYSTEM.dangerous(
    "firewall", "ufw", word("disable reset delete default"), text="Opens the firewall."
)
SYSTEM.harmless("ufw", sub("status|show|app|version"))
SYSTEM.dangerous(
    "firewall",
    "firewall-cmd",
    raw("--remove-* --panic-on --set-default-zone* --delete-* --complete-reload"),
    text="Opens the firewall.",
)
SYSTEM.harmless("firewall-cmd", raw("--list* --get* --state --query*"))
SYSTEM.dangerous(
    "firewall",
    "pfctl ipset",
    flag("F d") | sub("flush|destroy"),
    text="Takes rules of the firewall away.",
)
SYSTEM.dangerous(
    "link_down",
    "ip",
    (sub("l*", "set|s|del*|d") & word("down d* del* delete"))
    | sub("a*|r*|rule|neigh*|n", "flush|f|del|delete|d"),
    text="Cuts the machine off its network.",
)
SYSTEM.caution(
    "network_changed",
    "ip",
    sub("*", "add|set|replace|change|append"),
    text="Changes the network of the machine.",
)
SYSTEM.harmless("ip", ALWAYS)
SYSTEM.dangerous(
    "link_down", "ifconfig", word("down delete"), text="Cuts the machine off its network."
)
SYSTEM.harmless("ifconfig iwconfig route ethtool", operands(0, 1))
SYSTEM.dangerous(
    "link_down",
    "ifdown nmcli netplan route wg-quick",
    word("down off disconnect delete del flush disable") | raw("eth* en* wl*"),
    text="Cuts the machine off its network.",
)
SYSTEM.harmless("nmcli netplan wg", word("show status get device general info") | ALONE)
SYSTEM.otherwise(
    "network_changed",
    "ifconfig ifup nmcli netplan route wg wg-quick ethtool tc "
    "resolvectl dhclient iwconfig networkctl hostnamectl brctl",
    text="Changes the network of the machine.",
)
SYSTEM.harmless("resolvectl networkctl hostnamectl", sub("status|query|list") | ALONE)

SYSTEM.dangerous(
    "schedule",
    "crontab",
    flag("r") | (operands(1) & ~exact("l")) | (ALONE & ~exact("l")) | word("-"),
    text="Replaces or removes all scheduled commands of a user.",
    safer="crontab -l > backup first",
)
SYSTEM.reads("crontab", grammar("u"))
SYSTEM.harmless("crontab", exact("l"))
SYSTEM.caution("schedule_edited", "crontab", flag("e"), text="Edits scheduled commands.")
SYSTEM.dangerous("schedule", "schtasks", raw("/create /delete"), text="Changes scheduled commands.")
SYSTEM.otherwise("schedule_removed", "atrm", text="Removes scheduled commands.")
SYSTEM.tame |= {"atq", "anacron", "systemd-analyze", "systemd-cgls", "systemd-cgtop", "busctl"}

SYSTEM.dangerous(
    "account",
    "userdel deluser groupdel delgroup",
    ALWAYS,
    text="Removes an account.",
    targets=named_targets("account", 0),
    safer="usermod --lock keeps the account and its files",
)
SYSTEM.dangerous(
    "password",
    "passwd chpasswd newusers chage vipw vigr visudo pwconv grpconv smbpasswd htpasswd dpasswd",
    ~exact("S status l list c check"),
    text="Changes passwords or who may raise rights.",
)
SYSTEM.harmless("passwd chage visudo", exact("S status l list c check"))
SYSTEM.dangerous(
    "rights_raised",
    "usermod gpasswd adduser addgroup",
    raw(
        "sudo wheel root docker admin adm lxd disk shadow *,sudo sudo,* *,docker "
        "-G*sudo* --groups=*sudo* -u0 -o"
    )
    | raw("-L -U -e --lock --unlock"),
    text="Gives an account power over the machine, or locks it.",
)
SYSTEM.dangerous(
    "rights_raised",
    "useradd",
    raw("-u0 -o 0 sudo wheel root -G*sudo*"),
    text="Makes an account with power over the machine.",
)
SYSTEM.otherwise(
    "account_changed",
    "useradd usermod groupadd groupmod adduser addgroup gpasswd chsh chfn newgrp",
    text="Changes accounts.",
)
SYSTEM.dangerous("root_shell", "sudoedit", ALWAYS, text="Edits a file of the system.")

SYSTEM.dangerous(
    "protection",
    "setenforce",
    word("0 Permissive permissive"),
    text="Switches a protection of the machine off.",
)
SYSTEM.dangerous(
    "protection",
    "aa-disable aa-teardown apparmor_parser semanage setsebool "
    "auditctl auditd spctl csrutil mokutil Set-MpPreference fail2ban-client",
    raw("-D -e 0 -R disable --master-disable --disable* -P off stop unban")
    | raw("aa-*")
    | word("permissive disable off 0 stop unban"),
    text="Switches a protection of the machine off.",
)
SYSTEM.dangerous(
    "protection",
    "aa-disable aa-teardown aa-complain",
    ALWAYS,
    text="Switches a protection of the machine off.",
)
SYSTEM.otherwise(
    "protection_changed",
    "setenforce semanage setsebool auditctl apparmor_parser chcon restorecon",
    text="Changes a protection of the machine.",
)
SYSTEM.harmless("getenforce sestatus aa-status ausearch aureport", ALWAYS)
SYSTEM.dangerous("setcap", "setcap", ALWAYS, text="Gives a program powers of the system.")
SYSTEM.harmless("getcap getpcaps", ALWAYS)
SYSTEM.dangerous(
    "kernel",
    "insmod modprobe rmmod kexec",
    ~exact("n dry-run show-depends l D"),
    text="Changes the running kernel.",
)
SYSTEM.harmless("lsmod modinfo dmesg", ~flag("C clear c"))
SYSTEM.dangerous("evidence", "dmesg", flag("C clear c"), text="Erases the kernel's messages.")
SYSTEM.dangerous(
    "kernel_setting",
    "sysctl",
    flag("w write p load system") | word("*=*"),
    text="Changes settings of the kernel.",
)
SYSTEM.harmless("sysctl", ALWAYS)
SYSTEM.dangerous(
    "evidence",
    "journalctl",
    raw("--vacuum* --rotate --flush"),
    text="Deletes the system's journal.",
)
SYSTEM.harmless("journalctl", ALWAYS)
SYSTEM.dangerous("evidence", "logrotate", flag("f force"), text="Rotates logs away at once.")
SYSTEM.dangerous("evidence", "wevtutil", word("cl clear-log"), text="Erases event logs.")
SYSTEM.dangerous(
    "evidence",
    "utmpdump wtmpclean ccze lastlog faillock",
    flag("r reset C clear"),
    text="Erases records of who signed in.",
)
SYSTEM.dangerous(
    "clock",
    "hwclock timedatectl date ntpdate",
    raw("-s --set* set-time set-ntp -w --systohc --hctosys"),
    text="Changes the machine's clock.",
)
SYSTEM.harmless("hwclock timedatectl date", ALWAYS)
SYSTEM.dangerous(
    "boot",
    "grub-install update-grub grub-mkconfig efibootmgr bcdedit fwupdmgr "
    "flashrom grub2-mkconfig bootctl mkinitcpio update-initramfs dracut",
    ~flag("v l list version") | raw("-B -c -b -o"),
    text="Changes how the machine starts.",
)
SYSTEM.harmless("efibootmgr bootctl fwupdmgr", ALONE | sub("status|list|get-devices"))
SYSTEM.dangerous(
    "alternatives",
    "update-alternatives ldconfig update-rc.d chkconfig",
    flag("remove remove-all set install") | word("remove disable off defaults"),
    text="Changes which programs the machine uses.",
)
SYSTEM.harmless("update-alternatives ldconfig chkconfig", ALWAYS)
SYSTEM.dangerous(
    "windows",
    "vssadmin reg bcdedit cipher diskpart fsutil",
    word("delete Delete /delete resize") | raw("/w:* /f"),
    text="Deletes parts of the system.",
)
SYSTEM.dangerous("stress", "stress stress-ng forkbomb", ALWAYS, text="Exhausts the machine.")
SYSTEM.otherwise(
    "screenshot",
    "xdotool ydotool import scrot screencapture xinput",
    text="Acts on or records the desktop.",
)
SYSTEM.dangerous(
    "macos",
    "dscl defaults tmutil nvram pmset systemsetup csrutil",
    sub("*", "-delete") | sub("delete|delete*|disable|-c|-d|-delete"),
    text="Deletes settings, users or backups of the system.",
)
SYSTEM.harmless("defaults dscl tmutil pmset", sub("read|list*|*|status|-g"))
SYSTEM.otherwise("debugged", "gcore ptrace reptyr rr", text="Looks into another process.")
SYSTEM.dangerous(
    "memory", "gcore", ALWAYS, text="Writes another process's memory to a file.", reach=Reach.SECRET
)
