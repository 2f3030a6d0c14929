"""Forms of MCP servers."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django import forms

from marketplace.engine.spec import ServerSpec, Value
from marketplace.enums import Transport, WorkspaceMount


class ServerForm(forms.Form):
    """A registration; lines of `NAME=value` are sealed as secrets."""

    name = forms.CharField(max_length=60, help_text="Tools are called <code>name.tool</code>.")
    description = forms.CharField(max_length=2000, required=False)
    transport = forms.ChoiceField(choices=Transport.choices)
    command = forms.CharField(
        max_length=8192, required=False, help_text="With its arguments; no shell."
    )
    url = forms.CharField(label="URL", max_length=2000, required=False)
    environment = forms.CharField(
        label="Environment or headers",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text="One <code>NAME=value</code> a line. Values are encrypted.",
    )
    domains = forms.CharField(
        label="Network",
        required=False,
        help_text="Domains it may reach, by blanks; none by default.",
    )
    mount_workspace = forms.ChoiceField(
        label="Working directory", choices=WorkspaceMount.choices, initial="none"
    )

    def clean_command(self) -> list[str]:
        """The command as a list of words."""
        try:
            return shlex.split(self.cleaned_data["command"])
        except ValueError as wrong:
            message = "The quotes do not match."
            raise forms.ValidationError(message) from wrong

    def clean_environment(self) -> dict[str, Value]:
        """Names and values."""
        pairs = {}
        for line in self.cleaned_data["environment"].splitlines():
            name, mark, value = line.partition("=")
            if line.strip() and not mark:
                message = "Write one NAME=value a line."
                raise forms.ValidationError(message)
            if line.strip():
                pairs[name.strip()] = Value(text=value)
        return pairs

    def spec(self) -> ServerSpec:
        """The registration it describes."""
        given = self.cleaned_data
        stdio = given["transport"] == Transport.STDIO
        words = given["command"]
        variables = given["environment"]
        return ServerSpec(
            name=given["name"],
            transport=given["transport"],
            description=given["description"],
            command=words[0] if words else "",
            args=tuple(words[1:]),
            env=variables if stdio else {},
            url=given["url"],
            headers={} if stdio else variables,
            domains=tuple(given["domains"].split()),
            mount_workspace=given["mount_workspace"],
        )


class ImportForm(forms.Form):
    """A pasted `.mcp.json`."""

    document = forms.CharField(label=".mcp.json", widget=forms.Textarea(attrs={"rows": 10}))

    def clean_document(self) -> Any:
        """The parsed document."""
        try:
            return json.loads(self.cleaned_data["document"])
        except ValueError as wrong:
            message = "This is not valid JSON."
            raise forms.ValidationError(message) from wrong
