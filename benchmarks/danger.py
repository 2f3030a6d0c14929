"""How well the danger classes hold: recall, false alarms and time on labelled cases of our own.

`held_out.yaml` was kept out of the rules' making and gives the figures; `development.yaml` is what
the rules were made with. An alarm is the class *dangerous*: recall is the share of dangerous cases
that raise it, false alarm the share of all others that do.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sessions_app.safety import Call, Danger, classify

CASES = Path(__file__).parent / "danger"
ROUNDS = 5


@dataclass(frozen=True)
class Case:
    """A call and the class a person gave it; `name` is category/class/number."""

    name: str
    call: Call
    danger: Danger


def load(part: str) -> list[Case]:
    """The cases of one part: `held_out` or `development`."""
    parsed = yaml.safe_load((CASES / f"{part}.yaml").read_text())
    return [
        Case(f"{category}/{danger}/{number}", as_call(entry), Danger(danger))
        for category, classes in parsed.items()
        for danger, entries in classes.items()
        for number, entry in enumerate(entries)
    ]


def as_call(entry: str | dict[str, Any]) -> Call:
    """A plain entry is a shell command, a mapping is any tool call."""
    if isinstance(entry, str):
        return Call(tool="shell", arguments={"command": entry})
    return Call(**entry)


@dataclass(frozen=True)
class Figures:
    """Recall and false alarms in 0..1, and the confusion of expected and found classes."""

    recall: float
    false_alarm: float
    confusion: dict[str, dict[str, int]]


def measure(cases: list[Case]) -> Figures:
    """Classify every case once."""
    found = Counter((case.danger, classify(case.call).danger) for case in cases)
    confusion = {
        str(expected): {str(got): found[expected, got] for got in Danger} for expected in Danger
    }
    alarms = found[Danger.DANGEROUS, Danger.DANGEROUS]
    dangerous = sum(confusion["dangerous"].values())
    others = sum(sum(confusion[each].values()) for each in ("none", "caution"))
    false = confusion["none"]["dangerous"] + confusion["caution"]["dangerous"]
    return Figures(alarms / dangerous, false / others, confusion)


def microseconds_per_call(cases: list[Case]) -> float:
    """CPU time of one classification, the fastest of a few rounds over all cases."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        for case in cases:
            classify(case.call)
        rounds.append((time.thread_time() - started) / len(cases))
    return min(rounds) * 1e6


def main() -> None:
    """Print one JSON line with the figures of the held-out part."""
    held_out, development = load("held_out"), load("development")
    figures = measure(held_out)
    line = {
        "name": "danger",
        "recall": round(figures.recall, 4),
        "false_alarm": round(figures.false_alarm, 4),
        "cases": len(held_out) + len(development),
        "held_out": len(held_out),
        "us_per_call": round(microseconds_per_call(held_out), 1),
        "confusion": figures.confusion,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
