"""How names are shortened on pages."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def initials(name: object) -> str:
    """Two letters for a round mark: of the first and last word, else the first two of the one."""
    words = str(name).split()
    if len(words) > 1:
        return (words[0][:1] + words[-1][:1]).upper()
    return str(name).strip()[:2].capitalize()
