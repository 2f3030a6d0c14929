"""The system itself: power, services, processes, accounts, schedules, firewalls, evidence."""

from __future__ import annotations

import re

from sessions_app.safety.model import Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import CAUTION, DANGEROUS, Concern, named_targets
from sessions_app.safety.rules.conditions import (
    ALONE,
    ALWAYS,
    exact,
    flag,
    literally,
    operands,
    raw,
    sub,
    word,
)
from sessions_app.safety.rules.invocation import Invocation, grammar
from sessions_app.safety.text import listed, show

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
SYSTEM.tame.update(listed("atq anacron systemd-analyze systemd-cgls systemd-cgtop busctl"))

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
