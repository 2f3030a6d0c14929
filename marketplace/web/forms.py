"""Forms of the marketplace. They read lines into values; the verbs check the rules."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from marketplace.engine.spec import ServerSpec, Value
from marketplace.enums import ServerState, Transport, WorkspaceMount

_LONGEST = 200_000


def _lines(label: str, *, rows: int = 3, **given: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(
        label=label, widget=widget, required=False, max_length=_LONGEST, strip=False, **given
    )


class ServerForm(forms.Form):
    """A new server."""

    name = forms.CharField(
        label="Name", max_length=60, help_text="Its tools are called <code>name.tool</code>."
    )
    description = forms.CharField(label="What it does", max_length=2000, required=False)
    transport = forms.ChoiceField(
        label="Reached by",
        choices=[(Transport.STDIO.value, "a command"), (Transport.HTTP.value, "an address")],
    )
    command = forms.CharField(label="Command", max_length=8192, required=False)
    arguments = _lines("Arguments", help_text="One per line.")
    environment = _lines(
        "Environment",
        help_text="<code>NAME=value</code>, one per line. Values are kept as secrets.",
    )
    url = forms.CharField(label="Address", max_length=2000, required=False)
    headers = _lines(
        "Headers", help_text="<code>Name: value</code>, one per line. Values are kept as secrets."
    )
    network = forms.CharField(
        label="Network",
        max_length=2000,
        required=False,
        help_text="Domains a command may reach, with spaces between; none by default.",
    )
    mount_workspace = forms.ChoiceField(
        label="Working directory",
        choices=[
            (WorkspaceMount.NONE.value, "not shown"),
            (WorkspaceMount.READ.value, "may read"),
            (WorkspaceMount.WRITE.value, "may read and write"),
        ],
    )
    state = forms.ChoiceField(
        label="Shared",
        choices=[
            (ServerState.STATELESS.value, "one process for all sessions"),
            (ServerState.SESSION.value, "one process for each session"),
        ],
    )
    read_only_paths = _lines(
        "Folders it may read", rows=2, help_text="Where the program lies; one per line."
    )

    def clean_environment(self) -> dict[str, Value]:
        """`NAME=value` lines."""
        return self._pairs("environment", "=")

    def clean_headers(self) -> dict[str, Value]:
        """`Name: value` lines."""
        return self._pairs("headers", ":")

    def spec(self) -> ServerSpec:
        """The registration; call it when the form is valid."""
        given = self.cleaned_data
        process = given["transport"] == Transport.STDIO.value
        return ServerSpec(
            name=given["name"],
            description=given["description"],
            transport=given["transport"],
            command=given["command"] if process else "",
            args=tuple(_rows(given["arguments"])) if process else (),
            env=given["environment"] if process else {},
            url="" if process else given["url"],
            headers={} if process else given["headers"],
            domains=tuple(given["network"].split()) if process else (),
            state=given["state"],
            mount_workspace=given["mount_workspace"] if process else WorkspaceMount.NONE.value,
            read_only_paths=tuple(_rows(given["read_only_paths"])) if process else (),
        )

    def _pairs(self, field: str, mark: str) -> dict[str, Value]:
        found = {}
        for line in _rows(self.cleaned_data[field]):
            name, divided, text = line.partition(mark)
            if not divided or not name.strip():
                message = f"Every line needs a name, {mark} and a value."
                raise forms.ValidationError(message)
            found[name.strip()] = Value(text=text.strip())
        return found


class ImportForm(forms.Form):
    """A `.mcp.json`."""

    document = _lines("Document", rows=10)

    def clean_document(self) -> Any:
        """JSON."""
        try:
            return json.loads(self.cleaned_data["document"])
        except (ValueError, RecursionError) as wrong:
            message = "This is not JSON."
            raise forms.ValidationError(message) from wrong


def _rows(text: str) -> list[str]:
    return [line.strip("\r") for line in text.split("\n") if line.strip()]
