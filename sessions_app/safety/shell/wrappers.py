"""Programs that run another program: how to find the command inside, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Wrapper:
    """How a wrapper's command line is laid out.

    `sub`: the operands by which it is recognized (`docker exec`). `values`: options that take a
    value, without dashes. `skip`: operands before the inner command (timeout's duration).
    `scripts`: options whose value is shell text. `joined`: the rest is joined into shell text.
    `assigns`: NAME=value may stand before the command. `remote`: it runs on another machine or in
    a container, where our workspace is not. `raises`: it runs with other rights. `bare`: without
    an inner command it opens a shell that reads its input. `unknown`: what it runs came from
    elsewhere (npx). `after`: the option after which the inner command stands (nix develop -c).
    `needs`: the form holds only with one of these options.
    """

    sub: tuple[str, ...] = ()
    values: frozenset[str] = frozenset()
    skip: int = 0
    scripts: frozenset[str] = frozenset()
    joined: bool = False
    assigns: bool = False
    remote: bool = False
    raises: bool = False
    bare: bool = False
    unknown: bool = False
    after: str = ""
    needs: frozenset[str] = frozenset()


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOCKER_VALUES = _set(
    "e env u user w workdir env-file detach-keys v volume p publish name network net h hostname "
    "m memory c cpu-shares cpus entrypoint l label mount add-host cap-add cap-drop security-opt "
    "device platform pull restart runtime shm-size tmpfs ulimit volumes-from gpus ipc pid userns "
    "link log-driver log-opt dns expose a attach cidfile group-add index H host context "
    "f file project-name project-directory profile"
)
_KUBE_VALUES = _set(
    "n namespace context cluster kubeconfig c container f filename user token s server as "
    "l selector image overrides port labels env restart request-timeout pod-running-timeout"
)
_PLAIN = Wrapper()


def _plain(values: str = "", skip: int = 0) -> Wrapper:
    return Wrapper(values=_set(values), skip=skip)


def _sub(sub: str, values: frozenset[str] = frozenset(), skip: int = 0) -> Wrapper:
    return Wrapper(sub=tuple(sub.split()), values=values, skip=skip)


_SUDO = Wrapper(
    values=_set(
        "u user g group h host p prompt C close-from c r role t type T command-timeout U "
        "other-user D chdir R chroot"
    ),
    assigns=True,
    raises=True,
)
_SU = Wrapper(
    values=_set("s shell g group G supp-group w whitelist-environment T"),
    scripts=_set("c command session-command"),
    skip=1,
    raises=True,
    bare=True,
)
_SSH = Wrapper(
    values=_set("b c D E e F I i J l L m O o p Q R S W w B P"),
    skip=1,
    joined=True,
    remote=True,
    bare=True,
)


_INSIDE = ("exec", "container exec", "run", "container run", "compose exec", "compose run")
_CONTAINERS = [
    Wrapper(sub=tuple(sub.split()), values=_DOCKER_VALUES, skip=1, remote=True, bare="exec" in sub)
    for sub in _INSIDE
]
_KUBE = [
    Wrapper(sub=("exec",), values=_KUBE_VALUES, skip=1, remote=True, bare=True),
    Wrapper(sub=("run",), values=_KUBE_VALUES, skip=1, remote=True),
    Wrapper(sub=("debug",), values=_KUBE_VALUES, skip=1, remote=True),
    Wrapper(sub=("rsh",), values=_KUBE_VALUES, skip=1, remote=True),
]
_GIT_VALUES = _set("C c git-dir work-tree namespace exec-path super-prefix config-env")
_NPX = Wrapper(values=_set("p package c call"), scripts=_set("c call"), unknown=True)

WRAPPERS: dict[str, list[Wrapper]] = {
    "sudo": [_SUDO],
    "sudo-rs": [_SUDO],
    "doas": [Wrapper(values=_set("u C a"), raises=True)],
    "run0": [Wrapper(values=_set("u user g group D chdir"), raises=True)],
    "pkexec": [Wrapper(values=_set("user"), raises=True)],
    "gosu": [Wrapper(skip=1, raises=True)],
    "su-exec": [Wrapper(skip=1, raises=True)],
    "su": [_SU],
    "runuser": [
        Wrapper(
            values=_set("u user s shell g group G supp-group"),
            raises=True,
            needs=_set("u user"),
        ),
        _SU,
    ],
    "sg": [Wrapper(skip=1, scripts=_set("c"), joined=True)],
    "timeout": [_plain("s signal k kill-after", skip=1)],
    "gtimeout": [_plain("s signal k kill-after", skip=1)],
    "nice": [_plain("n adjustment")],
    "ionice": [_plain("c class n classdata")],
    "chrt": [_plain("T P D sched-runtime sched-period sched-deadline", skip=1)],
    "taskset": [_plain(skip=1)],
    "numactl": [_plain("m N C membind cpunodebind physcpubind i interleave")],
    "cpulimit": [_plain("l limit p pid e exe")],
    "nohup": [_PLAIN],
    "setsid": [_PLAIN],
    "setarch": [_PLAIN],
    "linux32": [_PLAIN],
    "linux64": [_PLAIN],
    "stdbuf": [_plain("i input o output e error")],
    "unbuffer": [_PLAIN],
    "time": [_plain("f format o output")],
    "gtime": [_plain("f format o output")],
    "builtin": [_PLAIN],
    "exec": [_plain("a")],
    "coproc": [_PLAIN],
    "noglob": [_PLAIN],
    "nocorrect": [_PLAIN],
    "busybox": [_PLAIN],
    "toybox": [_PLAIN],
    "strace": [_plain("o e p s u E a b I O P S X output trace attach user env")],
    "ltrace": [_plain("o e p s u a l n")],
    "valgrind": [_PLAIN],
    "perf": [_sub("record", _set("e o F g p t")), _sub("stat", _set("e o r p t"))],
    "catchsegv": [_PLAIN],
    "eatmydata": [_PLAIN],
    "fakeroot": [_plain("l lib faked s i")],
    "faketime": [_plain("f", skip=1)],
    "proot": [_plain("r rootfs b bind w cwd q qemu R S k")],
    "dumb-init": [_plain("r rewrite")],
    "tini": [_plain("p e")],
    "catatonit": [_PLAIN],
    "dbus-run-session": [_PLAIN],
    "dbus-launch": [_PLAIN],
    "xvfb-run": [_plain("n server-num s server-args e error-file f auth-file w wait p")],
    "torsocks": [_PLAIN],
    "torify": [_PLAIN],
    "proxychains": [_plain("f")],
    "proxychains4": [_plain("f")],
    "rlwrap": [_plain("f H C b c p r s S t")],
    "caffeinate": [_plain("t w")],
    "prlimit": [_plain("p pid o output")],
    "setpriv": [
        _plain(
            "reuid regid ruid rgid groups inh-caps ambient-caps bounding-set securebits "
            "selinux-label apparmor-profile"
        )
    ],
    "capsh": [Wrapper(scripts=_set("c"))],
    "unshare": [
        Wrapper(
            values=_set("S setuid G setgid R root w wd propagation setgroups map-user map-group"),
            bare=True,
        )
    ],
    "nsenter": [Wrapper(values=_set("t target S setuid G setgid"), raises=True, bare=True)],
    "chroot": [Wrapper(values=_set("userspec groups"), skip=1, raises=True, bare=True)],
    "firejail": [_PLAIN],
    "bwrap": [
        _plain(
            "bind ro-bind dev-bind bind-try ro-bind-try chdir setenv unsetenv proc dev tmpfs dir "
            "symlink uid gid hostname lock-file sync-fd seccomp"
        )
    ],
    "systemd-run": [_plain("u unit p property M machine E setenv uid gid nice slice on-calendar")],
    "systemd-nspawn": [Wrapper(values=_set("D directory M machine u user"), remote=True)],
    "machinectl": [Wrapper(sub=("shell",), skip=1, remote=True)],
    "daemonize": [_plain("a c e o p l u E")],
    "start-stop-daemon": [Wrapper(values=_set("p pidfile u user c chuid d chdir x exec n name"))],
    "flock": [
        Wrapper(values=_set("w timeout E conflict-exit-code"), skip=1, scripts=_set("c command"))
    ],
    "lockf": [_plain("t", skip=1)],
    "script": [Wrapper(values=_set("E I O B T t"), scripts=_set("c command"), skip=1)],
    "watch": [Wrapper(values=_set("n interval q equexit"), joined=True)],
    "entr": [_PLAIN],
    "hyperfine": [
        Wrapper(
            values=_set("w warmup r runs m M L N export-json export-markdown"),
            scripts=_set("p prepare c cleanup s setup"),
            joined=True,
        )
    ],
    "retry": [_plain("t d m times delay")],
    "parallel-ssh": [Wrapper(values=_set("h H l p t o e"), joined=True, remote=True)],
    "pssh": [Wrapper(values=_set("h H l p t o e"), joined=True, remote=True)],
    "pdsh": [Wrapper(values=_set("w l f t u x"), joined=True, remote=True)],
    "clush": [Wrapper(values=_set("w l f g x"), joined=True, remote=True)],
    "ssh": [_SSH],
    "autossh": [_SSH],
    "mosh": [_SSH],
    "rsh": [_SSH],
    "sshpass": [_plain("p f d P")],
    "dsh": [Wrapper(values=_set("m g f"), joined=True, remote=True)],
    "docker": _CONTAINERS,
    "podman": _CONTAINERS,
    "nerdctl": _CONTAINERS,
    "docker-compose": [
        Wrapper(sub=("exec",), values=_DOCKER_VALUES, skip=1, remote=True),
        Wrapper(sub=("run",), values=_DOCKER_VALUES, skip=1, remote=True),
    ],
    "lxc": [Wrapper(sub=("exec",), skip=1, remote=True)],
    "incus": [Wrapper(sub=("exec",), skip=1, remote=True)],
    "lxc-attach": [Wrapper(values=_set("n name"), remote=True)],
    "toolbox": [_sub("run", _set("c container"))],
    "distrobox": [_sub("enter", _set("n name"), 1)],
    "crictl": [Wrapper(sub=("exec",), skip=1, remote=True)],
    "ctr": [Wrapper(sub=("run",), skip=2, remote=True)],
    "kubectl": _KUBE,
    "oc": _KUBE,
    "adb": [Wrapper(sub=("shell",), values=_set("s"), joined=True, remote=True)],
    "vagrant": [Wrapper(sub=("ssh",), scripts=_set("c command"), remote=True)],
    "heroku": [Wrapper(sub=("run",), values=_set("a app"), joined=True, remote=True)],
    "fly": [Wrapper(sub=("ssh", "console"), scripts=_set("C command"), remote=True)],
    "flyctl": [Wrapper(sub=("ssh", "console"), scripts=_set("C command"), remote=True)],
    "gcloud": [
        Wrapper(
            sub=("compute", "ssh"),
            values=_set("zone project"),
            skip=1,
            scripts=_set("command"),
            remote=True,
        )
    ],
    "ansible": [Wrapper(values=_set("i m u f M l"), scripts=_set("a args"), skip=1, remote=True)],
    "salt": [Wrapper(sub=("*", "cmd.run"), joined=True, remote=True)],
    "wsl": [Wrapper(values=_set("d u"), remote=True)],
    "nix-shell": [Wrapper(values=_set("p packages A I"), scripts=_set("run command"))],
    "nix": [Wrapper(sub=("develop",), after="c"), Wrapper(sub=("shell",), after="c")],
    "tmux": [
        Wrapper(sub=("new-session",), values=_set("s t n c x y F e"), joined=True),
        Wrapper(sub=("new",), values=_set("s t n c x y F e"), joined=True),
        Wrapper(sub=("new-window",), values=_set("t n c F e"), joined=True),
        Wrapper(sub=("split-window",), values=_set("t l c F e p"), joined=True),
        Wrapper(sub=("send-keys",), values=_set("t N"), joined=True),
        Wrapper(sub=("send",), values=_set("t N"), joined=True),
        Wrapper(sub=("run-shell",), values=_set("t d"), joined=True),
    ],
    "screen": [_plain("S c e h L p s t T X")],
    "xterm": [Wrapper(after="e")],
    "gnome-terminal": [_PLAIN],
    "direnv": [_sub("exec", skip=1)],
    "uv": [Wrapper(sub=("run",), values=_set("p python with extra group package directory"))],
    "poetry": [_sub("run", _set("C directory P project"))],
    "pipenv": [_sub("run")],
    "pdm": [_sub("run", _set("p project"))],
    "hatch": [_sub("run")],
    "rye": [_sub("run")],
    "conda": [_sub("run", _set("n name p prefix cwd"))],
    "mamba": [_sub("run", _set("n name p prefix"))],
    "micromamba": [_sub("run", _set("n name p prefix"))],
    "bundle": [_sub("exec")],
    "rbenv": [_sub("exec")],
    "pyenv": [_sub("exec")],
    "nodenv": [_sub("exec")],
    "asdf": [_sub("exec")],
    "mise": [_sub("exec"), _sub("x"), _sub("run")],
    "volta": [_sub("run")],
    "fnm": [_sub("exec")],
    "npx": [_NPX],
    "bunx": [_NPX],
    "uvx": [Wrapper(values=_set("from with p python"), unknown=True)],
    "pipx": [Wrapper(sub=("run",), values=_set("spec python"), unknown=True)],
    "npm": [
        Wrapper(sub=("exec",), values=_set("package c call"), scripts=_set("c call"), unknown=True),
        Wrapper(sub=("x",), values=_set("package c call"), scripts=_set("c call"), unknown=True),
    ],
    "pnpm": [_sub("exec"), Wrapper(sub=("dlx",), unknown=True)],
    "yarn": [_sub("exec"), Wrapper(sub=("dlx",), unknown=True)],
    "bun": [Wrapper(sub=("x",), unknown=True)],
    "aws-vault": [_sub("exec", _set("d duration"), 1)],
    "op": [_sub("run", _set("env-file"))],
    "doppler": [_sub("run", _set("p project c config"))],
    "infisical": [_sub("run", _set("env path"))],
    "chamber": [_sub("exec", skip=1)],
    "envchain": [_plain(skip=1)],
    "dotenv": [_plain("f e p"), _sub("run", _set("f"))],
    "dotenvx": [_sub("run", _set("f"))],
    "env-cmd": [_plain("f")],
    "cross-env": [Wrapper(assigns=True)],
    "cross-env-shell": [Wrapper(assigns=True, joined=True)],
    "concurrently": [Wrapper(values=_set("n names c"), joined=True)],
    "foreman": [_sub("run", _set("e f"))],
    "git": [
        Wrapper(sub=("submodule", "foreach"), values=_GIT_VALUES, joined=True),
        Wrapper(sub=("bisect", "run"), values=_GIT_VALUES),
        Wrapper(
            sub=("rebase",), values=_GIT_VALUES | _set("onto s X"), scripts=_set("x exec"), skip=99
        ),
        Wrapper(
            sub=("filter-branch",),
            values=_GIT_VALUES,
            scripts=_set(
                "tree-filter index-filter msg-filter env-filter commit-filter parent-filter "
                "tag-name-filter subdirectory-filter setup"
            ),
            skip=99,
        ),
        Wrapper(sub=("difftool",), values=_GIT_VALUES, scripts=_set("x extcmd"), skip=99),
    ],
}
