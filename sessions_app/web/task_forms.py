"""Forms of tasks: definitions as text, values by the type of their variable."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import escape

from sessions_app.engine.variables import LONGEST, TYPES, Variable, as_text, from_text
from sessions_app.enums import ReportFormat, TaskVisibility
from sessions_app.services.tasks import Schedule, TaskSpec
from sessions_app.web.forms import RUNTIMES

_LINE = re.compile(
    r"(?P<name>[A-Za-z_][\w-]{0,59})\s*(?::\s*(?P<type>\w+)\s*(?:\((?P<choices>[^)]*)\))?)?"
    r"\s*(?:=\s*(?P<default>.*?))?\s*(?:#\s*(?P<description>.*))?"
)
_FORMATS = [
    (ReportFormat.MARKDOWN.value, "Markdown"),
    (ReportFormat.PDF.value, "PDF"),
    (ReportFormat.HTML.value, "HTML"),
    (ReportFormat.JSON.value, "JSON"),
]
_VISIBILITY = [
    (TaskVisibility.PRIVATE.value, "me alone"),
    (TaskVisibility.ORGANIZATION.value, "everybody here who may have sessions"),
]
_PREFIX = "v-"


def _area(label: str, rows: int, **given: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(label=label, widget=widget, max_length=500_000, strip=False, **given)


class TaskForm(forms.Form):
    """A task's definition."""

    name = forms.CharField(label="Name", max_length=200)
    prompt_template = _area(
        "Prompt",
        8,
        help_text="<code>{{name}}</code> is a variable. In a shell command its value becomes one "
        "quoted word.",
    )
    variables = _area(
        "Variables",
        3,
        required=False,
        help_text="One per line: <code>name: type = default # what it is</code>. Types: string, "
        "integer, number, boolean, choice(a, b). What is used and not listed is a required text.",
    )
    runtime = forms.ChoiceField(label="Runtime", choices=RUNTIMES)
    report_format = forms.ChoiceField(label="Report", choices=_FORMATS)
    tools = _area(
        "Tools it may use",
        2,
        required=False,
        help_text="One per line, such as <code>shell</code> or <code>git.*</code>; all when empty.",
    )
    visibility = forms.ChoiceField(label="May be executed by", choices=_VISIBILITY)
    cron = forms.CharField(
        label="Schedule",
        max_length=120,
        required=False,
        help_text="Cron: <code>0 7 * * 1-5</code> is seven o'clock from Monday to Friday.",
    )
    timezone = forms.CharField(label="Time zone", max_length=64, initial="UTC", required=False)
    schedule_values = _area(
        "Values on schedule",
        2,
        required=False,
        help_text="<code>name = value</code>, one per line, for what has no default.",
    )

    def clean_variables(self) -> list[Variable]:
        """Lines as variables."""
        return [_variable(line) for line in _rows(self.cleaned_data["variables"])]

    def clean_schedule_values(self) -> dict[str, str]:
        """Lines as names and texts."""
        found = {}
        for line in _rows(self.cleaned_data["schedule_values"]):
            name, divided, value = line.partition("=")
            if not divided or not name.strip():
                message = "Every line needs a name, = and a value."
                raise forms.ValidationError(message)
            found[name.strip()] = value.strip()
        return found

    def spec(self, *, is_paused: bool = False) -> TaskSpec:
        """The definition; call it when the form is valid."""
        given = self.cleaned_data
        known = {one.name: one for one in given["variables"]}
        values = {
            name: from_text(known.get(name, Variable(name=name)), text)
            for name, text in given["schedule_values"].items()
        }
        timing = Schedule(
            cron=given["cron"],
            timezone=given["timezone"] or "UTC",
            values=values,
            is_paused=is_paused,
        )
        return TaskSpec(
            name=given["name"],
            prompt_template=unix_lines(given["prompt_template"]),
            report_format=given["report_format"],
            variables=given["variables"],
            tools=[line.strip() for line in _rows(given["tools"])],
            runtime=given["runtime"],
            visibility=given["visibility"],
            schedule=timing if given["cron"] else None,
        )


class ExecuteForm(forms.Form):
    """The values of one execution, a field for each variable."""

    def __init__(self, variables: Sequence[Variable], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variables = variables
        for one in variables:
            self.fields[_PREFIX + one.name] = _field(one)

    def values(self) -> dict[str, Any]:
        """What was filled in, by the names of the variables."""
        found = {}
        for one in self.variables:
            value = self.cleaned_data[_PREFIX + one.name]
            if value is None or (value == "" and not one.is_needed):
                continue
            found[one.name] = unix_lines(value) if isinstance(value, str) else value
        return found

    def tell(self, pointer: str, detail: str) -> None:
        """Put a fault at its variable's field, else at the top."""
        field = _PREFIX + pointer.rpartition("/")[2]
        self.add_error(field if field in self.fields else None, detail)


def initial_of(spec: TaskSpec) -> dict[str, Any]:
    """A definition as the form shows it."""
    timing = spec.schedule
    values = timing.values if timing else {}
    return {
        **{name: getattr(spec, name) for name in ("name", "prompt_template", "report_format")},
        **{name: getattr(spec, name) for name in ("runtime", "visibility")},
        "variables": "\n".join(_shown(one) for one in spec.variables),
        "tools": "\n".join(spec.tools),
        "cron": timing.cron if timing else "",
        "timezone": timing.timezone if timing else "UTC",
        "schedule_values": "\n".join(f"{name} = {as_text(v)}" for name, v in values.items()),
    }


def unix_lines(text: str) -> str:
    """What a browser sends with CR LF, as it was typed."""
    return text.replace("\r\n", "\n")


def _variable(line: str) -> Variable:
    match = _LINE.fullmatch(line.strip())
    if match is None or (match["type"] or "string") not in TYPES:
        message = f"Not a variable: {line.strip()[:80]}"
        raise forms.ValidationError(message)
    choices = tuple(one.strip() for one in (match["choices"] or "").split(",") if one.strip())
    made = Variable(
        name=match["name"],
        type=match["type"] or "string",
        description=match["description"] or "",
        choices=choices,
    )
    if match["default"] is None:
        return made
    return Variable(**{**vars(made), "default": from_text(made, match["default"])})


def _shown(one: Variable) -> str:
    choices = f"({', '.join(one.choices)})" if one.choices else ""
    default = "" if one.default is None else f" = {as_text(one.default)}"
    description = f" # {one.description}" if one.description else ""
    return f"{one.name}: {one.type}{choices}{default}{description}"


def _field(one: Variable) -> forms.Field:
    given: dict[str, Any] = {
        "label": one.name,
        "required": one.is_needed,
        "initial": one.default,
        # The template prints help as markup; this one is somebody's text.
        "help_text": escape(one.description),
    }
    if one.type == "boolean":
        return forms.BooleanField(**{**given, "required": False})
    if one.type == "choice":
        blank = [] if one.is_needed or one.default else [("", "—")]
        return forms.ChoiceField(choices=[*blank, *((c, c) for c in one.choices)], **given)
    if one.type == "integer":
        return forms.IntegerField(**given)
    if one.type == "number":
        return forms.FloatField(**given)
    widget = forms.Textarea(attrs={"rows": 1, "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(widget=widget, strip=False, max_length=LONGEST, **given)


def _rows(text: str) -> list[str]:
    return [line.strip("\r") for line in text.split("\n") if line.strip()]
