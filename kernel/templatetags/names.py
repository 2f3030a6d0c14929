"""How names are shortened on pages."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def at_most(count: int, most: int) -> str:
    """A count that nobody counted on: 99+."""
    return f"{most}+" if count > most else str(count)


@register.filter
def initials(name: object) -> str:
    """Two letters for a round mark: of the first and last word, else the first two of the one."""
    words = str(name).split()
    if len(words) > 1:
        return (words[0][:1] + words[-1][:1]).upper()
    return str(name).strip()[:2].capitalize()
