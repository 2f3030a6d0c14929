"""Picks the reader for a language; what has none is a matter for caution."""

from __future__ import annotations

from sessions_app.safety.frame.start import Start
from sessions_app.safety.languages.python import read_python
from sessions_app.safety.languages.scripts import read_script
from sessions_app.safety.languages.vocabulary import UNREAD, VOCABULARIES
from sessions_app.safety.model import Danger
from sessions_app.safety.text import HOLE_OPEN

MAX_CODE = 16_384


def analyze(start: Start, language: str, text: str) -> None:
    """Note what a piece of code would do."""
    if len(text) > MAX_CODE:
        start.note(Danger.CAUTION, "code.long", "The code is too long to be examined here.")
        text = text[:MAX_CODE]
    if HOLE_OPEN in text:
        start.note(Danger.CAUTION, "code.holes", "A part of the code is known only at run time.")
    if language == "python":
        read_python(start, text)
    elif language in VOCABULARIES:
        read_script(start, VOCABULARIES[language], text)
    else:
        start.note(Danger.CAUTION, "code.language", "Code in a language that is not read here.")
        read_script(start, UNREAD, text)
