"""Forms of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings

from identity.public import Project
from marketplace.public import MCPServer
from sessions_app.enums import PermissionMode, RuntimeName, SessionRole

_MODES = [
    (PermissionMode.DEFAULT.value, "Ask before edits, network and danger"),
    (PermissionMode.ACCEPT_EDITS.value, "Also edit files without asking"),
    (PermissionMode.PLAN.value, "Only read"),
    (PermissionMode.BYPASS.value, "Never ask (limits still hold)"),
]
RUNTIMES = [
    (RuntimeName.EMBEDDED.value, "Commands and plans, no model"),
    (RuntimeName.MODEL.value, "Model"),
    (RuntimeName.CLAUDE.value, "Claude agent"),
    (RuntimeName.ACP.value, "Agent Client Protocol"),
]


class NewSessionForm(forms.Form):
    """A new session, with its first prompt if there is one."""

    name = forms.CharField(max_length=200)
    prompt = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), required=False, max_length=500_000
    )
    runtime = forms.ChoiceField(choices=RUNTIMES, initial="embedded")
    project = forms.ChoiceField(required=False)
    permission_mode = forms.ChoiceField(label="Permissions", choices=_MODES, initial="default")
    model = forms.CharField(max_length=120, required=False)
    max_turns = forms.IntegerField(min_value=1, max_value=1000, initial=50)
    timeout_seconds = forms.IntegerField(
        label="Time limit (seconds)", min_value=1, max_value=86_400, initial=600
    )
    system_prompt = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=100_000
    )

    working_directory = forms.CharField(
        label="Start from a copy of", max_length=500, required=False, strip=False
    )
    mcp_servers = forms.MultipleChoiceField(label="MCP servers", required=False)

    def __init__(
        self,
        *args: Any,
        servers: Sequence[MCPServer] = (),
        projects: Sequence[Project] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if projects:
            named = [(str(project.pk), project.name) for project in projects]
            self.fields["project"].choices = [("", "None"), *named]  # type: ignore[attr-defined]
        else:
            del self.fields["project"]
        if settings.WORKSPACE_ROOTS:
            roots = ", ".join(settings.WORKSPACE_ROOTS)
            self.fields["working_directory"].help_text = f"A folder in {roots}"
        else:
            del self.fields["working_directory"]
        choices = [(str(server.pk), server.name) for server in servers]
        if choices:
            self.fields["mcp_servers"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["mcp_servers"]

    def options(self) -> dict[str, Any]:
        """The SDK options it describes."""
        names = ("permission_mode", "model", "max_turns", "timeout_seconds", "system_prompt")
        given = {name: self.cleaned_data[name] for name in names}
        if self.cleaned_data.get("project") and not given["model"]:
            del given["model"]  # the project's, if it has one
        return given


class PromptForm(forms.Form):
    """A prompt."""

    content = forms.CharField(max_length=500_000, strip=False)


class NameForm(forms.Form):
    """A new name."""

    name = forms.CharField(max_length=200)


class ShareForm(forms.Form):
    """Whom to give which role."""

    user = forms.CharField(max_length=150)
    role = forms.ChoiceField(
        choices=[(role.value, role.label) for role in SessionRole if role != SessionRole.OWNER]
    )


class CommandForm(forms.Form):
    """A line for a terminal."""

    command = forms.CharField(max_length=8000, required=False, strip=False)


class FileForm(forms.Form):
    """A file's new text and the version it was made from."""

    path = forms.CharField(max_length=4000, strip=False)
    version = forms.CharField(max_length=100, required=False)
    content = forms.CharField(widget=forms.Textarea, required=False, strip=False)
