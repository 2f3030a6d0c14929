"""Forms of identity. They check shapes; the verbs check rules and say so in the form's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from identity.enums import OrganizationRole, SecretGrant, SecretScope, SecretType, TokenScope
from identity.models import Project, User
from kernel.errors import DomainError


def tell(form: forms.Form, refusal: DomainError, places: Mapping[str, str] | None = None) -> None:
    """Put a verb's refusal where it belongs: at the field its pointer names, else at the top."""
    known = {f"/{name}": name for name in form.fields} | dict(places or {})
    faults = refusal.extra.get("errors") or [{"pointer": "", "detail": refusal.detail}]
    for fault in faults:
        form.add_error(known.get(fault["pointer"]), fault["detail"])


def _password(label: str, *, new: bool, **given: Any) -> forms.CharField:
    hint = "new-password" if new else "current-password"
    widget = forms.PasswordInput(attrs={"autocomplete": hint})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=1000, **given)


class SignInForm(forms.Form):
    """Name and password."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = _password("Password", new=False)


class _NewPassword(forms.Form):
    """A new password, twice, so that a slip of the finger locks nobody out."""

    first, second = "password1", "password2"

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        found = super().clean() or {}
        if found.get(self.first) != found.get(self.second):
            self.add_error(self.second, "The two passwords are not the same.")
        return found


class PasswordForm(_NewPassword):
    """The present password and a new one."""

    first, second = "new_password1", "new_password2"
    old_password = _password("Present password", new=False)
    new_password1 = _password("New password", new=True, help_text="At least 12 characters.")
    new_password2 = _password("New password again", new=True)


class SetPasswordForm(_NewPassword):
    """A first or forgotten password."""

    password1 = _password("Password", new=True, help_text="At least 12 characters.")
    password2 = _password("Password again", new=True)


class JoinForm(_NewPassword):
    """A new account for somebody who was invited."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    full_name = forms.CharField(
        label="Your name",
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = _password("Password", new=True, help_text="At least 12 characters.")
    password2 = _password("Password again", new=True)


class InviteForm(forms.Form):
    """Whom to invite as what."""

    email = forms.EmailField(label="E-mail")
    role = forms.ChoiceField(label="Role", choices=OrganizationRole.choices, initial="member")


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(label="New team", max_length=120)


class TokenForm(forms.Form):
    """A new token; without a scope it may do all its owner may."""

    name = forms.CharField(label="Name", max_length=120, help_text="What it is for.")
    scopes = forms.MultipleChoiceField(
        label="May",
        choices=[
            (TokenScope.READ.value, "Read"),
            (TokenScope.WRITE.value, "Read and write"),
            (TokenScope.METRICS.value, "Read metrics"),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Nothing chosen: all that you may.",
    )
    expires_in_days = forms.IntegerField(
        label="Days it lives",
        min_value=1,
        max_value=3650,
        required=False,
        initial=90,
        help_text="Empty: until you revoke it.",
    )


_VALUE = forms.Textarea(
    attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
)


def _lines(text: str) -> dict[str, str]:
    """`name=value`, one a line."""
    pairs = (line.partition("=") for line in text.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def typed_value(kind: str, text: str) -> object:
    """What was typed as a value, in the shape that its type takes."""
    if kind == SecretType.PASSWORD:
        username, _, password = text.strip("\r\n").partition("\n")
        return {"username": username.strip(), "password": password.strip("\r\n")}
    if kind in {SecretType.OIDC, SecretType.VAULT}:
        return _lines(text)
    return text.strip() if kind == SecretType.TOKEN else text


class SecretForm(forms.Form):
    """A new secret. What was typed as its value is never sent back, also not with a fault."""

    name = forms.CharField(label="Name", max_length=120)
    type = forms.ChoiceField(label="Type", choices=SecretType.choices, initial=SecretType.TOKEN)
    scope = forms.ChoiceField(label="Whose", initial=SecretScope.PERSONAL)
    description = forms.CharField(label="What it is for", max_length=300, required=False)
    value = forms.CharField(
        label="Value",
        widget=_VALUE,
        strip=False,
        help_text=(
            "It is encrypted and never shown again. A password: the user name on the first line, "
            "the password on the second. OIDC and vault: <code>name=value</code>, one a line."
        ),
    )
    granted_to = forms.MultipleChoiceField(
        label="May be used by",
        choices=SecretGrant.choices,
        initial=list(SecretGrant.values),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *given: Any, scopes: Sequence[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["scope"].choices = list(scopes)  # type: ignore[attr-defined]

    def without_value(self) -> SecretForm:
        """The same form, with its faults, that forgot the value."""
        self.is_valid()
        self.data = {**self.data.dict(), "value": ""}  # type: ignore[attr-defined]
        return self


class SecretChangeForm(forms.Form):
    """Another name, description or use of a secret."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(label="What it is for", max_length=300, required=False)
    granted_to = forms.MultipleChoiceField(
        label="May be used by",
        choices=SecretGrant.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


def _rules(label: str, text: str) -> Any:
    return forms.CharField(
        label=label, required=False, max_length=20_000, help_text=text,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )  # fmt: skip


class NewProjectForm(forms.Form):
    """A new project."""

    name = forms.CharField(label="New project", max_length=120)


class ProjectForm(forms.Form):
    """What a project's sessions begin with and may do; lists have one entry a line."""

    name = forms.CharField(label="Name", max_length=120)
    description = forms.CharField(label="What it is", max_length=300, required=False)
    instructions = forms.CharField(
        label="Instructions for the agent",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        max_length=50_000,
    )
    model = forms.CharField(label="Model", max_length=120, required=False)
    allowed_tools = _rules("Tools allowed", "Empty: all that the organization allows.")
    denied_tools = _rules("Tools denied", "Beside those the organization denies.")
    allowed_domains = _rules("Domains open", "Of those the organization opens. Empty: all of them.")

    @classmethod
    def of(cls, project: Project) -> ProjectForm:
        """The form of a project as it is; each has fields of its own on the page."""
        found = {name: getattr(project, name) for name in cls.base_fields}
        shown = {n: "\n".join(v) if isinstance(v, list) else v for n, v in found.items()}
        return cls(initial=shown, auto_id=f"{project.pk}-%s")

    def clean(self) -> dict[str, Any]:
        """One entry a line."""
        found = super().clean() or {}
        for name in ("allowed_tools", "denied_tools", "allowed_domains"):
            found[name] = [
                line.strip() for line in found.get(name, "").splitlines() if line.strip()
            ]
        return found


class OrganizationForm(forms.Form):
    """Name and rules of an organization; lists have one entry a line."""

    name = forms.CharField(label="Name", max_length=120)
    separate_approver = forms.BooleanField(
        label="Somebody else approves: nobody decides on their own session's calls", required=False
    )
    forbid_bypass = forms.BooleanField(
        label="Forbid sessions that never ask (bypassPermissions)", required=False
    )
    denied_tools = forms.CharField(
        label="Tools nobody may use",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        max_length=40_000,
        help_text="One a line.",
    )
    allowed_domains = forms.CharField(
        label="Domains that sessions may reach",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        max_length=40_000,
        help_text="One a line. Empty: each session's own policy decides.",
    )

    def clean_denied_tools(self) -> list[str]:
        """The lines."""
        return self._lines("denied_tools")

    def clean_allowed_domains(self) -> list[str]:
        """The lines."""
        return self._lines("allowed_domains")

    def _lines(self, name: str) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data[name].splitlines()]
        return list(dict.fromkeys(line for line in lines if line))


class StopForm(forms.Form):
    """What to halt and why."""

    person = forms.ChoiceField(required=False, label="Person")
    tool = forms.CharField(
        required=False,
        max_length=200,
        help_text="As in the ledger: shell, or an MCP server's name.",
    )
    reason = forms.CharField(
        required=False, max_length=300, help_text="Everybody in the organization reads it."
    )

    def __init__(self, people: Mapping[str, User], *args: Any) -> None:
        super().__init__(*args)
        self._people = people
        everybody = [("", "Everybody")]
        self.fields["person"].choices = everybody + [  # type: ignore[attr-defined]
            (username, one.display_name) for username, one in people.items()
        ]

    def clean_person(self) -> User | None:
        """The person behind the user name."""
        return self._people.get(self.cleaned_data["person"])
