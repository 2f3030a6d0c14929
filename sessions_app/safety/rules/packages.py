"""Package managers: publishing, installing from anywhere, removing what the system needs."""

from __future__ import annotations

import re

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import (
    ALONE,
    Condition,
    exact,
    flag,
    operands,
    raw,
    sub,
    word,
)
from sessions_app.safety.rules.invocation import Invocation, grammar
from sessions_app.safety.text import listed, show

PACKAGES = Concern("packages", Reach.SHARED)
NODE = "npm pnpm yarn bun"
PYTHON = "pip pip3 uv pipenv poetry pdm conda mamba pipx micromamba easy_install rye hatch"
DRY = exact("dry-run n just-print simulate s no-act download-only")
ELSEWHERE = re.compile(
    r"(?:git\+|hg\+|svn\+|bzr\+|https?://|git://|git@|ssh://|ftp://|file://|github:|gitlab:|gist:|"
    r"bitbucket:).*|[\w.-]+ ?@ ?(?:git\+|https?://).*|.*\.git(?:#.*)?"
)
INSTALLS = frozenset(
    listed("install i add in ci update upgrade up get sync global dlx exec x run inject")
)
FOREIGN = frozenset(
    listed(
        "index-url i extra-index-url find-links f trusted-host registry default-index index source "
        "allow-unauthenticated no-gpg-check allow-insecure-repositories no-check-certificate "
        "nogpgcheck no-check-gpg"
    )
)
OFFICIAL = re.compile(
    r"https://(?:pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|"
    r"download\.pytorch\.org|npm\.pkg\.github\.com|rubygems\.org)(?:/.*)?"
)


def _sources(call: Invocation) -> list[Finding]:
    """Packages from an address, a repository or a foreign index run code nobody vouches for."""
    if not INSTALLS & set(call.texts()[:3]):
        return []
    found = [each for each in call.operands if ELSEWHERE.fullmatch(each.text)]
    found += [
        each
        for name in FOREIGN & set(call.values)
        for each in call.values[name]
        if "://" in each.text and not OFFICIAL.fullmatch(each.text)
    ]
    if not found:
        return []
    targets = tuple(Target("package", show(each.text)) for each in found)
    text = "Installs, and so runs, code from an address that no registry vouches for."
    reason = Reason("packages.foreign_source", text)
    safer = "Install a released version from the usual registry."
    return [Finding(Danger.DANGEROUS, reason, Reach.SESSION, targets, safer)]


PACKAGES.reads(
    f"{NODE} {PYTHON}",
    grammar(
        "r requirement c constraint i index-url extra-index-url find-links f trusted-host registry "
        "t target prefix w workspace filter cwd python p tag access otp group G default-index "
        "index source n name e editable",
        leading="prefix C cwd dir w workspace filter registry directory project",
    ),
)
for _program in f"{NODE} {PYTHON} gem cargo go composer brew".split():
    PACKAGES.checked(_program, _sources)


def _requirements(call: Invocation) -> bool:
    """`pip install -r file`, `-e .` and the like: what the project itself asks for."""
    words = call.texts()
    at = 1 if words[:1] in (["pip"], ["python"]) else 0
    listed = bool({"r", "requirement", "e", "editable"} & set(call.values)) or words[at + 1 :] == [
        "."
    ]
    return words[at : at + 1] in (["install"], ["sync"]) and listed and not words[at + 2 :]


REQUIRED = Condition(_requirements)
PUBLISHED = "Publishes to everybody; what is out cannot be taken back."
PACKAGES.dangerous(
    "publish",
    f"{NODE} {PYTHON} cargo flit lerna changeset np release-it semantic-release nx rush vsce ovsx "
    "pod swift deno jsr mix luarocks cabal stack elm",
    (
        sub("publish|unpublish|deprecate|upload")
        | sub("npm|package|trunk|hex", "publish|push|upload")
        | Condition(lambda call: call.program in {"np", "release-it", "semantic-release"})
    )
    & ~DRY,
    text=PUBLISHED,
    targets=named_targets("package"),
    safer="Use --dry-run and look at the packed files first",
)
PACKAGES.harmless(f"{NODE} {PYTHON} cargo", sub("publish") & DRY)
PACKAGES.dangerous(
    "publish",
    "twine",
    sub("upload|register"),
    text=PUBLISHED,
    targets=named_targets("package"),
    safer="twine check, then the test registry",
)
PACKAGES.harmless("twine", sub("check"))
PACKAGES.dangerous("publish", "gem", sub("push|yank"), text=PUBLISHED)
PACKAGES.dangerous(
    "publish",
    "cargo",
    sub("yank|owner") & ~flag("l list undo"),
    text="Withdraws a release or changes owners.",
)
PACKAGES.dangerous(
    "publish",
    "goreleaser dpkg-sig dput mvn gradle gradlew mvnw nuget sbt oras chart-releaser cr helm",
    (
        word(
            "release deploy publish push uploadArchives publishAllPublicationsTo* "
            "deploy:deploy publishToMavenCentral publishSigned"
        )
        & ~exact("snapshot skip-publish")
    )
    & ~sub("package"),
    text=PUBLISHED,
)
PACKAGES.harmless("goreleaser", exact("snapshot") | sub("check|build|healthcheck"))
PACKAGES.dangerous(
    "accounts",
    NODE,
    sub(
        "owner|access|token|team|org|dist-tag|profile",
        "add|rm|grant|revoke|create|set|remove|restricted|public|enable-2fa|disable-2fa",
    ),
    text="Changes who owns or may use a package.",
)
PACKAGES.caution(
    "installed",
    NODE,
    (sub("install|i|a|add|update|upgrade|up|link|in") & operands(2))
    | sub("update|upgrade|up")
    | sub("dlx|exec|x|create|init") & operands(2)
    | sub("global")
    | flag("g global"),
    text="Installs packages, whose scripts run at once.",
    targets=named_targets("package"),
)
PACKAGES.caution(
    "script",
    NODE,
    sub(
        "run|run-script|rum",
        "*deploy*|*publish*|*release*|*destroy*|*prod*|*drop*|*reset*|*migrate*|*purge*|*wipe*",
    )
    | sub(
        "version|login|adduser|logout|config|set|pkg|rebuild|dedupe|prune|uninstall|remove|rm|"
        "un|r|cache|store|audit"
    )
    & ~sub("config", "get|list|ls")
    & ~sub("config")
    & ~sub("audit"),
    text="Runs a script or changes what is installed.",
)
PACKAGES.harmless(
    NODE,
    sub(
        "install|i|ci|test|t|tst|run|run-script|start|stop|list|ls|ll|outdated|view|info|why|"
        "explain|audit|pack|help|version|config|get|root|prefix|bin|ping|search|fund|doctor|"
        "whoami|query|exec|workspaces|workspace|dedupe|init|licenses|build|dev|lint|check|format|"
        "typecheck|outdated|pm|repl|feedback|upgrade-interactive|patch|approve-builds|import|plugin|constraints|node"
    )
    | ALONE
    | raw("--version"),
)
PACKAGES.harmless(
    "yarn pnpm",
    ~sub(
        "add|dlx|create|global|publish|remove|update|upgrade|up|link|exec|config|set|login|npm|"
        "logout|x|rm|cache|un|uninstall|why-not|patch-commit"
    ),
)
PACKAGES.caution(
    "installed",
    f"{PYTHON} gem cargo go composer bundle dotnet nuget cpan cpanm luarocks opam stack "
    "cabal pub flutter dart mix rebar3 cs vcpkg conan spack raco R julia",
    sub(
        "install|add|get|require|update|upgrade|inject|create|sync|remove|uninstall|rm|i|develop|"
        "bundle|global|reinstall|uninject|self|cache|config|lock|tool|pip|python"
    )
    & ~(sub("install|sync") & operands(0, 1) & ~flag("g user global upgrade U"))
    & ~REQUIRED,
    text="Installs, removes or updates packages.",
    targets=named_targets("package"),
)
PACKAGES.dangerous(
    "removed_all",
    PYTHON,
    sub("uninstall") & flag("y yes") & raw("-r *requirements*"),
    text="Removes many packages at once.",
)
PACKAGES.dangerous(
    "environment",
    "conda mamba micromamba pyenv rbenv nvm",
    sub("env", "remove")
    | (sub("remove|uninstall") & flag("all a n name"))
    | (sub("uninstall") & flag("f")),
    text="Deletes a whole environment.",
)


PACKAGES.harmless(PYTHON, REQUIRED)
PACKAGES.harmless(
    f"{PYTHON} gem composer bundle",
    sub(
        "list|show|freeze|check|download|search|index|inspect|debug|help|version|hash|wheel|run|"
        "install|sync|lock|tree|venv|init|info|env|outdated|validate|build|export|shell|exec|ls|"
        "audit|why|about|licenses|diagnose|contents|which|environment|activate|python|tool|cache"
    )
    | ALONE,
)
PACKAGES.harmless(
    "cargo",
    sub(
        "build|b|check|c|test|t|run|r|bench|doc|fmt|clippy|clean|metadata|tree|search|fetch|vendor|"
        "verify-project|version|help|new|init|generate-lockfile|locate-project|pkgid|nextest|"
        "expand|audit|deny|package|fix|llvm-cov|info|report|update|outdated|rustc|rustdoc|+*"
    ),
)
PACKAGES.harmless(
    "go",
    sub(
        "build|test|vet|fmt|run|list|env|version|doc|mod|tool|generate|help|clean|work|bug|fix|"
        "telemetry|get|install"
    ),
)
PACKAGES.caution("installed", "go", sub("install|get"), text="Fetches and builds a program.")
PACKAGES.tame.update(
    listed(
        "flit lerna changeset nx rush dotnet mix stack cabal elm pub flutter dart nvm pyenv "
        "rbenv rustup volta swift bower nuget pod jsr deno luarocks opam conan helm-docs "
        "python-argcomplete virtualenv corepack npm-check ncu depcheck pip-audit pip-compile "
        "pip-sync pipdeptree safety mise asdf direnv"
    )
)
