"""`python -m module`: judged as the program the module is."""

from __future__ import annotations

from sessions_app.safety.frame.start import Start
from sessions_app.safety.model import Danger
from sessions_app.safety.rules.registry import REGISTRY
from sessions_app.safety.text import listed
from sessions_app.safety.values.streams import Stream, computed
from sessions_app.safety.values.words import Word

HARMLESS = frozenset(
    listed(
        "venv json.tool unittest compileall py_compile timeit doctest pydoc calendar this site "
        "sysconfig "
        "platform ensurepip tokenize ast dis pip_audit build wheel tabnanny trace symtable inspect "
        "zipapp doctest lib2to3 pyflakes pycodestyle pre_commit pytest_watch nbconvert IPython "
        "jupyter notebook ipykernel sphinx mkdocs black isort coverage gzip base64 quopri"
    )
)
RUNNERS = frozenset({"pdb", "cProfile", "profile", "trace", "runpy", "coverage", "memory_profiler"})
PROGRAMS = {"django": "django-admin", "pip3": "pip", "py.test": "pytest"}


def module_of(start: Start) -> tuple[str, list[Word]] | None:
    """The module and its arguments, or None when no `-m` is given."""
    arguments = start.arguments
    for index, word in enumerate(arguments):
        if word.text == "-m" and index + 1 < len(arguments):
            return arguments[index + 1].text, arguments[index + 2 :]
        if word.text.startswith("-m") and len(word.text) > 2:
            return word.text[2:], arguments[index + 1 :]
        if not word.text.startswith("-") or word.text.startswith("-c"):
            return None
    return None


def run_module(start: Start, module: str, arguments: list[Word]) -> Stream:
    """Examine a module as the program of its name."""
    if module in RUNNERS and arguments:
        scripts = [word for word in arguments if not word.text.startswith("-")]
        return start.run([Word("python3"), *scripts]) if scripts else computed()
    program = PROGRAMS.get(module, module.replace("_", "-"))
    if module in HARMLESS:
        return computed(start.stdin.traits)
    if REGISTRY.knows(program):
        return start.run([Word(program), *arguments])
    text = "Runs a module whose effect is not known here."
    start.note(Danger.CAUTION, "code.unknown_module", text)
    return computed()
