"""Kubernetes: what deletes, empties or stops workloads, and what changes production."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import Condition, exact, flag, sub, value
from sessions_app.safety.rules.invocation import Invocation, grammar
from sessions_app.safety.text import listed

KUBERNETES = Concern("kubernetes", Reach.SHARED)
KUBECTL = "kubectl oc k kubecolor microk8s.kubectl"
HELM = "helm helmfile helm3"
_VALUES = (
    "n namespace context cluster kubeconfig f filename o output l selector c container "
    "field-selector p patch type replicas image token s server as timeout grace-period k "
    "kustomize user kube-context set values version repo revision history-max tail since "
    "sort-by template to-revision"
)
KUBERNETES.reads(f"{KUBECTL} {HELM} kustomize istioctl", grammar(_VALUES, leading=_VALUES))
TRIED = exact("dry-run dry-run=client dry-run=server")
OBJECTS = named_targets("resource")


def _production(call: Invocation) -> bool:
    """Whether context, namespace, release or file speak of production."""
    texts = [each.text.lower() for each in call.argv[1:]]
    return any(
        "prod" in text and "nonprod" not in text and "non-prod" not in text for text in texts
    )


PRODUCTION = Condition(_production)
NOTHING_LEFT = value("replicas", "0")

KUBERNETES.harmless(KUBECTL, TRIED)
KUBERNETES.dangerous(
    "delete",
    KUBECTL,
    sub("delete") & ~TRIED,
    text="Deletes objects of the cluster and what runs in them.",
    targets=OBJECTS,
    safer="kubectl delete --dry-run=server -o name shows what would go",
)
KUBERNETES.dangerous(
    "drain",
    KUBECTL,
    (sub("drain") | sub("adm", "drain")) & ~TRIED,
    text="Evicts everything that runs on a node.",
    targets=OBJECTS,
    safer="kubectl cordon first, and drain with --dry-run=server",
)
KUBERNETES.dangerous(
    "scale_to_zero",
    KUBECTL,
    sub("scale|autoscale") & NOTHING_LEFT,
    text="Stops every instance of a workload.",
    targets=OBJECTS,
)
KUBERNETES.dangerous(
    "replaced",
    KUBECTL,
    (sub("replace") & flag("force")) | (sub("apply") & flag("prune")),
    text="Deletes objects in order to make them anew, or because a file does not name them.",
)
KUBERNETES.dangerous(
    "production",
    f"{KUBECTL} {HELM} kustomize",
    sub(
        "apply|create|patch|edit|set|replace|rollout|scale|label|annotate|upgrade|install|rollback|"
        "sync|taint|expose|cordon"
    )
    & PRODUCTION
    & ~TRIED,
    text="Changes production.",
    safer="Show the difference first (kubectl diff, helm diff), then apply it",
)
KUBERNETES.dangerous(
    "rights_granted",
    KUBECTL,
    sub("create", "clusterrolebinding|rolebinding")
    | sub("adm", "policy")
    | sub("proxy") & flag("accept-hosts disable-filter"),
    text="Gives rights over the cluster away.",
)
KUBERNETES.dangerous(
    "uninstall",
    HELM,
    sub("uninstall|delete|del|un|destroy") & ~TRIED,
    text="Removes a release with everything it created.",
    targets=OBJECTS,
    safer="helm uninstall --keep-history, or --dry-run first",
)
KUBERNETES.caution(
    "secret",
    KUBECTL,
    sub("get|describe", "secret*|*secret*")
    | sub("config", "view") & flag("raw")
    | sub("create", "token"),
    text="Shows secrets of the cluster.",
    reach=Reach.PRIVATE,
)
KUBERNETES.harmless(
    KUBECTL,
    sub(
        "get|describe|logs|top|explain|api-resources|api-versions|version|cluster-info|diff|wait|"
        "events|auth|completion|help|options|kustomize|plugin|status|projects|project|whoami"
    )
    | sub("config", "view|get-contexts|current-context|get-clusters|get-users")
    | sub("rollout", "status|history"),
)
KUBERNETES.harmless(
    HELM,
    sub(
        "list|ls|status|get|history|show|search|template|lint|version|diff|env|help|verify|test|"
        "dependency|repo|pull|inspect|package|create|plugin|completion"
    ),
)
KUBERNETES.dangerous(
    "cluster",
    "kind minikube k3d kubeadm eksctl kops k3s-uninstall.sh rke microk8s",
    sub("delete|reset|remove|uninstall|destroy")
    | sub("cluster|delete|remove", "*delete*|cluster*")
    | Condition(lambda call: call.program.startswith("k3s-")),
    text="Deletes a whole cluster.",
)
KUBERNETES.harmless("kind minikube k3d eksctl kops", sub("get|list|status|version|profile|ip|logs"))
KUBERNETES.harmless("kustomize", sub("build|version|cfg"))
KUBERNETES.tame.update(listed("kubectx kubens stern k9s kubeval kubeconform kube-score"))
KUBERNETES.dangerous(
    "delivery",
    "argocd flux istioctl linkerd",
    sub("*", "delete|uninstall|remove") | sub("uninstall|delete|x") & flag("purge y yes silent"),
    text="Deletes what the delivery tool runs.",
)
KUBERNETES.harmless(
    "argocd flux istioctl linkerd",
    sub("*", "list|get|diff|history|logs") | sub("version|get|logs|check|analyze|proxy-status"),
)
