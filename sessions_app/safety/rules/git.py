"""git and the tools around it: what loses work, rewrites what others have, or plants code."""

from __future__ import annotations

import re

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import (
    ALONE,
    Condition,
    exact,
    flag,
    literally,
    operands,
    raw,
    sub,
    value,
    word,
)
from sessions_app.safety.rules.invocation import Invocation, grammar
from sessions_app.safety.text import listed, show

RUNNING_SETTINGS = re.compile(
    r"(?:alias\.[^=]+|core\.(?:sshcommand|pager|editor|fsmonitor|askpass|hookspath|gitproxy)|"
    r"credential\.(?:.*\.)?helper|diff\.(?:external|.+\.(?:command|textconv))|pager\..+|"
    r"filter\..+\.(?:clean|smudge|process)|(?:merge|mergetool|difftool)\..+\.(?:cmd|driver)|"
    r"gpg\.(?:.+\.)?program|sequence\.editor|uploadpack\.packobjectshook|"
    r"protocol\.ext\.allow|remote\..+\.(?:uploadpack|receivepack|vcs)|include\.path|"
    r"interactive\.difffilter|url\..+\.insteadof|sendemail\..+cmd|web\.browser|browser\..+\.cmd)",
    re.IGNORECASE,
)
"""Settings whose value git runs as a program, or which lead it to one."""

GIT = Concern("git", Reach.WORKSPACE)
GIT.reads(
    "git",
    grammar(
        "m message b B C c source onto push-option repo max-count author date depth branch "
        "origin since until grep format pretty X strategy F file orphan reason",
        leading="C c git-dir work-tree namespace exec-path config-env super-prefix",
    ),
)
DRY = exact("dry-run n")
HERE = literally(". ./ * :/ ./* .. : :/* ../", 1)
REFS = named_targets("ref")
PATHS = named_targets("path")
PUSH = sub("push") & ~exact("dry-run")

LOST_WORK = "Throws away changes that are in no commit."
GIT.dangerous(
    "force_push",
    "git",
    PUSH & (flag("f mirror") | exact("force forc for") | word("+*", 1)),
    text="Overwrites a remote branch; what others pushed there is lost to them.",
    reach=Reach.SHARED,
    targets=REFS,
    safer="git push --force-with-lease, after git fetch",
)
GIT.dangerous(
    "delete_remote_ref",
    "git",
    PUSH & (flag("d delete prune") | word(":*", 1)),
    text="Deletes branches or tags of the remote repository.",
    reach=Reach.SHARED,
    targets=REFS,
)
GIT.caution("push_with_lease", "git", PUSH, text="Publishes commits.", reach=Reach.SHARED)
GIT.harmless("git", sub("push"))
GIT.dangerous(
    "reset_hard",
    "git",
    sub("reset") & flag("hard merge keep") & ~exact("soft mixed"),
    text=LOST_WORK,
    targets=REFS,
    safer="git stash push --include-untracked, then git reset --hard",
)
GIT.dangerous(
    "clean",
    "git",
    sub("clean") & flag("f force d x X") & ~DRY,
    text="Deletes files that git does not know; no commit brings them back.",
    safer="git clean --dry-run first, or git stash push --include-untracked",
)
GIT.dangerous(
    "discard_all",
    "git",
    (sub("checkout") & HERE) | (sub("restore") & HERE & (~flag("staged S") | flag("worktree W"))),
    text=LOST_WORK,
    safer="git stash push keeps the changes",
)
GIT.dangerous(
    "discard_forced",
    "git",
    (sub("checkout") & flag("f force")) | (sub("switch") & flag("f force discard-changes C")),
    text=LOST_WORK,
    safer="git stash push keeps the changes",
)
GIT.dangerous(
    "discard_index",
    "git",
    sub("checkout-index|read-tree") & flag("f force a u reset"),
    text=LOST_WORK,
)
GIT.dangerous(
    "branch_deleted",
    "git",
    sub("branch") & (flag("D") | (flag("d delete") & flag("f force"))),
    text="Deletes a branch even when its commits are nowhere else.",
    targets=REFS,
    safer="git branch -d refuses where commits would be lost",
)
GIT.dangerous(
    "branch_moved",
    "git",
    (sub("branch") & flag("f force M C")) | (sub("checkout") & flag("B")),
    text="Moves a branch away from the commits it held.",
    targets=REFS,
)
GIT.dangerous(
    "stash_lost",
    "git",
    sub("stash", "clear"),
    text="Deletes all stashed changes.",
    safer="git stash list, then drop single entries",
)
GIT.caution("stash_dropped", "git", sub("stash", "drop|pop"), text="Takes an entry off the stash.")
GIT.dangerous(
    "history_rewritten",
    "git git-filter-repo bfg",
    (sub("filter-branch|filter-repo") | Condition(lambda call: call.program != "git"))
    & ~exact("dry-run analyze"),
    text="Rewrites the whole history of the repository.",
    safer="Work on a fresh clone and compare before you publish",
)
GIT.dangerous(
    "safety_net",
    "git",
    sub("reflog", "expire|delete")
    | (sub("gc") & (value("prune", "now all") | exact("prune=now prune aggressive-prune")))
    | sub("prune")
    | sub("lfs", "prune"),
    text="Removes what git could have recovered lost commits from.",
)
GIT.dangerous(
    "ref_changed",
    "git",
    (sub("update-ref") & (flag("d stdin") | operands(3))),
    text="Changes or deletes references directly.",
    targets=REFS,
)
GIT.dangerous(
    "removed",
    "git",
    sub("rm") & ~DRY & ~exact("cached") & (flag("f force") | (flag("r") & HERE)),
    text="Deletes files with their uncommitted changes.",
    targets=PATHS,
    safer="git rm --cached keeps the files",
)
GIT.dangerous(
    "worktree_removed",
    "git",
    sub("worktree", "remove") & flag("f force"),
    text=LOST_WORK,
    targets=named_targets("path", 2),
)
GIT.dangerous(
    "submodule_dropped",
    "git",
    (sub("submodule", "deinit") & flag("f force all"))
    | (sub("submodule", "update") & flag("f force")),
    text="Deletes the working trees of submodules.",
)
GIT.dangerous(
    "remote_repository",
    "git",
    sub("remote", "set-url") & word("ext::* *|*"),
    text="Makes git run a program as its transport.",
)
GIT.dangerous(
    "transport",
    "git",
    sub("clone|fetch|pull|ls-remote|remote") & word("ext::* -*", 1),
    text="Makes git run a program as its transport.",
    reach=Reach.MACHINE,
)
GIT.caution(
    "upload_pack",
    "git",
    flag("upload-pack receive-pack exec u") & sub("clone|fetch|ls-remote|archive"),
    text="Names a program that git runs for the transfer.",
)
GIT.caution(
    "narrow",
    "git",
    sub("checkout") & (flag("p") | raw("--") | operands(3)) & ~flag("b orphan t track")
    | sub("restore") & (~flag("staged S") | flag("worktree W"))
    | sub("rm") & ~exact("cached n dry-run")
    | sub("branch") & flag("d delete m move")
    | sub("tag") & flag("d delete f force")
    | sub("worktree", "remove|prune|move")
    | sub("submodule", "deinit|update|add")
    | sub("clean|symbolic-ref|notes") & ~DRY & flag("i d delete interactive")
    | sub("notes", "remove|prune")
    | sub("mv") & flag("f force")
    | sub("checkout") & word("*.[a-zA-Z]* */*.*", 1) & ~flag("b B orphan t track"),
    text="Discards, deletes or moves what is named.",
    targets=PATHS,
)
GIT.caution(
    "rewritten",
    "git",
    (sub("commit") & flag("amend"))
    | sub("rebase|cherry-pick|revert|am|merge|pull|bisect|replay|history"),
    text="Changes commits or the state of the working tree; the reflog keeps the old ones.",
)
GIT.caution(
    "remote_changed",
    "git",
    sub("remote", "add|set-url|rename|remove|rm"),
    text="Changes where the repository sends and fetches.",
)
GIT.caution(
    "maintenance",
    "git",
    sub(
        "gc|repack|maintenance|lfs|subtree|svn|p4|credential|"
        "send-email|daemon|instaweb|update-index|sparse-checkout|replace|hook|gui|citool|stage"
    ),
    text="Changes the repository's storage or talks to other programs.",
)
GIT.harmless("git", ALONE)
GIT.harmless(
    "git",
    sub(
        "status|diff|log|show|add|commit|init|clone|fetch|blame|annotate|grep|ls-files|ls-tree|"
        "ls-remote|rev-parse|rev-list|describe|shortlog|cat-file|help|version|archive|bundle|"
        "stash|checkout|switch|tag|branch|remote|worktree|config|notes|reflog|merge-base|"
        "name-rev|for-each-ref|show-ref|show-branch|whatchanged|diff-tree|diff-files|diff-index|"
        "format-patch|apply|mv|count-objects|fsck|verify-commit|verify-tag|check-ignore|"
        "check-attr|var|symbolic-ref|reset|clean|submodule|rm|restore|range-diff|cherry|column|hash-object|"
        "interpret-trailers|request-pull|rerere|mktree|write-tree|commit-tree|prune|gc|lfs|pull"
    ),
)


def _settings(call: Invocation) -> list[Finding]:
    """`git config`: settings that run programs, or apply to every repository."""
    if call.sub() not in {"config"}:
        return []
    names = [each.text for each in call.operands[1:]]
    reads = {"get", "get-all", "list", "l", "get-regexp", "show-origin"} & call.flags
    if reads or names[:1] in (["get"], ["list"]) or (len(names) < 2 and "unset" not in call.flags):
        return []
    names = names[1:] if names[:1] in (["set"], ["unset"]) else names
    target = (Target("setting", show(" ".join(names))),)
    if RUNNING_SETTINGS.fullmatch(names[0]) and not _plain_value(names):
        text = "Gives git a program to run, now and at every later command."
        reason = Reason("git.running_setting", text)
        return [Finding(Danger.DANGEROUS, reason, Reach.MACHINE, target)]
    if {"global", "system"} & call.flags:
        reason = Reason("git.global_setting", "Changes git for every repository of this user.")
        return [Finding(Danger.CAUTION, reason, Reach.HOME, target)]
    return []


def _plain_value(names: list[str]) -> bool:
    """Aliases of git's own commands, and the usual pagers and editors, run nothing new."""
    if names[0].startswith("alias."):
        return not names[1].startswith("!") if len(names) > 1 else True
    plain = {
        "less",
        "cat",
        "vim",
        "vi",
        "nano",
        "delta",
        "true",
        "false",
        "code --wait",
        "cache",
        "store",
    }
    return len(names) > 1 and (names[1] in plain or names[1].split(" ")[0] in {"cache", "store"})


GIT.checked("git", _settings)
GIT.tame.update(listed("git-lfs tig lazygit git-secrets"))
