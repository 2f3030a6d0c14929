"""Clouds, infrastructure as code, hosting platforms: what destroys or exposes resources."""

from __future__ import annotations

import re

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import Condition, exact, flag, raw, sub, word
from sessions_app.safety.rules.invocation import Invocation, grammar
from sessions_app.safety.text import listed, show

CLOUD = Concern("cloud", Reach.SHARED)
RESOURCES = named_targets("resource", 0)
DRY = exact("dry-run dryrun what-if validate-only no-execute noop check")
_COMMON = (
    "profile region output query project zone account format subscription g resource-group n name"
)

DESTROYS = frozenset(
    listed(
        "delete destroy terminate remove purge rb deregister disable revoke stop reset cancel "
        "release detach disassociate drop uninstall wipe erase abort deactivate rm del nuke "
        "shutdown deallocate unsubscribe halt suspend drain evict undeploy teardown"
    )
)
"""Verbs, also as a part between hyphens: `batch-delete-image`."""
READS = re.compile(
    r"(?:describe|list|get|show|ls|wait|head|lookup|search|view|check|estimate|validate|"
    r"simulate|tail|filter|status|info|version|help|diff|export|count|preview|test|print)(?:-.*)?$"
    r"|logs|history|login|whoami|configure|ps|inspect|events|releases"
)


def _by_verb(call: Invocation) -> list[Finding]:
    """Clients that name what they do: the first operand that is a verb decides."""
    if exactly_dry(call):
        return []
    words = [each.text for each in call.operands[:6]]
    for index, text in enumerate(words):
        verb = text.rpartition(":")[2]
        if DESTROYS & set(verb.split("-")) and not READS.fullmatch(verb):
            return [_destroyed(call, words[: index + 1])]
        if READS.fullmatch(verb):
            return []
    return [_changed(words)] if words else []


def exactly_dry(call: Invocation) -> bool:
    """Whether the call only says what it would do."""
    return DRY(call) or call.has("help")


def _destroyed(call: Invocation, words: list[str]) -> Finding:
    given = [show(each.text) for each in call.argv[1:] if not each.text.startswith("-")]
    targets = tuple(Target("resource", text) for text in given[len(words) :][:8])
    reason = Reason("cloud.destroy", "Destroys, stops or detaches resources in the cloud.")
    safer = "List the resources first, and take a backup or snapshot where there is one."
    return Finding(Danger.DANGEROUS, reason, Reach.SHARED, targets, safer)


def _changed(words: list[str]) -> Finding:
    target = (Target("resource", show(" ".join(words))),)
    reason = Reason("cloud.change", "Creates or changes resources in the cloud.")
    return Finding(Danger.CAUTION, reason, Reach.SHARED, target)


CLIENTS = (
    "aws awslocal gcloud az doctl linode-cli hcloud ibmcloud oci aliyun scw exo openstack nova "
    "heroku fly flyctl vercel netlify railway render wrangler cloudflared firebase supabase "
    "amplify eb ecs-cli copilot sam cdk serverless sls pulumi vagrant packer nomad waypoint "
    "scaleway civo upctl vultr-cli gsutil azcopy eksctl-anywhere planetscale pscale neonctl turso "
    "algolia sentry-cli confluent astro-cli datadog-ci stripe twilio"
)
for _client in CLIENTS.split():
    CLOUD.checked(_client, _by_verb)
    CLOUD.tame.add(_client)
CLOUD.reads(
    "aws awslocal gcloud az doctl heroku",
    grammar(
        f"{_COMMON} instance-ids ids bucket key function-name a app t table-name cli-input-json",
        leading="profile region output endpoint-url project account format query a app",
    ),
)
CLOUD.dangerous(
    "objects_deleted",
    "aws awslocal gsutil gcloud azcopy mc s3cmd s5cmd",
    (
        sub("s3|storage|s3api", "rb|rm|del*|mv")
        | sub("rb|rm|del|remove")
        | (
            word("sync rsync mirror cp")
            & flag("delete d remove delete-destination")
            & word("sync rsync mirror")
        )
    )
    & ~DRY,
    text="Deletes objects or buckets.",
    targets=RESOURCES,
    safer="Use --dryrun first; versioning on the bucket keeps a way back",
)
CLOUD.dangerous(
    "made_public",
    "aws gsutil gcloud az",
    raw(
        "public-read public-read-write --acl=public* allUsers --member=allUsers "
        "*allAuthenticatedUsers* *0.0.0.0/0* *AdministratorAccess* roles/owner --role=roles/owner "
        "allUsers:*"
    ),
    text="Opens resources to everybody, or gives all rights away.",
    reach=Reach.PRIVATE,
)
CLOUD.caution(
    "secret",
    "aws gcloud az",
    word(
        "get-secret-value get-session-token get-login-password print-access-token "
        "print-identity-token get-access-token get-parameter* list-keys create-access-key "
        "access-token get-credentials"
    ),
    text="Prints credentials.",
    reach=Reach.PRIVATE,
)
CLOUD.tame |= {"mc", "s3cmd", "s5cmd"}
CLOUD.caution(
    "objects", "mc s3cmd s5cmd", word("cp put mv sync mirror mb"), text="Changes objects."
)
CLOUD.dangerous(
    "command_sent",
    "aws gcloud az",
    word("send-command run-command invoke"),
    text="Runs commands on machines in the cloud.",
)

TERRAFORM = "terraform tofu terragrunt"
CLOUD.reads(TERRAFORM, grammar("var var-file target state out chdir", leading="chdir", words=True))
CLOUD.dangerous(
    "destroy",
    TERRAFORM,
    sub("destroy") | (sub("apply|run-all|run") & (flag("destroy") | word("destroy"))),
    text="Destroys the infrastructure of this configuration.",
    safer="terraform plan -destroy shows what would go",
)
CLOUD.dangerous(
    "applied_unseen",
    TERRAFORM,
    sub("apply|run-all|run|refresh") & flag("auto-approve"),
    text="Changes infrastructure without anybody seeing the plan.",
    safer="terraform plan -out=plan, read it, then terraform apply plan",
)
CLOUD.dangerous(
    "state",
    TERRAFORM,
    sub("state", "rm|push|replace-provider|mv")
    | sub("force-unlock|taint")
    | sub("workspace", "delete"),
    text="Changes what the tool believes to own.",
    targets=RESOURCES,
)
CLOUD.caution(
    "apply",
    TERRAFORM,
    sub("apply|import|refresh|untaint|run|run-all|login"),
    text="Changes infrastructure after it was confirmed.",
)
CLOUD.harmless(
    TERRAFORM,
    sub(
        "plan|init|validate|fmt|show|output|graph|providers|version|console|get|test|hclfmt|"
        "state|workspace|render-json"
    ),
)


def _pulumi(call: Invocation) -> list[Finding]:
    unseen = call.sub() in {"up", "update", "refresh", "deploy"} and call.has(
        "y", "yes", "f", "skip-preview"
    )
    if unseen or call.texts()[:2] in (["stack", "rm"], ["state", "delete"], ["stack", "import"]):
        reason = Reason("cloud.applied_unseen", "Changes infrastructure without a preview.")
        return [Finding(Danger.DANGEROUS, reason, Reach.SHARED)]
    if call.sub() in {"preview", "stack", "config", "logs", "about", "whoami", "version"}:
        return []
    return _by_verb(call)


CLOUD.checked("pulumi", _pulumi)
CLOUD.dangerous(
    "unseen",
    "cdk cdktf sls serverless sam copilot vercel netlify railway fly flyctl",
    sub("destroy|remove|rm|delete|down|apps:destroy|teardown"),
    text="Destroys a deployed application.",
    targets=RESOURCES,
)
CLOUD.dangerous(
    "application",
    "heroku",
    sub(
        "apps:destroy|pg:reset|pg:copy|addons:destroy|domains:clear|ps:stop|config:unset|"
        "pipelines:destroy|destroy|releases:rollback|apps:transfer|pg:promote|spaces:destroy|*:destroy"
    ),
    text="Destroys or resets an application or its data.",
    targets=RESOURCES,
)
CLOUD.caution(
    "configured",
    "heroku",
    sub("config|config:get|config:set"),
    text="Shows or changes settings that hold secrets.",
    reach=Reach.PRIVATE,
)
CLOUD.dangerous(
    "playbook",
    "ansible-playbook",
    Condition(lambda call: any("prod" in each.text for each in call.argv[1:])) & ~DRY,
    text="Changes production machines.",
    safer="ansible-playbook --check --diff",
)
CLOUD.harmless("ansible-playbook", exact("check syntax-check list-hosts list-tasks C"))
CLOUD.otherwise(
    "playbook",
    "ansible-playbook ansible ansible-pull salt puppet chef-client knife salt-call fab cap",
    text="Changes machines by recipe.",
)
CLOUD.tame.update(listed("ansible-inventory ansible-vault ansible-galaxy ansible-config infracost"))
