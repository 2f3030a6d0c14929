"""Containers and virtual machines: their data, and the doors they open into the host."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import flag, raw, sub
from sessions_app.safety.rules.invocation import grammar

CONTAINERS = Concern("containers", Reach.SHARED)
RESOURCES = named_targets("resource", 0)

DOCKER = "docker podman nerdctl docker-compose podman-compose buildah"
_DOCKER_LEADING = "H host context c config l log-level f file p project-name profile env-file"
CONTAINERS.reads(
    DOCKER,
    grammar(
        "f filter t tag v volume name e env network H host p format privileged=",
        leading=_DOCKER_LEADING,
    ),
)
COMPOSE = sub("compose", "*")
CONTAINERS.dangerous(
    "containers_pruned",
    DOCKER,
    sub("system|volume|image|container|network|builder|buildx", "prune")
    | sub("volume", "rm|remove")
    | sub("swarm", "leave")
    | sub("stack|service|secret|config|node", "rm|remove")
    | sub("system", "reset")
    | sub("plugin|context", "rm"),
    text="Deletes containers, images or volumes with their data.",
    safer="docker system df and docker volume ls show what would go",
)
CONTAINERS.dangerous(
    "volumes_removed",
    DOCKER,
    ((sub("compose", "down|rm") | sub("down|rm")) & flag("v volumes"))
    | (sub("compose", "down") | sub("down")) & flag("rmi"),
    text="Deletes the volumes of the services: their data is lost.",
    safer="docker compose down without -v keeps the volumes",
)
CONTAINERS.dangerous(
    "host_opened",
    DOCKER,
    sub("run|create|exec|container|compose")
    & raw(
        "--privileged --privileged=true --pid=host --cap-add=* --security-opt=*unconfined "
        "--userns=host -v/:* --volume=/:* /:* /etc:* /root:* /var/run/docker.sock:* "
        "-v/var/run/docker.sock* --volume=/var/run/docker.sock* SYS_ADMIN ALL "
        "type=bind,source=/,* --device=/dev/sd* --device=/dev/nvme*"
    ),
    text="Gives a container the powers of the host.",
    reach=Reach.MACHINE,
)
CONTAINERS.caution(
    "containers",
    DOCKER,
    sub(
        "rm|rmi|stop|kill|restart|push|login|logout|run|exec|create|start|cp|import|load|commit|"
        "update|rename|pause|unpause|pull|tag|swarm|stack|service|secret|config|node|context|"
        "volume|network|image|container|down|up|save|attach|plugin|trust|unshare|play|kube|machine"
    )
    | sub("compose", "down|stop|kill|rm|restart|up|run|exec|push|pull|start|create|cp|pause"),
    text="Starts, stops or changes containers.",
)
CONTAINERS.harmless(
    DOCKER,
    sub(
        "ps|images|logs|inspect|version|info|stats|top|port|diff|history|search|build|events|wait|"
        "buildx|builder|system|manifest|scout|sbom|bud|from|pull|config|help"
    )
    | sub("compose", "ps|logs|config|build|images|top|port|version|ls|events|pull|watch|stats")
    | sub(
        "image|container|volume|network|context|service|stack|node|secret|config|plugin",
        "ls|list|inspect|logs|ps|show|top|stats|history|diff|port",
    ),
)
CONTAINERS.dangerous(
    "machines",
    "virsh qm pct VBoxManage multipass lxc incus limactl vboxmanage xl prlctl vmrun",
    sub(
        "*destroy|*undefine|*delete|stop|shutdown|unregistervm|purge|rollback|controlvm|reset|"
        "deletevm|factory-reset|remove"
    ),
    text="Destroys or stops virtual machines.",
    targets=RESOURCES,
)
CONTAINERS.harmless(
    "virsh qm pct VBoxManage multipass lxc incus limactl vboxmanage",
    sub("list|ls|info|show|status|dominfo|config|version|domstate"),
)
