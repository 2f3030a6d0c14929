"""Wrappers of this machine: other rights, other priorities, other times, watched or traced."""

from __future__ import annotations

from sessions_app.safety.shell.wrappers.form import PLAIN, Wrapper, names, plain, under

_SUDO = Wrapper(
    values=names(
        "u user g group h host p prompt C close-from c r role t type T command-timeout U "
        "other-user D chdir R chroot"
    ),
    assigns=True,
    raises=True,
)
_SU = Wrapper(
    values=names("s shell g group G supp-group w whitelist-environment T"),
    scripts=names("c command session-command"),
    skip=1,
    raises=True,
    bare=True,
)
LOCAL: dict[str, list[Wrapper]] = {
    "sudo": [_SUDO],
    "sudo-rs": [_SUDO],
    "doas": [Wrapper(values=names("u C a"), raises=True)],
    "run0": [Wrapper(values=names("u user g group D chdir"), raises=True)],
    "pkexec": [Wrapper(values=names("user"), raises=True)],
    "gosu": [Wrapper(skip=1, raises=True)],
    "su-exec": [Wrapper(skip=1, raises=True)],
    "su": [_SU],
    "runuser": [
        Wrapper(
            values=names("u user s shell g group G supp-group"),
            raises=True,
            needs=names("u user"),
        ),
        _SU,
    ],
    "sg": [Wrapper(skip=1, scripts=names("c"), joined=True)],
    "timeout": [plain("s signal k kill-after", skip=1)],
    "gtimeout": [plain("s signal k kill-after", skip=1)],
    "nice": [plain("n adjustment")],
    "ionice": [plain("c class n classdata")],
    "chrt": [plain("T P D sched-runtime sched-period sched-deadline", skip=1)],
    "taskset": [plain(skip=1)],
    "numactl": [plain("m N C membind cpunodebind physcpubind i interleave")],
    "cpulimit": [plain("l limit p pid e exe")],
    "nohup": [PLAIN],
    "setsid": [PLAIN],
    "setarch": [PLAIN],
    "linux32": [PLAIN],
    "linux64": [PLAIN],
    "stdbuf": [plain("i input o output e error")],
    "unbuffer": [PLAIN],
    "time": [plain("f format o output")],
    "gtime": [plain("f format o output")],
    "builtin": [PLAIN],
    "exec": [plain("a")],
    "coproc": [PLAIN],
    "noglob": [PLAIN],
    "nocorrect": [PLAIN],
    "busybox": [PLAIN],
    "toybox": [PLAIN],
    "strace": [plain("o e p s u E a b I O P S X output trace attach user env")],
    "ltrace": [plain("o e p s u a l n")],
    "valgrind": [PLAIN],
    "perf": [under("record", names("e o F g p t")), under("stat", names("e o r p t"))],
    "catchsegv": [PLAIN],
    "eatmydata": [PLAIN],
    "fakeroot": [plain("l lib faked s i")],
    "faketime": [plain("f", skip=1)],
    "proot": [plain("r rootfs b bind w cwd q qemu R S k")],
    "dumb-init": [plain("r rewrite")],
    "tini": [plain("p e")],
    "catatonit": [PLAIN],
    "dbus-run-session": [PLAIN],
    "dbus-launch": [PLAIN],
    "xvfb-run": [plain("n server-num s server-args e error-file f auth-file w wait p")],
    "torsocks": [PLAIN],
    "torify": [PLAIN],
    "proxychains": [plain("f")],
    "proxychains4": [plain("f")],
    "rlwrap": [plain("f H C b c p r s S t")],
    "caffeinate": [plain("t w")],
    "prlimit": [plain("p pid o output")],
    "setpriv": [
        plain(
            "reuid regid ruid rgid groups inh-caps ambient-caps bounding-set securebits "
            "selinux-label apparmor-profile"
        )
    ],
    "capsh": [Wrapper(scripts=names("c"))],
    "unshare": [
        Wrapper(
            values=names("S setuid G setgid R root w wd propagation setgroups map-user map-group"),
            bare=True,
        )
    ],
    "nsenter": [Wrapper(values=names("t target S setuid G setgid"), raises=True, bare=True)],
    "chroot": [Wrapper(values=names("userspec groups"), skip=1, raises=True, bare=True)],
    "firejail": [PLAIN],
    "bwrap": [
        plain(
            "bind ro-bind dev-bind bind-try ro-bind-try chdir setenv unsetenv proc dev tmpfs dir "
            "symlink uid gid hostname lock-file sync-fd seccomp"
        )
    ],
    "systemd-run": [plain("u unit p property M machine E setenv uid gid nice slice on-calendar")],
    "daemonize": [plain("a c e o p l u E")],
    "start-stop-daemon": [Wrapper(values=names("p pidfile u user c chuid d chdir x exec n name"))],
    "flock": [
        Wrapper(values=names("w timeout E conflict-exit-code"), skip=1, scripts=names("c command"))
    ],
    "lockf": [plain("t", skip=1)],
    "script": [Wrapper(values=names("E I O B T t"), scripts=names("c command"), skip=1)],
    "watch": [Wrapper(values=names("n interval q equexit"), joined=True)],
    "entr": [PLAIN],
    "hyperfine": [
        Wrapper(
            values=names("w warmup r runs m M L N export-json export-markdown"),
            scripts=names("p prepare c cleanup s setup"),
            joined=True,
        )
    ],
    "retry": [plain("t d m times delay")],
    "tmux": [
        Wrapper(sub=("new-session",), values=names("s t n c x y F e"), joined=True),
        Wrapper(sub=("new",), values=names("s t n c x y F e"), joined=True),
        Wrapper(sub=("new-window",), values=names("t n c F e"), joined=True),
        Wrapper(sub=("split-window",), values=names("t l c F e p"), joined=True),
        Wrapper(sub=("send-keys",), values=names("t N"), joined=True),
        Wrapper(sub=("send",), values=names("t N"), joined=True),
        Wrapper(sub=("run-shell",), values=names("t d"), joined=True),
    ],
    "screen": [plain("S c e h L p s t T X")],
    "xterm": [Wrapper(after="e")],
    "gnome-terminal": [PLAIN],
}
