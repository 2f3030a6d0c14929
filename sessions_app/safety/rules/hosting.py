"""Command lines of code hosting: what they delete, expose or publish."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import flag, sub, value
from sessions_app.safety.rules.invocation import grammar

HOSTING = Concern("git", Reach.SHARED)

HUB = "gh glab hub tea"
HOSTING.dangerous(
    "hosting_deleted",
    HUB,
    sub("*", "delete|purge|remove|archive|transfer")
    | sub("delete")
    | sub("api|delete") & value("X method", "DELETE delete"),
    text="Deletes something of the hosted project.",
    reach=Reach.SHARED,
    targets=named_targets("resource", 0),
)
HOSTING.reads(HUB, grammar("X method F f field raw-field H header R repo t title b body q jq"))
HOSTING.dangerous(
    "hosting_secret",
    HUB,
    sub("auth", "token"),
    text="Prints the token of the signed-in account.",
    reach=Reach.PRIVATE,
)
HOSTING.dangerous(
    "hosting_opened",
    HUB,
    sub("repo", "edit") & flag("visibility"),
    text="Changes who can see the project.",
    reach=Reach.SHARED,
)
HOSTING.harmless(
    HUB,
    sub("*", "list|view|status|diff|checks|watch|clone|checkout|download")
    | sub("search|status|browse|help|version")
    | (sub("api") & ~flag("X method F f field raw-field input")),
)
