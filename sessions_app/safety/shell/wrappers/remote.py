"""Wrappers that lead elsewhere: other machines, containers, clusters."""

from __future__ import annotations

from sessions_app.safety.shell.wrappers.form import Wrapper, names, plain, under

_DOCKER_VALUES = names(
    "e env u user w workdir env-file detach-keys v volume p publish name network net h hostname "
    "m memory c cpu-shares cpus entrypoint l label mount add-host cap-add cap-drop security-opt "
    "device platform pull restart runtime shm-size tmpfs ulimit volumes-from gpus ipc pid userns "
    "link log-driver log-opt dns expose a attach cidfile group-add index H host context "
    "f file project-name project-directory profile"
)
_KUBE_VALUES = names(
    "n namespace context cluster kubeconfig c container f filename user token s server as "
    "l selector image overrides port labels env restart request-timeout pod-running-timeout"
)
_SSH = Wrapper(
    values=names("b c D E e F I i J l L m O o p Q R S W w B P"),
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

REMOTE: dict[str, list[Wrapper]] = {
    "systemd-nspawn": [Wrapper(values=names("D directory M machine u user"), remote=True)],
    "machinectl": [Wrapper(sub=("shell",), skip=1, remote=True)],
    "parallel-ssh": [Wrapper(values=names("h H l p t o e"), joined=True, remote=True)],
    "pssh": [Wrapper(values=names("h H l p t o e"), joined=True, remote=True)],
    "pdsh": [Wrapper(values=names("w l f t u x"), joined=True, remote=True)],
    "clush": [Wrapper(values=names("w l f g x"), joined=True, remote=True)],
    "ssh": [_SSH],
    "autossh": [_SSH],
    "mosh": [_SSH],
    "rsh": [_SSH],
    "sshpass": [plain("p f d P")],
    "dsh": [Wrapper(values=names("m g f"), joined=True, remote=True)],
    "docker": _CONTAINERS,
    "podman": _CONTAINERS,
    "nerdctl": _CONTAINERS,
    "docker-compose": [
        Wrapper(sub=("exec",), values=_DOCKER_VALUES, skip=1, remote=True),
        Wrapper(sub=("run",), values=_DOCKER_VALUES, skip=1, remote=True),
    ],
    "lxc": [Wrapper(sub=("exec",), skip=1, remote=True)],
    "incus": [Wrapper(sub=("exec",), skip=1, remote=True)],
    "lxc-attach": [Wrapper(values=names("n name"), remote=True)],
    "toolbox": [under("run", names("c container"))],
    "distrobox": [under("enter", names("n name"), 1)],
    "crictl": [Wrapper(sub=("exec",), skip=1, remote=True)],
    "ctr": [Wrapper(sub=("run",), skip=2, remote=True)],
    "kubectl": _KUBE,
    "oc": _KUBE,
    "adb": [Wrapper(sub=("shell",), values=names("s"), joined=True, remote=True)],
    "vagrant": [Wrapper(sub=("ssh",), scripts=names("c command"), remote=True)],
    "heroku": [Wrapper(sub=("run",), values=names("a app"), joined=True, remote=True)],
    "fly": [Wrapper(sub=("ssh", "console"), scripts=names("C command"), remote=True)],
    "flyctl": [Wrapper(sub=("ssh", "console"), scripts=names("C command"), remote=True)],
    "gcloud": [
        Wrapper(
            sub=("compute", "ssh"),
            values=names("zone project"),
            skip=1,
            scripts=names("command"),
            remote=True,
        )
    ],
    "ansible": [Wrapper(values=names("i m u f M l"), scripts=names("a args"), skip=1, remote=True)],
    "salt": [Wrapper(sub=("*", "cmd.run"), joined=True, remote=True)],
    "wsl": [Wrapper(values=names("d u"), remote=True)],
}
